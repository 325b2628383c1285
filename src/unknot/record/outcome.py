"""Whether something changed: by a stated rule that pure noise passes once in twenty times, and never a cause.

The rule. Of n visits the mean of the first m is compared with the mean of the last m, where m is a third of n, at least 1 and at most 3:
it follows from n alone, never from the values. A single measurement has the error SEM = MDC / (1.96 * sqrt 2); the mean of m has
SEM / sqrt m, so the difference of the two means must exceed MDC / sqrt m to be called *changed* at 95 % (Weir JP 2005, Quantifying
test-retest reliability using the intraclass correlation coefficient and the SEM, Journal of Strength and Conditioning Research 19:231).

Published errors come from other people, many from one day. Where a series of six visits and more varies from visit to visit clearly more than
its published error, that variation counts instead: by the mean square of successive differences, which a steady change hardly moves
(von Neumann J, Kent RH, Bellinson HR, Hart BI 1941, The mean square successive difference, Annals of Mathematical Statistics 12:153).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Literal

from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import Measure

Verdict = Literal["changed", "within_error", "too_few", "error_unknown"]
Direction = Literal["", "better", "worse", "up", "down"]
Z95 = 1.96
"""Of a normal distribution, two-sided."""
MOST_IN_MEAN = 3
LEAST_POINTS = 2
LEAST_TO_VARY = 6
"""Visits from which on the variation of a series itself can be judged."""
CLEARLY = 2.0
"""So many times the published error of a single measurement must a series vary to count as varying more: chance alone does not bring it there (house rule)."""


@dataclass(frozen=True, slots=True)
class Error:
    """The least change that is more than measuring error between two single measurements at 95 %: a figure, or a share of the larger of the two that are compared."""

    mdc: float | None = None
    share: float | None = None

    def at(self, level: float) -> float | None:
        """The figure where the values are about `level`; None when none is known."""
        return self.mdc if self.mdc is not None else None if self.share is None else self.share * abs(level)

    @property
    def known(self) -> bool:
        return self.mdc is not None or self.share is not None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a series says. Figures are None where the verdict needs none of them."""

    verdict: Verdict
    points: int
    in_mean: int = 0
    """How many visits each of the two means holds."""
    first: float | None = None
    latest: float | None = None
    difference: float | None = None
    error: float | None = None
    """What the difference must exceed."""
    direction: Direction = ""
    matters: bool | None = None
    """Whether the difference reaches the least change that matters; None where nobody published one."""
    varies: bool = False
    """Whether the series varies from visit to visit clearly more than its published error, so that this variation stands in its place."""


@dataclass(frozen=True, slots=True)
class Against:
    """Treated points against untreated ones: the mean change of each, and whether they differ by more than measuring error."""

    verdict: Verdict
    treated: int
    untreated: int
    change_treated: float | None = None
    change_untreated: float | None = None
    difference: float | None = None
    error: float | None = None


def error_of(measure: Measure, on: str, k: Knowledge) -> Error:
    """The published error of a measure at a place. That of a drawing is one of whole drawings; of an area of it none is published."""
    if on.startswith("area:"):
        return Error()
    point = k.points.get(on.split("@")[0])
    if point is not None and point.muscle in measure.mdc_at:
        return Error(measure.mdc_at[point.muscle])
    return Error(measure.mdc, measure.mdc_share)


def in_mean(count: int) -> int:
    """How many visits a mean holds: a third of them, at least 1 and at most 3."""
    return max(1, min(MOST_IN_MEAN, count // 3))


def outcome(values: Sequence[float], measure: Measure, error: Error) -> Outcome:
    """What a series of one measure says, by the rule of this module."""
    count = len(values)
    if count < LEAST_POINTS:
        return Outcome("too_few", count)
    m = in_mean(count)
    first, latest = fmean(values[:m]), fmean(values[-m:])
    difference = latest - first
    matters = None if measure.change is None else abs(difference) >= measure.change - 1e-9
    single = error.at(max(abs(first), abs(latest)))
    if single is None:
        return Outcome("error_unknown", count, m, first, latest, difference, None, "", matters)
    own = _detectable(values)
    varies = count >= LEAST_TO_VARY and own > CLEARLY * single
    limit = (own if varies else single) / math.sqrt(m)
    changed = abs(difference) > limit + 1e-9
    direction = _direction(difference, measure) if changed else ""
    return Outcome("changed" if changed else "within_error", count, m, first, latest, difference, limit, direction, matters, varies)  # fmt: skip


def _detectable(values: Sequence[float]) -> float:
    """The least change beyond the variation of a series from visit to visit, between two single measurements at 95 %: 1.96 times the root of the mean square of successive differences."""
    return Z95 * math.sqrt(fmean((b - a) ** 2 for a, b in pairwise(values)))


def _direction(difference: float, measure: Measure) -> Direction:
    if measure.better == "neither":
        return "up" if difference > 0 else "down"
    return "better" if (difference > 0) == (measure.better == "up") else "worse"


def against(treated: Sequence[tuple[Sequence[float], Error]], untreated: Sequence[tuple[Sequence[float], Error]]) -> Against:  # fmt: skip
    """The mean change of treated points less that of untreated ones, over the series that have at least two visits.

    Errors of points are taken as independent; what all of them share on a day falls out of the difference, so the rule errs towards saying less.
    """
    a, b = [_change(*s) for s in treated if len(s[0]) >= LEAST_POINTS], [_change(*s) for s in untreated if len(s[0]) >= LEAST_POINTS]  # fmt: skip
    if not a or not b:
        return Against("too_few", len(a), len(b))
    up, down = fmean(c for c, _ in a), fmean(c for c, _ in b)
    if any(e is None for _, e in (*a, *b)):
        return Against("error_unknown", len(a), len(b), up, down, up - down)
    limit = math.sqrt(sum(((e or 0.0) / len(group)) ** 2 for group in (a, b) for _, e in group))
    verdict: Verdict = "changed" if abs(up - down) > limit + 1e-9 else "within_error"
    return Against(verdict, len(a), len(b), up, down, up - down, limit)


def _change(values: Sequence[float], error: Error) -> tuple[float, float | None]:
    """(the change of one series, what it must exceed)."""
    m = in_mean(len(values))
    first, latest = fmean(values[:m]), fmean(values[-m:])
    single = error.at(max(abs(first), abs(latest)))
    return latest - first, None if single is None else single / math.sqrt(m)
