"""From a technique's doses and the limits that hold to one application's dose: nothing is longer, harder or more often than its limit, and each cut is told."""

from __future__ import annotations

from dataclasses import fields
from typing import get_type_hints

from unknot.case.plan import HIGHEST, HIGHEST_FORCE_N, Cut, Dose, Limit, Manner, ResolvedLimits, Source, Wish
from unknot.errors import KnowledgeError, Problem
from unknot.guards import number_problem
from unknot.knowledge.load import Knowledge
from unknot.knowledge.technique import DoseValue
from unknot.words import say

NO_LENGTH_MM = 120.0
"""The length of a stroke where no muscle says it (assumed)."""
RECHECK_SHARE = 0.25
"""Of the pressure on a place at most, where little is allowed (house rule)."""


def of(k: Knowledge, technique: str, name: str) -> DoseValue:
    """A number of a technique, or of all. Raises KnowledgeError when there is none: a missing dose is never a default."""
    for ident in (f"{technique}.{name}", f"all.{name}"):
        if ident in k.doses:
            return k.doses[ident]
    todo = "add it with a source or as a house rule"
    raise KnowledgeError([Problem("no_dose", "techniques", f"no dose {technique}.{name}", "", todo)])


def ground(dose: DoseValue) -> str:
    """Why a number is what it is, with its sources or the words that it is a house rule."""
    source = ", ".join(dose.sources) or say("plan.house")
    return f"{dose.why.removesuffix('.')} ({source})"


def manner(k: Knowledge) -> Manner:
    """How every session is conducted."""
    kinds = get_type_hints(Manner)
    return Manner(**{f.name: kinds[f.name](k.dose("all", f.name)) for f in fields(Manner)})


def technique_limits(k: Knowledge, technique: str) -> list[Limit]:
    """The technique's own ceilings: the most that a practitioner may set."""
    named = (("discomfort", "band_high"), ("hold_s", "hold_s"), ("point_s", "point_s"))
    return [
        Limit(limit, found.high, "technique", ground(found))
        for limit, name in named
        for found in (of(k, technique, name),)
    ]


def wished_limits(wish: Wish) -> list[Limit]:
    """What the practitioner wants is a limit too: it can only lower what is allowed."""
    named = (("hold_s", wish.hold_s), ("discomfort", wish.discomfort))
    shared = [Limit("point_s", wish.point_s, "house", say("plan.unpressed"))] if wish.point_s is not None else []
    return [
        *(Limit(name, value, "practitioner", say("plan.wished")) for name, value in named if value is not None),
        *shared,
    ]


def number_problems(wish: Wish, k: Knowledge, at: str) -> list[Problem]:
    """What is wrong with the numbers of a wish."""
    family, found = k.techniques[wish.technique].family, []
    ranges: dict[str, tuple[object, float, float]] = {
        "hold_s": (wish.hold_s, 1, 600),
        "discomfort": (wish.discomfort, 1, 10),
        "point_s": (wish.point_s, 5, 600),
        "band_low": (wish.band_low, 0, HIGHEST["discomfort"]),
    }
    force = of(k, "plan", "force_n")
    ranges["force_n"] = (wish.force_n, force.low, min(force.high, HIGHEST_FORCE_N))
    for name in ("rest_s", "turns"):
        dose = of(k, wish.technique, name)
        ranges[name] = (getattr(wish, name), dose.low, dose.high)
    if family == "passes":
        ranges["pass_s"] = (wish.pass_s, *_pass_range(k, wish.technique))
    elif wish.pass_s is not None:
        found.append(Problem("no_strokes", f"{at}, pass_s", f"{wish.technique} has no strokes", "", "leave it out"))
    for name, (value, low, high) in ranges.items():
        if value is not None:
            wrong = number_problem(value, f"{at}, {name}", low, high, "give a number in that range, or leave it out")
            found += [wrong] if wrong else []
    turns: object = wish.turns
    if isinstance(turns, float):
        found.append(Problem("not_whole", f"{at}, turns", f"{turns:g}", "a whole number", "leave out the fraction"))
    return found


def _pass_range(k: Knowledge, technique: str) -> tuple[float, float]:
    dose = k.doses.get(f"{technique}.pass_s")
    return (dose.low, dose.high) if dose else (1.0, 600.0)


def dosed(wish: Wish, k: Knowledge, limits: ResolvedLimits, length_mm: float) -> tuple[Dose, float, tuple[Cut, ...]]:
    """The dose of a wish under its limits, the length of its stroke [mm], and what was cut. Raises GuardError when nothing remains."""
    technique, family = wish.technique, k.techniques[wish.technique].family
    value = {
        name: of(k, technique, name).value
        for name in ("band_low", "band_high", "hold_s", "rest_s", "turns", "turns_least", "point_s")
    }
    wanted = {
        "discomfort": wish.discomfort if wish.discomfort is not None else value["band_high"],
        "hold_s": wish.hold_s if wish.hold_s is not None else value["hold_s"],
        "point_s": wish.point_s if wish.point_s is not None else value["point_s"],
    }
    high, point = min(wanted["discomfort"], limits.discomfort), min(wanted["point_s"], limits.point_s)
    glides = k.techniques[technique].verb == "glide"
    recheck = 0.0 if glides else min(k.dose("all", "recheck_s"), point * RECHECK_SHARE)
    room = point - recheck
    hold = min(wanted["hold_s"], limits.hold_s, room)
    pass_s, length = _stroke(wish, k, room, length_mm) if family == "passes" else (0.0, 0.0)
    turns_wanted = wish.turns if wish.turns is not None else int(value["turns"])
    each = {"rounds": hold, "passes": pass_s, "release": 0.0}[family]
    turns = min(turns_wanted, max(1, int((room + 1e-9) // each))) if each > 0 else turns_wanted
    width = value["band_high"] - value["band_low"]
    low = max(0.0, high - width) if wish.band_low is None else wish.band_low
    if low >= high:
        low = max(0.0, high - width)
    dose = Dose(
        band_low=low, band_high=high, hold_s=hold, rest_s=wish.rest_s if wish.rest_s is not None else value["rest_s"],
        turns=turns, turns_least=min(int(value["turns_least"]), turns), pass_s=pass_s, point_s=point, recheck_s=recheck, search_pass_s=_search_s(wish, k, pass_s, length),
    )  # fmt: skip
    got = {"discomfort": high, "hold_s": hold, "point_s": point}
    return dose, length, _cuts(wanted, got, limits, turns_wanted, turns, of(k, technique, "point_s"))


def _stroke(wish: Wish, k: Knowledge, room: float, length_mm: float) -> tuple[float, float]:
    """The time and the length of one stroke; one that would press too long is shorter, not quicker than the pace allows."""
    pace = k.doses.get(f"{wish.technique}.pace_mm_s")
    if pace is None:
        wanted = wish.pass_s if wish.pass_s is not None else k.dose(wish.technique, "pass_s")
        return _tenths(min(wanted, room)), length_mm
    wanted = wish.pass_s if wish.pass_s is not None else length_mm / pace.value
    took = _tenths(min(max(wanted, length_mm / pace.high), room))
    return took, min(length_mm, took * pace.high)


def _search_s(wish: Wish, k: Knowledge, pass_s: float, length_mm: float) -> float:
    """The time of the first stroke where nothing was found yet and the technique searches; 0 when that is no quicker."""
    pace = k.doses.get(f"{wish.technique}.search_mm_s")
    if pace is None or wish.found or pass_s <= 0:
        return 0.0
    took = _tenths(length_mm / pace.value)
    return took if 0 < took < pass_s else 0.0


def _tenths(seconds: float) -> float:
    """In tenths of a second, never more."""
    return int(seconds * 10 + 1e-6) / 10


def _cuts(
    wanted: dict[str, float],
    got: dict[str, float],
    limits: ResolvedLimits,
    turns_wanted: int,
    turns: int,
    point: DoseValue,
) -> tuple[Cut, ...]:
    by: dict[str, tuple[Source, str]] = {name: (source, why) for name, source, why in limits.set_by}
    on_place: tuple[Source, str] = by["point_s"] if got["point_s"] < point.value else ("technique", ground(point))
    found = []
    for name, before in wanted.items():
        if got[name] < before:
            source, why = by[name] if got[name] == getattr(limits, name) else on_place
            found.append(Cut(name, before, got[name], source, why))
    if turns < turns_wanted:
        source, why = on_place
        found.append(Cut("turns", turns_wanted, turns, source, why))
    return tuple(found)


def no_room(dose: Dose, technique: str, k: Knowledge, at: str) -> list[Problem]:
    """A dose of which nothing is left."""
    family, found = k.techniques[technique].family, []
    if dose.band_high <= 0:
        found.append(Problem("no_room", at, "no discomfort at all is allowed", "", "leave this place alone"))
    if (family != "passes" and dose.hold_s <= 0) or (family == "passes" and dose.pass_s <= 0):
        found.append(Problem("no_room", at, "no time under the hand is allowed", "", "leave this place alone"))
    return found
