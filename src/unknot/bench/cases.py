"""Sessions in words: a file tells a plan in short, what happens when, and what must come of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unknot.bench.sessions import application, plan
from unknot.case.plan import Plan
from unknot.knowledge.load import Knowledge
from unknot.treat.engine import next_deadline, step
from unknot.treat.event import Event
from unknot.treat.fact import Effect, Fact
from unknot.treat.session import Session, start


@dataclass(frozen=True, slots=True)
class Played:
    """A session that was played: where it ended, its facts, and each effect with its time since the beginning [ms]."""

    session: Session
    facts: tuple[Fact, ...]
    effects: tuple[tuple[int, Effect], ...]
    zeros: Mapping[int, int]
    """When each epoch began, since the beginning [ms]."""


@dataclass(frozen=True, slots=True)
class SessionCase:
    """A session in words. Each of `events` is (when [s], kind, what else is told)."""

    name: str
    title: str
    words: str
    plan: Plan
    events: tuple[tuple[float, str, Mapping[str, Any]], ...]
    expect: Mapping[str, Any]


def read_session(path: Path, k: Knowledge) -> SessionCase:
    """The case of a file."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    applications = [_application(row, k) for row in told["application"]]
    return SessionCase(
        path.stem, told["title"], " ".join(told["words"].split()), plan(k, *applications),
        tuple(_event(row) for row in told["events"]), told.get("expect", {}),
    )  # fmt: skip


def _application(row: Mapping[str, Any], k: Knowledge) -> Any:
    given = dict(row)
    return application(k, given.pop("id"), given.pop("technique"), given.pop("place"), **given)


def _event(row: Sequence[Any]) -> tuple[float, str, Mapping[str, Any]]:
    at, kind, *rest = row
    told: dict[str, Any] = {}
    for item in rest:
        told |= item if isinstance(item, dict) else {"word" if isinstance(item, str) else "value": item}
    return float(at), kind, told


def play(case: SessionCase) -> Played:
    """The session of a case, by a driver that is in time, except from `nobody_from` on, where nobody looks until that event."""
    s = start(case.plan)
    facts: list[Fact] = []
    effects: list[tuple[int, Effect]] = []
    zeros, zero = {1: 0}, 0

    def do(event: Event) -> None:
        nonlocal s
        s, new, then = step(s, event)
        facts.extend(new)
        effects.extend((zero + event.at, e) for e in then)

    for at_s, kind, given in case.events:
        told = dict(given)
        at = round(at_s * 1000)
        looked = round(told.pop("nobody_from", at_s) * 1000)
        while (due := next_deadline(s)) is not None and zero + due <= looked:
            do(Event(due, "tick", "program"))
        if kind == "restarted":
            told["value"] = float(at - zero - s.now)
            zero = at
            zeros[s.epoch + 1] = at
        do(Event(at - zero, kind, **told))
    return Played(s, tuple(facts), tuple(effects), zeros)


class Room:
    """A session with a driver in time, told one event after the other."""

    def __init__(self, given: Plan) -> None:
        self.s = start(given)
        self.facts: list[Fact] = []
        self.effects: list[Effect] = []

    def at(self, seconds: float, kind: str, *given: Any, look: bool = True, **told: Any) -> list[str]:
        """Tell an event at a time [s]; the words of all effects since the last, of its own first if it is refused."""
        at, self.effects = round(seconds * 1000), []
        while look and (due := next_deadline(self.s)) is not None and due <= at:
            self._do(Event(due, "tick", "program"))
        for item in given:
            told["word" if isinstance(item, str) else "value"] = item
        self._do(Event(at, kind, **told))
        return [e.word for e in self.effects]

    def to(self, seconds: float) -> list[str]:
        return self.at(seconds, "tick", by="program")

    def _do(self, event: Event) -> None:
        self.s, facts, effects = step(self.s, event)
        self.facts += facts
        self.effects += effects

    def lighter(self) -> bool:
        """Whether the last cue to press was for less."""
        return [bool(f.body["lighter"]) for f in self.facts if f.body.get("word") == "press"][-1]

    def outcome(self, ident: str = "1") -> str:
        return self.s.outcomes.get(ident, "")


SAID = ("breach", "silence", "late", "released", "closed", "restarted")
"""Facts that a case speaks of, beside its cues."""


def told(played: Played) -> dict[str, Any]:
    """What came of it, as a case expects it: cues, what was said, how each application ended, pressure on each place [s], refusals."""
    s = played.session

    def when(fact: Fact) -> str:
        return f"{(played.zeros[fact.epoch] + fact.at) / 1000:.1f}"

    def what(fact: Fact) -> str:
        body = fact.body
        detail = body.get("outcome", body.get("word", body.get("value", body.get("after_ms", body.get("by_ms", "")))))
        return (
            f"{when(fact)} {fact.kind} {detail:g}"
            if isinstance(detail, float)
            else f"{when(fact)} {fact.kind} {detail}".strip()
        )

    cues = [f"{when(f)} {f.body['word']}" for f in played.facts if f.kind == "cue"]
    return {
        "cues": cues,
        "said": [what(f) for f in played.facts if f.kind in SAID],
        "refused": [f"{at / 1000:.1f} {e.word}" for at, e in played.effects if e.kind == "refuse"],
        "phase": s.phase,
        "outcomes": dict(s.outcomes),
        "pressed_s": {
            key: ms / 1000 for key, ms in s.ledger.items() if key.split(":")[0] in ("point", "stretch", "glide")
        },
    }
