"""Older visits in brief: whether it was drawn, which sessions there were, and which of them nobody has ended. A few queries, however many visits there are."""

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


def briefs(desk: Desk, visits: Sequence[Visit]) -> list[Brief]:
    """The visits in brief, in order. Raises StoreError when the record cannot be read."""
    idents = [visit.id for visit in visits]
    if not idents:
        return []
    drawn = desk.store.versions_of("drawing", idents)
    desk.store.lasts([f"visit:{ident}" for ident in idents])  # tells whether any facts are hidden
    begun = _begun(desk, idents)
    streams = [stream_of(one) for some in begun.values() for one in some]
    there = desk.store.lasts(streams)
    ends = select(FACTS.c.stream).where(FACTS.c.stream.in_(list(there)), FACTS.c.kind == "end")
    ended = {str(stream) for (stream,) in rows_of(desk.store, ends)} if there else set()
    found = []
    for visit in visits:
        sessions = tuple(one for one in begun.get(visit.id, ()) if stream_of(one) in there)
        left = tuple(one for one in sessions if stream_of(one) not in ended)
        found.append(Brief(visit, visit.id in drawn, sessions, left))
    return found


def _begun(desk: Desk, idents: Sequence[str]) -> dict[str, list[str]]:
    """The sessions that each visit began."""
    asked = (
        select(FACTS)
        .where(FACTS.c.stream.in_([f"visit:{ident}" for ident in idents]), FACTS.c.kind == "session_begun")
        .order_by(FACTS.c.stream, FACTS.c.sequence)
    )
    found: dict[str, list[str]] = {}
    for row in rows_of(desk.store, asked):
        begun = fact_in(row)
        found.setdefault(row.stream.removeprefix("visit:"), []).append(str(begun.body["session"]))
    return found
