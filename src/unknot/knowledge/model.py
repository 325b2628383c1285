"""The typed model of what Unknot knows. One frozen class a table of the data files.

Weights are chances (0 to 1); ages are years; ids are those of the vocabularies in `data/`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Confidence = Literal["high", "medium", "low"]
Action = Literal["carry_on", "ask", "refer", "emergency"]
Quality = Literal["ache", "sharp", "burning", "throbbing", "tingling", "numb", "electric", "tight"]
Area = Literal["head", "neck", "shoulder", "arm", "forearm_hand", "trunk", "pelvis", "hip_thigh", "leg", "foot"]
Lie = Literal["prone", "supine", "side", "sitting"]
"""How a client lies: face down, on the back, on the side, or sits."""
Pattern = dict[str, float]
"""Region (same side), `region@other` or `region@both` to weight; for one-sided origins `region@left`, `region@right`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A place on the body. `beside` names the regions that touch it."""

    id: str
    name: str
    lateral: bool
    views: tuple[str, ...]
    also: tuple[str, ...]
    beside: tuple[str, ...] = ()
    leak: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A build of body that the body map draws."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture of the body map; sizes in its own units.

    `sides` are the client's sides in the picture's left and right half, or the one side that a view from the side shows. `mirrors`
    names the view whose mirror image it is.
    """

    id: str
    name: str
    short: str
    """Its name among the views of its sheet."""
    sheet: Literal["body", "sides", "head", "hands", "feet"]
    width: int
    height: int
    sides: tuple[str, ...]
    mirrors: str = ""

    @property
    def symmetric(self) -> bool:
        """Whether its right half is the mirror image of its left half."""
        return len(self.sides) == 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Deep:
    """A place that has no skin of its own. It counts as the `regions` nearest to it, felt deep."""

    id: str
    name: str
    also: tuple[str, ...]
    regions: tuple[str, ...]
    under: tuple[str, ...] = ()
    """Other regions that it lies under: a tap on one of them with "deep" takes this place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement comes from, and how it was read."""

    id: str
    kind: Literal["article", "review", "book", "standard", "page"]
    authors: str
    year: int
    title: str
    where: str
    confidence: Confidence
    checked: Literal["full", "abstract", "page", "memory"]
    doi: str = ""
    pmid: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A movement, position or moment that brings pain on; `common` is how often it is named whatever the cause."""

    id: str
    name: str
    also: tuple[str, ...]
    common: float
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What people report beside pain; `common` is how often it is reported whatever the listed causes do."""

    id: str
    name: str
    also: tuple[str, ...]
    common: float
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityWord:
    """A way pain feels, with the other words for it; `nerve` when it speaks for a nerve."""

    id: Quality
    also: tuple[str, ...]
    nerve: bool
    symptom: str = ""
    """The symptom that a site drawn so reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """A habit or load of daily life."""

    id: str
    name: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Muscle:
    """A muscle or a part of one that is treated on its own."""

    id: str
    area: Area
    latin: str
    name: str
    also: tuple[str, ...]
    groups: tuple[str, ...]
    lateral: bool
    lies_in: tuple[str, ...]
    attach_from: str
    attach_to: str
    action: str
    nerve: str
    roots: tuple[str, ...]
    fibres: str
    strip_from: str
    strip_to: str
    strip_regions: tuple[str, ...]
    depth: Literal["superficial", "middle", "deep"]
    risk: tuple[str, ...]
    stretch: str
    stretch_limits: tuple[str, ...]
    resisted: str
    licence: Literal["none", "inside the mouth", "pelvic floor"]
    sources: tuple[str, ...]
    confidence: Confidence
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A trigger point: where it is found and where it sends pain."""

    id: str
    muscle: str
    name: str
    region: str
    find: str
    palpation: Literal["flat", "pincer", "flat or pincer", "inside"]
    position: str
    lie: tuple[Lie, ...]
    """How the client can lie for it, the best first; that one is what `position` says in words."""
    provoked_by: tuple[str, ...]
    habits: tuple[str, ...]
    symptoms: Pattern
    satellites: tuple[str, ...]
    keys: tuple[str, ...]
    sources: tuple[str, ...]
    confidence: Confidence
    confirmed: Literal["two sources", "one source", "unconfirmed"]
    doubt: str
    essential: Pattern
    spillover: Pattern
    only_side: Literal["", "left", "right"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What roots, entrapments and origins share: an explanation that is not a muscle."""

    id: str
    name: str
    also: tuple[str, ...]
    lateral: bool
    prior: float
    prior_basis: str
    threshold: float
    action: Action
    advice: str
    makes_likely: str
    quality: tuple[Quality, ...]
    provoked_by: tuple[str, ...]
    habits: tuple[str, ...]
    symptoms: Pattern
    tests: tuple[str, ...]
    sources: tuple[str, ...]
    confidence: Confidence
    doubt: str
    essential: Pattern
    spillover: Pattern
    age: tuple[tuple[float, float], ...] = ()
    sex: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root(Cause):
    """A nerve root with its skin, muscles and reflex."""

    level: str
    dermatome: str
    myotome: str
    reflex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrapment(Cause):
    """A nerve held by a muscle or a tight place."""

    nerve: str
    muscles: tuple[str, ...]
    place: str
    do_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(Cause):
    """An organ, a joint or another condition that can be felt where muscles send pain too."""

    kind: Literal["organ", "joint", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A test that speaks for roots, entrapments or origins, with its published accuracy."""

    id: str
    name: str
    also: tuple[str, ...]
    how: str
    positive: str
    sensitivity: float
    specificity: float
    of: tuple[str, ...]
    sources: tuple[str, ...]
    confidence: Confidence
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A sign the finger or the eye finds at a point or muscle, with its published reliability.

    `sensitivity` is how often it is found when the point is active, `false_rate` how often when it is not.
    """

    id: str
    name: str
    of: Literal["point", "muscle", "root"]
    kappa: float | None
    sensitivity: float
    false_rate: float
    question: str
    sources: tuple[str, ...]
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What must be referred when one of its symptoms was reported (if `examined`: found on examination), or a sign or test of it found."""

    id: str
    symptoms: tuple[str, ...]
    signs: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Only when one of these hurts; empty means wherever it hurts."""
    examined: bool
    action: Action
    why: str
    sources: tuple[str, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Prevalence:
    """How often a muscle held an active point among people with pain in an area, as published."""

    muscles: tuple[str, ...]
    area: str
    active: float
    people: int
    sources: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """Muscles that are found to hold active points often or rarely; those in neither list sometimes."""

    muscles: tuple[str, ...]
    sources: tuple[str, ...]
    basis: str
    class_: Literal["often", "rarely"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintArea:
    """An area of complaint: the regions that belong to it, for the published prevalences."""

    id: str
    name: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A stated number of the ranking, with its source or the word assumed."""

    id: str
    value: float
    low: float
    high: float
    what: str
    basis: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The muscle ids of a body area that the knowledge must cover."""

    area: Area
    muscles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGap:
    """A finding of the lint rules that is accepted, by name and with a reason; a stale one is itself a finding."""

    rule: str
    id: str
    reason: str
