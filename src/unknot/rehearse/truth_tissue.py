"""Tissue under a thumb: layers that creep, a knot that yields when strain has lasted. Compiled for one client; `truth_step` runs many.

Each layer is a generalised Kelvin chain under the pressure that reaches its depth, hardened by Fung's exponential law. Under a pressure
that stays the same during a step its update is exact, so it is stable at any pressure and step.
"""

from __future__ import annotations

import numpy as np

from unknot.rehearse import truth_ready as of
from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_compiled import compiled, laid
from unknot.rehearse.truth_powers import exponential, logarithm
from unknot.rehearse.truth_state import Array


def compliances(viscous: Array, weights: tuple[float, ...], relax: tuple[float, ...]) -> tuple[Array, Array]:
    """Creep from relaxation: (compliance `[client, k]` as a part of the elastic one, time `[client, k]` [s]).

    The relaxation 1 - v + v sum w exp(-t/T) has one creep time between each two of its own, found by halving, and one beyond the last.
    """
    v, w, t = viscous[:, None], np.array(weights), np.array(relax)
    rest, every = 1.0 - v, v[..., None]

    def carried(rates: Array) -> Array:
        """The relaxation in the frequency domain at -rates `[client, k]`."""
        parts: Array = every * w * rates[..., None] * t / (rates[..., None] * t - 1.0)
        return np.asarray(rest + parts.sum(axis=-1), dtype=np.float64)

    high = np.tile(1.0 / t, (len(viscous), 1))
    low = np.tile(np.append(1.0 / t[1:], 0.0), (len(viscous), 1))
    for _ in range(80):
        middle = (low + high) / 2
        above = carried(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    rates = (low + high) / 2
    slope = np.stack(
        [(v * w * t / (rates[:, k : k + 1] * t - 1.0) ** 2).sum(axis=1) for k in range(len(relax))], axis=1
    )
    return 1.0 / (rates * slope), 1.0 / rates


@compiled
def crept_of(s: Array, n: int) -> float:
    """How far the knot of lane n has crept [strain]."""
    return float((s[r.N_1, n] + s[r.N_2, n]) + (s[r.N_3, n] + s[r.N_4, n]))


@compiled
def press(s: Array, q: Array, forces: Array, lanes: int, dt: float) -> None:
    """The layers and the knots of lanes `[row, lane]` after a step under forces `[lane]` [N], and how much longer strain above what yields has lasted. What the surface gives is worked out by `given` where it is asked for."""
    s, q = laid(s), laid(q)
    for n in range(lanes):
        before = s[r.CONTRACTED, n]
        s[r.CONTRACTED_BEFORE, n], s[r.STRAINED_BEFORE, n] = before, s[r.STRAINED, n]
        force = forces[n]
        s[r.CONTRACTED, n] = s[r.GOAL, n] + (before - s[r.GOAL, n]) * q[of.K_FALLS, n]
        knot = force * q[of.KNOT, n]
        quick = knot / (q[of.MUSCLE, n] + q[of.STIFFER, n] * (before + s[r.CONTRACTED, n]))
        s[r.X_SKIN, n] = s[r.X_SKIN, n] * q[of.K_SKIN, n] + force * q[of.TO_SKIN, n]
        s[r.X_FAT, n] = s[r.X_FAT, n] * q[of.K_FAT, n] + force * q[of.TO_FAT, n]
        s[r.X_1, n] = s[r.X_1, n] * q[of.K_1, n] + force * q[of.TO_1, n]
        s[r.X_2, n] = s[r.X_2, n] * q[of.K_2, n] + force * q[of.TO_2, n]
        s[r.X_3, n] = s[r.X_3, n] * q[of.K_3, n] + force * q[of.TO_3, n]
        s[r.X_4, n] = s[r.X_4, n] * q[of.K_4, n] + force * q[of.TO_4, n]
        s[r.N_1, n] = s[r.N_1, n] * q[of.K_1, n] + quick * q[of.PART_1, n]
        s[r.N_2, n] = s[r.N_2, n] * q[of.K_2, n] + quick * q[of.PART_2, n]
        s[r.N_3, n] = s[r.N_3, n] * q[of.K_3, n] + quick * q[of.PART_3, n]
        s[r.N_4, n] = s[r.N_4, n] * q[of.K_4, n] + quick * q[of.PART_4, n]
        crept = crept_of(s, n)
        s[r.PRESSURE, n] = knot
        s[r.STRAINED, n] += max(0.0, (quick + 0.5 * (s[r.CREPT, n] + crept)) * q[of.YIELDS, n] - dt)
        s[r.CREPT, n] = crept


@compiled
def release(s: Array, n: int, c: Array, dt: float) -> None:
    """Strain above what yields has lasted: a step of the contracture of lane n gives way, from the moment in the step on at which it had. `c` are the client's own constants `[row]`."""
    steps = int(s[r.RELEASES, n])
    if steps >= r.WAITS or s[r.GOAL, n] <= 0.0 or s[r.STRAINED, n] < c[r.WAIT_1 + steps]:
        return
    grown = max(1e-300, s[r.STRAINED, n] - s[r.STRAINED_BEFORE, n])
    rest = min(1.0, (s[r.STRAINED, n] - c[r.WAIT_1 + steps]) / grown)
    goal = s[r.GOAL, n] * (1.0 - c[r.STEP])
    s[r.STRAINED, n] = 0.0
    s[r.RELEASES, n] += 1.0
    s[r.GOAL, n] = goal
    s[r.CONTRACTED, n] = goal + (s[r.CONTRACTED, n] - goal) * exponential(-rest * dt / c[r.FALLS])


@compiled
def _hardened(strain: float, stiffening: float) -> float:
    """The part of its thickness that a layer loses: never all of it."""
    return 1.0 - exponential(-stiffening * logarithm(1.0 + strain / stiffening))


@compiled
def given(s: Array, n: int, c: Array) -> float:
    """How far the surface over lane n has given way [mm] under the pressure of the last step."""
    skin = s[r.PRESSURE, n] / c[r.B_NODULE]
    over = skin * c[r.B_MUSCLE] / c[r.E_MUSCLE] + s[r.X_1, n] + s[r.X_2, n] + s[r.X_3, n] + s[r.X_4, n]
    stiff = c[r.E_MUSCLE] + (c[r.E_BAND] - c[r.E_MUSCLE]) * s[r.CONTRACTED, n]
    knot = s[r.PRESSURE, n] / stiff + s[r.N_1, n] + s[r.N_2, n] + s[r.N_3, n] + s[r.N_4, n]
    hard = c[r.STIFFENING]
    return float(
        c[r.H_SKIN] * _hardened(skin / c[r.E_SKIN] + s[r.X_SKIN, n], hard)
        + c[r.H_FAT] * _hardened(skin * c[r.B_FAT] / c[r.E_FAT] + s[r.X_FAT, n], hard)
        + c[r.H_MUSCLE] * _hardened(over, hard)
        + c[r.H_NODULE] * _hardened(knot, hard)
    )
