"""The table operations of exact inference: any float type, every term positive.

A table is `[case, 2**k]`: how likely it is, given the explanations applied so far, that exactly the nodes of a subset have been
turned on. All operations are sums of products of numbers from 0 to 1, so no digit is lost to cancellation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[Any]
LARGEST = 1 << 21
"""Numbers that one vectorised join may hold; above it the join is split in halves."""


def grow(table: Table, bits: int) -> Table:
    """The table over at least `bits` nodes; nodes that are new have not been turned on."""
    cases, size = table.shape
    if size >= 1 << bits:
        return table
    wide = np.zeros((cases, 1 << bits), dtype=table.dtype)
    wide[:, :size] = table
    return wide


def spread(positions: list[int]) -> Table:
    """Index of each subset of the bits `positions` in a wider table."""
    index = np.zeros(1, dtype=np.int64)
    for position in positions:
        index = np.concatenate([index, index + (1 << position)])
    return index


def widen(message: Table, positions: list[int]) -> Table:
    """A message as a table in which its nodes stand at the bits `positions`."""
    if not positions or positions[-1] == len(positions) - 1:
        return message
    wide = np.zeros((message.shape[0], 1 << (positions[-1] + 1)), dtype=message.dtype)
    wide[:, spread(positions)] = message
    return wide


def turn_on(table: Table, bits: list[int], weights: Table) -> Table:
    """The table after an explanation that is surely active has had its chance to turn each of its nodes on."""
    out = table.copy()
    cases = table.shape[0]
    for bit, weight in zip(bits, weights, strict=True):
        view = out.reshape(cases, -1, 2, 1 << bit)
        view[:, :, 1] += weight * view[:, :, 0]
        view[:, :, 0] *= 1 - weight
    return out


def turn_on_adjoint(adjoint: Table, bits: list[int], weights: Table) -> Table:
    """The transpose of `turn_on`, applied to what comes after."""
    out = adjoint.copy()
    cases = adjoint.shape[0]
    for bit, weight in zip(bits, weights, strict=True):
        view = out.reshape(cases, -1, 2, 1 << bit)
        view[:, :, 0] *= 1 - weight
        view[:, :, 0] += weight * view[:, :, 1]
    return out


def join(table: Table, message: Table, positions: list[int]) -> Table:
    """The union of two independent sets of turned-on nodes: sum over A, B with A or B = S of table[A] * message[B].

    Node by node: off needs both off; on is on in the table and anything in the message, or off in the table and on in the
    message: three products, all positive.
    """
    index = _low_first(table, positions)
    out = np.empty_like(table)
    out[:, index] = _join(table[:, index], message[:, None, :], len(positions))
    return out


def join_adjoint(table: Table, message: Table, adjoint: Table, positions: list[int]) -> tuple[Table, Table]:
    """(adjoint of the table, adjoint of the message) of `join`."""
    index = _low_first(table, positions)
    t, m = _join_adjoint(table[:, index], message[:, None, :], adjoint[:, index], len(positions))
    out = np.empty_like(table)
    out[:, index] = t
    return out, m.sum(axis=1)


def _low_first(table: Table, positions: list[int]) -> Table:
    """`[rest, 2**k]` index that brings the bits `positions` together."""
    bits = table.shape[1].bit_length() - 1
    others = [b for b in range(bits) if b not in positions]
    return np.asarray(spread(others)[:, None] + spread(positions)[None, :])


def _join(table: Table, message: Table, bits: int) -> Table:
    if bits and table.shape[0] * table.shape[1] * 3**bits > LARGEST:
        (t0, t1), (m0, m1) = _halves(table), _halves(message)
        high = _join(t1, m0 + m1, bits - 1) + _join(t0, m1, bits - 1)
        return np.concatenate([_join(t0, m0, bits - 1), high], axis=2)
    product = _triple(table, bits, lambda a, b: (a, b, a)) * _triple(message, bits, lambda a, b: (a, a + b, b))
    return _fold(product, bits, lambda x, y, z: (x, y + z))


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
    shaped: Table = table.reshape(cases, rest, 1, -1)
    for _ in range(bits):
        pairs = shaped.reshape(cases, rest, shaped.shape[2], 2, -1)
        shaped = np.stack(split(pairs[:, :, :, 0], pairs[:, :, :, 1]), axis=3)
        shaped = shaped.reshape(cases, rest, -1, shaped.shape[4])
    return shaped.reshape(cases, rest, -1)


def _fold(table: Table, bits: int, merge: Callable[[Table, Table, Table], tuple[Table, Table]]) -> Table:
    """Every axis of three made one of two."""
    cases, rest, _ = table.shape
    shaped: Table = table.reshape(cases, rest, -1, 1)
    for _ in range(bits):
        triples = shaped.reshape(cases, rest, -1, 3, shaped.shape[3])
        shaped = np.stack(merge(triples[:, :, :, 0], triples[:, :, :, 1], triples[:, :, :, 2]), axis=3)
        shaped = shaped.reshape(cases, rest, shaped.shape[2], -1)
    return shaped.reshape(cases, rest, -1)
