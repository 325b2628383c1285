"""Series that nobody types: the drawing's extent over the visits, and what sessions say of the points that were treated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from unknot.body.extent import extent_of, within
from unknot.knowledge.load import Knowledge
from unknot.record.drawn import Coloured, coloured
from unknot.record.folded import Sitting, folded, sessions_in
from unknot.record.measures import Point, Series
from unknot.record.store import Store
from unknot.record.went import Went
from unknot.treat.summary import Summary

At = tuple[str, date]
"""(visit, its day)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The drawing of a visit."""

    visit: str
    on: date
    coloured: Coloured


def drawings(store: Store, visits: Sequence[At], k: Knowledge) -> list[Drawn]:
    """The drawings of visits, and those at which somebody said that nothing hurts; a visit at which nothing was drawn has none, which is not the same."""
    every = coloured(store, [visit for visit, _ in visits], k)
    return [
        Drawn(visit, on, every[visit])
        for visit, on in visits
        if visit in every and (every[visit].lines or every[visit].nothing)
    ]


def drawn_series(found: Sequence[Drawn], k: Knowledge) -> list[Series]:
    """Extent and weighted extent of the whole body, and the extent of each area that was ever drawn: all 0 where somebody said that nothing hurts.

    None when nothing was ever drawn: named places have no extent, and zeros alone would hide them.
    """
    rows = [(d, extent_of(d.coloured.pains)) for d in found]
    if not any(d.coloured.lines for d in found):
        return []
    series = [
        Series("drawing.extent", "", "", tuple(Point(d.on, d.visit, e.share) for d, e in rows)),
        Series("drawing.weighted", "", "", tuple(Point(d.on, d.visit, e.weighted) for d, e in rows)),
    ]
    for area in k.complaint_areas.values():
        points = tuple(Point(d.on, d.visit, within(e, area.regions)) for d, e in rows)
        if any(p.value for p in points):
            series.append(Series("drawing.extent", f"area:{area.id}", "", points))
    return series


def middles(found: Sequence[Drawn]) -> list[tuple[str, str, list[tuple[date, float, float]]]]:
    """(figure, view, middle of the drawing at each visit) for views drawn on at two visits or more."""
    by_view: dict[tuple[str, str], list[tuple[date, float, float]]] = {}
    for one in found:
        for figure, view, x, y in one.coloured.centres:
            by_view.setdefault((figure, view), []).append((one.on, x, y))
    return [(figure, view, rows) for (figure, view), rows in by_view.items() if len(rows) > 1]


@dataclass(frozen=True, slots=True)
class Left:
    """A place that was worked on at a visit and that no series holds, since nothing there was rated before and after under the same pressure."""

    on: date
    went: Went

    @property
    def why(self) -> str:
        """worse, clear, harder, lighter, anew, once or unrated: what is known of it all the same, else what keeps it from being compared."""
        place = self.went.place
        if self.went.worse or self.went.change == "clear":
            return "worse" if self.went.worse else "clear"
        return place.pressure or ("unrated" if place.before is None else "once")


def left_out(found: Iterable[tuple[At, Sequence[Sitting]]]) -> tuple[int, list[Left]]:
    """(how many places were worked on, counted at each session; those of them that no series holds, in order).

    Where discomfort rises the hand goes lighter: of places that went badly fewer can be compared, and series alone would flatter.
    """
    every = [Left(on, w) for (_, on), some in found for sitting in some for w in sitting.places]
    return len(every), [one for one in every if not one.went.place.compared]


def sittings_at(store: Store, visits: Sequence[At]) -> list[tuple[At, list[Sitting]]]:
    """The sessions of each visit at which anything happened."""
    facts = store.facts_of([f"visit:{visit}" for visit, _ in visits])
    begun = {visit: sessions_in(facts[f"visit:{visit}"]) for visit, _ in visits}
    found = folded(store, [ident for every in begun.values() for ident in every])
    return [(at, [found[ident] for ident in begun[at[0]] if ident in found]) for at in visits]


def session_series(found: Sequence[tuple[At, Sequence[Summary]]]) -> list[Series]:
    """The discomfort under the hand at each place before and after its work under the same pressure, and where skin stuck. Never mixed with the pain of the complaint."""
    points: dict[tuple[str, str], list[Point]] = {}
    for (visit, on), every in found:
        for summary in every:
            for place in summary.places:
                if place.compared:
                    _put(points, ("session.discomfort", place.place), Point(on, visit, place.before, place.after))
            for taking in summary.takings:
                if taking.technique == "skin_rolling" and taking.turns:
                    last = max((stroke for stroke, _ in taking.sticks), default=0)
                    count = sum(stroke == last for stroke, _ in taking.sticks) if last == taking.turns else 0
                    _put(points, ("session.sticks", taking.place), Point(on, visit, float(count)))
    return [Series(measure, on, "", tuple(rows)) for (measure, on), rows in points.items()]


def _put(points: dict[tuple[str, str], list[Point]], key: tuple[str, str], point: Point) -> None:
    """A point of a series; of several at one visit the first says what was before, the last all else."""
    rows = points.setdefault(key, [])
    if rows and rows[-1].visit == point.visit:
        first = rows.pop()
        point = replace(point, value=first.value) if point.after is not None else point
    rows.append(point)


def pressed_on(found: Iterable[tuple[At, Sequence[Summary]]]) -> dict[str, list[date]]:
    """Places that were pressed in a session, with the days."""
    days: dict[str, list[date]] = {}
    for (_, on), every in found:
        for place in (p for s in every for p in s.places if p.pressed_ms > 0):
            days.setdefault(place.place, []).append(on)
    return days


def between(series: Series, pressed: Sequence[date]) -> bool | None:
    """Whether a point was pressed between its first and its last measurement before the work; None where it was pressed, but only before the first.

    What was pressed on the day of the last, or later, was measured before that: it is untreated as far as its numbers go.
    """
    days = [p.on for p in series.points if p.value is not None]
    if not days or all(on >= days[-1] for on in pressed):
        return False
    return True if any(days[0] <= on < days[-1] for on in pressed) else None
