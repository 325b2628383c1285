"""How fast the tissue of virtual clients is, beside the same equations in scipy's solve_ivp, client by client and all at once, at equal accuracy."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_pain import MOST, bearing
from unknot.rehearse.truth_place import body, place
from unknot.rehearse.truth_state import Array, resting
from unknot.rehearse.truth_step import DT, advance
from unknot.rehearse.truth_state import KPA

PRESSES = ((9.0, 1.0), (2.5, 0.0)) * 5
"""Rounds as of alternating compression: (seconds, part of the force)."""
LENGTH_S = sum(seconds for seconds, _ in PRESSES)
TIGHT, LEAST = 1e-10, 1e-12
STATES = (
    r.X_SKIN, r.X_FAT, r.X_1, r.X_2, r.X_3, r.X_4, r.N_1, r.N_2, r.N_3, r.N_4, r.DEBT, r.FELT_RAW, r.SUMMED, r.ADAPTED, r.LONG_HELD,
    r.RESENSED, r.CALM, r.SENSE, r.REFERRED,
)  # fmt: skip
"""What moves under a press that nothing yields to, in the order of the equations below."""
COMPARED = tuple(STATES.index(row) for row in (r.N_4, r.DEBT, r.FELT_RAW, r.ADAPTED, r.CALM))
"""What the accuracy is measured on, each beside its largest value."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of a client's life worked out in a second, and the largest error beside a tight solution (share of the largest value)."""

    what: str
    clients: int
    per_second: float
    error: float
    slowest: float


def cohort(clients: int, seed: int) -> tuple[Array, Array]:
    """(constants `[client, row]`, forces `[client]`) of rounds at a working discomfort; nothing yields, so that all solve the same equations."""
    rows = []
    for i in range(clients):
        rng = np.random.Generator(np.random.PCG64([seed, i]))
        rows.append(place(rng, body(rng, "female" if i % 2 else "male", 25.0), "shoulder.top", active=True))
    constants = np.array(rows)
    constants[:, r.YIELDS_AT] = 1e12
    state = resting(constants)
    return constants, np.array([bearing(s, c, 5.0) for s, c in zip(state, constants, strict=True)])


def slopes(c: Array, force: Array) -> Callable[[float, Array], Array]:
    """The equations as a function of the states `[state, client]`, in numpy; `c` `[client, row]`."""
    k = np.ascontiguousarray(c.T)
    skin = KPA * force / k[r.AREA]
    fat, muscle, knot = skin * k[r.B_FAT], skin * k[r.B_MUSCLE], skin * k[r.B_NODULE]
    stiff = k[r.E_MUSCLE] + (k[r.E_BAND] - k[r.E_MUSCLE]) * k[r.C_START]
    goals = [k[r.J_SKIN] * skin / k[r.E_SKIN], k[r.J_FAT] * fat / k[r.E_FAT]]
    goals += [k[r.J_1 + n] * muscle / k[r.E_MUSCLE] for n in range(4)] + [k[r.J_1 + n] * knot / stiff for n in range(4)]
    times = np.array([k[r.L_SKIN], k[r.L_FAT], *k[r.L_1 : r.L_4 + 1], *k[r.L_1 : r.L_4 + 1]])
    fixed = np.array(goals)
    cubed = (knot / k[r.SHUTS_AT]) ** 3
    shut = cubed / (1.0 + cubed)

    def slope(_: float, y: Array) -> Array:
        s = y.reshape(len(STATES), -1)
        return np.concatenate([(fixed - s[:10]) / times, _felt(s[10:], k, knot, shut)]).reshape(y.shape)

    return slope


def _felt(s: Array, k: Array, knot: Array, shut: Array) -> Array:
    """The slopes of blood and pain."""
    debt, raw, summed, adapted, held, resensed, calm, sense, referred = s
    threshold = k[r.THETA] * np.maximum(0.0, 1.0 - k[r.DROP] * sense) * (1.0 + calm) / (1.0 + resensed)
    u = knot / threshold
    line = k[r.D_THRESHOLD] + (k[r.D_TOLERANCE] - k[r.D_THRESHOLD]) * (u - 1.0) / k[r.WIDTH]
    share = np.minimum(1.0, sense)
    drive = np.minimum(MOST, (1 - share) * k[r.D_THRESHOLD] * u ** k[r.BETA] + share * np.maximum(0.0, line))
    felt = np.minimum(10.0, k[r.FEELS] * (raw + summed) * (1.0 - adapted))
    hard = 1.0 - np.clip((raw - k[r.HARD_FROM]) / 3.0, 0, 1)
    stirred = k[r.HARD] * np.maximum(0.0, felt - k[r.HARD_FROM]) + k[r.LONG] * 2.0 * np.maximum(0.0, held - 0.5)
    good = np.clip((felt - 1.0) / 3.0, 0, 1) * (1.0 - np.clip((felt - k[r.CALM_TO] + 1.5) / 1.5, 0, 1))
    return np.array([
        shut - (1.0 - shut) / k[r.REPAYS] * debt,
        (drive - raw) / k[r.PERCEIVES],
        (k[r.SUMS] * np.maximum(0.0, raw - k[r.SUMS_FROM]) - summed) / k[r.SUMS_IN],
        (k[r.ADAPTS] * np.clip(raw / 3.0, 0, 1) * hard - adapted) / k[r.ADAPTS_IN],
        (shut - held) / k[r.LONG_IN],
        stirred - resensed / k[r.SORE],
        good / k[r.CALM_IN] * (k[r.CALM_MOST] - calm) - calm / k[r.CALM_LASTS],
        (k[r.S_START] - sense) / k[r.FOLLOWS],
        (sense * np.maximum(0.0, raw - k[r.REFER_FROM]) - referred) / k[r.REFER_IN],
    ])  # fmt: skip


def solved(constants: Array, forces: Array, rtol: float, method: str) -> Array:
    """The states `[state, client]` after the rounds by scipy, all clients in one system."""
    from scipy.integrate import solve_ivp

    y = resting(constants)[:, STATES].T.reshape(-1)
    for seconds, part in PRESSES:
        found: Any = solve_ivp(
            slopes(constants, forces * part), (0.0, seconds), y, method=method, rtol=rtol, atol=max(LEAST, rtol * 1e-2)
        )
        y = found.y[:, -1]
    return np.asarray(y.reshape(len(STATES), -1), dtype=np.float64)


def history(dt: float) -> Array:
    """The part of the force in each step."""
    return np.concatenate([np.full(round(seconds / dt), part) for seconds, part in PRESSES])


def ours(constants: Array, forces: Array, dt: float, *, parallel: bool) -> Array:
    """The states `[state, client]` after the rounds by the model's own step."""
    after, _ = advance(resting(constants), constants, forces[:, None] * history(dt)[None, :], dt, parallel=parallel)
    return np.ascontiguousarray(after[:, STATES].T)


def error(found: Array, right: Array) -> float:
    """The largest difference, each state beside its largest value."""
    rows = list(COMPARED)
    return float((np.abs(found[rows] - right[rows]) / np.abs(right[rows]).max(axis=1, keepdims=True)).max())


def peers() -> bool:
    """Whether scipy is here."""
    return importlib.util.find_spec("scipy") is not None


def speeds(clients: int, seed: int, rounds: int = 5) -> list[Speed]:
    """The model on one thread and on all, and scipy at a tolerance that is as accurate as the model's step."""
    constants, forces = cohort(clients, seed)
    right = _one_by_one(constants, forces, TIGHT) if peers() else None
    found = []
    for what, parallel in (("one thread", False), ("all threads", True)):
        run = partial(ours, constants, forces, DT, parallel=parallel)
        run()  # compiles
        found.append(_timed(what, clients, right, rounds, run))
    if right is not None:
        for what, solve in (("solve_ivp, client by client", _one_by_one), ("solve_ivp, all at once", _together)):
            rtol = _as_accurate(solve, constants, forces, right, found[0].error)
            found.append(_timed(f"{what}, rtol {rtol:g}", clients, right, 1, partial(solve, constants, forces, rtol)))
    return found


def _one_by_one(constants: Array, forces: Array, rtol: float) -> Array:
    return np.concatenate(
        [solved(constants[i : i + 1], forces[i : i + 1], rtol, "LSODA") for i in range(len(forces))], axis=1
    )


def _together(constants: Array, forces: Array, rtol: float) -> Array:
    return solved(constants, forces, rtol, "RK45")


def _as_accurate(
    solve: Callable[[Array, Array, float], Array], constants: Array, forces: Array, right: Array, wanted: float
) -> float:
    """The loosest tolerance of a row of tens that is as accurate as wanted, tried on a few clients; the tightest tried when none is."""
    few = min(8, len(forces))
    for rtol in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6):
        if error(solve(constants[:few], forces[:few], rtol), right[:, :few]) <= wanted:
            return rtol
    return 1e-7


def _timed(what: str, clients: int, right: Array | None, rounds: int, run: Callable[[], Array]) -> Speed:
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        found = run()
        took.append(time.perf_counter() - begun)
    wrong = error(found, right) if right is not None else float("nan")
    seconds = clients * LENGTH_S
    return Speed(what, clients, seconds / float(np.median(took)), wrong, seconds / max(took))


def bytes_per_client() -> int:
    """What one client takes: state, constants and the table of decays."""
    from unknot.rehearse.truth_tissue import TIMES

    return 8 * (r.STATES + r.CONSTANTS + len(TIMES))
