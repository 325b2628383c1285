"""Older visits in brief: whether it was drawn, how much was measured, which sessions there were, and which of them nobody has ended. A few queries, however many visits there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from unknot.record.people import rows_of
from unknot.record.schema import FACTS
from unknot.record.screening import Desk, Visit
from unknot.record.sessions import stream_of
from unknot.record.store import fact_in


@dataclass(frozen=True, slots=True)
class Brief:
    """One visit."""

    visit: Visit
    drawn: bool
    sessions: tuple[str, ...]
    """Ids of those at which anything happened."""
    left_open: tuple[str, ...]
    """Ids of those that were never ended."""
    measured: int
    """How many measurements stand."""


def briefs(desk: Desk, visits: Sequence[Visit]) -> list[Brief]:
    """The visits in brief, in order. Raises StoreError when the record cannot be read."""
    idents = [visit.id for visit in visits]
    if not idents:
        return []
    drawn = desk.store.versions_of("drawing", idents)
    desk.store.lasts([f"visit:{ident}" for ident in idents])  # tells whether any facts are hidden
    begun, measured = _told(desk, idents)
    streams = [stream_of(one) for some in begun.values() for one in some]
    there = desk.store.lasts(streams)
    ends = select(FACTS.c.stream).where(FACTS.c.stream.in_(list(there)), FACTS.c.kind == "end")
    ended = {str(stream) for (stream,) in rows_of(desk.store, ends)} if there else set()
    found = []
    for visit in visits:
        sessions = tuple(one for one in begun.get(visit.id, ()) if stream_of(one) in there)
        left = tuple(one for one in sessions if stream_of(one) not in ended)
        found.append(Brief(visit, visit.id in drawn, sessions, left, measured.get(visit.id, 0)))
    return found


def _told(desk: Desk, idents: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, int]]:
    """The sessions that each visit began, and how many measurements of it stand."""
    kinds = ("session_begun", "measured", "measure_taken_back")
    asked = (
        select(FACTS)
        .where(FACTS.c.stream.in_([f"visit:{ident}" for ident in idents]), FACTS.c.kind.in_(kinds))
        .order_by(FACTS.c.stream, FACTS.c.sequence)
    )
    begun: dict[str, list[str]] = {}
    measured: dict[str, int] = {}
    for row in rows_of(desk.store, asked):
        fact, visit = fact_in(row), row.stream.removeprefix("visit:")
        if fact.kind == "session_begun":
            begun.setdefault(visit, []).append(str(fact.body["session"]))
        else:
            measured[visit] = measured.get(visit, 0) + (1 if fact.kind == "measured" else -1)
    return begun, measured
