"""A session as a timeline: plain data of what was done when, over all epochs. What it looks like is drawn elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from unknot.case.plan import Plan
from unknot.treat.course import Moment, counted, course
from unknot.treat.fact import Fact

MARKED = (
    "release", "ease", "less", "same", "more", "stop", "resume", "symptom", "referral", "halt", "stuck", "recheck", "log", "park",
    "pause", "skip", "off", "revise", "dial_joined", "dial_lost", "hand_over", "fail", "restarted", "end", "breach", "silence", "late",
)  # fmt: skip
"""Facts that are shown as events. Ratings, cues and phases are shown as what they are."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One phase, from its beginning to its end [ms]."""

    start_ms: int
    end_ms: int
    phase: str
    taking: int
    turn: int


@dataclass(frozen=True, slots=True)
class Rating:
    """Discomfort as it was told."""

    at_ms: int
    value: float
    by: str
    taking: int
    ceiling: float
    same: int
    """Ratings with the same number were given under the same pressure; 0 when no work was going on."""


@dataclass(frozen=True, slots=True)
class Step:
    """From here on the pressure stands at this step: 1 when first pressed, one more at *more*, one less at *ease*, 0 with the hand off."""

    at_ms: int
    level: float


@dataclass(frozen=True, slots=True)
class Mark:
    """An event: what, by whom, with which word or number."""

    at_ms: int
    kind: str
    by: str
    word: str
    value: float | None
    taking: int


@dataclass(frozen=True, slots=True)
class Work:
    """One time that a place was worked on, with its working band; `ceiling` is the highest discomfort that was allowed."""

    taking: int
    application: str
    place: str
    name: str
    technique: str
    family: str
    start_ms: int
    end_ms: int
    band_low: float
    ceiling: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Where nobody looked: the program or the machine was down. `ms` is None when nobody knows for how long."""

    at_ms: int
    ms: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of a session. Times are milliseconds since the first piece of work was taken up."""

    length_ms: int
    pressed_ms: int
    """As the ledger counts it: until letting go was acknowledged."""
    works: tuple[Work, ...]
    segments: tuple[Segment, ...]
    ratings: tuple[Rating, ...]
    steps: tuple[Step, ...]
    marks: tuple[Mark, ...]
    gaps: tuple[Gap, ...]

    def as_mapping(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(slots=True)
class _Lines:
    """The timeline as it grows."""

    works: list[Work] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    since: int = 0
    ledger: dict[str, int] = field(default_factory=dict)
    ended: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Taking to when and how it ended."""


def timeline(plan: Plan, facts: Sequence[Fact]) -> Timeline:
    """The timeline of a session, finished or not."""
    lines, last = _Lines(), None
    for now in course(plan, facts):
        if last is not None and (now.phase, now.turn, now.taking) != (last.phase, last.turn, last.taking):
            _close(lines, last, now.at)
        counted(lines.ledger, last, now)
        _step(lines, now)
        _add(lines, now)
        last = now
    if last is None:
        return Timeline(0, 0, (), (), (), (), (), ())
    _close(lines, last, last.at)
    return Timeline(
        last.at, lines.ledger.get("session", 0), tuple(_ended(lines, w, last.at) for w in lines.works), tuple(lines.segments), tuple(lines.ratings),
        tuple(lines.steps), tuple(lines.marks), tuple(lines.gaps),
    )  # fmt: skip


def _step(lines: _Lines, now: Moment) -> None:
    """The pressure as it is from now on; of several changes at one moment the last."""
    if lines.steps and lines.steps[-1].at_ms == now.at:
        lines.steps.pop()
    if now.level != (lines.steps[-1].level if lines.steps else 0.0):
        lines.steps.append(Step(now.at, now.level))


def _close(lines: _Lines, was: Moment, at: int) -> None:
    """The phase that was is over."""
    if at > lines.since:
        lines.segments.append(Segment(lines.since, at, was.phase, was.taking, was.turn))
    lines.since = at


def _add(lines: _Lines, now: Moment) -> None:
    fact, body = now.fact, now.fact.body
    if fact.kind == "taken_up" and (a := now.work) is not None:
        low = min(a.dose.band_low, now.ceiling)
        lines.works.append(
            Work(now.taking, a.id, a.place, a.name, a.technique, a.family, now.at, now.at, low, now.ceiling, "")
        )
    elif fact.kind == "rate":
        lines.ratings.append(
            Rating(now.at, float(body["value"]), str(body.get("by", "")), now.taking, now.ceiling, _same(now))
        )
    elif fact.kind == "cue" and body.get("word") in ("ease", "let_go"):
        _answer(lines, str(body["word"]))
    elif fact.kind == "closed" and lines.works and body["application"] == lines.works[-1].application:
        lines.ended.setdefault(now.taking, (now.at, str(body["outcome"])))
    if fact.kind == "restarted":
        lines.gaps.append(Gap(now.at, now.gap_ms))
    if fact.kind in MARKED:
        value = body.get("value", body.get("by_ms"))
        word = _found(dict(body.get("data", {}))) if fact.kind == "recheck" else str(body.get("word", ""))
        lines.marks.append(Mark(now.at, fact.kind, str(body.get("by", "")), word, value, now.taking))


def _same(now: Moment) -> int:
    return 0 if now.phase in ("waiting", "stopped", "ended") else now.same


def _answer(lines: _Lines, word: str) -> None:
    """What the hand did about a rating above the ceiling."""
    mark = lines.marks[-1] if lines.marks else None
    if mark is not None and mark.kind == "breach" and not mark.word:
        lines.marks[-1] = replace(mark, word=word)


def _found(told: dict[str, Any]) -> str:
    """What a recheck found, as words: `familiar.yes tissue.softer motion.freer`."""
    known = ["familiar." + ("yes" if told["familiar"] else "no")] if "familiar" in told else []
    return " ".join([*known, *(f"{part}.{told[part]}" for part in ("tissue", "motion") if part in told)])


def _ended(lines: _Lines, work: Work, length: int) -> Work:
    """A piece of work with its end."""
    end, outcome = lines.ended.get(work.taking, (length, ""))
    return replace(work, end_ms=end, outcome=outcome)
