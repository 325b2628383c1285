"""The naive twin of the engine: the rules of safety and the ledger once more, in the plainest words, from facts and effects alone.

It knows nothing of the table, its conditions or its acts. What it recounts must be what the engine says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from unknot.case.plan import Application, Plan
from unknot.case.plan_mapping import plan_of
from unknot.treat.fact import Effect, Fact
from unknot.treat.session import Session

ON = ("press", "stroke", "recheck")
"""Cues with which the hand comes on."""
RAISES = ("press", "more", "stroke", "recheck")
GIVES_WAY = ("let_go", "ease")
PRESSURE = ("press", "roll", "strip")
STOPS = ("stop", "fail", "restarted", "symptom")


class BrokenError(AssertionError):
    """A rule of safety was broken."""


@dataclass
class Twin:
    """What an onlooker with a stopwatch knows."""

    plan: Plan
    stopped: bool = False
    ended: bool = False
    screening: bool = False
    """A symptom waits for the answer of screening."""
    hand: Application | None = None
    """What the hand is on, until letting go was acknowledged."""
    pressing: bool = False
    """From a cue to press until one to let go."""
    counted: dict[str, int] = field(default_factory=dict)
    """Place to pressure [ms]; what is no pressure is kept apart by its verb."""
    time: int = 0
    epoch: int = 1
    sequence: int = 0
    ceiling: float = 0.0
    ratings: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Voice to its newest rating and when, in this epoch and at this piece of work."""
    against: bool = False
    """Something spoke for less since the last turn began: a breach, *less*, silence, referral, a dial that died."""
    dial: bool = True
    word: bool = True
    """Since a dial was lost the practitioner has spoken."""
    begun: int | None = None
    past: int = 0
    since: int = 0
    """When the pressure without a break began."""
    last: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, s: Session) -> Twin:
        """The twin of a session that has not begun; what went before in the visit is taken as given."""
        return cls(s.plan, counted=dict(s.ledger), past=s.spent, last=dict(s.taken_up), seen=dict(s.ledger))

    # ------------------------------------------------------------ seeing

    def see(self, facts: Sequence[Fact], effects: Sequence[Effect]) -> None:
        """One step: its facts in order, then its effects beside them."""
        for number, fact in enumerate(facts):
            self._order(fact)
            self._pass(fact)
            self._happens(fact, facts[number + 1 :])
        cues = [f.body["word"] for f in facts if f.kind == "cue"]
        self.holds("every cue is a fact first", cues == [e.word for e in effects if e.kind == "cue"])
        ways = [n for n, word in enumerate(cues) if word == "let_go"]
        self.holds(
            "who is told to let go is not told to press at once", not ways or not set(cues[ways[0] :]) & set(RAISES)
        )
        refused = [e for e in effects if e.kind == "refuse"]
        said = any(f.is_input and f.kind != "tick" for f in facts)
        self.holds("what is refused is said once, and is no fact", len(refused) <= 1 and not (refused and said))

    def _order(self, fact: Fact) -> None:
        self.holds("facts are numbered without a gap", fact.sequence == self.sequence + 1)
        self.sequence = fact.sequence
        if fact.kind == "restarted":
            self.holds("a restart begins the next epoch", fact.epoch == self.epoch + 1)
        else:
            self.holds("facts are in order", fact.epoch == self.epoch and fact.at >= self.time)

    def _pass(self, fact: Fact) -> None:
        """Time passes, and the stopwatch runs while a hand is on."""
        if fact.kind != "restarted":
            self._count(fact.at - self.time)
            self.time = fact.at
            return
        gap = fact.body.get("value")
        gap = None if gap is None or gap < 0 else int(gap)
        if self.hand is not None:
            still = self._most(self.hand) - min(self.counted.get(p, 0) for p in self._places(self.hand))
            self._count(gap if gap is not None else max(0, still))
        self.past += (self.time - self.begun + (gap or 0)) if self.begun is not None else 0
        self.begun = fact.at if self.begun is not None else None
        self.epoch, self.time, self.ratings = fact.epoch, fact.at, {}

    def _count(self, passed: int) -> None:
        if self.hand is not None:
            for place in self._places(self.hand):
                self.counted[place] = self.counted.get(place, 0) + passed

    def _places(self, a: Application) -> list[str]:
        other = a.place.replace("@left", "@LEFT").replace("@right", "@left").replace("@LEFT", "@right")
        sides = {a.place, other} if a.both else {a.place}
        kind = "point" if a.verb in PRESSURE else a.verb
        return [f"{kind}:{side}" for side in sides]

    def _most(self, a: Application) -> int:
        return int(min(a.dose.point_s, a.limits.point_s) * 1000)

    # ------------------------------------------------------------ judging

    def _happens(self, fact: Fact, after: Sequence[Fact]) -> None:
        kind, body = fact.kind, fact.body
        first = next((f.body["word"] for f in after if f.kind == "cue"), "")
        if kind in STOPS:
            self.holds("stop means let go", first == "let_go")
            harmless = kind == "symptom" and body["word"] == "pinch"
            self.stopped = self.stopped or not (self.ended or harmless)
            self.screening = self.screening or (kind == "symptom" and not harmless)
        elif kind == "due" and body["noticed"] - fact.at > self.plan.manner.late_s * 1000:
            self.holds("a late driver lets go", first == "let_go")
        elif kind == "rate":
            self._rated(body["by"], float(body["value"]), first)
        elif kind == "recheck":
            above = self.hand is not None and float(body.get("value") or 0.0) > self.ceiling
            self.holds("a hand that may still be on lets go after the recheck", not above or first in GIVES_WAY)
        elif kind in ("less", "ease", "referral", "silence", "dial_lost"):
            self._less(kind, first)
            self.word = self.word or (kind in ("less", "ease") and body["by"] == "practitioner")
        elif kind == "cue":
            self._cued(body["word"], body)
        elif kind == "taken_up":
            self._taken_up(fact)
        else:
            self._noted(kind, body)
        self.holds("letting go has an end only with a fact", self.hand is not None or not self.pressing)

    def _noted(self, kind: str, body: Mapping[str, Any]) -> None:
        if kind == "resume":
            self.holds("a stop is lifted by a person", self.stopped and body["by"] == "practitioner")
            self.holds("after a symptom screening answers first", not self.screening)
            self.stopped = False
        elif kind == "hands_off":
            self.hand = None
        elif kind == "revise":
            self.plan = plan_of(body["data"])
            self.screening = self.screening and body.get("word") != "screened"
        elif kind == "end":
            self.ended = True
        elif kind == "dial_joined":
            self.dial = True
        elif kind == "hand_over":
            self.dial = self.word = True
        elif (kind == "next" and self.hand is None) or (kind == "same" and body["by"] == "practitioner"):
            self.word = True

    def _rated(self, by: str, value: float, first: str) -> None:
        self.ratings[by] = (value, self.time)
        self.word = self.word or by == "practitioner"
        if self.pressing and value > self.ceiling:
            self.against = True
            self.holds("above the ceiling the hand gives way", first in GIVES_WAY)
        if self.pressing and value >= self.ceiling + self.plan.manner.let_go_above:
            self.holds("far above the ceiling the hand lets go", first == "let_go")
        if not self.pressing and self.hand is not None and value > self.ceiling:
            self.holds("a hand that may still be on lets go", first in GIVES_WAY)

    def _less(self, kind: str, first: str) -> None:
        if kind == "dial_lost":
            self.dial = self.word = False
            self.ratings.pop("dial", None)
        self.against = True
        if self.pressing:
            self.holds("less is given at once", first in GIVES_WAY)

    def _taken_up(self, fact: Fact) -> None:
        a = self._application(fact.body["application"])
        self.holds("after a stop nothing is taken up", not self.stopped and not self.ended)
        self.holds(
            "the ceiling is none of the limits' own", fact.body["ceiling"] <= min(a.limits.discomfort, a.dose.band_high)
        )
        visit = a.place if a.verb == "press" else f"{a.place} {a.technique}"
        self.word = True
        self.last[visit] = self.last.get(visit, 0) + 1
        self.holds("a place is returned to a few times", self.last[visit] <= self.plan.manner.returns)
        self.ceiling, self.ratings, self.against = fact.body["ceiling"], {}, False
        self.begun = self.time if self.begun is None else self.begun

    def _application(self, ident: str) -> Application:
        return next(a for a in self.plan.applications if a.id == ident)

    def _cued(self, word: str, told: Mapping[str, Any]) -> None:
        self.holds("no press while a stop stands", not (self.stopped or self.ended) or word in GIVES_WAY)
        by_itself = word in ON and word != "recheck" and not self.pressing and told["turn"] > 1
        self.holds("after a lost dial a person says go on", self.word or not by_itself)
        if word in ON and not (word == "stroke" and self.pressing):
            self.since = self.time
            if word != "recheck" and told["turn"] > 1:
                self.against = False
        if word in RAISES or word == "hold":
            self._bounded(word, told)
        if word == "more":
            self._raised()
        if word in ON:
            self.hand, self.pressing = self._application(told["application"]), True
        elif word == "let_go":
            self.pressing = False

    def _bounded(self, word: str, told: Mapping[str, Any]) -> None:
        """No cue asks for longer than its ceiling."""
        a = self._application(str(told["application"]))
        if word == "more":
            return
        for_ms = int(told["for_ms"])
        self.holds("a cue asks for some time", for_ms > 0)
        full = max(self.counted.get(p, 0) for p in self._places(a))
        kept = int(a.dose.recheck_s * 1000) if word != "recheck" and a.verb in PRESSURE else 0
        self.holds("no cue past the place's total, the recheck kept free", full + for_ms <= self._most(a) - kept)
        over = self.past + self.time - (self.begun if self.begun is not None else self.time)
        self.holds("no cue past the session's length", over + for_ms <= a.limits.session_min * 60_000)
        if a.family != "passes" or word == "hold":
            self.holds("no cue past the longest hold", for_ms <= a.limits.hold_s * 1000)
        if a.family != "passes":
            self.holds(
                "no pressure without a break past the longest hold",
                self.time - self.since + for_ms <= a.limits.hold_s * 1000,
            )
        if word == "recheck":
            self.holds("a recheck is short", for_ms <= a.dose.recheck_s * 1000)

    def _raised(self) -> None:
        """Nothing is raised but on a young rating of everybody below the ceiling, with nothing against it."""
        fresh = [(v, t) for v, t in self.ratings.values() if self.time - t <= self.plan.manner.fresh_s * 1000]
        self.holds("no more without a young rating", bool(fresh))
        self.holds("no more at the ceiling", all(value < self.ceiling for value, _ in fresh))
        self.holds("no more against a word for less", not self.against)
        self.holds("no more without the dial that was lost", self.dial)

    def compare(self, s: Session) -> None:
        """The engine must say what the stopwatch says."""
        self._count(s.now - self.time)
        self.time = s.now
        said = {k: v for k, v in s.ledger.items() if k.split(":")[0] in ("point", "stretch", "glide")}
        self.holds("the ledger is the stopwatch's", said == {k: v for k, v in self.counted.items() if v or k in said})
        self.holds("the ledger never falls", all(s.ledger.get(k, 0) >= v for k, v in self.seen.items()))
        self.seen = dict(s.ledger)
        self.holds("the hand is on until it is acknowledged", s.hands_on == (self.hand is not None))
        self.holds("a stop stands until it is lifted", self.ended or (s.phase == "stopped") == self.stopped)
        self.holds("who presses can be told from the phase", self.pressing == (s.phase in PRESSING))

    seen: dict[str, int] = field(default_factory=dict)

    def holds(self, rule: str, truth: bool) -> None:
        if not truth:
            raise BrokenError(rule)


PRESSING = ("pressing", "holding", "rising", "easing", "stroking", "halting", "rechecking")
