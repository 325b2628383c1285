"""The client's page as a record: the last visit in a card, the body over time, what is open, the visits, and the way of today's visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unknot.record.amounts import day
from unknot.record.card import Step, card, told_after, way
from unknot.record.note import Notes, pain_words
from unknot.record.older import Brief, briefs
from unknot.record.screening import Visit
from unknot.record.story import Story, past, read_ahead, story
from unknot.record.wanted import wanted
from unknot.web.desk import At, Screening
from unknot.web.own import likes_of
from unknot.web.paper import small_bodies
from unknot.words import say

FEW = 6
"""Visits that are looked through for the page; older ones are listed in brief."""
SHOWN = 5
"""What is open and stands in sight; the rest unfolds below it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A visit in the list."""

    on: str
    told: str
    note: str
    where: str


def _note_next(steps: Sequence[Step], now: Story) -> str:
    """Where the note is, once it is what comes next: a session has ended, or nothing hurts and nothing is planned. Empty else, and of a signed one."""
    note, planned = steps[-1], any(step.key == "plan" and step.state == "done" for step in steps)
    return note.where if note.state != "done" and (now.sittings or (now.nothing and not planned)) else ""


def record_of(of: Screening, at: At) -> dict[str, Any]:
    """What the template needs of the record."""
    desk = at.desk
    earlier = [v for v in past(desk, at.person.id) if v.on < at.visit.on]
    older = briefs(desk, earlier[:-FEW])
    read_ahead(desk.store, [*earlier[-FEW:], at.visit], desk.k)
    now = story(desk, at.person, at.visit)
    seen = [story(desk, at.person, v, ahead=False) for v in earlier[-FEW:]]
    notes = Notes(desk.store, [at.visit.id, *(v.id for v in earlier)])
    treated, later = _treated(at, older, seen)
    step = at.asks.step()
    asked = len(step.questions) if step else 0
    open_session = next((s.id for s in reversed(now.sittings) if not s.over), "")
    planned = len(wanted(desk.store, at.visit.id).wishes)
    steps = way(now, notes, at.base, asked=asked, planned=planned, open_session=open_session)
    drawn = [(day(s.visit.on), s.pains) for s in (*seen, now) if s.pains or s.nothing]
    rows = [_row(s, notes, at.base) for s in reversed([*seen, *([now] if now.happened else [])])]
    return {
        "card": card(treated, told_after(treated, (*later, now), desk.k), likes_of(desk.store, at.person.id), of.page.k) if treated else None, "way": steps, "note_next": _note_next(steps, now),
        "bodies": small_bodies(drawn[-FEW:], at.person.sex) if len(drawn) > 1 else [],
        "visits": [*rows, *(_brief(b, notes, at.base) for b in reversed(older))],
        "left_open": [*_open(at, now), *_left(at, older, seen, notes)], "shown_open": SHOWN, "next_visit": now.next,
    }  # fmt: skip


def _treated(at: At, older: Sequence[Brief], seen: Sequence[Story]) -> tuple[Story | None, Sequence[Story]]:
    """The last visit before today at which hands were on, however long ago, and the visits after it that may say what followed."""
    last = next((s for s in reversed(seen) if s.sittings), None)
    number = next((n for n in range(len(older) - 1, -1, -1) if older[n].sessions), None)
    if last is not None or number is None:
        return last, seen
    last, *next_one = (story(at.desk, at.person, b.visit, ahead=False) for b in older[number : number + 2])
    return last, (*next_one, *seen)


def _row(s: Story, notes: Notes, base: str) -> Row:
    names = list(dict.fromkeys(p.name.replace("^", "") for t in s.sittings for p in t.found.places))
    told = "; ".join(names[:3] + ([say("end.more", count=len(names) - 3)] if len(names) > 3 else []))
    if not told:
        measured = say("record_page.measured", count=len(s.measured)) if s.measured else say("record_page.asked")
        other = say("record_page.no_pain") if s.nothing else measured
        told = say("record_page.drawn", count=len(s.pains)) if s.pains else other
    return Row(day(s.visit.on), told, _state(notes, s.visit), f"{base}/visits/{s.visit.id}/note")


def _brief(b: Brief, notes: Notes, base: str) -> Row:
    """An older visit, which is not looked through."""
    key = "worked" if b.sessions else "drawn_on" if b.drawn else "measured" if b.measured else "asked"
    told = say("record_page." + key, count=b.measured) if key == "measured" else say("record_page." + key)
    return Row(day(b.visit.on), told, _state(notes, b.visit), f"{base}/visits/{b.visit.id}/note")


def _state(notes: Notes, visit: Visit) -> str:
    """How far the note of a visit is, in a word."""
    kept = notes.of(visit.id)
    return say("way.signed") if kept and kept.signed_by else say("way.edited") if kept else say("way.drafted")


def _left(at: At, older: Sequence[Brief], seen: Sequence[Story], notes: Notes) -> list[tuple[str, str]]:
    """What was left of earlier visits, the newest first: sessions that nobody ended, then notes that nobody signed where hands were on."""
    every = [(b.visit, b.left_open, bool(b.sessions)) for b in older]
    every += [(s.visit, tuple(t.id for t in s.sittings if not t.over), bool(s.sittings)) for s in seen]
    sessions, unsigned = [], []
    for visit, left, worked in reversed(every):
        on, kept = day(visit.on), notes.of(visit.id)
        sessions += [(say("record_page.not_ended", on=on), f"/sessions/{session}") for session in left]
        if worked and not (kept and kept.signed_by):
            unsigned.append((say("record_page.unsigned", on=on), f"{at.base}/visits/{visit.id}/note"))
    return [*sessions, *unsigned]


def _open(at: At, now: Story) -> list[tuple[str, str]]:
    """What else waits for somebody: (words, where it is done)."""
    found = []
    for a in at.desk.intake(at.visit).approvals:
        if a.answer == "waiting":
            found.append((say("record_page.waiting", by=a.by), f"{at.base}#approval"))
        elif a.until is not None and a.until < at.visit.on:
            found.append((say("record_page.over", by=a.by, until=day(a.until)), f"{at.base}#approval"))
    drawn = {p.site for p in now.pains}
    places = [pain_words(p, at.desk.k) for p in now.from_home if p.site not in drawn]
    if places:
        found.append((say("record_page.from_home", places="; ".join(places)), f"{at.base}/map"))
    for sitting in now.sittings:
        if not sitting.over:
            found.append((say("note.not_ended"), f"/sessions/{sitting.id}"))
    return found
