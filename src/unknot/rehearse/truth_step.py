"""Many clients forward in time, a few side by side in the lanes of the processor: the same to the last digit alone, together, and on any number of threads.

No sum runs over clients and no reordering of arithmetic is allowed, so neither lanes nor threads can change a digit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

from unknot.rehearse import truth_ready as of
from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_blood import flows, owe
from unknot.rehearse.truth_compiled import compiled
from unknot.rehearse.truth_pain import bear, calm, send, sense, stir
from unknot.rehearse.truth_powers import SHORT
from unknot.rehearse.truth_ready import READY, ready
from unknot.rehearse.truth_state import IN_BLOCK, LANES, STATES, WAIT_1, WAITS, Array
from unknot.rehearse.truth_tissue import crept_of, given, press, release

DT = 0.05
"""Step of a session [s]. Halving it changes outcomes by less than the tolerance that the tests hold."""
STILL = 0.25
"""Step where the force stays as it is [s], as accurate as the numerics page says."""
PORTION = 2 * LANES
"""Clients that a thread takes at once: whole blocks, few enough that all threads end together."""
REFUSED = "forces must be finite and not negative, the step positive"
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
def _short(q: Array, lanes: int) -> bool:
    """Whether a step is short beside the times of all lanes, so that a few terms do for its exponentials: the same digits, and faster."""
    longest = 0.0
    for n in range(lanes):
        longest = max(longest, q[of.OWES, n], q[of.REPAID, n], q[of.CALMS, n] + q[of.FADES, n])
    return bool(longest < 0.99 * SHORT)


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
        s[r.CREPT, n] = crept_of(s, n)
        waits[n] = _wait(s, n, constants[n])
    short = _short(q, lanes)
    follows = False
    for row in rows:
        follows = follows or row == r.GIVE or row == r.FLOW
    for step in range(steps):
        pressed = 0
        for n in range(lanes):
            now[n] = forces[n, step]
            pressed += forces[n, step] > 0.0
        press(s, q, now, lanes, dt)
        owe(s, q, lanes, short)
        bear(s, q, lanes)
        send(s, q, lanes, pressed > 0)
        sense(s, q, lanes)
        stir(s, q, lanes)
        calm(s, q, lanes, short)
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
def _run(s: Array, c: Array, q: Array, forces: Array, traces: Array, rows: Rows, dt: float) -> bool:
    """Clients `[client, ...]` block by block; `s` is changed. False, and nothing done, where a force is negative or not finite."""
    lanes, steps = forces.shape
    for i in range(lanes):
        wrong = 0
        for step in range(steps):
            wrong += not 0.0 <= forces[i, step] < np.inf
        if wrong > 0:
            return False
    for i in range(0, lanes, LANES):
        j = min(lanes, i + LANES)
        _block(s[i:j], c[i:j], q[i:j], forces[i:j], traces[i:j], rows, dt)
    return True


@cache
def _others(cores: int) -> ThreadPoolExecutor:
    """The threads beside the one that asks; they wait from one call to the next."""
    return ThreadPoolExecutor(cores - 1, thread_name_prefix="unknot-tissue")


def _all(run: Callable[[slice], None], clients: int) -> None:
    """`run` over all clients, on all cores: each thread takes the next portion when it has done one, so that none waits for another."""
    starts = range(0, clients, PORTION)
    at = count()

    def work() -> None:
        while (n := next(at)) < len(starts):
            run(slice(starts[n], starts[n] + PORTION))

    cores = min(os.cpu_count() or 1, len(starts))
    waiting = [_others(os.cpu_count() or 1).submit(work) for _ in range(cores - 1)]
    work()
    for other in waiting:
        other.result()


def advance(
    state: Array, constants: Array, forces: Array, dt: float = DT, *, rows: tuple[int, ...] = (), parallel: bool = False,
    table: Array | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """The state after these forces, and what was asked for on the way. The state given is not changed.

    `state` and `constants` `[client, row]`; `forces` `[client, step]` [N], each the mean of its step; `rows` of the state; the answer's
    traces are `[client, step, row]`. `table` is what `ready` makes of this step, when it is at hand. Raises ValueError for a force that
    is negative or not finite, or a step that is not positive.
    """
    if not dt > 0:
        raise ValueError(REFUSED)
    after = state.copy()
    traces = np.empty((*forces.shape, len(rows)))
    table = ready(constants, dt) if table is None else table
    given, asked = np.ascontiguousarray(forces), np.array(rows, dtype=np.int64)

    def run(part: slice) -> None:
        if not _run(after[part], constants[part], table[part], given[part], traces[part], asked, dt):
            raise ValueError(REFUSED)

    if parallel:
        _all(run, len(after))
    else:
        run(slice(None))
    return after, traces
