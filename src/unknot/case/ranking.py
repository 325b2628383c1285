"""The ranking as a value: points, other explanations, what to press next, what nothing explains, and whether to refer."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

Action = Literal["carry_on", "ask", "refer", "emergency"]


@dataclass(frozen=True, slots=True)
class Move:
    """Something that moved an explanation, as a factor on its odds."""

    what: str
    factor: float
    of: Literal["words", "drawing", "finding"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """What points and other explanations share. `explains` and `against` are sites; `shares` is the part of each drawn site."""

    id: str
    name: str
    side: str
    probability: float
    prior: float
    before_findings: float
    explains: tuple[str, ...]
    against: tuple[str, ...]
    shares: dict[str, float]
    moved: tuple[Move, ...]
    why: str
    doubt: str


@dataclass(frozen=True, slots=True)
class RankedPoint(Ranked):
    """A trigger point. `muscle_probability` is the chance that any point of the muscle is active, None where it was not worked out."""

    muscle: str
    muscle_name: str
    muscle_probability: float | None
    region: str
    find: str
    palpation: str
    position: str


@dataclass(frozen=True, slots=True)
class RankedOther(Ranked):
    """A root, an entrapment or an origin; `on_top` when it passes its own threshold."""

    kind: Literal["root", "entrapment", "origin"]
    action: Action
    advice: str
    threshold: float
    on_top: bool


@dataclass(frozen=True, slots=True)
class Press:
    """A palpation or a test that is expected to teach: where, what each answer would mean, and how much [bit]."""

    kind: Literal["point", "test"]
    id: str
    name: str
    where: str
    how: str
    gain_bit: float
    if_yes: str
    if_no: str
    probability_yes: float
    after_yes: float
    after_no: float


@dataclass(frozen=True, slots=True)
class ReferReason:
    """Why a physician comes first."""

    source: str
    why: str
    action: Action


@dataclass(frozen=True, slots=True)
class Refer:
    """Whether somebody else must look first, and how soon."""

    needed: bool
    urgency: Literal["none", "ask", "refer", "emergency"]
    reasons: tuple[ReferReason, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer to a case."""

    case: str
    points: tuple[RankedPoint, ...]
    other: tuple[RankedOther, ...]
    press_next: tuple[Press, ...] | None
    withheld: str
    unexplained: tuple[str, ...]
    not_understood: tuple[str, ...]
    set_aside: tuple[str, ...]
    """Words that were read as a denial or as past, so that a misreading can be seen."""
    refer: Refer
    sites: tuple[str, ...]
    method: Literal["exact", "approximate"]
    error: float
    width: int
    knowledge: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `press_next` is a list, or an object that says why it is withheld."""
        plain: dict[str, Any] = _plain(self)
        withheld = plain.pop("withheld")
        if plain["press_next"] is None:
            plain["press_next"] = {"withheld": withheld}
        return plain


_NAMES: dict[type, tuple[str, ...] | None] = {}


def _names(cls: type) -> tuple[str, ...] | None:
    """The fields of a dataclass, None for any other type."""
    if cls not in _NAMES:
        _NAMES[cls] = tuple(f.name for f in fields(cls)) if is_dataclass(cls) else None
    return _NAMES[cls]


def _plain(value: Any) -> Any:
    """Dataclasses as dictionaries, all the way down (dataclasses.asdict copies every leaf and is ten times slower)."""
    if isinstance(value, tuple):
        return [_plain(v) for v in value] if value and _names(type(value[0])) else value
    names = _names(type(value))
    return value if names is None else {name: _plain(getattr(value, name)) for name in names}
