"""What stands first on a client's page: the last visit in a card, the way of today's visit step by step, and what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unknot.knowledge.load import Knowledge
from unknot.record.amounts import day
from unknot.record.note import SORE_H, Notes, raised
from unknot.record.session_picture import span
from unknot.record.session_words import before_and_after
from unknot.record.story import Story
from unknot.words import say

MOST = 6
AFTER = "after"
"""The questions of what followed the last visit."""


@dataclass(frozen=True, slots=True)
class Card:
    """The last visit: each part as lines of words."""

    on: str
    treated: tuple[str, ...]
    helped: tuple[str, ...]
    flared: tuple[str, ...]
    pressure: tuple[str, ...]
    next: tuple[str, ...]


def card(last: Story, now: Story | None, likes: dict[str, float], k: Knowledge) -> Card:
    """The card of the last visit. What flared up is told at the visit after it: `now`, which `told_after` finds, when there is one."""
    return Card(
        day(last.visit.on), (*_no_pain(last), *_treated(last)), tuple(_of(last, "clear")), (*_no_pain(now), *_flared(last, now, k)),
        tuple(_pressure(last, likes)), tuple(_next(last, now)),
    )  # fmt: skip


def told_after(last: Story, later: Sequence[Story], k: Knowledge) -> Story:
    """The visit that says what followed the one of the card: the first since at which that was asked, also when nothing was worked on there; else the latest."""
    since = (s for s in later if s.visit.on > last.visit.on)
    return next((s for s in since if any(k.questions[q].group == AFTER for q in s.answers)), later[-1])


def _no_pain(s: Story | None) -> Iterator[str]:
    """That nothing hurt on the day of a visit, where somebody said so."""
    if s is not None and s.nothing:
        yield say("card.no_pain", on=day(s.visit.on), by=say("nothing." + s.nothing))


def _treated(s: Story) -> Iterator[str]:
    rows = [
        say("card.place", name=p.name.replace("^", ""), pressed=span(sitting.on_ms(p)), change=before_and_after(p))
        for sitting in s.sittings
        for p in sitting.found.places
    ]
    yield from rows[:MOST]
    if len(rows) > MOST:
        yield say("note.more", count=len(rows) - MOST)


def _of(s: Story, change: str) -> list[str]:
    """Places that changed so."""
    return list(
        dict.fromkeys(
            p.name.replace("^", "")
            for sitting in s.sittings
            for p in sitting.found.places
            if sitting.change(p) == change
        )
    )


def _flared(last: Story, now: Story | None, k: Knowledge) -> Iterator[str]:
    """What grew worse under the hand, and what was told of the days after."""
    yield from (say("card.worse", name=name) for name in _of(last, "worse"))
    for sitting in last.sittings:
        yield from (
            say("note.symptom", word=t.word.replace("_", " ")) for t in sitting.found.told if t.kind == "symptom"
        )
    told = {q: a for q, a in (now.answers if now is not None else {}).items() if k.questions[q].group == AFTER}
    if not told:
        yield say("card.not_asked")
        return
    for question, answer in told.items():
        if answer == "yes" and question not in ("after_sore_long",):
            yield raised(k.questions[question].short) + "."
    if told.get("after_sore") == "yes":
        key = {"yes": "card.longer", "no": "card.shorter"}.get(told.get("after_sore_long", ""), "card.how_long")
        yield say(key, hours=SORE_H)
    if not any(a == "yes" for a in told.values()):
        yield say("card.nothing_after")


def _pressure(s: Story, likes: dict[str, float]) -> Iterator[str]:
    """What was said of the pressure, the client's own limits, and the discomfort at which a place eased clearly."""
    if s.liked:
        yield say("note_liked." + s.liked)
    if "discomfort" in likes:
        yield say("card.likes", most=f"{likes['discomfort']:g}")
    eased = [
        t.working
        for sitting in s.sittings
        for p in sitting.found.places
        if sitting.change(p) == "clear"
        for t in sitting.found.takings
        if t.place == p.place and t.working is not None
    ]
    if eased:
        low, high = min(eased), max(eased)
        yield say("card.eased_at", at=f"{low:g}" if low == high else say("card.range", low=f"{low:g}", high=f"{high:g}"))  # fmt: skip


def _next(last: Story, now: Story | None) -> Iterator[str]:
    """What follows from the last visit for this one; the practitioner decides."""
    flat = [p.name.replace("^", "") for t in last.sittings for p in t.found.places if p.responded is False]
    undone = [
        t.applications[i].name.replace("^", "") for t in last.sittings for i in t.found.undone if i in t.applications
    ]
    if now is not None and "yes" in (now.answers.get("after_sore_long"), now.answers.get("after_worse")):
        yield say("card.lighter")
    elif last.liked == "less":
        yield say("card.less")
    if flat:
        yield say("card.other_way", names="; ".join(dict.fromkeys(flat)))
    if undone:
        yield say("card.come_to", names="; ".join(list(dict.fromkeys(undone))[:MOST]))
    helped = _of(last, "clear")
    if helped:
        yield say("card.again", names="; ".join(helped[:MOST]))
    if not (flat or undone or helped):
        yield say("card.recheck")


# ---------------------------------------------------------------- the way of a visit


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a visit: done, now (the next thing to do), or open; where it leads."""

    key: str
    state: str
    word: str
    where: str


def way(s: Story, notes: Notes, base: str, *, asked: int, planned: int, open_session: str) -> tuple[Step, ...]:
    """Today check, drawing, ranking and findings, plan, session, recheck, note. Anything but the check can be skipped."""
    kept = notes.of(s.visit.id)
    rechecked = sum(1 for t in s.sittings for taking in t.found.takings if taking.recheck is not None)
    takings = sum(len(t.found.takings) for t in s.sittings)
    note = "signed" if kept and kept.signed_by else "edited" if kept else "drafted" if s.happened else ""
    last = s.sittings[-1].id if s.sittings else ""
    session = f"/sessions/{open_session}" if open_session else f"/sessions/{last}/end" if last else f"{base}/plan"
    rows = (
        ("check", asked == 0, say("way.questions", count=asked) if asked else say("way.answered"), f"{base}/ask" if asked else f"{base}/words"),
        ("drawing", bool(s.pains or s.nothing), say("way.places", count=len(s.pains)) if s.pains else say("way.no_pain") if s.nothing else "", f"{base}/map"),
        ("findings", bool(s.findings), say("way.found", count=len(s.findings)) if s.findings else "", f"{base}/map"),
        ("plan", planned > 0, say("way.planned", count=planned) if planned else "", f"{base}/plan"),
        ("session", bool(takings) and not open_session, say("end.still_open") if open_session else say("way.worked", count=takings) if takings else "", session),
        ("recheck", rechecked > 0, say("way.rechecked", count=rechecked) if rechecked else "", session),
        ("note", note == "signed", say("way." + note) if note else "", f"{base}/visits/{s.visit.id}/note"),
    )  # fmt: skip
    done_after = [any(done for _, done, _, _ in rows[i + 1 :]) for i in range(len(rows))]
    steps, found = [], False
    for i, (key, done, word, where) in enumerate(rows):
        passed = done_after[i] and key not in ("check", "note")
        passed |= bool(open_session) and key in ("drawing", "findings", "plan")  # a session that is open comes first
        state = "done" if done else "skipped" if passed else "open" if found else "now"
        found = found or state == "now"
        steps.append(Step(key, state, word, where))
    return tuple(steps)
