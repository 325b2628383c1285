"""How fast the tissue of virtual clients is, beside the same equations in scipy's solve_ivp, client by client and all at once, at equal accuracy."""

from __future__ import annotations

import importlib.util
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numba import njit

from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_pain import MOST, bearing
from unknot.rehearse.truth_parameters import middle
from unknot.rehearse.truth_place import body, place
from unknot.rehearse.truth_ready import READY, ready
from unknot.rehearse.truth_state import KPA, Array, resting
from unknot.rehearse.truth_step import DT, STILL, advance

PRESSES = ((9.0, 1.0), (2.5, 0.0)) * 5
"""Rounds as of alternating compression: (seconds, part of the force)."""
LENGTH_S = sum(seconds for seconds, _ in PRESSES)
CROWD = 20
"""Copies of each client that the model works out at once."""
ROUND_S = 0.4
"""A round of the model lasts so long, on one thread: the same work again and again, or threads would hardly have begun."""
TOLERANCES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6)
"""Tolerances that a solver of scipy is tried with, from the loosest."""
OPERATIONS = 243
"""Of a step of one client: products, sums, comparisons and quotients of doubles in its loops, as they are compiled."""
FETCHED = 8
"""Bytes of a step of one client that come from memory: the force. The rest stays in the nearest cache."""
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
    """Seconds of a client's life worked out in a second (the fastest round, and the slowest), and the largest error beside a tight solution
    (share of the largest value). Of one thread they are seconds of its own, of several seconds of the clock."""

    what: str
    clients: int
    threads: int
    per_second: float
    slowest: float
    error: float
    processor: float
    """Client-seconds in a second of the processors' time: what the clock would tell if nothing else ran."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What one core of this machine does at most, measured, and the part of it that a step uses, by its operations and by the bytes it fetches."""

    operations_per_second: float
    bytes_per_second: float
    operations_used: float
    bytes_used: float


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
    steep = (knot / k[r.SHUTS_AT]) ** middle("blood.steep")
    shut = steep / (1.0 + steep)

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
        shut * (1.0 - debt) / k[r.OWED] - (1.0 - shut) * debt / k[r.REPAYS],
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


def speeds(clients: int, seed: int, rounds: int = 12) -> list[Speed]:
    """The model with the step of a session and with that of a force that stays, on one thread and on all, and scipy at a tolerance that is as accurate.

    The model runs on CROWD copies of the clients, in rounds that take turns; the error is that of the clients themselves.
    """
    constants, forces = cohort(clients, seed)
    right = _one_by_one(constants, forces, TIGHT) if peers() else None
    crowd = np.tile(constants, (CROWD, 1)), np.tile(forces, CROWD)
    runs = [
        (dt, threads, _round(*crowd, dt, threads))
        for dt, threads in ((DT, 1), (STILL, 1), (STILL, os.cpu_count() or 1))
    ]
    took: list[list[tuple[float, float]]] = [[] for _ in runs]
    for _ in range(rounds):
        for n, (_, threads, (run, times)) in enumerate(runs):
            clock, processor = _timed(run, time.perf_counter if threads > 1 else time.thread_time)
            took[n].append((clock / times, processor / times))
    life = len(crowd[1]) * LENGTH_S
    found = []
    for (dt, threads, _), seconds in zip(runs, took, strict=True):
        wrong = error(ours(constants, forces, dt, parallel=False), right) if right is not None else math.nan
        clocks, processors = zip(*seconds, strict=True)
        rates = life / min(clocks), life / max(clocks), wrong, life / min(processors)
        found.append(Speed(f"step of {dt:g} s", len(crowd[1]), threads, *rates))
    if right is not None:
        found += [_peer(solver, wanted.error, constants, forces, right) for wanted in found[:2] for solver in SOLVERS]
    return found


def _round(constants: Array, forces: Array, dt: float, threads: int) -> tuple[Callable[[], object], int]:
    """A round of ROUND_S of the model, with its arrays made and its code compiled, and how often it does the same work."""
    state, table = resting(constants), ready(constants, dt)
    pressed = forces[:, None] * history(dt)[None, :]
    run = partial(advance, state, constants, pressed, dt, table=table, parallel=threads > 1)
    run()
    times = max(
        1, round(ROUND_S / _timed(partial(advance, state, constants, pressed, dt, table=table), time.thread_time)[0])
    )

    def again() -> None:
        for _ in range(times):
            run()

    return again, times


def _peer(solver: str, wanted: float, constants: Array, forces: Array, right: Array) -> Speed:
    """A solver of scipy, at the loosest tolerance that is as accurate as wanted."""
    solve = SOLVERS[solver]
    rtol = _as_accurate(solve, constants, forces, right, wanted)
    begun = time.thread_time()
    found = solve(constants, forces, rtol)
    rate = len(forces) * LENGTH_S / (time.thread_time() - begun)
    return Speed(f"{solver}, rtol {rtol:g}", len(forces), 1, rate, rate, error(found, right), rate)


def bound(fastest: Speed, dt: float) -> Bound:
    """What one core does at most, and what part of it the model takes with steps of `dt` [s]."""
    steps = fastest.per_second / dt
    operations, moved = _arithmetic(), _memory()
    return Bound(operations, moved, steps * OPERATIONS / operations, steps * FETCHED / moved)


@njit(nogil=True)
def _grown(values: Array, times: int) -> None:
    """Products and sums that never leave the nearest cache: many chains side by side."""
    for _ in range(times):
        for n in range(len(values)):
            x = values[n]
            for _ in range(16):
                x = x * 0.999 + 0.001
            values[n] = x


@njit(nogil=True)
def _triad(a: Array, b: Array, c: Array) -> None:
    for n in range(len(a)):
        a[n] = b[n] + 0.5 * c[n]


def _arithmetic() -> float:
    """Products and sums of doubles a second on one core."""
    values, times = np.ones(512), 2000
    return len(values) * times * 32 / _best(partial(_grown, values, times))


def _memory() -> float:
    """Bytes a second between one core and memory: a sum of two long arrays into a third."""
    a, b, c = (np.ones(8_000_000) for _ in range(3))
    return 3 * a.nbytes / _best(partial(_triad, a, b, c))


def _best(run: Callable[[], object], rounds: int = 7) -> float:
    run()
    return min(_timed(run, time.thread_time)[0] for _ in range(rounds))


def _one_by_one(constants: Array, forces: Array, rtol: float) -> Array:
    return np.concatenate(
        [solved(constants[i : i + 1], forces[i : i + 1], rtol, "LSODA") for i in range(len(forces))], axis=1
    )


def _together(constants: Array, forces: Array, rtol: float) -> Array:
    return solved(constants, forces, rtol, "RK45")


SOLVERS: dict[str, Callable[[Array, Array, float], Array]] = {
    "solve_ivp, client by client": _one_by_one, "solve_ivp, all at once": _together,
}  # fmt: skip


def _as_accurate(
    solve: Callable[[Array, Array, float], Array], constants: Array, forces: Array, right: Array, wanted: float
) -> float:
    """The loosest of TOLERANCES that is as accurate as wanted, tried on a few clients; the tightest when none is."""
    few = min(8, len(forces))
    for rtol in TOLERANCES:
        if error(solve(constants[:few], forces[:few], rtol), right[:, :few]) <= wanted:
            return rtol
    return TOLERANCES[-1]


def _timed(run: Callable[[], object], clock: Callable[[], float]) -> tuple[float, float]:
    """Seconds by this clock, and of the processors."""
    begun, used = clock(), time.process_time()
    run()
    return clock() - begun, time.process_time() - used


def bytes_per_client() -> int:
    """What one client takes: state, constants and what is ready for a step."""
    return 8 * (r.STATES + r.CONSTANTS + READY)
