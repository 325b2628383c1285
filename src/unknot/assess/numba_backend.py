"""The same table operations compiled by Numba. See `numpy_backend` for what each means; the two must agree."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unknot.assess import numpy_backend

Table = NDArray[Any]

join = numpy_backend.join
join_adjoint = numpy_backend.join_adjoint


@njit(cache=True, fastmath=False)
def _turn_on(table: Table, width: int, bits: Table, weights: Table) -> None:
    for i in range(len(bits)):
        step = 1 << bits[i]
        weight = weights[i]
        rest = 1.0 - weight
        for base in range(0, 1 << width, 2 * step):
            for low in range(base, base + step):
                table[low + step] += weight * table[low]
                table[low] *= rest


@njit(cache=True, fastmath=False)
def _turn_on_adjoint(table: Table, width: int, bits: Table, weights: Table) -> None:
    for i in range(len(bits)):
        step = 1 << bits[i]
        weight = weights[i]
        rest = 1.0 - weight
        for base in range(0, 1 << width, 2 * step):
            for low in range(base, base + step):
                table[low] = rest * table[low] + weight * table[low + step]


@njit(cache=True, fastmath=False)
def _forward(table: Table, widths: Table, starts: Table, offsets: Table, bits: Table, weights: Table, priors: Table, steps: Table, size: int) -> Table:
    cases = table.shape[0]
    out = np.zeros((cases, size))
    active = np.empty(size)
    for case in range(cases):
        current = out[case]
        current[: table.shape[1]] = table[case]
        for e in range(len(widths)):
            n = 1 << widths[e]
            steps[case, starts[e] : starts[e] + n] = current[:n]
            active[:n] = current[:n]
            _turn_on(active, widths[e], bits[offsets[e] : offsets[e + 1]], weights[offsets[e] : offsets[e + 1]])
            prior = priors[case, e]
            for i in range(n):
                current[i] = (1.0 - prior) * current[i] + prior * active[i]
    return out


@njit(cache=True, fastmath=False)
def _backward(steps: Table, widths: Table, starts: Table, adjoint: Table, offsets: Table, bits: Table, weights: Table, priors: Table, on: Table, off: Table) -> None:
    active = np.empty(adjoint.shape[1])
    for case in range(adjoint.shape[0]):
        current = adjoint[case]
        for e in range(len(widths) - 1, -1, -1):
            n = 1 << widths[e]
            active[:n] = current[:n]
            _turn_on_adjoint(active, widths[e], bits[offsets[e] : offsets[e + 1]], weights[offsets[e] : offsets[e + 1]])
            u = 0.0
            v = 0.0
            prior = priors[case, e]
            for i in range(n):
                before = steps[case, starts[e] + i]
                u += before * active[i]
                v += before * current[i]
                current[i] = (1.0 - prior) * current[i] + prior * active[i]
            on[case, e] = u
            off[case, e] = v


Steps = tuple[Table, Table, Table, int]


def forward(table: Table, widths: Table, offsets: Table, bits: Table, weights: Table, priors: Table) -> tuple[Table, Steps]:
    """As `numpy_backend.forward`; the steps lie in one array."""
    starts = np.zeros(len(widths) + 1, dtype=np.int64)
    np.cumsum(1 << widths, out=starts[1:])
    steps = np.empty((table.shape[0], int(starts[-1])))
    size = max(table.shape[1], 1 << int(widths[-1])) if len(widths) else table.shape[1]
    out = _forward(table, widths, starts, offsets, bits, weights, priors, steps, size)
    return out, (steps, widths, starts, table.shape[1])


def backward(steps: Steps, adjoint: Table, offsets: Table, bits: Table, weights: Table, priors: Table) -> tuple[Table, Table, Table]:
    """As `numpy_backend.backward`."""
    stored, widths, starts, first = steps
    on = np.empty((adjoint.shape[0], len(widths)))
    off = np.empty_like(on)
    adjoint = np.ascontiguousarray(adjoint).copy()
    _backward(stored, widths, starts, adjoint, offsets, bits, weights, priors, on, off)
    return adjoint[:, :first], on, off
