"""The two people of a rehearsed session: a scripted practitioner who follows cues, and a virtual client who tells what is felt.

Neither sees the other's truth: the practitioner hears words and feels tissue give way, the client feels. Times are milliseconds of the session.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from numpy.random import Generator

from unknot.rehearse.truth_life import Life, Manner
from unknot.rehearse.truth_parameters import draw, middle
from unknot.treat.event import Event

ON = ("press", "recheck", "stroke")
LESS = ("ease", "let_go")
"""The second is more than the first."""
QUIET_MS = 4000
"""Who has just spoken unasked does not say the same again for so long."""
SETTLE_MS = 700
"""A question about a pressure is answered when the pressure has been there for so long."""
SETTLED = ("contact", "rise", "eased", "recheck")


@dataclass(slots=True)
class Hand:
    """The hand of the practitioner: the force now and where it goes. A cue is followed one reaction later; *let go* and *ease* forget the rest that still waited."""

    reacts_ms: int
    presses: float
    leaves: float
    more: float
    eases: float
    force: float = 0.0
    goal: float = 0.0
    held: float = 0.0
    """The force of the last hold on this place, for the next one [N]."""
    waiting: list[tuple[int, str, bool]] = field(default_factory=list)
    """(when, cue, lighter)."""

    @property
    def ramp_ms(self) -> int:
        """How long the hand still moves [ms]."""
        rate = self.presses if self.goal > self.force else self.leaves
        return round(abs(self.goal - self.force) / rate * 1000)

    def take(self, place_force: float) -> None:
        """A new place: the first force is a guess of what it bears."""
        self.held = place_force

    def cue(self, at: int, word: str, *, lighter: bool) -> None:
        """A cue comes. A hand that is about to ease or to let go is not put off by hearing it again."""
        if word in LESS:
            kept = LESS[LESS.index(word) :]
            self.waiting = [w for w in self.waiting if w[1] in kept]
        if any(w[1] == word for w in self.waiting):
            return
        if word in (*ON, "more", *LESS):
            self.waiting.append((at + self.reacts_ms, word, lighter))

    def act(self, now: int) -> None:
        """What is due by now."""
        due = [w for w in self.waiting if w[0] <= now]
        self.waiting = [w for w in self.waiting if w[0] > now]
        for _, word, lighter in due:
            if word in ON:
                self.goal = self.held * (self.eases if lighter else 1.0)
            elif word == "more":
                self.goal = max(self.goal, self.force) * self.more
            elif word == "ease":
                self.goal = min(self.goal, self.force) * self.eases
            else:
                self.goal = 0.0
            self.goal = min(self.goal, middle("operator.strongest"))
            if self.goal > 0:
                self.held = self.goal

    def move(self, seconds: float, steps: int) -> list[float]:
        """The mean force of each step on the way to the goal [N]."""
        if self.force == self.goal:
            return [self.force] * steps
        forces = []
        for _ in range(steps):
            rate = self.presses if self.goal > self.force else self.leaves
            room = self.goal - self.force
            reach = math.copysign(min(abs(room), rate * seconds), room)
            moving = abs(reach) / (rate * seconds)  # the part of the step in which the hand moves
            forces.append(self.force + reach * (1.0 - moving / 2))
            self.force = self.goal if abs(room) <= rate * seconds else self.force + reach
        return forces


def hand(rng: Generator) -> Hand:
    """The hand of one practitioner."""
    return Hand(
        round(draw(rng, "operator.reacts") * 1000), draw(rng, "operator.presses"), draw(rng, "operator.leaves"), draw(rng, "operator.more"),
        draw(rng, "operator.eases"),
    )  # fmt: skip


@dataclass(slots=True)
class Voice:
    """The client's voice: what is asked and will be answered, and what is said unasked. One draw of chance for one answer."""

    manner: Manner
    rng: Generator
    spreads: float
    """Pain elsewhere of this strength is told as spreading."""
    answers: list[tuple[int, str]] = field(default_factory=list)
    """(when, question)."""
    spoke_at: int = -QUIET_MS
    told_spread: bool = False
    will_stop: bool = False

    def delay_ms(self) -> int:
        return round(self.manner.delay_s * math.exp(0.25 * float(self.rng.standard_normal())) * 1000)

    def asked(self, at: int, word: str, settled: int) -> None:
        """A question: an answer will come, or none."""
        silent, delay = self.rng.random() < self.manner.silent, self.delay_ms()
        if not silent:
            when = max(at + delay, settled + SETTLE_MS) if word in SETTLED else at + delay
            self.answers.append((when, word))

    def rating(self, felt: float) -> float:
        """What is said of what is felt, in halves."""
        said = (
            felt * self.manner.says
            + self.manner.offset * min(1.0, felt)
            + self.manner.noise * float(self.rng.standard_normal())
        )
        return min(10.0, max(0.0, round(said * 2) / 2))

    def says(self, now: int, felt: float, referred: float, tissue: str) -> list[Event]:
        """What is said by now: answers that are due, and what cannot wait. With a recheck the practitioner tells how the tissue feels."""
        due = [w for w in self.answers if w[0] <= now]
        self.answers = [w for w in self.answers if w[0] > now]
        events = []
        if due:
            kind = "recheck" if any(word == "recheck" for _, word in due) else "rate"
            events.append(Event(now, kind, value=self.rating(felt), data={} if kind == "rate" else {"tissue": tissue}))
            self.spoke_at = now
        elif felt >= self.manner.speaks and now - self.spoke_at >= QUIET_MS:
            self.spoke_at = now
            self.answers.append((now + self.delay_ms() // 2, "unasked"))
        if felt >= self.manner.stops and not self.will_stop:
            self.will_stop = True
            events.append(Event(now, "stop"))
        if referred >= self.spreads and not self.told_spread:
            self.told_spread = True
            events.append(Event(now, "referral"))
        return events


def voice(one: Life, visit: int) -> Voice:
    """The voice of a client in a visit."""
    rng = one.rng("voice", visit)
    return Voice(one.manner, rng, draw(one.rng("spreads"), "refer.spreads"))
