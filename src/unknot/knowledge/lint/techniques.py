"""Techniques: every dose that the family needs is there, in its range and below what holds for everybody; what is named exists; a figure has a source or is a house rule."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import get_args

from unknot.knowledge.lint import Material
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Lie
from unknot.knowledge.safety import TECHNIQUES
from unknot.knowledge.technique import DoseValue, HandContact, HandLimit, Phase, Routine, RoutineStep, Technique

EVERY = ("hold_s", "rest_s", "turns", "turns_least", "point_s")
"""Doses that a technique of any family has of its own; the working band may be that of all."""
PACE = ("pace_mm_s", "pass_s")
"""A technique of passes has one of these."""
MANNER = (
    "answer_s", "fresh_s", "check_s", "again_s", "late_check_s", "clear_change", "clear_times", "flat_turns", "flat_within",
    "worse_by", "let_go_above", "top_eases_s", "returns", "steps", "rise_s", "late_s",
)  # fmt: skip
"""How a session is conducted: one dose of all techniques each."""
ALL = ("band_low", "band_high", "recheck_s", *MANNER)
OWN = {*EVERY, *PACE, "band_low", "band_high", "search_mm_s"}
CEILINGS = {"band_high": "discomfort", "hold_s": "hold_s", "point_s": "point_s"}
"""A dose to the limit for everybody that it stays below."""
OTHERS = ("plan",)
"""Doses that belong to no technique: what the plan counts with."""
JOINTS = {"thumb", "wrist", "elbow"}


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    for technique in k.techniques.values():
        yield from ((technique.id, problem) for problem in _technique(k, technique))
    for name in sorted(set(TECHNIQUES) - set(k.techniques)):
        yield name, "screening can forbid it, but there is no [[technique]] of that id"
    for dose in k.doses.values():
        yield from ((dose.id, problem) for problem in _dose(k, dose))
    for name in ALL:
        if f"all.{name}" not in k.doses:
            yield f"all.{name}", "there is no such dose; every session needs it"
    for contact in k.contacts.values():
        yield from ((contact.id, problem) for problem in _contact(k, contact))
    yield from _rest(k)


def _rest(k: Knowledge) -> Iterator[tuple[str, str]]:
    """The hand's limits, the ways to lie, the words of discomfort, the routines, and the sources of all."""
    for limit in k.hand_limits.values():
        if not (math.isfinite(limit.value) and limit.value > 0):
            yield limit.id, f"is {limit.value}; a limit is a number above 0"
    for what, needed, known in (("hand_limit", JOINTS, k.hand_limits), ("lying", set(get_args(Lie)), k.lyings)):
        yield from ((name, f"there is no [[{what}]] of that id") for name in sorted(needed - set(known)))
    steps = [word.value for word in k.discomfort]
    if steps != sorted(set(steps)) or steps[:1] != [0] or steps[-1:] != [10]:
        yield "discomfort scale", f"its steps are {steps}; they ascend from 0 to 10"
    for routine in k.routines.values():
        yield from ((routine.id, problem) for problem in _routine(k, routine))
    sourced: list[Technique | DoseValue | HandContact | HandLimit | Routine] = [
        *k.techniques.values(), *k.doses.values(), *k.contacts.values(), *k.hand_limits.values(), *k.routines.values(),
    ]  # fmt: skip
    for record in sourced:
        for source in record.sources:
            if source not in k.sources:
                yield record.id, f"names the source {source!r}, which does not exist"
        if not record.sources and not getattr(record, "house", False):
            yield record.id, "has no source and is not called a house rule"


def _technique(k: Knowledge, technique: Technique) -> Iterator[str]:
    if technique.id not in TECHNIQUES:
        yield f"is unknown to screening, which could not forbid it; known are {', '.join(TECHNIQUES)}"
    if not technique.contacts:
        yield "names no contact; name at least one"
    for contact in technique.contacts:
        if contact not in k.contacts:
            yield f"names the contact {contact!r}, which does not exist"
    for name in EVERY:
        if f"{technique.id}.{name}" not in k.doses:
            yield f"has no dose {name}; add [[dose]] {technique.id}.{name}"
    if technique.family == "passes" and not any(f"{technique.id}.{name}" in k.doses for name in PACE):
        yield f"has neither {' nor '.join(PACE)}; a stroke needs one"
    yield from _fits(k, technique)


def _fits(k: Knowledge, technique: Technique) -> Iterator[str]:
    """What two doses of a technique say together."""

    def value(name: str) -> float | None:
        found = k.doses.get(f"{technique.id}.{name}") or k.doses.get(f"all.{name}")
        return found.value if found else None

    for less, more in (("band_low", "band_high"), ("turns_least", "turns"), ("hold_s", "point_s")):
        low, high = value(less), value(more)
        if low is not None and high is not None and low > high:
            yield f"has {less} {low:g} above {more} {high:g}"


def _dose(k: Knowledge, dose: DoseValue) -> Iterator[str]:
    of, _, name = dose.id.partition(".")
    if of not in (*k.techniques, *OTHERS, "all") or (of == "all" and name not in ALL):
        yield "is a dose of nothing; take it out or correct its id"
    if of in k.techniques and name not in OWN:
        yield f"is a dose that no technique uses; known are {', '.join(sorted(OWN))}"
    if not all(math.isfinite(v) for v in (dose.low, dose.value, dose.high)) or not dose.low <= dose.value <= dose.high:
        yield f"needs low <= value <= high, has {dose.low}, {dose.value}, {dose.high}"
    everybody = k.base_limits.get(CEILINGS.get(name, "")) if of not in OTHERS else None
    if everybody and dose.high > everybody.value:
        yield f"may be set to {dose.high:g}; what holds for everybody is {everybody.value:g}"


def _contact(k: Knowledge, contact: HandContact) -> Iterator[str]:
    for other in contact.instead:
        if other not in k.contacts or other == contact.id:
            yield f"is spared by {other!r}, which does not exist or is the same"
    for joint, share in contact.loads.items():
        if joint not in JOINTS or not 0 <= share <= 1:
            yield f"loads {joint} with {share}; thumb, wrist and elbow carry a share of 0 to 1"


def _routine(k: Knowledge, routine: Routine) -> Iterator[str]:
    if not routine.regions or not routine.steps:
        yield "has no regions or no steps"
    for region in routine.regions:
        if region not in k.regions:
            yield f"names the region {region!r}, which does not exist"
    phases = [get_args(Phase).index(step.phase) for step in routine.steps]
    if phases != sorted(phases):
        yield f"has its phases out of order; they are {', '.join(get_args(Phase))}"
    known = [k.techniques[step.technique].dry for step in routine.steps if step.technique in k.techniques]
    if known != sorted(known, reverse=True):
        yield "works dry after oil; dry techniques come first"
    for step in routine.steps:
        yield from _step(k, step)


def _step(k: Knowledge, step: RoutineStep) -> Iterator[str]:
    technique = k.techniques.get(step.technique)
    if technique is None:
        yield f"names the technique {step.technique!r}, which does not exist"
    elif step.contact and step.contact not in technique.contacts:
        yield f"does {technique.id} with {step.contact!r}; it is done with {', '.join(technique.contacts)}"
    for place in step.on:
        if place not in k.regions and place not in k.muscles:
            yield f"works on {place!r}, which is no region and no muscle"
    if not (math.isfinite(step.minutes) and 0 <= step.minutes <= 15):
        yield f"takes {step.minutes} min; a step takes 0 (as the doses say) to 15"
