"""Exact marginals of a noisy-OR network by eliminating its coloured nodes one after the other.

Hidden explanations e are active with chance `prior[e]`; an active one turns node s on with chance `weight[e, s]`; a node also comes
on by itself with chance `leak[s]`. The evidence is that every node of the query is on (white nodes have been folded into
the priors before, see `evidence`). Each bucket applies the explanations that touch its node and are not applied yet, joins what
earlier buckets sent, and sends on a table over the nodes that are left. A backward pass gives all marginals at once.
Every term is positive; nothing is subtracted (docs/decisions/0002-exact-inference.md). This is the NumPy backend, for any float type;
`numba_backend` does the same compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unknot.assess import tables

Array = NDArray[Any]
Link = tuple[int, float]
"""(node, weight)"""


@dataclass(frozen=True, slots=True)
class Query:
    """One question: all nodes are on; which explanations are active? leaks `[node]`, weights `[e, node]`."""

    leaks: Array
    weights: Array


@dataclass(frozen=True, slots=True)
class Marginals:
    """posterior `[case, e]`; alone `[case, node]` the chance that no listed explanation turned the node on; log_chance `[case]`."""

    posterior: Array
    alone: Array
    log_chance: Array


@dataclass(slots=True)
class Bucket:
    """One node to eliminate: who speaks in it, over which nodes. Bit i of its table is `scope[i]`; bit 0 is the node itself."""

    node: int
    scope: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)
    explanations: list[int] = field(default_factory=list)
    bits: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Elimination:
    """The order of elimination of a query, worked out once and used for many priors."""

    buckets: tuple[Bucket, ...]
    single: tuple[tuple[int, int], ...]
    """(explanation, node) of those with one node: they fold into the leak."""
    width: int


def elimination(query: Query, order: Sequence[int] | None = None) -> Elimination:
    """Buckets in the given order, or in a greedy one that keeps tables small. Within a bucket nodes stand by that order."""
    nodes = [np.flatnonzero(row).tolist() for row in query.weights]
    many = {e: ns for e, ns in enumerate(nodes) if len(ns) > 1}
    order = (
        list(order) if order is not None else greedy_order(len(query.leaks), [frozenset(ns) for ns in many.values()])
    )
    rank = {node: i for i, node in enumerate(order)}
    buckets = [Bucket(node) for node in order]
    for e, ns in many.items():
        buckets[min(rank[n] for n in ns)].explanations.append(e)
    for position, bucket in enumerate(buckets):
        here = {bucket.node, *(n for e in bucket.explanations for n in many[e])}
        bucket.children.sort(
            key=lambda c: -len(buckets[c].scope)
        )  # the largest is taken over, the others are joined to it
        here.update(n for child in bucket.children for n in buckets[child].scope[1:])
        bucket.scope = sorted(here, key=rank.__getitem__)
        bit = {node: i for i, node in enumerate(bucket.scope)}
        bucket.explanations.sort(key=lambda e: max(bit[n] for n in many[e]))
        bucket.bits = [[bit[n] for n in many[e]] for e in bucket.explanations]
        if len(bucket.scope) > 1:
            buckets[rank[bucket.scope[1]]].children.append(position)
    single = tuple((e, ns[0]) for e, ns in enumerate(nodes) if len(ns) == 1)
    return Elimination(tuple(buckets), single, max((len(b.scope) for b in buckets), default=0))


def greedy_order(nodes: int, cliques: list[frozenset[int]]) -> list[int]:
    """Nodes in the order of elimination: the one first whose neighbours lack fewest links among themselves, then the one with fewest."""
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


def marginals(query: Query, priors: Array, plan: Elimination) -> Marginals:
    """All marginals for each row of priors `[case, e]`, given that every node of the query is on."""
    run = _Run(query, np.atleast_2d(priors), plan)
    run.up()
    return run.down()


class _Run:
    """One forward and one backward pass."""

    def __init__(self, query: Query, priors: Array, plan: Elimination) -> None:
        self.query, self.priors, self.plan = query, priors, plan
        self.cases = priors.shape[0]
        self.dtype = priors.dtype
        self.weights = query.weights.astype(self.dtype, copy=False)
        self.tables: list[Array] = []
        self.steps: list[list[Array]] = []
        self.joins: list[list[Array]] = []
        self.messages: list[Array] = []
        self.log_scale = np.zeros(self.cases, dtype=self.dtype)
        self.loud = np.tile(query.leaks.astype(self.dtype), (self.cases, 1))
        """`[case, node]`: the chance that the leak or a one-node explanation turns the node on."""
        self.singles: dict[int, list[int]] = {}
        for e, node in plan.single:
            self.singles.setdefault(node, []).append(e)
            self.loud[:, node] = _either(self.loud[:, node], self.priors[:, e] * self.weights[e, node])

    def _positions(self, child: int, bucket: Bucket) -> list[int]:
        """Bits of the bucket that a child's message speaks of, ascending."""
        return [bucket.scope.index(n) for n in self.plan.buckets[child].scope[1:]]

    def _links(self, bucket: Bucket, i: int) -> tuple[list[int], Array]:
        return bucket.bits[i], self.weights[bucket.explanations[i], [bucket.scope[b] for b in bucket.bits[i]]]

    def up(self) -> None:
        """Eliminate node after node, children before parents."""
        for bucket in self.plan.buckets:
            table = np.ones((self.cases, 1), dtype=self.dtype)
            joins: list[Array] = []
            for number, child in enumerate(bucket.children):
                positions = self._positions(child, bucket)
                if number == 0:
                    table = tables.widen(self.messages[child], positions)
                else:
                    table = tables.grow(table, positions[-1] + 1)
                    joins.append(table)
                    table = tables.join(table, self.messages[child], positions)
            steps: list[Array] = []
            for i, e in enumerate(bucket.explanations):
                bits, weights = self._links(bucket, i)
                table = tables.grow(table, max(bits) + 1)
                steps.append(table)
                prior = self.priors[:, e : e + 1]
                table = (1 - prior) * table + prior * tables.turn_on(table, bits, weights)
            pairs = tables.grow(table, len(bucket.scope)).reshape(self.cases, -1, 2)
            message = pairs[:, :, 1] + self.loud[:, bucket.node, None] * pairs[:, :, 0]
            scale = message.max(axis=1)
            self.log_scale += np.log(scale)
            self.messages.append(message / scale[:, None])
            self.tables.append(pairs)
            self.steps.append(steps)
            self.joins.append(joins)

    def down(self) -> Marginals:
        """Back from the last bucket to the first: what comes after each table, and with it every marginal."""
        plan, cases = self.plan, self.cases
        posterior = np.array(self.priors)
        alone = np.zeros((cases, len(self.query.leaks)), dtype=self.dtype)
        adjoints = [np.ones((cases, 1), dtype=self.dtype) for _ in plan.buckets]
        for position in range(len(plan.buckets) - 1, -1, -1):
            bucket = plan.buckets[position]
            after = adjoints[position]
            pairs = self.tables[position]
            leak = self.loud[:, bucket.node]
            turned_on = (pairs[:, :, 1] * after).sum(axis=1)
            left_off = (pairs[:, :, 0] * after).sum(axis=1)
            self._singles(bucket.node, turned_on, left_off, posterior, alone)
            adjoint = np.stack([after * leak[:, None], after], axis=2).reshape(cases, -1)
            for i in range(len(bucket.explanations) - 1, -1, -1):
                adjoint = self._explanation(position, i, adjoint, posterior)
            self._to_children(position, adjoint, adjoints)
        return Marginals(posterior, alone, self.log_scale)

    def _explanation(self, position: int, i: int, adjoint: Array, posterior: Array) -> Array:
        """One explanation's marginal, and what comes after the table before it."""
        bucket = self.plan.buckets[position]
        bits, weights = self._links(bucket, i)
        e = bucket.explanations[i]
        before = self.steps[position][i]
        adjoint = adjoint[:, : before.shape[1]]
        active = tables.turn_on_adjoint(adjoint, bits, weights)
        prior = self.priors[:, e : e + 1]
        on = prior[:, 0] * (before * active).sum(axis=1)
        off = (1 - prior[:, 0]) * (before * adjoint).sum(axis=1)
        posterior[:, e] = np.minimum(1, on / (on + off))
        return np.asarray((1 - prior) * adjoint + prior * active)

    def _to_children(self, position: int, adjoint: Array, adjoints: list[Array]) -> None:
        bucket = self.plan.buckets[position]
        for number in range(len(bucket.children) - 1, -1, -1):
            child = bucket.children[number]
            positions = self._positions(child, bucket)
            if number == 0:
                sent = adjoint[:, tables.spread(positions)]
            else:
                table = self.joins[position][number - 1]
                adjoint, sent = tables.join_adjoint(
                    table, self.messages[child], adjoint[:, : table.shape[1]], positions
                )
            adjoints[child] = sent / sent.max(axis=1)[:, None]

    def _singles(self, node: int, turned_on: Array, left_off: Array, posterior: Array, alone: Array) -> None:
        """Explanations with this node alone, from how the rest of the network left it."""
        total = turned_on + self.loud[:, node] * left_off
        members = self.singles.get(node, [])
        leak = np.full(self.cases, self.query.leaks[node], dtype=self.dtype)
        own = [self.priors[:, e] * self.weights[e, node] for e in members]
        before = [leak]
        for chance in own:
            before.append(_either(before[-1], chance))
        after = np.zeros(self.cases, dtype=self.dtype)
        silent = np.ones(self.cases, dtype=self.dtype)
        for i in range(len(members) - 1, -1, -1):
            e = members[i]
            others = _either(before[i], after)
            with_it = turned_on + left_off * _either(others, self.weights[e, node])
            posterior[:, e] = np.minimum(1, self.priors[:, e] * with_it / total)
            after = _either(after, own[i])
            silent = silent * (1 - own[i])
        alone[:, node] = leak * silent * left_off / total


def _either(a: Array, b: Array | float) -> Array:
    """The chance that either of two independent things happens, without losing small chances."""
    return np.asarray(a + b * (1 - a))
