"""What stands first on a client's page: the last visit in a card, the way of today's visit step by step, and what is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import ScreenRule
from unknot.record.amounts import day
from unknot.record.note import SORE_H, Notes
from unknot.record.session_picture import span
from unknot.record.story import Story
from unknot.record.went import Went, before_and_after
from unknot.treat.event import OF_THE_PLACE
from unknot.words import raised, say

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
        day(last.visit.on), (*_no_pain(last), *_treated(last)), tuple(_of(last, _eased)), (*_no_pain(now), *_flared(last, now, k)),
        tuple(_pressure(last, likes)), tuple(_next(last, now, k)),
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


def _of(s: Story, so: Callable[[Went], bool]) -> list[str]:
    """Places that went so."""
    every = [w for sitting in s.sittings for w in sitting.places]
    return list(dict.fromkeys(w.place.name.replace("^", "") for w in every if so(w)))


def _eased(w: Went) -> bool:
    return w.change == "clear"


def _worse(w: Went) -> bool:
    return w.worse


def _flared(last: Story, now: Story | None, k: Knowledge) -> Iterator[str]:
    """What grew worse under the hand, and what was told of the days after. That nothing was is said only where every question was answered no."""
    yield from (say("card.worse", name=name) for name in _of(last, _worse))
    for sitting in last.sittings:
        yield from (
            say("note.symptom", word=t.word.replace("_", " ")) for t in sitting.found.told if t.kind == "symptom"
        )
    every = [q for q in k.questions.values() if q.group == AFTER]
    told = {q.id: now.answers[q.id] for q in every if now is not None and q.id in now.answers}
    if not told:
        yield say("card.not_asked")
        return
    for question, answer in told.items():
        if answer == "yes" and question != "after_sore_long":
            yield raised(k.questions[question].short) + "."
        if answer == "yes" and question == "after_sore":  # how long is asked of the soreness alone, and stands with it
            key = {"yes": "card.longer", "no": "card.shorter"}.get(told.get("after_sore_long", ""), "card.how_long")
            yield say(key, hours=SORE_H)
    unsure = [k.questions[q].short for q, a in told.items() if a == "unknown" and q != "after_sore_long"]
    if set(told.values()) == {"unknown"}:
        yield say("card.unsure")
    elif unsure:
        yield say("card.not_sure", what="; ".join(unsure))
    if any(q.id not in told for q in every if not q.after):
        yield say("card.not_all")
    elif set(told.values()) == {"no"}:
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
        for w in sitting.places
        if _eased(w)
        for t in sitting.found.takings
        if t.place == w.place.place and t.working is not None
    ]
    if eased:
        low, high = min(eased), max(eased)
        yield say("card.eased_at", at=f"{low:g}" if low == high else say("card.range", low=f"{low:g}", high=f"{high:g}"))  # fmt: skip


def _next(last: Story, now: Story | None, k: Knowledge) -> Iterator[str]:
    """What follows from the last visit for this one; the practitioner decides."""
    after = _screened(now, k)
    if any(rule.outcome not in ("remind", "careful") for rule in after):
        yield say("card.screening")
    if any(rule.lowers for rule in after):
        yield say("card.lighter")
    elif last.liked == "less":
        yield say("card.less")
    felt = list(_felt(last))
    yield from felt
    worse = _of(last, _worse)
    if worse:
        yield say("card.lighter_at", names="; ".join(worse))
    flat = [name for name in _of(last, lambda w: w.flat and not w.felt) if name not in worse]
    if flat:
        yield say("card.other_way", names="; ".join(flat))
    undone = [
        t.applications[i].name.replace("^", "") for t in last.sittings for i in t.found.undone if i in t.applications
    ]
    if undone:
        yield say("card.come_to", names="; ".join(list(dict.fromkeys(undone))[:MOST]))
    felt_at = _of(last, lambda w: bool(w.felt))
    helped = [name for name in _of(last, _eased) if name not in (*worse, *felt_at)]
    if helped:
        yield say("card.again", names="; ".join(helped[:MOST]))
    if not (felt or worse or flat or undone or helped):
        yield say("card.recheck")


NERVE = ("electric", "numb", "burning")
"""Symptoms of a place that speak of a nerve."""


def _felt(last: Story) -> Iterator[str]:
    """What follows from a symptom at which the hand let go: that place is left until it is known why; of the whole person it is asked first."""
    every = [(w.place.name.replace("^", ""), word) for t in last.sittings for w in t.places for word in w.felt]
    for word in dict.fromkeys(word for _, word in every):
        names = "; ".join(dict.fromkeys(name for name, told in every if told == word))
        key = (
            "nerve" if word in NERVE else "place" if word in OF_THE_PLACE else "pinch" if word == "pinch" else "person"
        )
        yield say(f"card_felt.{key}", word=say(f"room_symptom.{word}"), names=raised(names))


def _screened(now: Story | None, k: Knowledge) -> list[ScreenRule]:
    """The rules that hold by what was told of the days after alone, as screening reads it: a red flag that is not known counts as yes. What was lifted is left out."""
    if now is None:
        return []
    asked = {q.id for q in k.questions.values() if q.group == AFTER}
    told = {
        q for q, a in now.answers.items() if q in asked and (a == "yes" or (a == "unknown" and k.questions[q].red_flag))
    }
    lifted = {r["rule"] for r in now.cleared.get("reasons", ()) if r["lifted"]}
    found = [rule for rule in k.screens.values() if rule.all and all(told & set(group) for group in rule.all)]
    return [rule for rule in found if rule.id not in lifted]


# ---------------------------------------------------------------- the way of a visit


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a visit: done, now (the next thing to do), or open; where it leads."""

    key: str
    state: str
    word: str
    where: str


def way(s: Story, notes: Notes, base: str, *, asked: int, planned: int, open_session: str) -> tuple[Step, ...]:
    """Today check, drawing, ranking and findings, plan, session, recheck, note. Anything but the check can be skipped.

    `planned`: pieces of work of a plan that was changed and kept. Of one that was begun as proposed the session says how many it has.
    """
    planned = planned or max((len(t.applications) for t in s.sittings), default=0)
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
        passed |= (
            bool(s.nothing) and not s.pains and not planned and key in ("findings", "plan", "session", "recheck")
        )  # nothing hurts
        passed |= (
            key == "recheck" and bool(s.sittings) and not open_session
        )  # a recheck belongs to a session, and that has ended
        passed |= bool(open_session) and key in ("drawing", "findings", "plan")  # a session that is open comes first
        state = "done" if done else "skipped" if passed else "open" if found else "now"
        found = found or state == "now"
        steps.append(Step(key, state, word, where))
    return tuple(steps)
