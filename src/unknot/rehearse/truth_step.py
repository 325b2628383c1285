"""Many clients forward in time, a few side by side in the lanes of the processor: the same to the last digit alone, together, and on any number of threads.

No sum runs over clients and no reordering of arithmetic is allowed, so neither lanes nor threads can change a digit.
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_blood import flows, owe
from unknot.rehearse.truth_compiled import compiled, compiled_parallel
from unknot.rehearse.truth_pain import feel
from unknot.rehearse.truth_ready import READY, ready
from unknot.rehearse.truth_state import IN_BLOCK, LANES, STATES, WAIT_1, WAITS, Array
from unknot.rehearse.truth_tissue import given, press, release

DT = 0.05
"""Step of a session [s]. Halving it changes outcomes by less than the tolerance that the tests hold."""
Rows = NDArray[np.int64]


@compiled
def _yield(s: Array, waits: Array, c: Array, lanes: int, dt: float) -> None:
    """Steps of contractures that give way at the end of a step."""
    due = 0
    for n in range(lanes):
        due += s[r.STRAINED, n] >= waits[n]
    if due > 0:
        for n in range(lanes):
            if s[r.STRAINED, n] >= waits[n]:
                release(s, n, c[n], dt)
                waits[n] = _wait(s, n, c[n])


@compiled
def _wait(s: Array, n: int, c: Array) -> float:
    """How long strain must last until the next step of the contracture of lane n gives way; infinite after the last."""
    steps = int(s[r.RELEASES, n])
    return float(c[WAIT_1 + steps]) if steps < WAITS and s[r.GOAL, n] > 0.0 else np.inf


@compiled
def _shown(s: Array, c: Array, lanes: int) -> None:
    """What follows from the rest of the state, where it is asked for."""
    for n in range(lanes):
        s[r.GIVE, n] = given(s, n, c[n])
        s[r.FLOW, n] = flows(s, n, c[n])


@compiled
def _block(state: Array, constants: Array, table: Array, forces: Array, traces: Array, rows: Rows, dt: float) -> None:
    """Up to LANES clients `[lane, ...]` through all forces; the rows asked for are written down after each step."""
    s, q = np.empty((IN_BLOCK, LANES)), np.empty((READY, LANES))
    waits, now = np.empty(LANES), np.empty(LANES)
    lanes, steps = forces.shape
    for n in range(lanes):
        for row in range(STATES):
            s[row, n] = state[n, row]
        for row in range(READY):
            q[row, n] = table[n, row]
        waits[n] = _wait(s, n, constants[n])
    follows = False
    for row in rows:
        follows = follows or row == r.GIVE or row == r.FLOW
    for step in range(steps):
        for n in range(lanes):
            now[n] = forces[n, step]
        press(s, q, now, lanes, dt)
        owe(s, q, lanes, dt)
        feel(s, q, lanes)
        _yield(s, waits, constants, lanes, dt)
        if follows or step + 1 == steps:
            _shown(s, constants, lanes)
        for n in range(lanes):
            for k in range(len(rows)):
                traces[n, step, k] = s[rows[k], n]
    for n in range(lanes):
        for row in range(STATES):
            state[n, row] = s[row, n]


@compiled
def _serial(s: Array, c: Array, q: Array, forces: Array, traces: Array, rows: Rows, dt: float) -> None:
    for i in range(0, len(s), LANES):
        j = min(len(s), i + LANES)
        _block(s[i:j], c[i:j], q[i:j], forces[i:j], traces[i:j], rows, dt)


@compiled_parallel
def _parallel(s: Array, c: Array, q: Array, forces: Array, traces: Array, rows: Rows, dt: float) -> None:
    for b in prange((len(s) + LANES - 1) // LANES):
        i = b * LANES
        j = min(len(s), i + LANES)
        _block(s[i:j], c[i:j], q[i:j], forces[i:j], traces[i:j], rows, dt)


def advance(
    state: Array, constants: Array, forces: Array, dt: float = DT, *, rows: tuple[int, ...] = (), parallel: bool = False,
    table: Array | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """The state after these forces, and what was asked for on the way. The state given is not changed.

    `state` and `constants` `[client, row]`; `forces` `[client, step]` [N], each the mean of its step; `rows` of the state; the answer's
    traces are `[client, step, row]`. `table` is what `ready` makes of this step, when it is at hand. Raises ValueError for a force that
    is negative or not finite, or a step that is not positive.
    """
    if not dt > 0 or not (forces.size == 0 or (forces.min() >= 0 and forces.max() < np.inf)):
        raise ValueError("forces must be finite and not negative, the step positive")
    after = state.copy()
    traces = np.empty((*forces.shape, len(rows)))
    table = ready(constants, dt) if table is None else table
    run = _parallel if parallel else _serial
    run(after, constants, table, np.ascontiguousarray(forces), traces, np.array(rows, dtype=np.int64), dt)
    return after, traces
