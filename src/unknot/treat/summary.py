"""What a session came to: a fold of its plan and its facts, without a clock and without a look-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from unknot.case.plan import Plan
from unknot.treat.course import Moment, counted, course
from unknot.treat.fact import Fact
from unknot.treat.session import PRESSURE

Pressure = Literal["", "same", "harder", "lighter", "anew"]
Change = Literal["clear", "same", "worse", "not_compared"]

UNRESPONSIVE = ("flat", "no_release")
"""Ends that say: this place did not respond."""
WORSENED = ("worse", "above")
"""Ends that say: it hurt more."""
TOLD = (
    "stop",
    "symptom",
    "referral",
    "fail",
    "restarted",
    "late",
    "dial_joined",
    "dial_lost",
    "hand_over",
    "revise",
    "resume",
)
"""What is told of a session beside its work."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A rating above the ceiling: what the hand did, how soon, and to what discomfort it came back."""

    at_ms: int
    value: float
    ceiling: float
    did: str = ""
    """ease or let_go."""
    within_ms: int | None = None
    back: float | None = None
    back_ms: int | None = None
    """From the rating to the first one that was not above the ceiling again."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """Same place, same pressure, after the work. What was not told is None or empty."""

    at_ms: int
    discomfort: float | None = None
    familiar: bool | None = None
    tissue: str = ""
    motion: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened, when, and a word to it."""

    at_ms: int
    kind: str
    word: str = ""
    by: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Taking:
    """One time that a place was worked on."""

    application: str
    place: str
    name: str
    technique: str
    family: str
    time: int
    """The how manieth time at this place, from 1."""
    begun_ms: int
    ended_ms: int = 0
    outcome: str = ""
    """In the engine's words; empty while it goes on."""
    ceiling: float = 0.0
    turns: int = 0
    """Rounds, rises or strokes."""
    pressed_ms: int = 0
    """Time under the hand."""
    verb: str = ""
    first: float | None = None
    last: float | None = None
    """The first and the last discomfort under the same pressure, the last one. Both None when it was rated only once."""
    working: float | None = None
    """The first discomfort that was in the working band or above; the first of all when none was."""
    step: float = 0.0
    """How much harder the last rated pressure was than the one of `working`, in steps; below 0 it was lighter."""
    only: float | None = None
    """The last rating, also when nothing compares with it."""
    highest: float | None = None
    ratings: int = 0
    rounds: tuple[float, ...] = ()
    """The last rating of each round, rise or stroke that was rated."""
    releases: tuple[tuple[int, int], ...] = ()
    """(rise, how long the hold was until the release [ms])."""
    breaches: tuple[Breach, ...] = ()
    silences: int = 0
    referrals: int = 0
    sticks: tuple[tuple[int, float], ...] = ()
    """(stroke, place along the path from 0 to 1) where the skin stuck."""
    halts: int = 0
    recheck: Recheck | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the whole session."""

    place: str
    name: str
    taken_up: int = 0
    pressed_ms: int = 0
    """Pressure as the ledger counts it: until letting go was acknowledged; strokes that only glide, and stretches, are none."""
    before: float | None = None
    after: float | None = None
    """The first working discomfort of all, and the last that was told, the recheck included. `after` is None when it was rated only once."""
    pressure: Pressure = ""
    """Under which pressure the last was told, beside the first; empty where there is no `after`."""
    outcomes: tuple[str, ...] = ()
    responded: bool | None = None
    """True where discomfort is clearly less under the same or a harder pressure; None where nobody can know."""

    @property
    def compared(self) -> bool:
        """Whether before and after were told under the same pressure."""
        return self.pressure == "same"

    def change(self, clear: float) -> Change:
        """clear, same, worse or not_compared: less or more only from `clear` points, less only where it was not pressed more lightly, more only where not harder."""
        if self.before is None or self.after is None:
            return "not_compared"
        if self.responded:
            return "clear"
        if self.after - self.before >= clear and self.pressure in ("same", "lighter"):
            return "worse"
        return "same" if self.compared else "not_compared"


@dataclass(frozen=True, slots=True)
class Summary:
    """A session, told from its facts. Times are milliseconds of the session."""

    length_ms: int
    pressed_ms: int
    takings: tuple[Taking, ...]
    places: tuple[Place, ...]
    skipped: tuple[str, ...]
    """Applications that were skipped and not taken up."""
    undone: tuple[str, ...]
    """Applications that nobody came to."""
    loads: tuple[tuple[str, int, float | None], ...]
    """(thumb, wrist or elbow; load [ms]; seconds from which another contact is proposed, None where no such figure stands in the plan)."""
    told: tuple[Told, ...]
    logged: tuple[Told, ...]
    ended: bool

    @property
    def unresponsive(self) -> tuple[str, ...]:
        """Places that did not respond."""
        return tuple(p.place for p in self.places if p.responded is False)

    def as_mapping(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "unresponsive": list(self.unresponsive)}


@dataclass(slots=True)
class _Fold:
    """The summary as it grows."""

    takings: list[Taking] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    logged: list[Told] = field(default_factory=list)
    ledger: dict[str, int] = field(default_factory=dict)
    """As the engine's: account to time [ms]."""
    skipped: list[str] = field(default_factory=list)
    rated: list[tuple[int, int, float]] = field(default_factory=list)
    """(pressure, turn, rating) of the taking at hand."""
    level: float = 0.0
    """The step of pressure under which it was rated last, also while the hand is off."""
    working_level: float = 0.0
    ended: bool = False
    pressed_ms: int = 0
    """Under the hand since the piece of work at hand was taken up."""

    @property
    def taking(self) -> Taking | None:
        """The piece of work at hand, or the one that was."""
        return self.takings[-1] if self.takings else None

    def change(self, **to: Any) -> None:
        """What the piece of work at hand now is."""
        if self.takings:
            self.takings[-1] = replace(self.takings[-1], **to)


def summarise(plan: Plan, facts: Sequence[Fact]) -> Summary:
    """What the facts of a session come to. Facts of a session that still goes on give what there is so far."""
    fold, last = _Fold(), None
    for now in course(plan, facts):
        _press(fold, last, now)
        fold.level = now.level or fold.level
        if now.fact.kind in _FOLDS:
            _FOLDS[now.fact.kind](fold, now)
        _tell(fold, now)
        last = now
    _settle(fold)
    final = last.plan if last is not None else plan
    worked = {t.application for t in fold.takings}
    limits = {joint: limit for joint, _, limit in final.load_s}
    hands = {key.removeprefix("hand:"): ms for key, ms in fold.ledger.items() if key.startswith("hand:")}
    joints = [*limits, *sorted(set(hands) - set(limits))]
    return Summary(
        last.at if last is not None else 0,
        fold.ledger.get("session", 0),
        tuple(fold.takings),
        tuple(_places(fold, final.manner.clear_change)),
        tuple(i for i in dict.fromkeys(fold.skipped) if i not in worked),
        tuple(a.id for a in final.applications if a.id not in worked and a.id not in fold.skipped),
        tuple((j, hands.get(j, 0), limits.get(j)) for j in joints),
        tuple(fold.told),
        tuple(fold.logged),
        fold.ended,
    )


def _press(fold: _Fold, last: Moment | None, now: Moment) -> None:
    """Count the time under the hand between two facts, as the ledger does."""
    fold.pressed_ms += counted(fold.ledger, last, now)


def _tell(fold: _Fold, now: Moment) -> None:
    kind, body = now.fact.kind, now.fact.body
    fold.ended = fold.ended or kind == "end"
    if kind in COUNTED and fold.taking is not None:
        fold.change(**{COUNTED[kind]: getattr(fold.taking, COUNTED[kind]) + 1})
    if kind in TOLD:
        value = {"restarted": now.gap_ms, "late": body.get("by_ms")}.get(kind)
        fold.told.append(Told(now.at, kind, str(body.get("word", "")), str(body.get("by", "")), value))
    elif kind == "log":
        text = str(dict(body.get("data", {})).get("text", ""))
        fold.logged.append(Told(now.at, str(body.get("word", "")), text, str(body.get("by", ""))))


# ---------------------------------------------------------------- one fact each


def _taken_up(fold: _Fold, now: Moment) -> None:
    _compare(fold)
    work = now.work
    if work is None:
        return
    _settle(fold)
    fold.rated, fold.level, fold.working_level = [], 0.0, 0.0
    told = now.fact.body
    fold.takings.append(
        Taking(
            work.id, work.place, work.name, work.technique, work.family, int(told["time"]), now.at, now.at,
            ceiling=now.ceiling, verb=work.verb,
        )
    )  # fmt: skip


def _rate(fold: _Fold, now: Moment) -> None:
    taking, value = fold.taking, float(now.fact.body["value"])
    if taking is None:
        return
    if now.phase == "rechecking":
        fold.change(recheck=replace(taking.recheck or Recheck(now.at), discomfort=value), step=_step(fold))
    elif not taking.outcome or (now.phase == "ending" and taking.recheck is None):
        fold.rated.append((now.same, now.turn, value))
        working = _working(now, taking, value)
        if taking.working is None or working != taking.working:
            fold.working_level = fold.level
        told = {"only": value, "highest": max(value, taking.highest or 0.0), "working": working}
        fold.change(**told, step=_step(fold), ratings=taking.ratings + 1)
    else:
        return
    if taking.breaches:
        fold.change(breaches=tuple(_came_back(b, now.at, value) for b in taking.breaches))


def _step(fold: _Fold) -> float:
    return fold.level - fold.working_level


def _working(now: Moment, taking: Taking, value: float) -> float | None:
    low = min(now.work.dose.band_low, taking.ceiling) if now.work is not None else 0.0
    before = taking.working
    return value if before is None or before < low <= value else before


def _came_back(breach: Breach, at: int, value: float) -> Breach:
    """A breach with the first rating after it that was not above the ceiling."""
    if breach.back is not None or value > breach.ceiling:
        return breach
    return replace(breach, back=value, back_ms=at - breach.at_ms)


def _breach(fold: _Fold, now: Moment) -> None:
    if fold.taking is not None:
        told = now.fact.body
        found = Breach(now.at, float(told["value"]), float(told["ceiling"]))
        fold.change(breaches=(*fold.taking.breaches, found))


def _cue(fold: _Fold, now: Moment) -> None:
    taking, word = fold.taking, str(now.fact.body.get("word"))
    if taking is None:
        return
    if not taking.outcome and now.turn > taking.turns:
        fold.change(turns=max(taking.turns, now.turn))
    if word in ("ease", "let_go") and taking.breaches:
        done = (b if b.did else replace(b, did=word, within_ms=now.at - b.at_ms) for b in taking.breaches)
        fold.change(breaches=tuple(done))


def _released(fold: _Fold, now: Moment) -> None:
    if fold.taking is not None:
        told = (int(now.fact.body["turn"]), int(now.fact.body["after_ms"]))
        fold.change(releases=(*fold.taking.releases, told))


def _stuck(fold: _Fold, now: Moment) -> None:
    if fold.taking is not None:
        fold.change(sticks=(*fold.taking.sticks, (now.turn, float(now.fact.body["value"]))))


def _closed(fold: _Fold, now: Moment) -> None:
    ident, outcome = str(now.fact.body["application"]), str(now.fact.body["outcome"])
    taking = fold.taking
    if taking is not None and taking.application == ident and not taking.outcome:
        fold.change(outcome=outcome, ended_ms=now.at)
    elif outcome == "skipped":
        fold.skipped.append(ident)


def _recheck(fold: _Fold, now: Moment) -> None:
    if fold.taking is None:
        return
    told = {k: v for k, v in dict(now.fact.body.get("data", {})).items() if k in ("familiar", "tissue", "motion")}
    value = now.fact.body.get("value")
    if value is not None:
        told["discomfort"] = float(value)
        fold.change(step=_step(fold))
    fold.change(recheck=replace(fold.taking.recheck or Recheck(now.at), **told))


_FOLDS: dict[str, Callable[[_Fold, Moment], None]] = {
    "taken_up": _taken_up, "rate": _rate, "breach": _breach, "cue": _cue, "released": _released, "stuck": _stuck,
    "closed": _closed, "recheck": _recheck,
}  # fmt: skip
COUNTED = {"silence": "silences", "referral": "referrals", "halt": "halts"}
"""Facts that a piece of work counts."""


# ---------------------------------------------------------------- before and after


def _settle(fold: _Fold) -> None:
    """The piece of work at hand is over: how long it was pressed, and how it compares."""
    _compare(fold)
    fold.change(pressed_ms=fold.pressed_ms)
    fold.pressed_ms = 0


def _compare(fold: _Fold) -> None:
    """First and last discomfort under the same pressure, and the rating of each turn."""
    if not fold.rated:
        return
    newest = fold.rated[-1][0]
    alike = [value for same, _, value in fold.rated if same == newest]
    if len(alike) > 1:
        fold.change(first=alike[0], last=alike[-1])
    by_turn: Mapping[int, float] = {turn: value for _, turn, value in fold.rated}
    fold.change(rounds=tuple(by_turn.values()))


def _places(fold: _Fold, clear: float) -> list[Place]:
    """Every place with all of its takings."""
    by_place: dict[str, list[Taking]] = {}
    for taking in fold.takings:
        by_place.setdefault(taking.place, []).append(taking)
    return [_place(takings, fold.ledger.get(f"point:{name}", 0), clear) for name, takings in by_place.items()]


def alone(taking: Taking) -> Place:
    """A place as one piece of work left it, by the same rule as with all of them. What only all together say (pressure, response) is left out."""
    before, after, pressure = _before_and_after((taking,))
    return Place(taking.place, taking.name, 1, 0, before, after, pressure, (taking.outcome,))


def _place(takings: Sequence[Taking], pressed_ms: int, clear: float) -> Place:
    before, after, pressure = _before_and_after(takings)
    first = takings[0]
    outcomes = tuple(t.outcome for t in takings)
    responded = _responded(takings[-1], before, after, pressure, clear)
    return Place(first.place, first.name, len(takings), pressed_ms, before, after, pressure, outcomes, responded)


def _before_and_after(takings: Sequence[Taking]) -> tuple[float | None, float | None, Pressure]:
    """The first working discomfort and the last that was told, and under which pressure that was.

    A place that was pressed anew without a recheck was pressed by hand: nobody knows whether as hard as the first time.
    """
    rated = [t for t in takings if t.working is not None]
    if not rated:
        return None, None, ""
    first, last = rated[0], rated[-1]
    rechecked = next((t for t in reversed(takings) if t.recheck is not None), None)
    told = rechecked.recheck.discomfort if rechecked is not None and rechecked.recheck is not None else None
    if rechecked is not None and told is not None and rechecked.begun_ms >= last.begun_ms:
        return first.working, told, _beside(rechecked.step)
    if first is last and last.ratings < 2:
        return first.working, None, ""
    return first.working, last.only, _beside(last.step) if first is last else "anew"


def _beside(step: float) -> Pressure:
    return "same" if step == 0 else "harder" if step > 0 else "lighter"


def _responded(
    last: Taking, before: float | None, after: float | None, pressure: Pressure, clear: float
) -> bool | None:
    """Less under less pressure proves nothing, nor does as much under more; glides and stretches are not there to be answered."""
    less = before - after if before is not None and after is not None else None
    if less is not None and less >= clear and pressure in ("same", "harder"):
        return True
    if last.outcome in (*UNRESPONSIVE, *WORSENED):
        return False
    if less is None or last.verb not in PRESSURE:
        return None
    if pressure == "same" or (pressure == "lighter" and less < 0):
        return False
    return None
