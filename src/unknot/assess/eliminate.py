"""Exact marginals of a noisy-OR network by eliminating its coloured nodes one after the other.

Hidden explanations e are active with chance `prior[e]`; an active one turns node s on with chance `weight[e, s]`; a node also comes
on by itself with chance `leak[s]`. The evidence is that every node of the query is on (white nodes have been folded into
the priors before, see `evidence`). Each bucket applies the explanations that touch its node and are not applied yet, joins what
earlier buckets sent, and sends on a table over the nodes that are left. A backward pass gives all marginals at once.
Every term is positive; nothing is subtracted (docs/decisions/0002-exact-inference.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unknot.assess import numpy_backend

Array = NDArray[Any]
Link = tuple[int, float]
"""(node, weight)"""


class Backend(Protocol):
    """The table operations; see `numpy_backend`."""

    def forward(self, table: Array, widths: Array, offsets: Array, bits: Array, weights: Array, priors: Array) -> tuple[Array, Any]: ...
    def backward(self, steps: Any, adjoint: Array, offsets: Array, bits: Array, weights: Array, priors: Array) -> tuple[Array, Array, Array]: ...
    def join(self, table: Array, message: Array) -> Array: ...
    def join_adjoint(self, table: Array, message: Array, adjoint: Array) -> tuple[Array, Array]: ...


@dataclass(frozen=True, slots=True)
class Query:
    """One question: all `leaks` nodes are on; which explanations are active? links `[e]` name nodes by position."""

    leaks: tuple[float, ...]
    links: tuple[tuple[Link, ...], ...]


@dataclass(frozen=True, slots=True)
class Marginals:
    """posterior `[case, e]`; alone `[case, node]` the chance that no listed explanation turned the node on; log_chance `[case]`."""

    posterior: Array
    alone: Array
    log_chance: Array


@dataclass(slots=True)
class Bucket:
    """One node to eliminate: who speaks in it, over which nodes, in which order."""

    node: int
    scope: list[int] = field(default_factory=list)
    """Nodes by bit position; the eliminated node is bit 0."""
    children: list[int] = field(default_factory=list)
    explanations: list[int] = field(default_factory=list)
    widths: Array = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    offsets: Array = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    bits: Array = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    weights: Array = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, slots=True)
class Elimination:
    """The order of elimination of a query, worked out once and used for many priors."""

    buckets: tuple[Bucket, ...]
    single: tuple[tuple[int, int, float], ...]
    """(explanation, node, weight) of those with one node: they fold into the leak."""
    width: int


def elimination(query: Query, order: Sequence[int] | None = None) -> Elimination:
    """Buckets in the given order, or in a greedy one that keeps tables small."""
    single = tuple((e, ls[0][0], ls[0][1]) for e, ls in enumerate(query.links) if len(ls) == 1)
    many = {e: frozenset(n for n, _ in ls) for e, ls in enumerate(query.links) if len(ls) > 1}
    order = list(order) if order is not None else greedy_order(len(query.leaks), list(many.values()))
    rank = {node: i for i, node in enumerate(order)}
    buckets = [Bucket(node) for node in order]
    for e, nodes in many.items():
        buckets[min(rank[n] for n in nodes)].explanations.append(e)
    for position, bucket in enumerate(buckets):
        _lay_out(bucket, buckets, query)
        rest = bucket.scope[1:]
        if rest:
            buckets[min(rank[n] for n in rest)].children.append(position)
    return Elimination(tuple(buckets), single, max((len(b.scope) for b in buckets), default=0))


def _lay_out(bucket: Bucket, buckets: list[Bucket], query: Query) -> None:
    """Give every node of the bucket its bit (children first, then explanations, those that add least first)."""
    scope = [bucket.node]
    known = {bucket.node}
    bucket.children.sort(key=lambda c: -len(buckets[c].scope))
    for child in bucket.children:
        for node in buckets[child].scope[1:]:
            if node not in known:
                known.add(node)
                scope.append(node)
    waiting = sorted(bucket.explanations, key=lambda e: len(query.links[e]))
    ordered: list[int] = []
    widths: list[int] = []
    while waiting:
        best = min(waiting, key=lambda e: sum(n not in known for n, _ in query.links[e]))
        waiting.remove(best)
        for node, _ in query.links[best]:
            if node not in known:
                known.add(node)
                scope.append(node)
        ordered.append(best)
        widths.append(len(scope))
    position = {node: i for i, node in enumerate(scope)}
    links = [[(position[n], w) for n, w in query.links[e]] for e in ordered]
    bucket.scope = scope
    bucket.explanations = ordered
    bucket.widths = np.array(widths, dtype=np.int64)
    bucket.offsets = np.concatenate([[0], np.cumsum([len(ls) for ls in links])]).astype(np.int64)
    bucket.bits = np.array([b for ls in links for b, _ in ls], dtype=np.int64)
    bucket.weights = np.array([w for ls in links for _, w in ls], dtype=np.float64)


def greedy_order(nodes: int, cliques: list[frozenset[int]]) -> list[int]:
    """Nodes by smallest scope when eliminated; ties go to the one that adds fewest new neighbours."""
    near: list[set[int]] = [set() for _ in range(nodes)]
    for clique in set(cliques):
        for node in clique:
            near[node] |= clique
    for node in range(nodes):
        near[node].discard(node)
    left = set(range(nodes))
    order: list[int] = []
    fill: dict[int, int] = {}

    def cost(node: int) -> tuple[int, int, int]:
        if node not in fill:
            around = near[node]
            fill[node] = sum(len(around - near[other]) - 1 for other in around)
        return fill[node], len(near[node]), node

    while left:
        node = min(left, key=cost)
        left.remove(node)
        order.append(node)
        around = near[node]
        touched = set(around)
        for other in around:
            touched |= near[other]
            near[other] |= around
            near[other] -= {other, node}
        for other in touched:
            fill.pop(other, None)
    return order


def marginals(query: Query, priors: Array, plan: Elimination, backend: Backend = numpy_backend) -> Marginals:
    """All marginals for each row of priors `[case, e]`, given that every node of the query is on."""
    run = _Run(query, np.atleast_2d(priors), plan, backend)
    run.up()
    return run.down()


class _Run:
    """One forward and one backward pass."""

    def __init__(self, query: Query, priors: Array, plan: Elimination, backend: Backend) -> None:
        self.query, self.priors, self.plan, self.backend = query, priors, plan, backend
        self.cases = priors.shape[0]
        self.dtype = priors.dtype
        self.tables: list[Array] = []
        self.steps: list[Any] = []
        self.joins: list[list[tuple[Array, Array]]] = []
        self.messages: list[Array] = []
        self.log_scale = np.zeros(self.cases, dtype=self.dtype)
        self.quiet = self._quiet()

    def _quiet(self) -> Array:
        """`[case, node]`: the chance that neither the leak nor a one-node explanation turns the node on."""
        quiet = np.tile(1 - np.array(self.query.leaks, dtype=self.dtype), (self.cases, 1))
        for e, node, weight in self.plan.single:
            quiet[:, node] *= 1 - self.priors[:, e] * weight
        return quiet

    def up(self) -> None:
        """Eliminate node after node, children before parents."""
        for bucket in self.plan.buckets:
            table = np.ones((self.cases, 1), dtype=self.dtype)
            joins: list[tuple[Array, Array]] = []
            for number, child in enumerate(bucket.children):
                message = self._turned(child, bucket)
                positions = self._positions(child, bucket)
                if number == 0:
                    table = message
                else:
                    table = numpy_backend.grow(table, max(table.shape[1].bit_length() - 1, positions[-1] + 1))
                    low = _low_first(table, positions)
                    joins.append((low, message))
                    table = _low_back(self.backend.join(low, message), positions)
            table, steps = self.backend.forward(
                table, bucket.widths, bucket.offsets, bucket.bits, self._weights(bucket), self.priors[:, bucket.explanations]
            )
            table = numpy_backend.grow(table, len(bucket.scope))
            pairs = table.reshape(self.cases, -1, 2)
            message = pairs[:, :, 1] + (1 - self.quiet[:, bucket.node])[:, None] * pairs[:, :, 0]
            scale = message.max(axis=1)
            self.log_scale += np.log(scale)
            self.messages.append(message / scale[:, None])
            self.tables.append(pairs / scale[:, None, None])
            self.steps.append(steps)
            self.joins.append(joins)

    def _weights(self, bucket: Bucket) -> Array:
        return bucket.weights.astype(self.dtype, copy=False)

    def _turned(self, child: int, bucket: Bucket) -> Array:
        """A child's message with its bits in the order of this bucket."""
        scope = self.plan.buckets[child].scope[1:]
        order = _order(scope, bucket.scope)
        return _transpose(self.messages[child], order)

    def _positions(self, child: int, bucket: Bucket) -> list[int]:
        """Bits of the bucket that a child's message speaks of, ascending."""
        return sorted(bucket.scope.index(n) for n in self.plan.buckets[child].scope[1:])

    def down(self) -> Marginals:
        """Back from the last bucket to the first: what comes after each table, and with it every marginal."""
        plan, cases = self.plan, self.cases
        posterior = np.array(self.priors)
        alone = np.zeros((cases, len(self.query.leaks)), dtype=self.dtype)
        adjoints: list[Array | None] = [None] * len(plan.buckets)
        on_off: dict[int, tuple[Array, Array]] = {}
        for position in range(len(plan.buckets) - 1, -1, -1):
            bucket = plan.buckets[position]
            after = adjoints[position]
            if after is None:
                after = np.ones((cases, 1), dtype=self.dtype)
            pairs = self.tables[position]
            leak = 1 - self.quiet[:, bucket.node]
            turned_on = (pairs[:, :, 1] * after).sum(axis=1)
            left_off = (pairs[:, :, 0] * after).sum(axis=1)
            on_off[bucket.node] = (turned_on, left_off)
            total = turned_on + leak * left_off
            alone[:, bucket.node] = leak * left_off / total
            adjoint = np.stack([after * leak[:, None], after], axis=2).reshape(cases, -1)
            priors = self.priors[:, bucket.explanations]
            adjoint, on, off = self.backend.backward(self.steps[position], adjoint, bucket.offsets, bucket.bits, self._weights(bucket), priors)
            posterior[:, bucket.explanations] = priors * on / (priors * on + (1 - priors) * off)
            self._to_children(position, adjoint, adjoints)
        self._singles(posterior, alone, on_off)
        return Marginals(posterior, alone, self.log_scale)

    def _to_children(self, position: int, adjoint: Array, adjoints: list[Array | None]) -> None:
        bucket = self.plan.buckets[position]
        if not bucket.children:
            return
        for number in range(len(bucket.children) - 1, 0, -1):
            child = bucket.children[number]
            positions = self._positions(child, bucket)
            low, message = self.joins[position][number - 1]
            after = _low_first(adjoint[:, : low.shape[1]], positions)
            before, to_message = self.backend.join_adjoint(low, message, after)
            self._send(child, bucket, to_message, adjoints)
            adjoint = _low_back(before, positions)
        child = bucket.children[0]
        self._send(child, bucket, adjoint[:, : self.messages[child].shape[1]], adjoints)

    def _send(self, child: int, bucket: Bucket, adjoint: Array, adjoints: list[Array | None]) -> None:
        order = _order(self.plan.buckets[child].scope[1:], bucket.scope)
        after = _transpose(adjoint, [order.index(i) for i in range(len(order))])
        adjoints[child] = after / after.max(axis=1)[:, None]

    def _singles(self, posterior: Array, alone: Array, on_off: dict[int, tuple[Array, Array]]) -> None:
        """Explanations with one node, from how the rest of the network left that node."""
        by_node: dict[int, list[tuple[int, float]]] = {}
        for e, node, weight in self.plan.single:
            by_node.setdefault(node, []).append((e, weight))
        leaks = np.array(self.query.leaks, dtype=self.dtype)
        for node, members in by_node.items():
            turned_on, left_off = on_off[node]
            total = turned_on + (1 - self.quiet[:, node]) * left_off
            for e, weight in members:
                prior = self.priors[:, e]
                rest = self.quiet[:, node] / (1 - prior * weight)
                with_it = turned_on + left_off * (1 - rest * (1 - weight))
                posterior[:, e] = prior * with_it / total
            alone[:, node] = leaks[node] * left_off / total * _only_leak(self.quiet[:, node], leaks[node])


def _only_leak(quiet: Array, leak: Any) -> Array:
    """Share of the leak's chance in which no one-node explanation turned the node on as well: here, of those that did not."""
    return np.asarray(quiet / (1 - leak))


def _order(scope: list[int], target: list[int]) -> list[int]:
    """For each position in the target's order, the position in `scope`."""
    return sorted(range(len(scope)), key=lambda i: target.index(scope[i]))


def _transpose(table: Array, order: list[int]) -> Array:
    """The table with bit order[i] moved to bit i."""
    if order == list(range(len(order))):
        return table
    k = len(order)
    shaped = table.reshape((table.shape[0],) + (2,) * k)
    axes = [0] + [k - order[k - 1 - axis] for axis in range(k)]
    return np.ascontiguousarray(shaped.transpose(axes)).reshape(table.shape[0], -1)


def _low_first(table: Array, positions: list[int]) -> Array:
    """The table with the bits `positions` moved to the lowest places."""
    bits = table.shape[1].bit_length() - 1
    return _transpose(table, positions + [i for i in range(bits) if i not in positions])


def _low_back(table: Array, positions: list[int]) -> Array:
    """The inverse of `_low_first`."""
    bits = table.shape[1].bit_length() - 1
    order = positions + [i for i in range(bits) if i not in positions]
    return _transpose(table, [order.index(i) for i in range(bits)])
