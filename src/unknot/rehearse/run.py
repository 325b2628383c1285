"""One rehearsed session: the engine of the real sessions, a scripted practitioner and a virtual client. The same seed gives the same session."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from unknot.case.plan import Application, Plan
from unknot.knowledge.load import Knowledge
from unknot.rehearse.clinic import muscle_at
from unknot.rehearse.operator import Hand, Voice, hand, voice
from unknot.rehearse.truth_day import stretch_of, stretched
from unknot.rehearse.truth_life import Life
from unknot.rehearse.truth_pain import bearing, probed
from unknot.rehearse.truth_parameters import draw, middle
from unknot.rehearse.truth_ready import ready
from unknot.rehearse.truth_state import CALM, CONTRACTED, FELT, FLOW, GIVE, PRESSURE, REFERRED, RELEASES, Array, resting
from unknot.rehearse.truth_step import advance
from unknot.treat.engine import next_deadline, step
from unknot.treat.event import Event
from unknot.treat.fact import Effect, Fact
from unknot.treat.session import Session, start

CHUNK_MS = 250
"""Hand and voice look at the client so often."""
DT = 0.05
STEPS = round(CHUNK_MS / 1000 / DT)
TRACED = (PRESSURE, GIVE, FLOW, FELT, REFERRED, CONTRACTED)
TRACE_NAMES = ("pressure_kpa", "give_mm", "flow", "felt", "referred", "contracted")
LONGEST_MS = 3 * 3600 * 1000
OFF = ("waiting", "resting", "between", "ending", "stopped")
PASSED = 0.17
"""Half of the part of a stroke in which the thumb is on the point."""
WAIT_MS = 2000
"""How long the practitioner takes to go on with the next place."""


@dataclass(frozen=True, slots=True)
class Treated:
    """What one place was before and after: pressure threshold [kPa, 1 cm2], contracture, what the hand did."""

    application: str
    place: str
    holds: str
    technique: str
    before_kpa: float
    after_kpa: float
    contracted_before: float
    contracted_after: float
    releases: int
    most_felt: float
    most_force_n: float
    over_ceiling_s: float
    """Time in which more was felt than the ceiling allows, whether it was told or not."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A session that was rehearsed: facts as the engine made them, curves of the truth, what became of each place."""

    plan: Plan
    facts: tuple[Fact, ...]
    session: Session
    steps: tuple[tuple[Fact, ...], ...]
    """The facts of each step of the engine, as a log holds them."""
    at_ms: Array
    curves: dict[str, Array]
    """`force_n` and each of TRACE_NAMES `[time]`."""
    cues: tuple[tuple[int, str], ...]
    treated: tuple[Treated, ...]
    reacts_ms: int
    states: dict[tuple[str, str], Array]
    """How each place stands at the end `[row]`, by (muscle or place, contact)."""


@dataclass(slots=True)
class _Place:
    """A place under the hand."""

    constants: Array
    state: Array
    table: Array
    left_ms: int = 0
    """Up to when its state has been followed."""
    ceiling: float = 6.0
    most_felt: float = 0.0
    most_force: float = 0.0
    over_s: float = 0.0


@dataclass(slots=True)
class _Room:
    """A session as it goes on."""

    k: Knowledge
    life: Life
    visit: int
    session: Session
    hand: Hand
    voice: Voice
    now: int = 0
    facts: list[Fact] = field(default_factory=list)
    steps: list[tuple[Fact, ...]] = field(default_factory=list)
    cues: list[tuple[int, str]] = field(default_factory=list)
    places: dict[tuple[str, str], _Place] = field(default_factory=dict)
    at: tuple[str, str] = ("", "")
    """The place that is followed now."""
    aimed: str = ""
    """The application whose first force was guessed last."""
    first_n: float = 1.0
    """The first force of this application [N]."""
    felt_at: int | None = None
    """When a release that was felt will be told."""
    go_at: int | None = None
    """When the practitioner goes on."""
    forces: list[float] = field(default_factory=list)
    traces: list[Array] = field(default_factory=list)
    stretch: dict[str, float] = field(default_factory=dict)
    """How this client's muscles answer to a stretch."""
    stroke: tuple[int, int] | None = None
    """When the last stroke began, and how long it takes [ms]; None when the hand was sent onto a point since."""
    softer: bool = False
    """Whether a release was felt under the hand at this application."""
    over: bool = False


def rehearse(
    k: Knowledge, one: Life, plan: Plan, visit: int = 0, carried: dict[tuple[str, str], Array] | None = None
) -> Rehearsed:
    """One session of a client by a plan. `carried` is how places stood before, by (muscle or place, contact) `[row]`."""
    rng = one.rng("operator", visit)
    room = _Room(k, one, visit, start(plan), hand(rng), voice(one, visit), stretch=stretch_of(one))
    feels, hears = draw(rng, "operator.feels"), one.rng("release", visit)
    for key, state in (carried or {}).items():
        room.places[key] = _place(room, key, state)
    _tell(room, Event(0, "next"))
    while not room.over and room.now < LONGEST_MS:
        _pass(room, feels, hears)
    return _result(room, plan)


def _place(room: _Room, key: tuple[str, str], state: Array | None = None) -> _Place:
    muscle, contact = key
    application = next(
        a for a in room.session.plan.applications if (muscle_at(room.k, a.place) or a.place, a.contact) == key
    )
    c = room.life.place(muscle, application.site.partition("@")[0], contact)[None]
    fresh = resting(c)
    if state is not None:
        fresh[0, : len(state)] = state
    return _Place(c, fresh, ready(c, DT))


def _under(room: _Room) -> _Place | None:
    """The place at hand; None before the first."""
    if not room.session.current:
        return None
    a = room.session.application
    key = (muscle_at(room.k, a.place) or a.place, a.contact)
    if key not in room.places:
        room.places[key] = _place(room, key)
        room.places[key].left_ms = room.now
    if key != room.at:
        _leave(room, room.places[key])
        room.at = key
    return room.places[key]


def _leave(room: _Room, to: _Place) -> None:
    """From one place to another: the new one has rested since, and what calms reaches beyond the place."""
    old = room.places.get(room.at)
    _rest(to, room.now)
    if old is not None:
        to.state[0, CALM] = max(to.state[0, CALM], old.state[0, CALM])
        old.left_ms = room.now


def _rest(place: _Place, now: int) -> None:
    """A place that nobody pressed since it was left."""
    steps = round((now - place.left_ms) / 1000 / DT)
    if steps > 0:
        place.state, _ = advance(place.state, place.constants, np.zeros((1, steps)), DT, table=place.table)
    place.left_ms = now


def _tell(room: _Room, event: Event) -> bool:
    """One event into the engine, and what follows from it. Whether it was taken."""
    room.session, facts, effects = step(room.session, event)
    room.facts += facts
    if facts:
        room.steps.append(tuple(facts))
    refused = any(e.kind == "refuse" for e in effects)
    for effect in effects:
        _follow(room, event.at, effect)
    return not refused


def _follow(room: _Room, at: int, effect: Effect) -> None:
    if effect.kind == "finish":
        room.over = True
    elif effect.kind == "ask":
        room.voice.asked(at, effect.word, at + room.hand.reacts_ms + _coming_ms(room))
    elif effect.kind == "cue":
        room.cues.append((at, effect.word))
        if effect.word in ("press", "stroke"):
            _aim(room)
        if effect.word in ("press", "recheck"):
            room.stroke = None
        elif effect.word == "stroke":
            room.stroke = (at + room.hand.reacts_ms, max(1, int(effect.body["for_ms"])))
        room.hand.cue(at, effect.word, lighter=bool(effect.body.get("lighter")))


def _coming_ms(room: _Room) -> int:
    """How long the hand will take to where the last cue sends it."""
    hand = room.hand
    goal = (
        hand.held
        if not hand.force
        else hand.goal * (hand.more if hand.waiting and hand.waiting[-1][1] == "more" else 1.0)
    )
    return round(abs(goal - hand.force) / hand.presses * 1000)


def _aim(room: _Room) -> None:
    """At a new place: a guess of what it bears, a good deal below."""
    a = room.session.application
    if a.id == room.aimed:
        return
    room.aimed = a.id
    room.softer = False
    room.voice.told_spread = False
    place = _under(room)
    assert place is not None  # a cue to press has an application
    place.ceiling = room.session.ceiling
    rng = room.life.rng("guess", room.visit, a.id)
    bears = bearing(place.state[0], place.constants[0], (a.dose.band_low + a.dose.band_high) / 2)
    guess = bears * draw(rng, "operator.starts") * float(np.exp(middle("operator.guesses") * rng.standard_normal()))
    if a.verb == "stretch":
        guess = draw(rng, "stretch.pulls")
    elif a.verb == "glide":  # a broad hand hurts nowhere: what is borne would be all that a hand can
        guess = min(guess, middle("operator.palpates"))
    room.first_n = max(1.0, min(guess, middle("operator.strongest")))
    room.hand.take(room.first_n)


def _pass(room: _Room, feels: float, hears: np.random.Generator) -> None:
    """A quarter of a second: the hand moves, the tissue answers, people speak, the engine's deadlines pass."""
    room.hand.act(room.now)
    forces = room.hand.move(DT, STEPS)
    place = _under(room)
    room.now += CHUNK_MS
    room.forces += forces
    if place is None:
        room.traces.append(np.zeros((STEPS, len(TRACED))))
    else:
        _press(room, place, forces, feels, hears)
    _deadlines(room)
    if place is not None and not room.over:
        _speak(room, place)
    if not room.over:
        _practise(room)


def _press(room: _Room, place: _Place, forces: list[float], feels: float, hears: np.random.Generator) -> None:
    if room.stroke is not None and room.session.phase != "halting":
        forces = [f * _passing(room.now, room.stroke, n) for n, f in enumerate(forces)]
        room.forces[-len(forces) :] = forces
    before = place.state[0, RELEASES]
    pulls = room.session.application.verb == "stretch"
    pressed = np.zeros((1, STEPS)) if pulls else np.array([forces])
    place.state, traces = advance(place.state, place.constants, pressed, DT, rows=TRACED, table=place.table)
    if pulls:
        _stretch(room, place, forces, traces)
    place.left_ms = room.now
    room.traces.append(traces[0])
    felt = traces[0, :, TRACED.index(FELT)]
    place.most_felt = max(place.most_felt, float(felt.max()))
    place.most_force = max(place.most_force, *forces)
    place.over_s += float((felt > place.ceiling).sum()) * DT
    if place.state[0, RELEASES] > before and hears.random() < feels and room.felt_at is None:
        room.felt_at = room.now + round(draw(hears, "operator.feels_in") * 1000)
        room.softer = True


def _stretch(room: _Room, place: _Place, forces: list[float], traces: Array) -> None:
    """A quarter of a second of a stretch: what the hand holds is a pull, felt by its share of the first one; nothing presses on the point."""
    person = room.stretch
    pull = np.array(forces) / room.first_n
    place.state = stretched(place.state, float(pull.mean()) * CHUNK_MS / 1000, person)
    traces[0, :, TRACED.index(FELT)] = np.maximum(traces[0, :, TRACED.index(FELT)], person["stretch.feels"] * pull)
    place.state[0, FELT] = traces[0, -1, TRACED.index(FELT)]


def _passing(now: int, stroke: tuple[int, int], n: int) -> float:
    """The part of the force that is on the point while a stroke passes over it: nothing but in the middle third, and nothing after it, until the hand has let go."""
    begun, length = stroke
    share = (now - CHUNK_MS + (n + 0.5) * DT * 1000 - begun) / length
    return max(0.0, 1.0 - abs(share - 0.5) / PASSED)


def _deadlines(room: _Room) -> None:
    while not room.over and (due := next_deadline(room.session)) is not None and due <= room.now:
        _tell(room, Event(max(due, room.session.now), "tick", "program"))


def _speak(room: _Room, place: _Place) -> None:
    felt = float(place.state[0, FELT]) if room.hand.force > 0 or room.session.hands_on else _remembered(room)
    tissue = "softer" if room.softer else "same"
    for event in room.voice.says(room.now, felt, float(place.state[0, REFERRED]), tissue):
        _tell(room, event)
        if room.over:
            return


def _remembered(room: _Room) -> float:
    """With the hand off, what was felt at the end of the last round is told."""
    at = next((n for n in range(len(room.forces) - 1, -1, -1) if room.forces[n] > 0), None)
    if at is None:
        return 0.0
    back = max(0, at - round(1.0 / DT))
    return float(room.traces[back // STEPS][back % STEPS, TRACED.index(FELT)])


def _practise(room: _Room) -> None:
    """What the practitioner does without a cue: tells a release, that the hand is off, and goes on to the next place."""
    s = room.session
    if room.felt_at is not None and room.now >= room.felt_at:
        room.felt_at = None
        if s.hands_on and s.phase in ("holding", "pressing", "rising", "easing"):
            _tell(room, Event(room.now, "release"))
            s = room.session
    if s.hands_on and s.phase in OFF and room.hand.force == 0 and not room.hand.waiting:
        _tell(room, Event(room.now, "off"))
        return
    if s.phase not in ("waiting", "ending", "stopped") or s.hands_on:
        room.go_at = None
    elif room.go_at is None:
        room.go_at = room.now + WAIT_MS
    elif room.now >= room.go_at:
        room.go_at = None
        _go_on(room)


def _go_on(room: _Room) -> None:
    """The next place; after a stop, or when nothing is left, the session ends."""
    s = room.session
    if s.phase == "stopped":
        _tell(room, Event(room.now, "end"))
        return
    following = s.following()
    if s.phase == "ending":
        _tell(room, Event(room.now, "next"))
    elif following is None or not _tell(room, Event(room.now, "begin", application=following.id)):
        _tell(room, Event(room.now, "end"))


def _result(room: _Room, plan: Plan) -> Rehearsed:
    traces = np.concatenate(room.traces) if room.traces else np.zeros((0, len(TRACED)))
    curves = {name: traces[:, n] for n, name in enumerate(TRACE_NAMES)} | {"force_n": np.array(room.forces)}
    calm = max((p.state[0, CALM] for p in room.places.values() if p is room.places.get(room.at)), default=0.0)
    for key, other in room.places.items():
        if key != room.at:
            _rest(other, room.now)
            other.state[0, CALM] = max(other.state[0, CALM], calm)
    taken = {f.body["application"] for f in room.facts if f.kind == "taken_up"}
    done = [_treated(room, a) for a in plan.applications if a.id in taken]
    at = (np.arange(len(traces)) + 1) * round(DT * 1000)
    return Rehearsed(
        plan, tuple(room.facts), room.session, tuple(room.steps), at.astype(float), curves, tuple(room.cues), tuple(done),
        room.hand.reacts_ms, {key: other.state[0].copy() for key, other in room.places.items()},
    )  # fmt: skip


def _treated(room: _Room, a: Application) -> Treated:
    key = (muscle_at(room.k, a.place) or a.place, a.contact)
    place = room.places[key]
    c, s = place.constants[0], place.state[0]
    fresh = resting(place.constants)[0]
    return Treated(
        a.id, a.place, room.life.holds(key[0]), a.technique, float(probed(fresh, c)), float(probed(s, c)), float(fresh[CONTRACTED]),
        float(s[CONTRACTED]), int(s[RELEASES]), place.most_felt, place.most_force, round(place.over_s, 2),
    )  # fmt: skip
