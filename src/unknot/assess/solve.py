"""From evidence to the chance of every explanation: exact up to a width, by a checked approximation beyond it.

Exact: `eliminate` (NumPy) or `numba_backend`. Beyond `WIDEST` nodes in one table, links are cut and each cut is made good by a copy of
the explanation whose prior and whose message back are brought into agreement (edge deletion belief propagation, Choi and Darwiche
2006). The error that is reported is how far the answer still moves between two cuts of different width.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unknot.assess.eliminate import Elimination, Marginals, Query, elimination, marginals
from unknot.assess.evidence import Evidence, shift

Array = NDArray[Any]
Use = Literal["numpy", "numba"]
WIDEST = 18
"""Nodes in one table up to which the answer is exact."""
MOST_NODES = 62
"""Nodes that the compiled backend takes; beyond, NumPy answers."""
CUT_WIDTHS = (12, 10)
"""Widths of the two cuts beyond it."""
MARGIN = 4.0
LEAST_ERROR = 0.002
"""The error that is told is MARGIN times the move between the cuts plus this; on networks that can still be solved exactly
it covers the true error in nine of ten (tests/test_approximate.py)."""
ROUNDS = 12
SETTLED = 1e-4
BATCH = 1 << 24
"""Numbers that the tables of one pass may hold."""


@dataclass(frozen=True, slots=True)
class Answer:
    """posterior `[case, e]`; alone `[case, on node]` chance that nothing listed turned it on; error 0 when exact."""

    posterior: Array
    alone: Array
    log_chance: Array
    width: int
    method: Literal["exact", "approximate"]
    error: float


@dataclass(frozen=True, slots=True)
class Problem:
    """A query over the explanations that can matter; `members` are their positions in the whole network."""

    query: Query
    members: Array


def pose(evidence: Evidence) -> Problem:
    """The query of the nodes that are on; explanations without a link to any keep their folded prior."""
    if not evidence.on:
        return Problem(Query(np.empty(0), np.empty((0, 0))), np.empty(0, dtype=np.int64))
    weights = np.stack([node.weights for node in evidence.on], axis=1)
    members = np.flatnonzero(weights.max(axis=1) > 0)
    return Problem(Query(np.array([node.leak for node in evidence.on]), weights[members]), members)


def only_sites(problem: Problem, evidence: Evidence) -> Problem | None:
    """The query without symptoms and movements, None when there are none of them."""
    places = [i for i, node in enumerate(evidence.on) if node.name in evidence.coloured]
    if len(places) == len(evidence.on):
        return None
    weights = problem.query.weights[:, places]
    return Problem(Query(problem.query.leaks[places], weights), problem.members)


def solve(problem: Problem, priors: Array, use: Use = "numpy", widest: int = WIDEST) -> Answer:
    """The chance of every explanation for each row of priors `[case, e]`."""
    priors = np.atleast_2d(priors)
    posterior = np.array(priors)
    if not len(problem.members):
        return Answer(
            posterior, np.ones((len(priors), len(problem.query.leaks))), np.zeros(len(priors)), 0, "exact", 0.0
        )
    asked = priors[:, problem.members]
    found, width = exact(problem.query, asked, use, widest)
    if found is not None:
        posterior[:, problem.members] = found.posterior
        return Answer(posterior, found.alone, found.log_chance, width, "exact", 0.0)
    rows = [approximate(problem.query, row, use) for row in asked]
    posterior[:, problem.members] = np.stack([r[0].posterior[0, : asked.shape[1]] for r in rows])
    alone = np.stack([r[0].alone[0] for r in rows])
    chance = np.array([r[0].log_chance[0] for r in rows])
    return Answer(posterior, alone, chance, width, "approximate", max(r[1] for r in rows))


def exact(query: Query, priors: Array, use: Use, widest: int) -> tuple[Marginals | None, int]:
    """(exact marginals or None when a table would hold more than `widest` nodes, width)."""
    if use == "numba" and len(query.leaks) <= MOST_NODES:
        numba: Any = import_module("unknot.assess.numba_backend")  # a second to load, so only when asked for
        found, width = numba.marginals(query, priors, widest)
        return found, width
    plan = elimination(query)
    if plan.width > widest:
        return None, plan.width
    return _in_batches(query, priors, plan), plan.width


def _in_batches(query: Query, priors: Array, plan: Elimination) -> Marginals:
    """Rows together as far as memory allows."""
    size = sum((len(b.explanations) + 2) << len(b.scope) for b in plan.buckets)
    rows = max(1, BATCH // max(size, 1))
    parts = [marginals(query, priors[i : i + rows], plan) for i in range(0, len(priors), rows)]
    if len(parts) == 1:
        return parts[0]
    return Marginals(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in ("posterior", "alone", "log_chance"))
    )


def approximate(query: Query, priors: Array, use: Use, widths: tuple[int, int] = CUT_WIDTHS) -> tuple[Marginals, float]:
    """(marginals for one row of priors, the error to expect: what any posterior moved between two cuts, with a margin)."""
    fine = _deletion(query, priors, use, widths[0])
    coarse = _deletion(query, priors, use, widths[1])
    count = len(priors)
    moved = float(np.abs(fine.posterior[0, :count] - coarse.posterior[0, :count]).max())
    return fine, min(1.0, MARGIN * moved + LEAST_ERROR)


def _deletion(query: Query, priors: Array, use: Use, width: int) -> Marginals:
    cut, owners = _cut(query, priors, width, use)
    count = len(priors)
    back = np.zeros(len(owners))
    copies = priors[owners].copy()
    found: Marginals | None = None
    for _ in range(ROUNDS):
        pull = np.zeros(count)
        np.add.at(pull, owners, back)
        row = np.concatenate([shift(priors, pull), copies])
        found, _ = exact(cut, row[None, :], use, 64)
        if found is None or not len(owners):
            break
        post = np.clip(found.posterior[0], 1e-15, 1 - 1e-12)
        told = _log_odds(post[count:]) - _log_odds(copies)
        back = 0.5 * back + 0.5 * told
        wanted = shift(post[owners], -back)
        moved = float(np.abs(wanted - copies).max())
        copies = np.clip(0.5 * copies + 0.5 * wanted, 1e-15, 1 - 1e-12)
        if moved < SETTLED:
            break
    if found is None:
        raise ArithmeticError("a cut network must be narrow enough to be exact")
    return found


def _log_odds(p: Array) -> Array:
    return np.asarray(np.log(p) - np.log1p(-p))


def _cut(query: Query, priors: Array, width: int, use: Use) -> tuple[Query, Array]:
    """(the query with its weakest links in the widest tables cut and copies appended, the owner of each copy)."""
    weights = query.weights.copy()
    owners: list[int] = []
    copies: list[Array] = []
    while True:
        scope = _widest(Query(query.leaks, weights), use)
        if len(scope) <= width:
            break
        linked = np.flatnonzero(((weights > 0).sum(axis=1) > 1) & (weights[:, scope] > 0).any(axis=1))
        choices = sorted(
            (priors[e] * weights[e, n] / weights[e].sum(), int(e), n)
            for e in linked
            for n in scope
            if weights[e, n] > 0
        )
        for _, e, node in choices[: max(1, len(choices) // 12)]:
            if (weights[e] > 0).sum() > 1:
                copy = np.zeros(weights.shape[1])
                copy[node] = weights[e, node]
                weights[e, node] = 0.0
                owners.append(e)
                copies.append(copy)
    whole = np.vstack([weights, *copies]) if copies else weights
    return Query(query.leaks, whole), np.array(owners, dtype=np.int64)


def _widest(query: Query, use: Use) -> list[int]:
    """The nodes of the largest table."""
    if use == "numba" and len(query.leaks) <= MOST_NODES:
        numba: Any = import_module("unknot.assess.numba_backend")
        _, mask = numba.widest_bucket(query.weights)
        return [n for n in range(len(query.leaks)) if mask >> n & 1]
    return max(elimination(query).buckets, key=lambda b: len(b.scope)).scope
