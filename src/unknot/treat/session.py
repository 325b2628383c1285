"""The session as a value: where it stands, what was rated, what is due, and the ledger of pressure.

A `Session` is never changed once `step` has returned it; `step` works on a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from unknot.case.plan import Application, Plan
from unknot.case.plan_mapping import as_mapping
from unknot.errors import Problem, UnknotError, shown

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
PRESSURE = ("press", "roll", "strip")
"""Verbs that count as pressure on a place; a stretch and a glide have accounts of their own."""
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
    """Place, or place and technique where nothing is pressed (see `visit_of`), to how often it was taken up."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """Application to how it ended last."""

    hands_on: bool = False
    """From a cue to press until letting go was acknowledged."""
    on_since: int = 0
    """Up to when the ledger has counted."""
    under: tuple[tuple[str, float], ...] = ()
    """What the hand is on: (account of the ledger, its share of each moment), until letting go was acknowledged."""
    under_ms: int = 0
    """The total that the place under the hand may have [ms]."""
    pressed_at: int = 0
    """When the pressure without a break began."""
    ledger: Ledger = field(default_factory=dict)
    """`point:`, `stretch:`, `glide:`, `week:` PLACE, `site:` SITE, `contact:` CONTACT, `hand:` JOINT (its load) and `session` to time [ms]."""
    held_at: int = 0
    """When the hold under this pressure began."""
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
    peak: float = 0.0
    """The highest rating above the ceiling in the round or stroke at hand."""
    last: float | None = None
    """The rating of the round or stroke before, also when that was harder pressed."""
    worse: int = 0
    silent: int = 0
    referrals: int = 0
    lower: bool = False
    """Something spoke for less: nothing is raised until the next turn."""
    till_release: bool = False
    """It was only lightened at the top of the band: the next release takes `lower` back."""
    lighter: bool = False
    """The next turn is lighter."""
    released: bool = False
    not_back: bool = False
    """It was too much under the hand, and no rating has been back in the band since."""
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
    word_due: bool = False
    """A dial was lost: nothing is pressed by itself before the practitioner has spoken, whether it comes back or not."""

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
        """The first application that is still to be worked on; then those that were parked, the one just parked last. Of both only what may be taken up once more."""
        may = [
            a
            for a in self.plan.applications
            if self.outcomes.get(a.id, "paused") in (*AGAIN, "parked") and self.may_take(a)
        ]
        parked = sorted(may, key=lambda a: (a.id == self.current, self.taken_up.get(visit_of(a), 0)))
        return next((a for a in may if self.outcomes.get(a.id) != "parked"), parked[0] if parked else None)

    def may_take(self, a: Application) -> bool:
        """Whether a place may be taken up once more."""
        return self.taken_up.get(visit_of(a), 0) < self.plan.manner.returns and self.left(a, self.now) >= LEAST_MS

    def elapsed(self, at: int) -> int:
        """Length of the session [ms]."""
        return self.spent + (max(0, at - self.begun_at) if self.begun else 0)

    def fresh(self) -> bool:
        """Whether there is a rating young enough to raise on."""
        return self.rating is not None and self.now - self.rated_at <= ms(self.plan.manner.fresh_s)

    def left(self, a: Application, at: int, *, recheck: bool = False) -> int:
        """Pressure that a place may still take now [ms]: the least of its own total (of both sides the fuller), the session's length and, for a hold, the longest hold."""
        reserve = 0 if recheck or a.verb not in PRESSURE else ms(a.dose.recheck_s)
        running = max(0, at - self.on_since)
        under = [key for key, _ in self.under]
        counted = max(self.ledger.get(key, 0) + (running if key in under else 0) for key in accounts_of(a))
        rest = min(ms(min(a.dose.point_s, a.limits.point_s)) - reserve - counted, self.time_left(a, at))
        return rest if a.family == "passes" else min(rest, ms(a.limits.hold_s))

    def time_left(self, a: Application, at: int) -> int:
        """What is left of the session's length [ms]."""
        return ms(a.limits.session_min * 60) - self.elapsed(at)

    def as_mapping(self) -> dict[str, Any]:
        """Plain data; two sessions are the same when these are."""
        told = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**told, "plan": as_mapping(self.plan)}


_NAMES = tuple(f.name for f in fields(Session))


def copy_of(s: Session) -> Session:
    """Another session with the same values; none of them is ever changed in place."""
    new = object.__new__(Session)
    for name in _NAMES:
        setattr(new, name, getattr(s, name))
    return new


def ms(seconds: float) -> int:
    """Whole milliseconds, rounded down: a ceiling is never stretched."""
    return int(seconds * 1000 + 1e-6)


def places_of(a: Application) -> tuple[str, ...]:
    """The places that it works on: one, or the same on both sides."""
    return (a.place, _other_side(a.place)) if a.both else (a.place,)


def _other_side(place: str) -> str:
    name, _, side = place.rpartition("@")
    other = {"left": "right", "right": "left"}.get(side)
    return f"{name}@{other}" if name and other else place


def accounts_of(a: Application) -> tuple[str, ...]:
    """The accounts of the ledger that its total is measured by."""
    kind = "point" if a.verb in PRESSURE else a.verb
    return tuple(dict.fromkeys(f"{kind}:{place}" for place in places_of(a)))


def visit_of(a: Application) -> str:
    """Under what it is counted how often a place is taken up: all that presses a place counts together."""
    return a.place if a.verb == "press" else f"{a.place} {a.technique}"


def under_of(a: Application) -> tuple[tuple[str, float], ...]:
    """All accounts that run while the hand is on, with their share."""
    sites = dict.fromkeys((a.site, _other_side(a.site)) if a.both else (a.site,))
    weeks = [f"week:{p}" for p in dict.fromkeys(places_of(a))] if a.verb in PRESSURE else []
    whole = [*accounts_of(a), *weeks, *(f"site:{s}" for s in sites), f"contact:{a.contact}", "session"]
    return (*((key, 1.0) for key in whole), *((f"hand:{joint}", share) for joint, share in a.loads))


def problems_of(plan: Plan) -> list[Problem]:
    """What keeps a plan from being carried out: an id that stands twice, a dose above its limit, a time that is missing."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for a in plan.applications:
        if a.id in seen or not a.id:
            problems.append(Problem("twice", a.id, "stands twice", "one id, one application", "plan again"))
        seen.add(a.id)
        limits = (
            ("band_high", a.dose.band_high, a.limits.discomfort),
            ("point_s", a.dose.point_s, a.limits.point_s),
            ("hold_s", a.dose.hold_s, a.limits.hold_s),
        )
        problems += [
            Problem("over_limit", f"{a.id}.{name}", "above its limit", "at most the limit", "plan again")
            for name, value, most in limits
            if value > most
        ]
        needed = "pass_s" if a.family == "passes" else "hold_s"
        if getattr(a.dose, needed) <= 0:
            problems.append(Problem("no_time", f"{a.id}.{needed}", "0", "more than 0 s", "plan again"))
    return problems


@dataclass(frozen=True, slots=True)
class Before:
    """What went before in the same visit: the ledger, how often places were taken up, and the length of it all. One visit, one total."""

    ledger: Ledger = field(default_factory=dict)
    taken_up: Mapping[str, int] = field(default_factory=dict)
    spent: int = 0


def start(plan: Plan, before: Before | None = None) -> Session:
    """A session at its beginning, hands off.

    Raises SessionError when the plan holds nothing or cannot be carried out (see `problems_of`), or what went before is no count.
    """
    problems = problems_of(plan)
    if not plan.applications:
        problems.append(Problem("empty", "plan", "no application", "at least one", "plan one"))
    before = before or Before()
    for name, value in (*before.ledger.items(), *before.taken_up.items(), ("spent", before.spent)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            problems.append(
                Problem("not_a_count", name, shown(value), "a whole number from 0", "count the visit again")
            )
    if problems:
        raise SessionError(problems, "nothing is pressed")
    return Session(plan, ledger=dict(before.ledger), taken_up=dict(before.taken_up), spent=before.spent)


def counted_by(s: Session) -> Before:
    """What a session leaves to the next one of the same visit."""
    return Before(dict(s.ledger), dict(s.taken_up), s.elapsed(s.now))
