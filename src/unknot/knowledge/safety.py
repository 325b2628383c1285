"""What screening knows: the questions, the rules and what they do, the places that are easily hurt, the areas that need consent.

A condition of a rule is a list of groups; every group must be met, and a group is met by any one of its atoms:

    "anticoagulant"            the question was answered yes (a red flag also when it is not known)
    "symptom:fever"            the symptom was told, or found on examination
    "site:leg.calf"            a coloured site lies in that region or below it
    "only:leg"                 every coloured site lies there, and at least one does
    "both:leg"                 coloured on both sides there
    "age>=50", "age<18"        the age in years
    "sex:female"               the sex
    "mark:surgery"             a place on the body is marked with that kind
    "test:squeeze_calf"        the test was positive
    "sign:numb_area"           the sign was found
    "likely:coronary"          that explanation stands above its own threshold in the ranking
    "quality:numb"             a coloured site feels so
    "not_known"                an answer that is no red flag is not known

There is no "not": what is added can only make a clearance stricter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from unknot.knowledge.model import Confidence

Outcome = Literal["remind", "careful", "approval", "not_today", "refer", "emergency"]
Group = Literal[
    "about", "conditions", "heart", "warning", "trauma", "pregnancy", "drugs", "surgery", "implants", "allergies", "skin",
    "massage", "today", "after",
]  # fmt: skip
Kind = Literal[
    "whole_body", "local", "caution", "drug", "red_flag", "combination", "age_sex", "today", "after", "unknown"
]
Position = Literal["no_prone", "no_supine", "side_lying", "head_up", "rise_slowly", "no_neck_rotation", "support"]
Mark = Literal["surgery", "skin", "implant", "numb", "injury", "lump", "injection", "swelling"]
Contact = Literal["avoid_region", "avoid", "broad_and_light", "no_sustained"]
NEVER_PRESSED: tuple[Contact, ...] = ("avoid_region", "avoid")
"""What bears no pressure at all; with `avoid_region` the whole of its regions is left alone too."""
LiftedBy = Literal["nobody", "physician", "practitioner"]
TECHNIQUES = (
    "alternating_compression", "prolonged_compression", "skin_rolling", "muscle_stripping", "gliding", "stretch",
)  # fmt: skip
"""What a rule can forbid."""
LICENCES = {"none": "", "inside the mouth": "mouth", "pelvic floor": "pelvic_floor"}
"""What a muscle asks for to the licence of a practitioner's profile; empty where the usual one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the history or of today. `after` names questions of which one must be yes or not known before this one is asked."""

    id: str
    group: Group
    ask: str
    help: str = ""
    short: str
    """What a yes means, in a few words, for the practitioner's view: "takes a blood thinner"."""
    red_flag: bool = False
    """Not known counts as yes."""
    after: tuple[str, ...] = ()
    sex: Literal["", "female", "male"] = ""
    age_from: float = 0
    mark: Literal["", "surgery", "skin", "implant", "numb", "injury", "lump", "injection", "swelling"] = ""
    """A yes asks where, on the body."""
    also: tuple[str, ...] = ()
    """Words of a client that answer it with yes. "(hit|banged) my head" stands for two."""
    symptoms: tuple[str, ...] = ()
    """Symptoms of the ranking that mean the same: told there, this is answered with yes."""
    otherwise: bool = False
    """Its words count only in a sentence in which no other question was told of, and that sentence still counts as not understood."""
    closes: tuple[str, ...] = ()
    """Symptoms that a person's single no takes back as well, where they were read from the very words that were matched to this question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmless:
    """Words of every day that sound like a sign of illness and are none. A sentence in which nothing else is found is still listed."""

    id: str
    says: tuple[str, ...]
    """Word for word, in this order, endings aside: "fell in love". What is said here is part of no sign."""
    of: tuple[str, ...] = ()
    """Questions and symptoms that are not read from the same sentence either: "bench press" tells where a tight chest is from."""
    not_with: tuple[str, ...] = ()
    """Words beside which `of` does not count, since they may tell of danger all the same: "arm", "sweat"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenRule:
    """When it holds, and what it does. A limit without a published number is a house rule and says so."""

    id: str
    kind: Kind
    name: str
    all: tuple[tuple[str, ...], ...]
    outcome: Outcome
    urgency: Literal["", "now", "same_day", "soon"] = ""
    lifted_by: LiftedBy
    """Who may take it back. Never left out: a safety value has no default."""
    bar: tuple[str, ...] = ()
    """Regions (with all below them) that must not be touched, on both sides; "*" is the whole body."""
    bar_marks: dict[Mark, float] = field(default_factory=dict)
    """Kind of mark to the radius around it that must not be touched [mm]."""
    light: tuple[str, ...] = ()
    """Regions where only broad and light contact is allowed; "*" is everywhere."""
    forbid: tuple[str, ...] = ()
    """Techniques that must not be used."""
    discomfort_max: float | None = None
    """Highest discomfort under the hand, 0-10."""
    hold_s_max: float | None = None
    point_s_max: float | None = None
    session_min_max: float | None = None
    less: float | None = None
    """Share of what would hold without this rule that the limits it names are lowered to, when that is lower than they are: above 0, below 1."""
    position: tuple[Position, ...] = ()
    remind: str = ""
    """What the practitioner does or watches."""
    why: str
    """Why, in words a client can read."""
    do_now: str = ""
    """In an emergency: what to do at once."""
    sources: tuple[str, ...]
    confidence: Confidence
    house: bool = False
    """Its numbers are a house rule: the direction has a source, the figure has none."""

    @property
    def lowers(self) -> bool:
        """Whether it lowers any limit."""
        return any(
            n is not None for n in (self.discomfort_max, self.hold_s_max, self.point_s_max, self.session_min_max)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """A place that is easily hurt: what lies under it, how deep, and how it may be touched. Its shape is on the body map."""

    id: str
    name: str
    also: tuple[str, ...] = ()
    regions: tuple[str, ...]
    lateral: bool
    under: str
    depth: str
    contact: Contact
    points: tuple[str, ...] = ()
    """Trigger points that count as near, wherever the shape ends: the landmark of each names what runs there."""
    both_sides: bool = True
    """Whether both sides may be pressed together."""
    hold_s_max: float | None = None
    discomfort_max: float | None = None
    watch: str
    """What tells that it is being pressed, and what to do then."""
    sources: tuple[str, ...]
    confidence: Confidence
    house: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentArea:
    """A sensitive area: touched only when agreed in writing, agreed again at each visit."""

    id: str
    name: str
    regions: tuple[str, ...]
    ask: str
    draping: str
    licence: Literal["", "pelvic_floor", "mouth"] = ""
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseLimit:
    """A limit that holds for everybody, before any rule."""

    id: str
    value: float
    unit: str
    why: str
    sources: tuple[str, ...] = ()
    house: bool = False
