"""What is measured at a visit: facts in its stream, checked before they are stored, and folded to series over visits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from statistics import fmean
from typing import Any, Literal, cast, get_args

from unknot.errors import Problem, UnknotError
from unknot.guards import number_problem
from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import TO_UNIT, Measure
from unknot.record.amounts import SIGNS
from unknot.record.ids import uuid7
from unknot.record.store import Fact, Store

When = Literal["before", "at", "after"]
"""Before the work of a visit, at a visit without any, or after the work."""
SIDES = ("left", "right")
MOST_READINGS = 10
LONGEST = 80
"""Characters of an activity, a name or a note."""


PAINS = ("pain.least", "pain.worst")
"""Of one day: the one is never above the other."""


class MeasureError(UnknotError):
    """A measurement that cannot be one; nothing was stored."""

    code = "measure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One measurement as it is given. `on` is a region, a point with its side, or the words of an activity; empty for the client."""

    measure: str
    values: tuple[float, ...]
    unit: str = ""
    """As given; the measure's own when empty."""
    on: str = ""
    side: str = ""
    when: When = "at"
    by: str
    way: Literal["typed", "photo"] = "typed"
    rate: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """One stored measurement; `value` is the mean of its readings in the measure's unit."""

    id: str
    taken: Taken
    value: float
    visit: str


@dataclass(frozen=True, slots=True)
class Point:
    """One visit of a series. `value` is before the work or without any, `after` after it; None where it was not taken."""

    on: date
    visit: str
    value: float | None
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One measure at one place over the visits, in order."""

    measure: str
    on: str
    side: str
    points: tuple[Point, ...]

    @property
    def values(self) -> list[float]:
        """Those before the work, which are compared from visit to visit."""
        return [p.value for p in self.points if p.value is not None]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.measure, self.on, self.side


def in_unit(measure: Measure, value: float, unit: str) -> float:
    """A value given in `unit`, in the measure's own. Raises KeyError for a unit that it cannot be given in."""
    if unit in ("", measure.unit):
        return value
    factor, added = TO_UNIT[unit, measure.unit]
    return value * factor + added


def checked(taken: Taken, k: Knowledge) -> Taken:
    """The measurement, its unit filled in. Raises MeasureError with every problem when it cannot be one."""
    measure = k.measures.get(taken.measure)
    if measure is None:
        raise MeasureError([Problem("unknown_measure", "measure", "there is no such measure", "one of the list", "choose one")])  # fmt: skip
    problems = [*_place(taken, measure, k), *_values(taken, measure)]
    if not measure.typed:
        todo = "it is worked out from drawings and sessions"
        problems.append(Problem("not_typed", measure.name, "this is not typed in", "", todo))
    if taken.when not in get_args(When):
        problems.append(Problem("not_a_moment", measure.name, "no such moment", "before, at, after", "choose one"))
    if not taken.by.strip() or len(taken.by) > LONGEST or len(taken.rate) > LONGEST:
        problems.append(Problem("no_name", measure.name, "nobody is named, or at too great length", f"1 to {LONGEST} characters", "say who measured"))  # fmt: skip
    if problems:
        raise MeasureError(problems)
    return replace(taken, unit=taken.unit or measure.unit)


def _values(taken: Taken, measure: Measure) -> Iterable[Problem]:
    if taken.unit not in ("", measure.unit, *measure.also_units):
        yield Problem("unknown_unit", measure.name, "not in this unit", ", ".join((measure.unit, *measure.also_units)), "choose one")  # fmt: skip
        return
    if not 1 <= len(taken.values) <= MOST_READINGS:
        yield Problem("no_value", measure.name, f"{len(taken.values)} readings", f"1 to {MOST_READINGS}", "give a value")  # fmt: skip
    for value in taken.values:
        problem = number_problem(value, measure.name, -1e9, 1e9, "give a number")
        if problem is not None:
            yield problem
            continue
        si = in_unit(measure, value, taken.unit)
        if not measure.low <= si <= measure.high:
            yield Problem("out_of_range", measure.name, f"{_plain(si)}{_sign(measure)} is out of range", allowed(measure), "measure again, or check the unit")  # fmt: skip
        elif measure.whole and value != int(value):
            yield Problem("not_whole", measure.name, f"{value:g}", "whole numbers", "count again")


def allowed(measure: Measure) -> str:
    """What a measure may be, with its unit."""
    return f"{measure.low:g} to {measure.high:g}{_sign(measure)}"


def _sign(measure: Measure) -> str:
    return SIGNS.get(measure.unit, f" {measure.unit}")


def _plain(value: float) -> str:
    """A number as people write it, however large."""
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def _place(taken: Taken, measure: Measure, k: Knowledge) -> Iterable[Problem]:
    on, _, at = taken.on.partition("@")
    kind = "client" if not taken.on else "point" if on in k.points else "region" if on in k.regions else "activity"
    if kind not in measure.where:
        yield Problem("no_such_place", measure.name, "not measured there", " or ".join(measure.where), "choose a place")
    elif kind in ("point", "region"):
        lateral = k.muscles[k.points[on].muscle].lateral if kind == "point" else k.regions[on].lateral
        if (at in SIDES) != lateral or (at and not lateral):
            yield Problem("no_side", measure.name, "the side is missing or there is none", "@left or @right for what has two sides", "choose the side")  # fmt: skip
    elif kind == "activity" and len(taken.on) > LONGEST:
        yield Problem("too_long", measure.name, f"{len(taken.on)} characters", f"{LONGEST}", "shorter words")
    if (taken.side in SIDES) != measure.sided or (taken.side and not measure.sided):
        yield Problem("no_side", measure.name, "the side is missing or there is none", "left or right for what has two sides", "choose the side")  # fmt: skip


class Measures:
    """Reads and writes measurements. The store stamps them; nothing here reads a clock."""

    def __init__(self, store: Store, k: Knowledge) -> None:
        self.store = store
        self.k = k

    def keep(self, visit: str, taken: Sequence[Taken]) -> list[str]:
        """Store measurements of a visit, all of them or none; their ids. Raises MeasureError with every problem."""
        good: list[Taken] = []
        problems: list[Problem] = []
        for one in taken:
            try:
                good.append(checked(one, self.k))
            except MeasureError as error:
                problems.extend(error.problems)
        problems += self._crossed(visit, good)
        if problems:
            raise MeasureError(problems)
        idents = [uuid7() for _ in good]
        facts = [Fact("measured", self._body(i, t)) for i, t in zip(idents, good, strict=True)]
        self.store.append(f"visit:{visit}", facts)
        return idents

    def _crossed(self, visit: str, taken: Sequence[Taken]) -> Iterable[Problem]:
        """A least pain above the worst of the same time and place, with what stands at the visit already."""
        if not any(t.measure in PAINS for t in taken):
            return
        every = [*((kept.taken, kept.value) for kept in self.of_visit(visit)), *((t, fmean(t.values)) for t in taken)]
        now = {(t.measure, t.on, t.when): value for t, value in every if t.measure in PAINS}
        least, worst = (self.k.measures[ident].name for ident in PAINS)
        for (measure, on, when), low in now.items():
            high = now.get((PAINS[1], on, when))
            if measure == PAINS[0] and high is not None and low > high:
                yield Problem("crossed", least, f"{low:g}", f"at most {high:g}, the {worst}", "ask again, or take the other one back")  # fmt: skip

    def _body(self, ident: str, taken: Taken) -> dict[str, Any]:
        measure = self.k.measures[taken.measure]
        si = fmean(in_unit(measure, v, taken.unit) for v in taken.values)
        return {"id": ident, **asdict(taken), "si": si, "si_unit": measure.unit}

    def take_back(self, visit: str, ident: str, by: str) -> None:
        """A measurement that was a mistake: it stays in the log and counts no more. Raises MeasureError when there is none."""
        if ident not in {kept.id for kept in self.of_visit(visit)}:
            raise MeasureError([Problem("no_such_measurement", "measurement", "there is none of that id at this visit", "", "look at the list again")])  # fmt: skip
        self.store.append(f"visit:{visit}", [Fact("measure_taken_back", {"id": ident, "by": by})])

    def of_visit(self, visit: str) -> list[Kept]:
        """What was measured at a visit and stands, in order."""
        return self._standing(visit, self.store.facts(f"visit:{visit}"))

    @staticmethod
    def _standing(visit: str, facts: Sequence[Fact]) -> list[Kept]:
        gone = {f.body["id"] for f in facts if f.kind == "measure_taken_back"}
        return [kept_of(f.body, visit) for f in facts if f.kind == "measured" and f.body["id"] not in gone]

    def of_visits(self, visits: Sequence[tuple[str, date]]) -> list[tuple[str, date, list[Kept]]]:
        """What was measured at (visit, day) and stands, visit by visit."""
        facts = self.store.facts_of([f"visit:{visit}" for visit, _ in visits])
        return [(visit, on, self._standing(visit, facts[f"visit:{visit}"])) for visit, on in visits]

    def series(self, visits: Sequence[tuple[str, date]]) -> list[Series]:
        """What was measured at (visit, day), as series in the order of the knowledge; the mean of the activities among them."""
        return fold(self.of_visits(visits), self.k)


def kept_of(body: Mapping[str, Any], visit: str) -> Kept:
    """A measurement as its fact tells it."""
    given = {key: body[key] for key in ("measure", "unit", "on", "side", "when", "by", "way", "rate")}
    return Kept(str(body["id"]), Taken(values=tuple(body["values"]), **given), float(body["si"]), visit)


def fold(visits: Sequence[tuple[str, date, Sequence[Kept]]], k: Knowledge) -> list[Series]:
    """Measurements by visit to series. Of several at one moment of a visit the last counts; those whose measure is gone are left out."""
    found: dict[tuple[str, str, str], list[Point]] = {}
    for visit, on, kept in visits:
        here: dict[tuple[str, str, str], dict[bool, float]] = {}
        for one in kept:
            t = one.taken
            if t.measure in k.measures:
                here.setdefault((t.measure, t.on, t.side), {})[t.when == "after"] = one.value
        for key, moments in here.items():
            found.setdefault(key, []).append(Point(on, visit, moments.get(False), moments.get(True)))
    series = [Series(*key, tuple(points)) for key, points in found.items()]
    series += _activities([s for s in series if s.measure == "psfs.activity"], [v for v, _, _ in visits])
    order = {ident: i for i, ident in enumerate(k.measures)}
    return sorted(series, key=lambda s: (order[s.measure], s.on, s.side))


def _activities(series: Sequence[Series], visits: Sequence[str]) -> list[Series]:
    """The mean of the activities that were rated at the first visit, wherever all of them were rated again."""
    by_visit: dict[str, dict[str, Point]] = {}
    for one in series:
        for point in one.points:
            if point.value is not None:
                by_visit.setdefault(point.visit, {})[one.on] = point
    rated = [by_visit[v] for v in visits if v in by_visit]
    if not rated or len(rated[0]) < 2:
        return []
    first = set(rated[0])
    points = [
        Point(next(iter(at.values())).on, next(iter(at.values())).visit, fmean(cast(float, at[a].value) for a in first))
        for at in rated
        if first <= set(at)
    ]
    return [Series("psfs.mean", "", "", tuple(points))]
