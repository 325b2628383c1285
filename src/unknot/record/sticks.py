"""Where skin or muscle stuck under a roll, visit by visit: a fold of sessions, for pictures of the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from unknot.case.plan import Application, Route
from unknot.record.followed import At, sittings_at
from unknot.record.sessions import KIND
from unknot.record.store import Store
from unknot.treat.summary import Summary, Taking


@dataclass(frozen=True, slots=True)
class Stuck:
    """One way that was rolled, with where it stuck at each visit."""

    application: Application
    """The newest one on this way: its place, and the path that was drawn for it."""
    visits: tuple[tuple[date, tuple[float, ...]], ...]
    """(day, places along the way from 0 to 1) of each visit at which it was rolled, also where nothing stuck."""


def sticks(store: Store, visits: Sequence[At]) -> tuple[Stuck, ...]:
    """What stuck over visits, each way once; a way on which nothing ever stuck is left out."""
    found: dict[tuple[str, str, Route | None], Stuck] = {}
    every = [(on, sitting) for (_, on), some in sittings_at(store, visits) for sitting in some]
    rolled = [(on, sitting) for on, sitting in every if any(_counts(taking) for taking in sitting.found.takings)]
    store.some(KIND, [sitting.id for _, sitting in rolled])  # read together; within one look each is at hand then
    for on, sitting in rolled:
        _add(found, sitting.found, sitting.applications, on)
    return tuple(s for s in found.values() if any(places for _, places in s.visits))


def _counts(taking: Taking) -> bool:
    """Whether it can say where something stuck: a roll always, another stroke where it did."""
    return taking.verb == "roll" or (taking.verb in ("strip", "glide") and bool(taking.sticks))


def _add(
    found: dict[tuple[str, str, Route | None], Stuck],
    summary: Summary,
    applications: Mapping[str, Application],
    on: date,
) -> None:
    for taking in summary.takings:
        a = applications.get(taking.application)
        if a is None or not _counts(taking):
            continue
        places = tuple(sorted({share for _, share in taking.sticks}))
        key = (a.place, a.technique, a.route)
        before = found.get(key)
        rows = before.visits if before else ()
        if rows and rows[-1][0] == on:
            rows, places = rows[:-1], tuple(sorted({*rows[-1][1], *places}))
        found[key] = (
            replace(before, application=a, visits=(*rows, (on, places))) if before else Stuck(a, ((on, places),))
        )
