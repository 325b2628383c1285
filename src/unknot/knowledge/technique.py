"""What Unknot knows of techniques: how they run, their doses with sources, the practitioner's contacts, the client's positions, routines, and the discomfort scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unknot.knowledge.model import Confidence, Lie

Family = Literal["rounds", "release", "passes"]
Verb = Literal["press", "roll", "strip", "glide", "stretch"]
Phase = Literal["warm", "points", "finish", "stretch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """One technique of the hands. `family` is how the engine runs it; the first of `contacts` is the usual one."""

    id: str
    name: str
    family: Family
    verb: Verb
    what: str
    when: str
    """When it is the first choice, in words."""
    not_when: str
    contacts: tuple[str, ...]
    dry: bool
    """Done before oil."""
    order: int
    """Among techniques on one place: the lower comes first."""
    sources: tuple[str, ...]
    confidence: Confidence
    evidence: str = ""
    """What trials say of it, with their limits, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseValue:
    """One number of a technique (`alternating_compression.hold_s`), or of every technique (`all.fresh_s`). `low` and `high` are what a practitioner may set."""

    id: str
    value: float
    unit: str
    low: float
    high: float
    why: str
    sources: tuple[str, ...] = ()
    confidence: Confidence
    house: bool = False
    """No source carries the figure: a house rule, and it says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandContact:
    """What the practitioner presses with, what it costs their own joints, and from how much on another is proposed (house rules)."""

    id: str
    name: str
    loads: dict[str, float]
    """thumb, wrist, elbow: the share of each second of pressure that they carry, 0 to 1."""
    broad: bool
    """Flat and spread: allowed where only broad and light contact is."""
    hard: bool
    instead: tuple[str, ...]
    """Which contacts spare it, the nearest first."""
    why: str
    sources: tuple[str, ...] = ()
    house: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HandLimit:
    """Seconds of load in a session from which another contact is proposed for a joint of the practitioner's hand (house rule)."""

    id: Literal["thumb", "wrist", "elbow"]
    value: float
    why: str
    sources: tuple[str, ...] = ()
    house: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """How the client lies, what supports them, and what a turn to it takes [s]."""

    id: Lie
    name: str
    support: str
    turn_s: float
    forbidden_by: tuple[str, ...] = ()
    """Position rules of a clearance that rule it out (no_prone, no_supine, head_up, side_lying)."""
    house: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscomfortWord:
    """A step of the discomfort scale with its own word. Not every number has one."""

    value: int
    word: str
    mark: str
    """A shape or sign beside the colour."""
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutineStep:
    """One step of a routine: a technique on some sites or muscles, or `points`: those that were found there."""

    phase: Phase
    technique: str
    on: tuple[str, ...]
    """Regions or muscles; empty: the points of the client in the routine's regions."""
    contact: str = ""
    minutes: float = 0.0
    """What the step takes, all its places and sides together; 0: as the doses say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """The usual order of work on a body area: a template that a practitioner changes and keeps."""

    id: str
    name: str
    regions: tuple[str, ...]
    lie: Lie
    steps: tuple[RoutineStep, ...]
    why: str
    sources: tuple[str, ...]
    house: bool = True
