"""The client's page as a record: the last visit in a card, the body over time, what is open, the visits, and the way of today's visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unknot.record.card import card, unsigned, way
from unknot.record.note import Notes
from unknot.record.story import Story, past, read_ahead, story
from unknot.record.wanted import wanted
from unknot.web.desk import At, Screening
from unknot.web.own import likes_of
from unknot.web.paper import small_bodies
from unknot.words import say

FEW = 6
"""Visits that are looked through for the page; older ones are listed by their day."""


@dataclass(frozen=True, slots=True)
class Row:
    """A visit in the list."""

    on: str
    told: str
    note: str
    where: str


def record_of(of: Screening, at: At) -> dict[str, Any]:
    """What the template needs of the record."""
    desk = at.desk
    earlier = [v for v in past(desk, at.person.id) if v.on < at.visit.on]
    read_ahead(desk.store, [*earlier[-FEW:], at.visit], desk.k)
    now = story(desk, at.person, at.visit)
    seen = [story(desk, at.person, v, ahead=False) for v in earlier[-FEW:]]
    notes = Notes(desk.store, [at.visit.id, *(v.id for v in earlier[-FEW:])])
    treated = next((s for s in reversed(seen) if s.sittings), None)
    step = at.asks.step()
    asked = len(step.questions) if step else 0
    open_session = next((s.id for s in reversed(now.sittings) if not s.over), "")
    planned = len(wanted(desk.store, at.visit.id).wishes)
    steps = way(now, notes, at.base, asked=asked, planned=planned, open_session=open_session)
    drawn = [(s.visit.on.isoformat(), s.pains) for s in (*seen, now) if s.pains]
    rows = [_row(s, notes, at.base) for s in reversed([*seen, *([now] if now.happened else [])])]
    older = [Row(v.on.isoformat(), "", "", f"{at.base}/visits/{v.id}/note") for v in reversed(earlier[:-FEW])]
    return {
        "card": card(treated, now, likes_of(desk.store, at.person.id), of.page.k) if treated else None, "way": steps,
        "bodies": small_bodies(drawn[-FEW:], at.person.sex) if len(drawn) > 1 else [], "visits": [*rows, *older],
        "left_open": [*_open(at, now, unsigned(seen, notes))], "next_visit": now.next,
    }  # fmt: skip


def _row(s: Story, notes: Notes, base: str) -> Row:
    names = list(dict.fromkeys(p.name.replace("^", "") for t in s.sittings for p in t.found.places))
    told = "; ".join(names[:3] + ([say("end.more", count=len(names) - 3)] if len(names) > 3 else []))
    if not told:
        told = say("record_page.drawn", count=len(s.pains)) if s.pains else say("record_page.asked")
    kept = notes.of(s.visit.id)
    note = say("way.signed") if kept and kept.signed_by else say("way.edited") if kept else say("way.drafted")
    return Row(s.visit.on.isoformat(), told, note, f"{base}/visits/{s.visit.id}/note")


def _open(at: At, now: Story, without: list[Story]) -> list[tuple[str, str]]:
    """What waits for somebody: (words, where it is done)."""
    found = [(say("record_page.unsigned", on=s.visit.on.isoformat()), f"{at.base}/visits/{s.visit.id}/note") for s in without]  # fmt: skip
    for a in at.desk.intake(at.visit).approvals:
        if a.answer == "waiting":
            found.append((say("record_page.waiting", by=a.by), f"{at.base}#approval"))
        elif a.until is not None and a.until < at.visit.on:
            found.append((say("record_page.over", by=a.by, until=a.until.isoformat()), f"{at.base}#approval"))
    for sitting in now.sittings:
        if not sitting.over:
            found.append((say("note.not_ended"), f"/sessions/{sitting.id}"))
    return found
