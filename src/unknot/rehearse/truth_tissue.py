"""Tissue under a thumb: layers that creep, a knot that yields when strain has lasted. Compiled for one client; `truth_step` runs many.

Each layer is a generalised Kelvin chain under the pressure that reaches its depth, hardened by Fung's exponential law. Under a pressure
that stays the same during a step its update is exact, so it is stable at any pressure and step.
"""

from __future__ import annotations

import math

import numpy as np

from unknot.rehearse.truth_compiled import compiled
from unknot.rehearse.truth_state import (
    ADAPTS_IN,
    AREA,
    B_FAT,
    B_MUSCLE,
    B_NODULE,
    CONTRACTED,
    E_BAND,
    E_FAT,
    E_MUSCLE,
    E_SKIN,
    FALLS,
    FOLLOWS,
    GIVE,
    GOAL,
    H_FAT,
    H_MUSCLE,
    H_NODULE,
    H_SKIN,
    J_1,
    J_FAT,
    J_SKIN,
    L_1,
    L_2,
    L_3,
    L_4,
    L_FAT,
    L_SKIN,
    LONG_IN,
    N_1,
    PERCEIVES,
    PRESSURE,
    REFER_IN,
    RELEASES,
    SORE,
    STEP,
    STIFFENING,
    STRAINED,
    SUMS_IN,
    WAIT_1,
    WAITS,
    X_1,
    X_FAT,
    X_SKIN,
    YIELDS_AT,
    Array,
)  # fmt: skip

TIMES = (L_SKIN, L_FAT, L_1, L_2, L_3, L_4, FALLS, FOLLOWS, PERCEIVES, SUMS_IN, ADAPTS_IN, SORE, LONG_IN, REFER_IN)
"""Constants that are times, in the order of the table of decays."""
(K_SKIN, K_FAT, K_1, _K2, _K3, _K4, K_FALLS, K_FOLLOWS, K_PERCEIVES, K_SUMS, K_ADAPTS, K_SORE, K_LONG, K_REFER) = range(
    14
)
KPA = 10.0
"""One newton on one square centimetre [kPa]."""


def decays(constants: Array, dt: float) -> Array:
    """What is left of each exponential after a step `[client, time]`."""
    return np.ascontiguousarray(np.exp(-dt / constants[:, TIMES]))


def compliances(viscous: Array, weights: tuple[float, ...], relax: tuple[float, ...]) -> tuple[Array, Array]:
    """Creep from relaxation: (compliance `[client, k]` as a part of the elastic one, time `[client, k]` [s]).

    The relaxation 1 - v + v sum w exp(-t/T) has one creep time between each two of its own, found by halving, and one beyond the last.
    """
    v, w, t = viscous[:, None], np.array(weights), np.array(relax)
    rest = 1.0 - v

    def carried(rate: Array) -> Array:
        """The relaxation in the frequency domain at -rate."""
        parts: Array = v * w * rate[:, None] * t / (rate[:, None] * t - 1.0)
        return np.asarray(rest[:, 0] + parts.sum(axis=1), dtype=np.float64)

    found = []
    for k in range(len(relax)):
        low = np.full(len(viscous), 1.0 / relax[k + 1] if k + 1 < len(relax) else 0.0)
        high = np.full(len(viscous), 1.0 / relax[k])
        for _ in range(80):
            middle = (low + high) / 2
            above = carried(middle) > 0
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        found.append((low + high) / 2)
    rates = np.stack(found, axis=1)
    slope = np.stack(
        [(v * w * t / (rates[:, k : k + 1] * t - 1.0) ** 2).sum(axis=1) for k in range(len(relax))], axis=1
    )
    return 1.0 / (rates * slope), 1.0 / rates


@compiled
def _hardened(strain: float, stiffening: float) -> float:
    """The part of its thickness that a layer loses: never all of it."""
    return 1.0 - math.exp(-stiffening * math.log1p(strain / stiffening))


@compiled
def press(s: Array, c: Array, kept: Array, force: float) -> float:
    """The layers and the knot after a step under a force [N]; the reduced strain of the knot. What the surface gives is worked out by `yielded` where it is asked for."""
    skin = KPA * force / c[AREA]
    fat, muscle, knot = skin * c[B_FAT], skin * c[B_MUSCLE], skin * c[B_NODULE]
    stiff = c[E_MUSCLE] + (c[E_BAND] - c[E_MUSCLE]) * s[CONTRACTED]
    s[X_SKIN] += (c[J_SKIN] * skin / c[E_SKIN] - s[X_SKIN]) * (1.0 - kept[K_SKIN])
    s[X_FAT] += (c[J_FAT] * fat / c[E_FAT] - s[X_FAT]) * (1.0 - kept[K_FAT])
    strain = knot / stiff
    for k in range(4):
        part = c[J_1 + k]
        s[X_1 + k] += (part * muscle / c[E_MUSCLE] - s[X_1 + k]) * (1.0 - kept[K_1 + k])
        s[N_1 + k] += (part * knot / stiff - s[N_1 + k]) * (1.0 - kept[K_1 + k])
        strain += s[N_1 + k]
    s[PRESSURE] = knot
    return float(strain)


@compiled
def yielded(s: Array, c: Array, force: float, strain: float) -> None:
    """How far the surface has given way under a force [N], with the reduced strain of the knot as `press` tells it."""
    skin = KPA * force / c[AREA]
    over = skin * c[B_MUSCLE] / c[E_MUSCLE] + s[X_1] + s[X_1 + 1] + s[X_1 + 2] + s[X_1 + 3]
    hard = c[STIFFENING]
    s[GIVE] = (
        c[H_SKIN] * _hardened(skin / c[E_SKIN] + s[X_SKIN], hard)
        + c[H_FAT] * _hardened(skin * c[B_FAT] / c[E_FAT] + s[X_FAT], hard)
        + c[H_MUSCLE] * _hardened(over, hard)
        + c[H_NODULE] * _hardened(strain, hard)
    )


@compiled
def contract(s: Array, c: Array, kept: Array, strain: float, dt: float) -> None:
    """Strain above what yields is counted; when it has lasted, a step of the contracture gives way."""
    steps = int(s[RELEASES])
    if steps < WAITS and s[GOAL] > 0.0 and strain > c[YIELDS_AT]:
        s[STRAINED] += (strain / c[YIELDS_AT] - 1.0) * dt
        if s[STRAINED] >= c[WAIT_1 + steps]:
            s[STRAINED] = 0.0
            s[RELEASES] += 1.0
            s[GOAL] *= 1.0 - c[STEP]
    s[CONTRACTED] = s[GOAL] + (s[CONTRACTED] - s[GOAL]) * kept[K_FALLS]
