"""The clearance as a value: what screening decided, why, for how long, and what it leaves open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Outcome = Literal["go", "careful", "approval", "not_today", "refer", "emergency"]
OUTCOMES: tuple[Outcome, ...] = ("go", "careful", "approval", "not_today", "refer", "emergency")
"""From the mildest to the strictest."""
URGENCIES = ("", "soon", "same_day", "now")
NOT_COMPLETE = "open"
"""The word of a check of which questions have no answer."""
LIMITS = ("discomfort", "palpation_discomfort", "hold_s", "point_s", "session_min")


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that held: what it asks for, why in a client's words, and on what ground. `lifted` says who lifted it, empty when it stands."""

    rule: str
    name: str
    outcome: Outcome
    urgency: str
    why: str
    do_now: str
    remind: str
    because: tuple[str, ...]
    """The answers, words, places and findings that met it."""
    lifted_by: str
    lifted: str
    sources: tuple[str, ...]
    confidence: str
    house: bool


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest allowed value of a limit; of several the lowest wins and says why."""

    limit: str
    value: float
    unit: str
    rule: str
    why: str
    house: bool


@dataclass(frozen=True, slots=True)
class Barred:
    """A site that must not be touched, or where only broad and light contact is allowed."""

    site: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class BarredSpot:
    """A round place on a view of the map that must not be touched, its radius [mm]; or all of a site, when only that is known."""

    kind: str
    figure: str
    view: str
    at: tuple[int, int]
    radius_mm: float
    site: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A technique that must not be used."""

    technique: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Clearance:
    """What screening decided for one client on one day. `plan` and the hands need one of today; there is no other way to get one."""

    outcome: Outcome
    urgency: str
    reasons: tuple[Reason, ...]
    ceilings: tuple[Ceiling, ...]
    barred: tuple[Barred, ...]
    spots: tuple[BarredSpot, ...]
    light: tuple[Barred, ...]
    forbidden: tuple[Forbidden, ...]
    positions: tuple[tuple[str, str], ...]
    """(position rule, id of the rule that asks for it)."""
    reminders: tuple[tuple[str, str], ...]
    licences: tuple[str, ...]
    """Areas that the practitioner's licence covers beyond the usual."""
    open: tuple[str, ...]
    """Questions that must still be answered before anything is touched."""
    not_known: tuple[str, ...]
    heard: tuple[tuple[str, str], ...]
    """(words, question that they answer with yes), to be confirmed."""
    not_understood: tuple[str, ...]
    on: date
    rules: str
    """Version of the rules and the knowledge."""

    @property
    def word(self) -> str:
        """What it is called before people, a key below `outcome.` of the catalogue."""
        return word_of(self.outcome, self.open)

    def limit(self, name: str) -> Ceiling:
        """The ceiling of a limit. Raises KeyError when there is none: a missing limit is never "no limit"."""
        for ceiling in self.ceilings:
            if ceiling.limit == name:
                return ceiling
        raise KeyError(f"the clearance holds no ceiling for {name}")

    def barred_sites(self) -> frozenset[str]:
        """Sites that must not be touched, those known only as a whole because a mark lies in them included."""
        return frozenset(b.site for b in self.barred) | frozenset(s.site for s in self.spots if s.site and not s.view)

    def forbids(self, technique: str) -> bool:
        """Whether a technique must not be used."""
        return any(f.technique == technique for f in self.forbidden)

    def refusal(self, on: date, rules: str) -> tuple[str, dict[str, Any]] | None:
        """Why nothing may be touched on a day by the rules of now, as a key below `clearance.` of the catalogue with its values; None when touch is allowed."""
        if self.outcome == "emergency":  # whatever day it was told on
            return self.outcome, {}
        if self.on == date.min:
            return "undated", {}
        if self.on != on:
            return "expired", {"on": self.on.isoformat()}
        if self.rules != rules:
            return "outdated", {}
        if self.outcome not in ("go", "careful"):
            return self.outcome, {}
        if self.open:
            return "open", {"count": len(self.open)}
        return None


def word_of(outcome: str, still_open: Collection[str]) -> str:
    """What a clearance is called, a key below `outcome.`: what is not asked is not *Go*, and not *Careful* either; what stops the visit stops it."""
    return NOT_COMPLETE if still_open and outcome in ("go", "careful") else outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What the clearance of today leaves open to the looking finger. `withheld` says why nothing may be pressed at all."""

    discomfort: float
    """Up to where a palpation may go, 0-10; 0 where nothing may be touched."""

    withheld: str = ""
    barred: frozenset[str] = frozenset()
    """Sites that must not be pressed."""
    barred_points: frozenset[str] = frozenset()
    """Trigger points that must not be pressed although their site is open."""
    licences: tuple[str, ...] = ()
    light: frozenset[str] = frozenset()
    """Sites where only broad and light contact is allowed."""
