"""Pain: from pressure at the point to what is felt there, what is felt elsewhere, and what calms it or stirs it up."""

from __future__ import annotations

import math

from unknot.rehearse.truth_compiled import compiled
from unknot.rehearse.truth_state import (
    ADAPTED,
    ADAPTS,
    B_NODULE,
    B_PROBE,
    BETA,
    C_START,
    CALM,
    CALM_IN,
    CALM_LASTS,
    CALM_MOST,
    CALM_TO,
    CONTRACTED,
    D_THRESHOLD,
    D_TOLERANCE,
    DROP,
    FEELS,
    FELT,
    FELT_RAW,
    HARD,
    HARD_FROM,
    LONG,
    LONG_HELD,
    PRESSURE,
    REFER_FROM,
    REFERRED,
    RESENSED,
    S_REST,
    S_START,
    SENSE,
    SHUT,
    SORE,
    SUMMED,
    SUMS,
    SUMS_FROM,
    THETA,
    WIDTH,
    Array,
)  # fmt: skip
from unknot.rehearse.truth_tissue import K_ADAPTS, K_FOLLOWS, K_LONG, K_PERCEIVES, K_REFER, K_SORE, K_SUMS

MOST = 14.0
"""What a place can send, before it is felt as 10 at most."""


@compiled
def _part(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


@compiled
def threshold(s: Array, c: Array) -> float:
    """Pressure at the point where it begins to hurt [kPa]."""
    sensitive = max(0.0, 1.0 - c[DROP] * s[SENSE])
    return float(c[THETA] * sensitive * (1.0 + s[CALM]) / (1.0 + s[RESENSED]))


@compiled
def sent(s: Array, c: Array, pressure: float) -> float:
    """What the place sends: a power of the pressure in normal tissue, a straight line in sensitised tissue."""
    u = pressure / threshold(s, c)
    if u <= 0.0:
        return 0.0
    line = c[D_THRESHOLD] + (c[D_TOLERANCE] - c[D_THRESHOLD]) * (u - 1.0) / c[WIDTH]
    share = min(1.0, s[SENSE])
    power = c[D_THRESHOLD] * math.exp(c[BETA] * math.log(u)) if share < 1.0 else 0.0
    return float(min(MOST, (1.0 - share) * power + share * max(0.0, line)))


@compiled
def feel(s: Array, c: Array, kept: Array, dt: float) -> None:
    """Everything that is felt after a step, each part with its own time."""
    drive = sent(s, c, s[PRESSURE])
    s[FELT_RAW] = drive + (s[FELT_RAW] - drive) * kept[K_PERCEIVES]
    raw = s[FELT_RAW]
    goal = c[SUMS] * max(0.0, raw - c[SUMS_FROM])
    s[SUMMED] = goal + (s[SUMMED] - goal) * kept[K_SUMS]
    goal = c[ADAPTS] * _part(raw, 0.0, 3.0) * (1.0 - _part(raw, c[HARD_FROM], c[HARD_FROM] + 3.0))
    s[ADAPTED] = goal + (s[ADAPTED] - goal) * kept[K_ADAPTS]
    s[FELT] = min(10.0, c[FEELS] * (raw + s[SUMMED]) * (1.0 - s[ADAPTED]))
    _stirred(s, c, kept)
    _calmed(s, c, dt)
    left = s[CONTRACTED] / c[C_START] if c[C_START] > 0.0 else 0.0
    goal = c[S_START] * (c[S_REST] + (1.0 - c[S_REST]) * left)
    s[SENSE] = goal + (s[SENSE] - goal) * kept[K_FOLLOWS]
    goal = s[SENSE] * max(0.0, raw - c[REFER_FROM])
    s[REFERRED] = goal + (s[REFERRED] - goal) * kept[K_REFER]


@compiled
def _stirred(s: Array, c: Array, kept: Array) -> None:
    """Too hard or too long makes the place more sensitive for an hour or two."""
    s[LONG_HELD] = s[SHUT] + (s[LONG_HELD] - s[SHUT]) * kept[K_LONG]
    rate = c[HARD] * max(0.0, s[FELT] - c[HARD_FROM]) + c[LONG] * 2.0 * max(0.0, s[LONG_HELD] - 0.5)
    goal = rate * c[SORE]
    s[RESENSED] = goal + (s[RESENSED] - goal) * kept[K_SORE]


@compiled
def _calmed(s: Array, c: Array, dt: float) -> None:
    """Bearable discomfort raises the threshold everywhere."""
    good = _part(s[FELT], 1.0, 4.0) * (1.0 - _part(s[FELT], c[CALM_TO] - 1.5, c[CALM_TO]))
    rate = good / c[CALM_IN] + 1.0 / c[CALM_LASTS]
    goal = c[CALM_MOST] * good / c[CALM_IN] / rate
    s[CALM] = goal + (s[CALM] - goal) * math.exp(-rate * dt)


@compiled
def probed(s: Array, c: Array) -> float:
    """Pressure threshold at the skin with a probe of 1 cm2 [kPa], as an algometer reads it."""
    return float(threshold(s, c) / c[B_PROBE])


@compiled
def bearing(s: Array, c: Array, felt: float) -> float:
    """The force [N] on this contact at which a first touch would send so much: what the place bears now."""
    low, high = 0.0, 400.0
    for _ in range(50):
        middle = (low + high) / 2
        if sent(s, c, 10.0 * middle / c[0] * c[B_NODULE]) < felt:
            low = middle
        else:
            high = middle
    return low
