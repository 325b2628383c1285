"""The table operations of exact inference in NumPy: any float type, every term positive.

A table is `[case, 2**k]`: how likely it is, given the explanations applied so far, that exactly the nodes of a subset have been
turned on. Bit 0 of the index is the node that the bucket eliminates. All operations are sums of products of numbers from 0
to 1, so no digit is lost to cancellation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[Any]
Steps = list[Table]


def grow(table: Table, bits: int) -> Table:
    """The table over `bits` nodes; nodes that are new have not been turned on."""
    cases, size = table.shape
    if size == 1 << bits:
        return table
    wide = np.zeros((cases, 1 << bits), dtype=table.dtype)
    wide[:, :size] = table
    return wide


def turn_on(table: Table, bits: Table, weights: Table) -> Table:
    """The table after an explanation that is surely active has had its chance to turn each of its nodes on."""
    out = table.copy()
    cases = table.shape[0]
    for bit, weight in zip(bits.tolist(), weights, strict=True):
        view = out.reshape(cases, -1, 2, 1 << bit)
        view[:, :, 1] += weight * view[:, :, 0]
        view[:, :, 0] *= 1 - weight
    return out


def turn_on_adjoint(adjoint: Table, bits: Table, weights: Table) -> Table:
    """The transpose of `turn_on`, applied to what comes after."""
    out = adjoint.copy()
    cases = adjoint.shape[0]
    for bit, weight in zip(bits.tolist(), weights, strict=True):
        view = out.reshape(cases, -1, 2, 1 << bit)
        view[:, :, 0] *= 1 - weight
        view[:, :, 0] += weight * view[:, :, 1]
    return out


def forward(table: Table, widths: Table, offsets: Table, bits: Table, weights: Table, priors: Table) -> tuple[Table, Steps]:
    """The table after all explanations of a bucket, and the table before each of them.

    widths `[e]` table width when e is applied; offsets `[e+1]` into bits and weights; priors `[case, e]`.
    """
    steps: Steps = []
    for e in range(len(widths)):
        table = grow(table, int(widths[e]))
        steps.append(table)
        part = slice(offsets[e], offsets[e + 1])
        prior = priors[:, e : e + 1]
        table = (1 - prior) * table + prior * turn_on(table, bits[part], weights[part])
    return table, steps


def backward(
    steps: Steps, adjoint: Table, offsets: Table, bits: Table, weights: Table, priors: Table
) -> tuple[Table, Table, Table]:
    """(adjoint of the first table, on `[case, e]`, off `[case, e]`): the evidence's chance with each explanation on and off."""
    cases = adjoint.shape[0]
    on = np.empty((cases, len(steps)), dtype=adjoint.dtype)
    off = np.empty_like(on)
    for e in range(len(steps) - 1, -1, -1):
        part = slice(offsets[e], offsets[e + 1])
        before = steps[e]
        adjoint = adjoint[:, : before.shape[1]]
        active = turn_on_adjoint(adjoint, bits[part], weights[part])
        on[:, e] = (before * active).sum(axis=1)
        off[:, e] = (before * adjoint).sum(axis=1)
        prior = priors[:, e : e + 1]
        adjoint = (1 - prior) * adjoint + prior * active
    return adjoint, on, off


LARGEST = 1 << 21
"""Numbers that one vectorised join may hold; above it the join is split in halves."""


def join(table: Table, message: Table) -> Table:
    """The union of two independent sets of turned-on nodes: sum over A, B with A or B = S of table[A] * message[B].

    The message speaks of the lowest bits of the table. Node by node: off needs both off; on is on in the table and anything in
    the message, or off in the table and on in the message: three products, all positive.
    """
    cases, size = message.shape
    bits = size.bit_length() - 1
    return _join(table.reshape(cases, -1, size), message[:, None, :], bits).reshape(cases, -1)


def _join(table: Table, message: Table, bits: int) -> Table:
    if bits and table.shape[0] * table.shape[1] * 3**bits > LARGEST:
        (t0, t1), (m0, m1) = _halves(table), _halves(message)
        high = _join(t1, m0 + m1, bits - 1) + _join(t0, m1, bits - 1)
        return np.concatenate([_join(t0, m0, bits - 1), high], axis=2)
    product = _triple(table, bits, lambda a, b: (a, b, a)) * _triple(message, bits, lambda a, b: (a, a + b, b))
    return _fold(product, bits, lambda x, y, z: (x, y + z))


def join_adjoint(table: Table, message: Table, adjoint: Table) -> tuple[Table, Table]:
    """(adjoint of the table, adjoint of the message) of `join`."""
    cases, size = message.shape
    bits = size.bit_length() - 1
    shape = (cases, -1, size)
    t, m = _join_adjoint(table.reshape(shape), message[:, None, :], adjoint.reshape(shape), bits)
    return t.reshape(cases, -1), m.sum(axis=1)


def _join_adjoint(table: Table, message: Table, adjoint: Table, bits: int) -> tuple[Table, Table]:
    if bits and table.shape[0] * table.shape[1] * 3**bits > LARGEST:
        (t0, t1), (m0, m1), (a0, a1) = _halves(table), _halves(message), _halves(adjoint)
        x0, y0 = _join_adjoint(t0, m0, a0, bits - 1)
        x1, y1 = _join_adjoint(t1, m0 + m1, a1, bits - 1)
        x2, y2 = _join_adjoint(t0, m1, a1, bits - 1)
        y0, y1, y2 = (y.sum(axis=1, keepdims=True) for y in (y0, y1, y2))
        return np.concatenate([x0 + x2, x1], axis=2), np.concatenate([y0 + y1, y1 + y2], axis=2)
    after = _triple(adjoint, bits, lambda a, b: (a, b, b))
    to_table = after * _triple(message, bits, lambda a, b: (a, a + b, b))
    to_message = (after * _triple(table, bits, lambda a, b: (a, b, a))).sum(axis=1, keepdims=True)
    return (
        _fold(to_table, bits, lambda x, y, z: (x + z, y)),
        _fold(to_message, bits, lambda x, y, z: (x + y, y + z)),
    )


def _halves(table: Table) -> tuple[Table, Table]:
    half = table.shape[2] // 2
    return table[:, :, :half], table[:, :, half:]


def _triple(table: Table, bits: int, split: Callable[[Table, Table], tuple[Table, Table, Table]]) -> Table:
    """Every axis of two made one of three."""
    cases, rest, _ = table.shape
    shaped = table.reshape(cases, rest, 1, -1)
    for _ in range(bits):
        pairs = shaped.reshape(cases, rest, shaped.shape[2], 2, -1)
        shaped = np.stack(split(pairs[:, :, :, 0], pairs[:, :, :, 1]), axis=3)
        shaped = shaped.reshape(cases, rest, -1, shaped.shape[4])
    return shaped.reshape(cases, rest, -1)


def _fold(table: Table, bits: int, merge: Callable[[Table, Table, Table], tuple[Table, Table]]) -> Table:
    """Every axis of three made one of two."""
    cases, rest, _ = table.shape
    shaped = table.reshape(cases, rest, -1, 1)
    for _ in range(bits):
        triples = shaped.reshape(cases, rest, -1, 3, shaped.shape[3])
        shaped = np.stack(merge(triples[:, :, :, 0], triples[:, :, :, 1], triples[:, :, :, 2]), axis=3)
        shaped = shaped.reshape(cases, rest, shaped.shape[2], -1)
    return shaped.reshape(cases, rest, -1)
