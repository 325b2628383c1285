"""A trial's results as a table: means, changes and effect sizes with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from unknot.rehearse.trial import OUTCOMES, Measured
from unknot.rehearse.truth_state import Array

Z = 1.959964
MANY = 200


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Result:
    """One outcome of one arm at one time: mean and SD, the change from before, and against the first arm the standardised difference of changes."""

    arm: str
    when: str
    outcome: str
    clients: int
    mean: float
    sd: float
    change: Effect | None
    against_first: Effect | None


def results(measured: Sequence[Measured]) -> list[Result]:
    """The table, by outcome, time and arm."""
    arms = list(dict.fromkeys(m.arm for m in measured))
    times = sorted({m.when for m in measured}, key=_order)
    found = []
    for outcome in OUTCOMES:
        at = {(a, t): _values(measured, a, t, outcome) for a in arms for t in times}
        found += [_result(at, arm, arms[0], when, outcome) for when in times for arm in arms if len(at[arm, when])]
    return found


def _order(when: str) -> tuple[int, float]:
    """Before, the later visits on arrival, after the last, days after it."""
    word, _, number = when.partition(" ")
    return ("before", "visit", "after", "day").index(word), float(number or 0)


def _result(at: dict[tuple[str, str], Array], arm: str, first: str, when: str, outcome: str) -> Result:
    """One row; against the first arm only where that was measured at the same time."""
    now = at[arm, when]
    if when == "before":
        return Result(arm, when, outcome, len(now), float(now.mean()), spread(now), None, None)
    change = now - at[arm, "before"]
    compared = arm != first and len(at[first, when]) > 0
    against = smd(change, at[first, when] - at[first, "before"]) if compared else None
    return Result(arm, when, outcome, len(now), float(now.mean()), spread(now), mean_effect(change), against)


def _values(measured: Sequence[Measured], arm: str, when: str, outcome: str) -> Array:
    return np.array([getattr(m, outcome) for m in measured if m.arm == arm and m.when == when], dtype=np.float64)


def spread(values: Array) -> float:
    """The standard deviation between people."""
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def mean_effect(values: Array) -> Effect:
    """A mean with its interval, by Student's t."""
    half = quantile_t(len(values) - 1) * spread(values) / math.sqrt(len(values))
    mean = float(values.mean())
    return Effect(mean, mean - half, mean + half)


def smd(treated: Array, other: Array) -> Effect:
    """Hedges' g of two groups with its interval (its usual large-sample error)."""
    n, m = len(treated), len(other)
    pooled = math.sqrt(((n - 1) * spread(treated) ** 2 + (m - 1) * spread(other) ** 2) / (n + m - 2))
    if pooled == 0:
        return Effect(0.0, 0.0, 0.0)
    g = float(treated.mean() - other.mean()) / pooled * (1 - 3 / (4 * (n + m) - 9))
    half = Z * math.sqrt((n + m) / (n * m) + g * g / (2 * (n + m)))
    return Effect(g, g - half, g + half)


@cache
def quantile_t(freedom: int) -> float:
    """The 97.5 % quantile of Student's t with a whole number of degrees of freedom: from its distribution, and beyond `MANY` by its expansion, right to 1e-6."""
    if freedom > MANY:
        z = Z
        return z + (z**3 + z) / 4 / freedom + (5 * z**5 + 16 * z**3 + 3 * z) / 96 / freedom**2
    low, high = 0.0, 13.0
    for _ in range(60):
        middle = (low + high) / 2
        if _within(middle, freedom) < 0.95:
            low = middle
        else:
            high = middle
    return high


def _within(t: float, freedom: int) -> float:
    """The chance of Student's t between -t and t: a finite sum in the angle whose tangent is t / sqrt(freedom) (Abramowitz and Stegun 26.7.3, 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    squared = math.cos(angle) ** 2
    odd = freedom % 2
    term, total = (math.cos(angle), 0.0) if odd else (1.0, 0.0)
    for n in range(odd, freedom - 1, 2):
        total += term
        term *= squared * (n + 1) / (n + 2)
    return 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
