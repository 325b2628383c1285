"""The session as a value: where it stands, what was rated, what is due, and the ledger of pressure.

A `Session` is never changed once `step` has returned it; `step` works on a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from unknot.case.plan import Application, Plan
from unknot.case.plan_mapping import as_mapping
from unknot.errors import Problem, UnknotError

Phase = Literal[
    "waiting", "pressing", "holding", "rising", "easing", "resting", "stroking", "halting", "between", "ending",
    "rechecking", "stopped", "ended",
]  # fmt: skip
PHASES: tuple[str, ...] = get_args(Phase)
CONTACT = ("pressing", "holding", "rising", "easing", "stroking", "halting", "rechecking")
"""Phases in which the hand presses."""
ACTIVE = (*CONTACT, "resting", "between")
"""Phases of a piece of work that has not ended."""
AGAIN = ("paused", "late", "restarted", "changed", "fail")
"""Ways to end that leave the work to be done: *next* comes back to it."""
LEAST_MS = 3000
"""Less pressure than this is not worth a cue: the place has had enough."""
Ledger = Mapping[str, int]


class SessionError(UnknotError):
    """A session that cannot begin or be read back."""

    code = "session"


@dataclass(slots=True)
class Session:
    """All that the engine knows. Times [ms] are of the running epoch; ratings are discomfort 0-10."""

    plan: Plan
    phase: Phase = "waiting"
    why: str = "start"
    """Why it stands here: how the last piece of work ended, or what stopped it."""
    epoch: int = 1
    now: int = 0
    sequence: int = 0
    """Of the last fact."""

    current: str = ""
    """The application at hand, also after its work ended; empty before the first one."""
    taken_up: Mapping[str, int] = field(default_factory=dict)
    """Place to how often it was taken up."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """Application to how it ended last."""

    hands_on: bool = False
    """From a cue to press until letting go was acknowledged."""
    on_since: int = 0
    """Up to when the ledger has counted."""
    pressed_at: int = 0
    """When the pressure without a break began."""
    ledger: Ledger = field(default_factory=dict)
    """`point:PLACE`, `site:SITE`, `contact:CONTACT`, `session` and `week` to pressure [ms]."""
    begun: bool = False
    begun_at: int = 0
    spent: int = 0
    """Length of the session before `begun_at` [ms], earlier epochs and the gaps between them included."""

    phase_at: int | None = None
    ask_at: int | None = None
    answer_at: int | None = None
    top_at: int | None = None
    limit_at: int | None = None
    """What is due when."""

    turn: int = 0
    """Round, rise or stroke, from 1."""
    steps: int = 0
    """Rises in succession while the band is looked for."""
    ceiling: float = 0.0
    base: float | None = None
    """The first working discomfort, under the pressure that still holds."""
    clear: int = 0
    """How many ratings in succession were clearly less than the base."""
    rounds: tuple[float, ...] = ()
    """The rating of each round or stroke under the pressure that still holds."""
    round_rating: float | None = None
    """The newest rating of the round or stroke at hand."""
    worse: int = 0
    silent: int = 0
    referrals: int = 0
    lower: bool = False
    """Something spoke for less: nothing is raised until the next turn."""
    lighter: bool = False
    """The next turn is lighter."""
    released: bool = False
    rest_over: bool = False
    stroke_left: int = 0
    """What is left of a stroke that halts [ms]."""
    rechecked: bool = False

    rating: float | None = None
    rated_at: int = 0
    voices: tuple[tuple[str, float, int], ...] = ()
    """(who, rating, when): the newest of each voice in this epoch."""
    asked: str = ""
    """The question that waits for an answer."""
    screen_due: bool = False
    """Screening must answer before anything is pressed."""
    dial: Literal["none", "joined", "lost"] = "none"

    @property
    def application(self) -> Application:
        """The application at hand. Raises KeyError when there is none."""
        for found in self.plan.applications:
            if found.id == self.current:
                return found
        raise KeyError(self.current)

    @property
    def family(self) -> str:
        """The family of the application at hand; empty when there is none."""
        return next((a.family for a in self.plan.applications if a.id == self.current), "")

    def find(self, ident: str) -> Application | None:
        return next((a for a in self.plan.applications if a.id == ident), None)

    def following(self) -> Application | None:
        """The first application that is still to be worked on, and whose place may still be."""
        return next(
            (a for a in self.plan.applications if self.outcomes.get(a.id, "paused") in AGAIN and self.may_take(a)), None
        )

    def may_take(self, a: Application) -> bool:
        """Whether a place may be taken up once more."""
        return self.taken_up.get(a.place, 0) < self.plan.manner.returns and self.left(a, self.now) >= LEAST_MS

    def elapsed(self, at: int) -> int:
        """Length of the session [ms]."""
        return self.spent + (max(0, at - self.begun_at) if self.begun else 0)

    def fresh(self) -> bool:
        """Whether there is a rating young enough to raise on."""
        return self.rating is not None and self.now - self.rated_at <= ms(self.plan.manner.fresh_s)

    def left(self, a: Application, at: int, *, recheck: bool = False) -> int:
        """Pressure that a place may still take now [ms]: the least of its own total, the session's length and, for a hold, the longest hold."""
        reserve = 0 if recheck else ms(a.dose.recheck_s)
        counted = self.ledger.get(f"point:{a.place}", 0)
        if self.hands_on and self.current and self.application.place == a.place:
            counted += max(0, at - self.on_since)
        rest = ms(min(a.dose.point_s, a.limits.point_s)) - reserve - counted
        rest = min(rest, ms(a.limits.session_min * 60) - self.elapsed(at))
        return rest if a.family == "passes" else min(rest, ms(a.limits.hold_s))

    def as_mapping(self) -> dict[str, Any]:
        """Plain data; two sessions are the same when these are."""
        told = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**told, "plan": as_mapping(self.plan)}


def ms(seconds: float) -> int:
    """Whole milliseconds, rounded down: a ceiling is never stretched."""
    return int(seconds * 1000 + 1e-6)


def start(plan: Plan, *, week_s: Mapping[str, float] | None = None) -> Session:
    """A session at its beginning, hands off. `week_s`: pressure that places had in the last seven days [s].

    Raises SessionError when the plan holds nothing, names something twice, or a dose stands above its limit.
    """
    problems = [] if plan.applications else [Problem("empty", "plan", "no application", "at least one", "plan one")]
    seen: set[str] = set()
    for a in plan.applications:
        if a.id in seen:
            problems.append(Problem("twice", a.id, "stands twice", "one id, one application", "plan again"))
        seen.add(a.id)
        over = [
            name
            for name, value, most in (
                ("band_high", a.dose.band_high, a.limits.discomfort),
                ("point_s", a.dose.point_s, a.limits.point_s),
                ("hold_s", a.dose.hold_s, a.limits.hold_s),
            )
            if value > most
        ]
        problems += [
            Problem("over_limit", f"{a.id}.{n}", "above its limit", "at most the limit", "plan again") for n in over
        ]
    if problems:
        raise SessionError(problems, "nothing is pressed")
    week = {f"week:{place}": ms(s) for place, s in (week_s or {}).items()}
    return Session(plan, ledger=week)
