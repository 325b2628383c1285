"""Screening: every atom of a condition can be met, every outcome says what to do, numbers are in range, nothing is asked in vain."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from unknot.knowledge.lint import Material
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import TECHNIQUES, BaseLimit, ConsentArea, Danger, Harmless, Question, ScreenRule

MARKS = {"surgery", "skin", "implant", "numb", "injury", "lump", "injection", "swelling"}
LEAST = {"discomfort_max": 1, "hold_s_max": 2, "point_s_max": 5, "session_min_max": 5}
"""The least of each limit that a rule may set; the most is what holds for everybody, since a rule may only lower it."""
UNUSED = {"about", "massage"}
"""Groups whose answers may be there to be read, without a rule."""


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    used: set[str] = set()
    for rule in k.screens.values():
        used.update(atom for group in rule.all for atom in group if ":" not in atom)
        for group in rule.all:
            yield from ((rule.id, problem) for atom in group if (problem := atom_problem(k, atom)))
        yield from ((rule.id, problem) for problem in _rule(k, rule))
    for question in k.questions.values():
        yield from ((question.id, problem) for problem in _question(k, question))
        if question.id not in used and question.group not in UNUSED and not _leads_on(k, question.id):
            yield question.id, "no rule asks for it and no question follows from it; give it a rule or take it out"
    yield from _rest(k)


def _rest(k: Knowledge) -> Iterator[tuple[str, str]]:
    """Places easily hurt, areas of consent, the limits that hold for everybody."""
    for danger in k.dangers.values():
        yield from ((danger.id, problem) for problem in _danger(k, danger))
    for area in k.consent_areas.values():
        for region in area.regions:
            if not _regions(k, region):
                yield area.id, f"names the region {region!r}, which does not exist"
    for harmless in k.harmless.values():
        yield from ((harmless.id, problem) for problem in _harmless(k, harmless))
    records: list[ConsentArea | BaseLimit] = [*k.consent_areas.values(), *k.base_limits.values()]
    for record in records:
        yield from (
            (record.id, f"names the source {s!r}, which does not exist") for s in record.sources if s not in k.sources
        )
    for limit in k.base_limits.values():
        if not math.isfinite(limit.value) or limit.value <= 0:
            yield limit.id, f"is {limit.value}; a limit is a number above 0"
        if not limit.sources and not limit.house:
            yield limit.id, "has no source and is not called a house rule"


def _harmless(k: Knowledge, harmless: Harmless) -> Iterator[str]:
    for ident in harmless.of:
        if ident not in k.questions and ident not in k.symptoms:
            yield f"names {ident!r}, which is neither a question nor a symptom"
    if harmless.of and not harmless.not_with:
        yield "takes signs back and names no word beside which it may not; add not_with"


def atom_problem(k: Knowledge, atom: str) -> str:
    """What is wrong with an atom of a condition; empty when nothing is."""
    if atom == "not_known" or re.fullmatch(r"age(>=|<)\d{1,3}", atom):
        return ""
    kind, _, value = atom.partition(":")
    regions = _regions(k, value) if kind in ("site", "only", "both") else []
    known: dict[str, object] = {
        "symptom": k.symptoms, "site": regions, "only": regions, "both": regions,
        "sex": {"female", "male"}, "mark": MARKS, "test": k.tests, "sign": k.signs, "likely": k.causes(), "quality": k.qualities,
    }  # fmt: skip
    if not value:
        return "" if atom in k.questions else f"names the question {atom!r}, which does not exist"
    if kind not in known:
        return f"{atom!r} is no atom; known are a question, age>=N, age<N, and {', '.join(known)}"
    found = known[kind]
    good = bool(found) if kind in ("site", "only", "both") else value in found  # type: ignore[operator]
    return "" if good else f"{atom!r} names what does not exist"


def _regions(k: Knowledge, prefix: str) -> list[str]:
    return [r for r in k.regions if r == prefix or r.startswith(f"{prefix}.")]


def _leads_on(k: Knowledge, ident: str) -> bool:
    return any(ident in q.after for q in k.questions.values())


def _less(rule: ScreenRule) -> Iterator[str]:
    """A share that lowers what would hold otherwise."""
    if rule.less is None:
        return
    if not (math.isfinite(rule.less) and 0 < rule.less < 1):
        yield f"less is {rule.less}; allowed is above 0 to below 1"
    if not rule.house or all(getattr(rule, name) is None for name in LEAST):
        yield "lowers by a share without being a house rule, or names no limit that is lowered"


def _rule(k: Knowledge, rule: ScreenRule) -> Iterator[str]:
    if not rule.all or not all(rule.all):
        yield "has an empty condition; name at least one atom in each group"
    for region in (*rule.bar, *rule.light):
        if region != "*" and not _regions(k, region):
            yield f"names the region {region!r}, which does not exist"
    for technique in rule.forbid:
        if technique not in TECHNIQUES:
            yield f"forbids {technique!r}; known are {', '.join(TECHNIQUES)}"
    for name, least in LEAST.items():
        value, everybody = getattr(rule, name), k.base_limits.get(name.removesuffix("_max"))
        most = everybody.value if everybody else -math.inf
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            yield f"{name} is {value}; allowed is {least} to {most:g}"
    yield from _less(rule)
    for mark, radius in rule.bar_marks.items():
        if not (math.isfinite(radius) and 5 <= radius <= 400):
            yield f"bars {radius} mm around {mark}; allowed is 5 to 400"
    for source in rule.sources:
        if source not in k.sources:
            yield f"names the source {source!r}, which does not exist"
    yield from _outcome(rule)


def _outcome(rule: ScreenRule) -> Iterator[str]:
    limits = (
        any(getattr(rule, name) is not None for name in LEAST)
        or rule.bar
        or rule.bar_marks
        or rule.light
        or rule.forbid
    )
    if not rule.sources:
        yield "names no source; name at least one"
    if rule.outcome == "emergency" and not rule.do_now:
        yield "is an emergency and does not say what to do now"
    if rule.outcome == "emergency" and (rule.urgency != "now" or rule.lifted_by != "nobody"):
        yield "is an emergency: its urgency is now, and nobody lifts it"
    if rule.outcome == "refer" and rule.urgency not in ("same_day", "soon"):
        yield "refers and does not say how soon; same_day or soon"
    if rule.outcome in ("careful", "remind") and not limits and not rule.position and not rule.remind:
        yield "does nothing; lower a limit, bar a place, choose a position or say what to watch"
    if rule.outcome == "remind" and limits:
        yield "limits the work, so it is more than a reminder; its outcome is careful"
    if rule.kind == "red_flag" and rule.outcome not in ("refer", "emergency"):
        yield "is a red flag and does not refer"


def _question(k: Knowledge, question: Question) -> Iterator[str]:
    for other in question.after:
        if other not in k.questions:
            yield f"follows the question {other!r}, which does not exist"
    for symptom in (*question.symptoms, *question.closes):
        if symptom not in k.symptoms:
            yield f"names the symptom {symptom!r}, which does not exist"
    for phrase in question.also:
        if not re.fullmatch(r"[^()|]*(?:\([^()|]+(?:\|[^()|]+)+\)[^()|]*)*", phrase):
            yield f"says {phrase!r}; write alternatives as (one|another), not within each other"
    if not question.ask.endswith("?"):
        yield "does not end as a question"


def _danger(k: Knowledge, danger: Danger) -> Iterator[str]:
    for region in danger.regions:
        if not _regions(k, region):
            yield f"names the region {region!r}, which does not exist"
    for source in danger.sources:
        if source not in k.sources:
            yield f"names the source {source!r}, which does not exist"
    if danger.contact == "no_sustained" and danger.hold_s_max is None:
        yield "allows no sustained pressure and does not say for how long; add hold_s_max"
    if danger.contact == "avoid_region" and (danger.hold_s_max is not None or danger.discomfort_max is not None):
        yield "leaves its regions alone and yet says how much they bear; take the limit out, or say avoid"
