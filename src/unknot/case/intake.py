"""What a client answered, agreed to and marked, and what a physician said: the values that screening works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Answer = Literal["yes", "no", "unknown"]
ANSWERS: tuple[Answer, ...] = ("yes", "no", "unknown")


@dataclass(frozen=True, slots=True)
class Marked:
    """A place on the body that must be known: a scar, an implant, numb skin. A site, or a spot on a view of the map with its size [mm]."""

    kind: str
    site: str = ""
    figure: str = ""
    view: str = ""
    at: tuple[int, int] = (0, 0)
    radius_mm: float = 0.0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a physician was asked and said. Only `answer` yes, within its dates, lifts the rules it names."""

    by: str
    on: date
    answer: Literal["yes", "no", "waiting"]
    until: date | None = None
    rules: tuple[str, ...] = ()
    scope: str = ""
    said: str = ""
    limits: dict[str, float] = field(default_factory=dict)
    """Limits that the physician set: `discomfort_max`, `hold_s_max`, `point_s_max`, `session_min_max`."""
    regions: tuple[str, ...] = ()
    """Regions that may be touched although the named rules bar them."""


@dataclass(frozen=True, slots=True)
class Override:
    """A practitioner's own word against a rule that a practitioner may lift, with name and reason."""

    rule: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Intake:
    """All answers. `asked` and `today_asked`: the whole questionnaire was gone through, so what is not listed was answered no."""

    answers: dict[str, Answer] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    """Questions that a person has answered one by one. A no that was one tap for a whole page does not stand against the client's own words."""
    asked: bool = False
    today: dict[str, Answer] = field(default_factory=dict)
    today_asked: bool = False
    on: date | None = None
    """The day of today's check."""
    told_now: bool = False
    """Today's check is of the moment at which it is read."""
    consents: dict[str, Answer] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    overrides: tuple[Override, ...] = ()
    marks: tuple[Marked, ...] = ()
    came_before: bool = False
    """Whether there was an earlier visit, so that the day after it is asked about."""
    said: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    wishes: dict[str, float] = field(default_factory=dict)
    """What the client likes at most: `discomfort_max`, `hold_s_max`, `point_s_max`, `session_min_max`."""
