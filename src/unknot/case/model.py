"""The frozen values that travel between rooms. Intensities and discomfort are 0 to 10, chances 0 to 1, ages years."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from unknot.case.intake import Intake

Sex = Literal["female", "male"]
Site = str
"""A region on a side (`shoulder.front@right`) or a midline region (`neck.throat`)."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who is treated, as far as the ranking needs it."""

    age: float | None = None
    sex: Sex | None = None


@dataclass(frozen=True, slots=True)
class Pain:
    """A coloured site. `coverage` is the share of the site that is coloured; 1 when it was named, not drawn."""

    site: Site
    intensity: float | None = None
    quality: tuple[str, ...] = ()
    coverage: float = 1.0
    deep: bool = False
    """Felt deep, where there is no skin: behind the eye, in a joint."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line drawn on a view of the body map, or erased from it. `width` and `points` `[n, 2]` in units of that view."""

    figure: str
    view: str
    width: int
    points: tuple[tuple[int, int], ...]
    intensity: float | None = None
    quality: tuple[str, ...] = ()
    erase: bool = False
    deep: bool = False
    atlas: int = 1


@dataclass(frozen=True, slots=True)
class Complaint:
    """The complaint in the client's own words."""

    weeks: float | None = None
    worse_with: tuple[str, ...] = ()
    neuro: tuple[str, ...] = ()
    habits: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What fingers or a test found at one place on one visit.

    `on` is a point, muscle or root with its side, a test with its side, or empty when only `said` stands. `signs` maps a sign
    to true, false or a number from 0 to 10; for a test it holds `result`.
    """

    kind: Literal["point", "muscle", "root", "spot", "test", "said"]
    on: str
    signs: dict[str, bool | float] = field(default_factory=dict)
    said: str = ""
    visit: str = ""
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Answers by question (`yes`, `no`, `unknown`) and free words."""

    answers: dict[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One person with one complaint. `kept` holds the tables of screening as they were written, `intake` what they say."""

    name: str
    client: Client
    pains: tuple[Pain, ...]
    complaint: Complaint
    findings: tuple[Finding, ...]
    history: History
    not_understood: tuple[str, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    kept: dict[str, Any] = field(default_factory=dict)
    intake: Intake = field(default_factory=Intake)


def corrected(findings: tuple[Finding, ...]) -> list[Finding]:
    """Findings with what a later one corrected taken out, sign by sign."""
    last: dict[tuple[str, str, str], int] = {}
    for i, finding in enumerate(findings):
        for sign in finding.signs:
            key = (finding.visit, finding.on, sign)
            if finding.corrects or key not in last:
                last[key] = i
    kept: list[Finding] = []
    for i, finding in enumerate(findings):
        signs = {s: v for s, v in finding.signs.items() if last[(finding.visit, finding.on, s)] == i}
        if signs or finding.said:
            kept.append(Finding(finding.kind, finding.on, signs, finding.said, finding.visit, finding.corrects))
    return kept
