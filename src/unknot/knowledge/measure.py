"""What is measured, with its normal values, its error and the least change that matters; what the therapy is said to do; what a measure may say of a muscle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from unknot.knowledge.model import Confidence

Group = Literal[
    "pain", "drawing", "session", "threshold", "motion", "length", "posture", "function", "wellbeing", "tissue", "control", "habit",
]  # fmt: skip
Where = Literal["client", "region", "point", "activity"]
"""Of what it is measured: the client as a whole, a region, a trigger point, an activity that the client names."""
Better = Literal["up", "down", "neither"]
Grade = Literal["A", "B", "C", "D"]
LEANING: tuple[Group, ...] = ("motion", "length", "posture", "habit")
"""Groups of measures of which each leans on the ranking or says why it does not."""
NOT_FOUND = "not found"
"""How a figure that nobody published is told; it stays unknown."""
TO_UNIT = {
    ("kg/cm2", "kPa"): (98.0665, 0.0),
    ("N/cm2", "kPa"): (10.0, 0.0),
    ("in", "cm"): (2.54, 0.0),
    ("in", "mm"): (25.4, 0.0),
    ("cm", "mm"): (10.0, 0.0),
    ("degF", "degC"): (5 / 9, -160 / 9),
}
"""(unit as given, unit of the measure) to (factor, what is added)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing that can be measured. Values are in `unit`."""

    id: str
    name: str
    group: Group
    unit: str
    """`0-10`, `kPa`, `deg`, `mm`, `cm`, `s`, `degC`, `h/day`, `%` ..."""
    also_units: tuple[str, ...] = ()
    """Other units in which it may be given."""
    low: float
    high: float
    where: tuple[Where, ...] = ("client",)
    whole: bool = False
    """It counts things: there is nothing between two whole numbers."""
    sided: bool = False
    """Left and right are measured apart, beside each other."""
    plus: str = ""
    """What a value above 0 means, where the sign is a direction: it is told in words, so that nobody has to know."""
    minus: str = ""
    """What a value below 0 means."""
    readings: int = 1
    """How many readings are asked for; their mean counts."""
    spread: float | None = None
    """How far apart they may lie before they are better taken again [unit]."""
    spread_why: str = ""
    spread_sources: tuple[str, ...] = ()
    rate: str = ""
    """How fast it is approached, which is noted with the value."""
    better: Better
    how: str
    landmarks: tuple[str, ...] = ()
    """Two places on a photograph between which a line is laid."""
    angle: Literal["", "horizontal", "vertical"] = ""
    """To what the line between the landmarks is measured."""
    typed: bool = True
    """Entered by a person; false where it is worked out from drawings, sessions or other measures."""
    mdc: float | None = None
    """The least change that is more than measuring error, at 95 %, between two single measurements [unit]."""
    mdc_share: float | None = None
    """The same as a share of the larger of the two values that are compared."""
    mdc_at: dict[str, float] = field(default_factory=dict)
    """The same at points of a muscle for which it was published [unit]."""
    error: str
    """What the figure rests on, or that none was found."""
    error_sources: tuple[str, ...] = ()
    change: float | None = None
    """The least change that matters to people [unit]."""
    change_why: str
    change_sources: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Of how it is taken."""
    confidence: Confidence
    house: bool = False
    """No source describes it so: a house measure, and it says so."""
    no_lean: str = ""
    """Why it adds nothing to the ranking, of a motion, length, posture or habit that does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """What is usual, for whom: a mean with its spread, a range, or a cut."""

    id: str
    measure: str
    who: str
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    sex: Literal["", "female", "male"] = ""
    age_from: float | None = None
    age_to: float | None = None
    muscle: str = ""
    """Only at points of this muscle."""
    cut: Literal["", "below", "above"] = ""
    """What lies below `low` or above `high` is called unusual by the source."""
    note: str = ""
    sources: tuple[str, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something that the therapy is said to do, what would show it for one client, and how far the evidence goes. It never names a cause."""

    id: str
    said: str
    measures: tuple[str, ...] = ()
    """Measures that bear on it."""
    groups: tuple[Group, ...] = ()
    """Groups of measures that all bear on it. Neither: nothing here can show it."""
    nothing: str = ""
    """Why nothing can be measured, where that is so."""
    grade: Grade
    known: str
    wording: str
    """What may be said to a client."""
    sources: tuple[str, ...]
    confidence: Confidence

    @property
    def name(self) -> str:
        """As it is searched for."""
        return self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """What a measure beyond a cut adds to the ranking: a sign at muscles, or a habit. Weak, and told as observed."""

    id: str
    measure: str
    when: Literal["below", "above"]
    cut: float
    """Of adults, and of those whose age is unknown [unit of the measure]."""
    by_age: tuple[tuple[float, float], ...] = ()
    """(from this age on [years], cut instead), ages ascending."""
    apart: float | None = None
    """Below the other side by more than this counts too [unit of the measure]."""
    muscles: tuple[str, ...] = ()
    sign: str = ""
    habit: str = ""
    side: Literal["", "left", "right", "both", "opposite"] = ""
    """At which side the muscles are: that of the measure when empty; of a measure without sides `left`, `right` or `both`."""
    why: str
    sources: tuple[str, ...] = ()
    confidence: Confidence
    house: bool = False
    """The cut or the link is a house rule."""

    def cut_at(self, age: float | None) -> float:
        """The cut for somebody of an age [years]; None: unknown."""
        later = [cut for since, cut in self.by_age if age is not None and age >= since]
        return later[-1] if later else self.cut
