"""Seeded sessions: hand-made plans, and events at random that lean to what may come next. Each step is watched by the twin."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date

from unknot.bench.twin import Twin
from unknot.case.plan import Application, Dose, Family, Manner, Plan, ResolvedLimits
from unknot.case.plan_mapping import as_mapping
from unknot.knowledge.load import Knowledge, knowledge
from unknot.treat.engine import Stepped, next_deadline, replay, step
from unknot.treat.event import KINDS, LOGGED, SCREENED, SYMPTOMS, TISSUE, VOICES, Event
from unknot.treat.fact import Fact, fact_of
from unknot.treat.session import Before, Session, start

DAY = date(2026, 1, 1)
SITE = "scapula.body@right"
COUNTS = ("clear_times", "flat_turns", "returns", "steps")
MOODS = ("any", "any", "any", "falls", "falls", "same", "rises")
"""How the client of a random session is: anything, or calm."""
STEPS = 120
"""So many events make one random session."""
REPLAYED = 3
"""Of so many random sessions one is replayed from its log."""
BOUND_MS = 20 * 60_000
"""Left alone, every session has let go by then."""


def manner(k: Knowledge) -> Manner:
    """How a session is conducted by the knowledge's own numbers."""
    told = {f.name: k.dose("all", f.name) for f in fields(Manner)}
    return Manner(**{name: int(v) if name in COUNTS else float(v) for name, v in told.items()})  # type: ignore[arg-type]


def application(
    k: Knowledge,
    ident: str,
    technique: str,
    place: str = "infraspinatus.1@right",
    *,
    limits: ResolvedLimits | None = None,
    both: bool = False,
    **numbers: float,
) -> Application:
    """One technique on one place with its usual dose, other numbers where they are given, cut by the limits."""
    kind = k.techniques[technique]
    allowed = limits or ResolvedLimits(6.0, 5.0, 90.0, 300.0, 90.0, (), ())
    told = {
        name: numbers.get(name, k.dose(technique if f"{technique}.{name}" in k.doses else "all", name))
        for name in ("band_low", "band_high", "hold_s", "rest_s", "turns", "turns_least", "point_s", "recheck_s")
    }
    high = min(told["band_high"], allowed.discomfort)
    dose = Dose(
        band_low=min(told["band_low"], high), band_high=high, hold_s=min(told["hold_s"], allowed.hold_s),
        rest_s=told["rest_s"], turns=int(told["turns"]), turns_least=min(int(told["turns_least"]), int(told["turns"])),
        pass_s=numbers.get("pass_s", 60.0 if technique == "gliding" else 15.0) if kind.family == "passes" else 0.0,
        point_s=min(told["point_s"], allowed.point_s), recheck_s=told["recheck_s"],
    )  # fmt: skip
    family: Family = kind.family
    return Application(
        id=ident, place=place, site=SITE, name=place, technique=technique, family=family, verb=kind.verb,
        contact="thumb", lie="prone", support="", both=both, dose=dose, limits=allowed, dangers=(), why="",
        loads=(("thumb", 1.0), ("wrist", 0.5)),
    )  # fmt: skip


def plan(k: Knowledge, *applications: Application) -> Plan:
    return Plan(applications=applications, manner=manner(k), on=DAY, rules="", minutes=10.0, at_hand=30.0)


PLACES = ("infraspinatus.1@right", "infraspinatus.1@left", "soleus.1@left", "masseter.1@right")


def random_plan(k: Knowledge, chance: random.Random) -> Plan:
    """One to four applications of any technique, under limits that may be tight."""
    found = []
    for number in range(chance.randint(1, 4)):
        limits = ResolvedLimits(
            chance.choice((6.0, 6.0, 5.0, 4.0, 2.5)), 4.0, chance.choice((90.0, 60.0, 30.0, 8.0)),
            chance.choice((300.0, 120.0, 45.0, 12.0)), chance.choice((90.0, 20.0, 3.0)), (), (),
        )  # fmt: skip
        numbers = {"turns": float(chance.choice((1, 3, 6)))} if chance.random() < 0.3 else {}
        if chance.random() < 0.2:
            numbers["pass_s"] = chance.choice((5.0, 40.0))
        found.append(
            application(
                k, f"a{number}", chance.choice(sorted(k.techniques)), chance.choice(PLACES), limits=limits,
                both=chance.random() < 0.25, **numbers,
            )
        )  # fmt: skip
    return plan(k, *found)


def random_before(chance: random.Random) -> Before:
    """What went before in the same visit: mostly nothing."""
    if chance.random() < 0.7:
        return Before()
    place = chance.choice(PLACES)
    return Before(
        {f"point:{place}": chance.randint(0, 130_000)}, {place: chance.randint(0, 4)}, chance.randint(0, 600_000)
    )


# ---------------------------------------------------------------- events

LIKELY: dict[str, tuple[str, ...]] = {
    "waiting": (
        "next",
        "next",
        "next",
        "dial_lost",
        "begin",
        "repeat",
        "off",
        "skip",
        "recheck",
        "log",
        "less",
        "rate",
    ),
    "ending": ("next", "next", "off", "rate", "recheck", "park", "skip", "begin"),
    "pressing": ("rate", "rate", "rate", "dial_lost", "next", "more", "less", "ease", "same", "release", "referral"),
    "rising": ("rate", "rate", "rate", "next", "more", "less", "ease", "same", "release"),
    "holding": ("rate", "rate", "rate", "release", "more", "less", "same", "next", "referral", "park"),
    "easing": ("rate", "rate", "rate", "less", "ease", "same", "more", "release", "release", "referral"),
    "resting": ("rate", "rate", "off", "next", "same", "less", "ease", "referral"),
    "between": ("rate", "rate", "off", "next", "same", "less", "ease", "stuck", "referral"),
    "stroking": ("rate", "rate", "halt", "stuck", "less", "same", "next", "more", "referral"),
    "halting": ("rate", "rate", "rate", "rate", "next", "stuck", "less", "release", "more"),
    "rechecking": (
        "rate",
        "dial_lost",
        "recheck",
        "next",
        "less",
        "ease",
        "off",
        "same",
        "more",
        "referral",
        "dial_lost",
    ),
    "stopped": ("resume", "resume", "resume", "resume", "resume", "resume", "revise", "off", "next", "rate"),
    "ended": ("off", "stop", "next", "rate"),
}
SELDOM = (
    "stop", "symptom", "fail", "restarted", "pause", "park", "dial_joined", "dial_joined", "dial_lost", "dial_lost", "hand_over",
    "off", "skip", "end", "revise",
)  # fmt: skip
WORDS = {"symptom": SYMPTOMS, "log": LOGGED}
SPEAKS = ("rate", "less", "same", "more", "stop", "symptom", "referral")


def calm_event(s: Session, chance: random.Random, mood: str) -> Event:
    """A session that runs as it should: questions are answered in time, by a client whose discomfort falls or stays."""
    due = next_deadline(s)
    soon = s.now + chance.randint(400, 4_000)
    if s.phase in ("resting", "between") and chance.random() < 0.03:
        return Event(s.now, "dial_lost" if s.dial == "joined" else "dial_joined", "program")
    if s.word_due and s.rest_over and not s.asked:
        return Event(min(due or soon, soon), chance.choice(("next", "hand_over")))
    if s.asked or (due is None and s.hands_on and s.phase != "stopped" and chance.random() < 0.3):
        at = soon if due is None else min(due, soon)
        change = {"same": 0.0, "falls": -chance.choice((0.0, 1.0, 2.0)), "rises": chance.choice((-0.5, 0.5, 1.0))}[mood]
        base = 4.5 if s.rating is None else s.rating
        return Event(at, "rate", value=min(10.0, max(0.0, base + change)))
    if s.phase == "holding" and s.family == "release" and chance.random() < 0.3:
        return Event(min(due or soon, soon), "release")
    if due is not None:
        return Event(due, "tick", "program")
    return Event(soon, "resume" if s.phase == "stopped" else "next" if s.following() or s.hands_on else "end")


def random_event(k: Knowledge, s: Session, chance: random.Random, mood: str = "any") -> Event:
    """What may come next: mostly what fits, now and then anything at all."""
    if mood != "any" and s.phase not in ("rechecking", "stopped") and chance.random() < 0.93:
        return calm_event(s, chance, mood)
    dice = chance.random()
    at = _moment(s, chance)
    if dice < 0.3:
        return Event(at, "tick", "program")
    if dice < 0.9:
        kind = chance.choice(LIKELY[s.phase])
    else:
        kind = chance.choice(SELDOM) if dice < 0.985 else chance.choice((*KINDS, "nonsense", "end"))
    if kind == "dial_lost" and s.dial != "joined" and chance.random() < 0.8:
        kind = "dial_joined"
    by = chance.choice(("dial", "squeezer", *VOICES)) if kind in SPEAKS and chance.random() < 0.4 else "practitioner"
    return _filled(k, s, chance, Event(at, kind, by))


def _filled(k: Knowledge, s: Session, chance: random.Random, event: Event) -> Event:
    """What an event needs to be told with."""
    kind = event.kind
    if kind == "rate":
        return replace(event, value=_rating(s, chance))
    if kind == "stuck":
        return replace(event, value=round(chance.random(), 2))
    if kind in WORDS:
        return replace(event, word=chance.choice(WORDS[kind]))
    if kind == "recheck":
        return replace(event, value=float(chance.randint(0, 8)), data={"tissue": chance.choice(TISSUE)})
    if kind in ("begin", "skip", "repeat"):
        return replace(event, application=chance.choice(("", *(a.id for a in s.plan.applications))))
    if kind == "restarted":
        return replace(event, at=chance.randint(0, 50), value=chance.choice((None, 0.0, 700.0, 90_000.0)))
    if kind == "revise":
        word = chance.choice(("", SCREENED, SCREENED))
        return replace(event, word=word, data=as_mapping(s.plan if chance.random() < 0.5 else random_plan(k, chance)))
    return event


def _moment(s: Session, chance: random.Random) -> int:
    """When: soon, exactly when something is due, a little after, much too late, or before the last."""
    due, dice = next_deadline(s), chance.random()
    if due is not None and dice < 0.35:
        return due
    if due is not None and dice < 0.45:
        return due + chance.randint(0, 900)
    if dice < 0.47:
        return s.now + chance.randint(1_500, 200_000)
    if dice < 0.474:
        return max(0, s.now - chance.randint(1, 5_000))
    soon = s.now + chance.randint(0, 4_000)
    return soon if due is None else min(soon, due)


def _rating(s: Session, chance: random.Random) -> float:
    """Mostly about the band, often near the last one, now and then too much or no reading at all."""
    dice = chance.random()
    if dice < 0.02:
        return chance.choice((float("nan"), float("inf"), 11.0, -1.0))
    if dice < 0.06:
        return s.ceiling
    if dice < 0.5 and s.rating is not None:
        return min(10.0, max(0.0, s.rating + chance.choice((-2.0, -1.0, -0.5, 0.0, 0.0, 0.5, 1.0))))
    return round(
        chance.choice((chance.uniform(0, 10), *(chance.uniform(2, 6.2) for _ in range(4)), chance.uniform(0, 4))), 1
    )


# ---------------------------------------------------------------- walks


@dataclass(frozen=True, slots=True)
class Walked:
    """Steps taken, sessions, events refused, facts made."""

    steps: int
    sessions: int
    refused: int
    facts: int


def plain(s: Session) -> str:
    """A session as bytes: two are the same when these are."""
    return json.dumps(s.as_mapping(), sort_keys=True, allow_nan=False)


def watched(s: Session, event: Event, twin: Twin, *, deep: bool) -> Stepped:
    """One step, with everything about it checked. Raises `twin.BrokenError` with the rule that was broken."""
    before = plain(s) if deep else ""
    after, facts, effects = step(s, event)
    if deep:
        twin.holds("the session that was given is not changed", plain(s) == before)
    if not facts:
        twin.holds("what leaves no fact changes nothing", after is s)
    twin.see(facts, effects)
    twin.compare(after)
    return after, facts, effects


def ends(s: Session, twin: Twin) -> None:
    """Without anybody's word the hand is let go in bounded time."""
    begun, steps = s.now, 0
    while (due := next_deadline(s)) is not None and steps < 1000:
        s, _, _ = step(s, Event(due, "tick", "program"))
        steps += 1
    quiet = s.phase in ("waiting", "ending", "stopped", "ended")
    twin.holds("every session ends", quiet and steps < 1000 and s.now - begun <= BOUND_MS)


def replays(first: Session, last: Session, facts: list[Fact], twin: Twin) -> None:
    """The stored log leads to the same session."""
    stored = [fact_of(json.loads(f.line())) for f in facts]
    again = replay(first, stored)
    twin.holds("a replay gives the same state", plain(again) == plain(last))


def walk(seed: int, steps: int, *, deep_every: int = 40) -> Walked:
    """So many random events in sessions one after the other, every step watched."""
    k, chance = knowledge(), random.Random(seed)
    taken = sessions = refused = made = 0
    while taken < steps:
        first = s = start(random_plan(k, chance), random_before(chance))
        twin, facts, mood = Twin.of(s), [], chance.choice(MOODS)
        sessions += 1
        for _ in range(min(STEPS, steps - taken)):
            taken += 1
            deep = taken % deep_every == 0
            event = random_event(k, s, chance, mood)
            try:
                s, new, effects = watched(s, event, twin, deep=deep)
                if deep:
                    ends(s, twin)
            except Exception as error:
                error.add_note(
                    f"seed {seed}, step {taken}, session {sessions}: {event.kind} at {event.at} by {event.by}"
                )
                raise
            facts += new
            refused += any(e.kind == "refuse" for e in effects)
            if s.phase == "ended" and chance.random() < 0.3:
                break
        if sessions % REPLAYED == 1:
            replays(first, s, facts, twin)
        made += len(facts)
    return Walked(taken, sessions, refused, made)


def events_of(facts: Iterable[Fact]) -> Iterator[Event]:
    """The events of a log, in order."""
    return (f.event() for f in facts if f.is_input)
