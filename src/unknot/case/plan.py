"""The plan as a value: applications in order with their doses, the limits that hold for each, and what fell out. The engine of the session needs nothing else.

Times are seconds, discomfort is 0 to 10, lengths are millimetres. `plan.gate.admit` is the only maker of a `Plan` outside tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Literal, get_args

from unknot.case.clearance import LIMITS
from unknot.guards import finite

Source = Literal["technique", "site", "clearance", "client", "practitioner", "hand_load", "house"]
SOURCES: tuple[str, ...] = get_args(Source)
HIGHEST = {"discomfort": 6.0, "palpation_discomfort": 5.0, "hold_s": 90.0, "point_s": 300.0, "session_min": 90.0}
"""No source can raise a limit above these. They are those that the knowledge has for everybody ([[base_limit]]), held here too so that no plan depends on it."""
HIGHEST_FORCE_N = 60.0
"""No gauge is asked for more (house rule `plan.force_n`)."""
Family = Literal["rounds", "release", "passes"]
"""How a technique runs: holds with rests between, holds until the tissue lets go, strokes over a length."""
FAMILIES: tuple[str, ...] = get_args(Family)


@dataclass(frozen=True, slots=True)
class Limit:
    """One source's word on one limit."""

    name: str
    value: float
    source: Source
    why: str


@dataclass(frozen=True, slots=True)
class Cut:
    """What a limit was and what it became: from `before` to `after`, by whom and why."""

    name: str
    before: float
    after: float
    source: Source
    why: str


@dataclass(frozen=True, slots=True)
class ResolvedLimits:
    """The limits that hold, each with the source that set it, and every cut on the way. Made by `plan.limits.resolve` alone."""

    discomfort: float
    palpation_discomfort: float
    hold_s: float
    point_s: float
    session_min: float
    set_by: tuple[tuple[str, Source, str], ...]
    """(limit, source, why) of the word that set each limit."""
    cuts: tuple[Cut, ...]

    def __post_init__(self) -> None:
        for name in LIMITS:
            finite(getattr(self, name), name, 0, HIGHEST[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """How one technique is dosed on one place; every number stands within the application's limits. What a family has no use for is 0."""

    band_low: float
    band_high: float
    """The working band of discomfort; its top is the ceiling of this application."""
    hold_s: float
    """rounds: one hold; release: the longest wait for a release; passes: a hold on a point that the stroke meets."""
    rest_s: float
    """Hands off between two holds or strokes."""
    turns: int
    """rounds: holds at most; release: rises of pressure at most; passes: strokes at most."""
    turns_least: int
    """rounds: holds before the work may end because nothing changes."""
    pass_s: float
    """passes: one stroke from end to end."""
    point_s: float
    """Pressure on this place in the visit at most, all techniques and returns together."""
    recheck_s: float
    """How long the recheck presses; kept free within `point_s`."""
    search_pass_s: float = 0.0
    """passes: the first stroke, where it only searches and is quicker; 0 when none does."""

    def __post_init__(self) -> None:
        finite(self.band_low, "band_low", 0, self.band_high)
        finite(self.band_high, "band_high", 0, HIGHEST["discomfort"])
        finite(self.hold_s, "hold_s", 0, HIGHEST["hold_s"])
        finite(self.rest_s, "rest_s", 0, 120)
        finite(self.turns, "turns", 1, 60)
        finite(self.turns_least, "turns_least", 0, self.turns)
        finite(self.pass_s, "pass_s", 0, 600)
        finite(self.point_s, "point_s", 0, HIGHEST["point_s"])
        finite(self.recheck_s, "recheck_s", 0, 10)
        finite(self.search_pass_s, "search_pass_s", 0, self.pass_s)

    def stroke_s(self, turn: int) -> float:
        """How long the stroke of this number lasts [s]."""
        return self.search_pass_s if turn == 1 and self.search_pass_s else self.pass_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a session is conducted: when the client is asked, what counts as fresh, clear, worse or late. From the knowledge's [[dose]] of all techniques."""

    answer_s: float
    """How long a check-in waits for an answer."""
    fresh_s: float
    """On a rating older than this nothing is raised."""
    check_s: float
    """The first check-in of a hold after the one at contact."""
    again_s: float
    """From one check-in of a long hold to the next."""
    late_check_s: float
    """How long before its end a hold is rated."""
    clear_change: float
    """The least fall in discomfort that is clear."""
    clear_times: int
    """How often in succession it is seen before it counts."""
    flat_turns: int
    """So many rounds in succession that changed nothing end the work."""
    flat_within: float
    """Ratings that differ by less than this have not changed."""
    worse_by: float
    """The least rise from one round to the next that is worse."""
    let_go_above: float
    """So far above the ceiling the hand lets go instead of easing."""
    top_eases_s: float
    """Discomfort at the top of the band that has not eased after so long is lightened."""
    returns: int
    """How often a place may be taken up in a visit."""
    steps: int
    """Rises of pressure in succession, at most, while the working band is looked for."""
    rise_s: float
    """How long pressing or rising waits for a rating."""
    late_s: float
    """A deadline noticed later than this while the hand presses means let go."""

    def __post_init__(self) -> None:
        for field in fields(self):
            finite(getattr(self, field.name), field.name, 0.1, 600)


@dataclass(frozen=True, slots=True)
class Route:
    """A path that was drawn for strokes: points [units of the view] from where they begin to where they stop."""

    figure: str
    view: str
    points: tuple[tuple[int, int], ...]


def route_of(given: object) -> Route | None:
    """A route from plain values. Raises ValueError when it is none."""
    if given is None or isinstance(given, Route):
        return given
    if not isinstance(given, Mapping) or set(given) != {"figure", "view", "points"}:
        raise ValueError("a path has figure, view and points")
    rows = given["points"]
    if not isinstance(given["figure"], str) or not isinstance(given["view"], str) or not isinstance(rows, list | tuple):
        raise ValueError("a path has a figure, a view and a list of points")
    for row in rows:
        if not isinstance(row, list | tuple) or len(row) != 2 or any(type(n) is not int for n in row):
            raise ValueError("a point of a path is two whole numbers")
    return Route(given["figure"], given["view"], tuple((x, y) for x, y in rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One technique on one place, as the practitioner wants it. A number that is not given takes the default dose; each can only lower what is allowed.

    `place` is a trigger point with its side, a site, or a spot of the map (`spot.<id>`) with its `site`; both sides at once if `both`.
    """

    place: str
    technique: str
    contact: str = ""
    lie: str = ""
    """How the client lies; the place's own when empty."""
    site: str = ""
    band_low: float | None = None
    discomfort: float | None = None
    hold_s: float | None = None
    rest_s: float | None = None
    turns: int | None = None
    pass_s: float | None = None
    point_s: float | None = None
    """Pressure on this place in the visit at most, where the program proposes less than usual: it shares with other unpressed points."""
    force_n: float | None = None
    """What a gauge should show [N], beside the discomfort and never instead of it."""
    found: bool = False
    """The fingers found something here: no stroke searches first."""
    path: Route | None = None
    """Where strokes run, where not along the whole muscle."""
    both: bool = False
    name: str = ""
    """What a spot is called."""
    why: str = ""
    """Why it was chosen and stands here."""
    use: float = 1.0
    """How much it is worth: when time is short the least useful falls out first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A wish that passed the gate: one technique on one place with its dose and its limits."""

    id: str
    place: str
    site: str
    name: str
    technique: str
    family: Family
    verb: str
    """The word of its cue: press, roll, strip, glide or stretch."""
    contact: str
    lie: str
    support: str
    both: bool
    dose: Dose
    limits: ResolvedLimits
    dangers: tuple[str, ...]
    """Places easily hurt that lie near."""
    why: str
    path: tuple[str, str, float] = ("", "", 0.0)
    """passes: from where, to where, over what length [mm]."""
    follow: str = ""
    """The stretch or movement that follows, in words."""
    loads: tuple[tuple[str, float], ...] = ()
    """(thumb, wrist or elbow; its share of each second of pressure)."""
    minutes: float = 0.0
    """What it takes, turning the client and setting up included."""
    up: str = ""
    """The client's side that is up when they lie on a side; empty when it does not matter."""
    cuts: tuple[Cut, ...] = ()
    """What its dose would have been and what it became: from the wish or the usual dose to the limit that binds."""
    route: Route | None = None
    """The path that was drawn for its strokes."""
    force_n: float | None = None
    """Where a gauge is used: what it should show [N]. The discomfort rules all the same."""
    wish: Wish | None = None
    """What it was made of, so that it can be admitted anew; None in plans of earlier versions."""

    def __post_init__(self) -> None:
        if self.force_n is not None:
            finite(self.force_n, "force_n", 1, HIGHEST_FORCE_N)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What was wanted and fell out: for want of time, or refused."""

    place: str
    name: str
    technique: str
    why: str
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Applications in order, under the clearance that admitted them."""

    applications: tuple[Application, ...]
    manner: Manner
    on: date
    rules: str
    """Version of the knowledge and the rules."""
    minutes: float
    """What all of it takes."""
    at_hand: float
    """Minutes that were at hand."""
    left: tuple[Left, ...] = ()
    load_s: tuple[tuple[str, float, float], ...] = ()
    """(thumb, wrist or elbow; seconds of load; seconds from which another contact is proposed)."""
    proposals: tuple[str, ...] = ()
    """What the program would change, in words."""
    swaps: tuple[tuple[str, str], ...] = ()
    """(application, contact that spares the hand): the proposals that one tap carries out."""
