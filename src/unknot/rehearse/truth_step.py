"""Many clients forward in time: one compiled step a client, the same to the last digit on one thread and on many.

No sum runs over clients and no reordering of arithmetic is allowed, so the number of threads cannot change a digit.
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from unknot.rehearse.truth_blood import flow
from unknot.rehearse.truth_compiled import compiled, compiled_parallel
from unknot.rehearse.truth_pain import feel
from unknot.rehearse.truth_state import Array
from unknot.rehearse.truth_tissue import contract, decays, press, yielded

DT = 0.05
"""Step of a session [s]. Halving it changes outcomes by less than the tolerance that the tests hold."""


@compiled
def _one(s: Array, c: Array, kept: Array, forces: Array, traces: Array, rows: NDArray[np.int64], dt: float) -> None:
    """One client through all forces; the rows asked for are written down after each step."""
    for n in range(len(forces)):
        strain = press(s, c, kept, forces[n])
        if n + 1 == len(forces) or len(rows) > 0:
            yielded(s, c, forces[n], strain)
        contract(s, c, kept, strain, dt)
        flow(s, c, dt)
        feel(s, c, kept, dt)
        for r in range(len(rows)):
            traces[n, r] = s[rows[r]]


@compiled
def _serial(s: Array, c: Array, kept: Array, forces: Array, traces: Array, rows: NDArray[np.int64], dt: float) -> None:
    for i in range(len(s)):
        _one(s[i], c[i], kept[i], forces[i], traces[i], rows, dt)


@compiled_parallel
def _parallel(
    s: Array, c: Array, kept: Array, forces: Array, traces: Array, rows: NDArray[np.int64], dt: float
) -> None:
    for i in prange(len(s)):
        _one(s[i], c[i], kept[i], forces[i], traces[i], rows, dt)


def advance(
    state: Array, constants: Array, forces: Array, dt: float = DT, *, rows: tuple[int, ...] = (), parallel: bool = False,
    kept: Array | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """The state after these forces, and what was asked for on the way. The state given is not changed.

    `state` and `constants` `[client, row]`; `forces` `[client, step]` [N], each the mean of its step; `rows` of the state; the answer's
    traces are `[client, step, row]`. `kept` are the `decays` of this step, when they are at hand. Raises ValueError for a force that
    is negative or not finite, or a step that is not positive.
    """
    if not dt > 0 or not np.isfinite(forces).all() or (forces < 0).any():
        raise ValueError("forces must be finite and not negative, the step positive")
    after = state.copy()
    traces = np.empty((*forces.shape, len(rows)))
    table = decays(constants, dt) if kept is None else kept
    run = _parallel if parallel else _serial
    run(after, constants, table, np.ascontiguousarray(forces), traces, np.array(rows, dtype=np.int64), dt)
    return after, traces
