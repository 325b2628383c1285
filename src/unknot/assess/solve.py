"""From evidence to the chance of every explanation: exact up to a width, by a checked approximation beyond it.

Exact: `eliminate`. Beyond `WIDEST` nodes in one table, links are cut and each cut is made good by a copy of the explanation whose
prior and whose message back are brought into agreement (edge deletion belief propagation, Choi and Darwiche 2006). The error that
is reported is how far the answer still moves between two cuts of different width.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unknot.assess import numpy_backend
from unknot.assess.eliminate import Backend, Elimination, Marginals, Query, elimination, marginals
from unknot.assess.evidence import Evidence, shift

Array = NDArray[Any]
WIDEST = 18
"""Nodes in one table up to which the answer is exact."""
CUT_WIDTHS = (14, 12)
"""Widths of the two cuts beyond it."""
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
    """A query over the explanations that can matter, and how they sit in the whole network."""

    query: Query
    members: Array
    """Which explanations of the network the query speaks of, by position."""
    plan: Elimination


@cache
def backend(name: Literal["numpy", "numba"]) -> Backend:
    """The table operations by name; Numba is imported only when it is asked for."""
    if name == "numpy":
        return numpy_backend
    module: Any = import_module("unknot.assess.numba_backend")
    return module  # type: ignore[no-any-return]


def pose(evidence: Evidence) -> Problem:
    """The query of the nodes that are on; explanations without a link to any keep their folded prior."""
    if not evidence.on:
        return Problem(Query((), ()), np.empty(0, dtype=np.int64), elimination(Query((), ())))
    weights = np.stack([node.weights for node in evidence.on], axis=1)
    members = np.flatnonzero(weights.max(axis=1) > 0)
    links = tuple(
        tuple((int(n), float(w)) for n, w in zip(np.flatnonzero(row), row[np.flatnonzero(row)], strict=True)) for row in weights[members]
    )
    query = Query(tuple(node.leak for node in evidence.on), links)
    return Problem(query, members, elimination(query))


def solve(problem: Problem, priors: Array, use: Backend = numpy_backend, widest: int = WIDEST) -> Answer:
    """The chance of every explanation for each row of priors `[case, e]`."""
    priors = np.atleast_2d(priors)
    posterior = np.array(priors)
    plan = problem.plan
    if not problem.query.links:
        return Answer(posterior, np.ones((len(priors), len(problem.query.leaks))), np.zeros(len(priors)), 0, "exact", 0.0)
    asked = priors[:, problem.members]
    if plan.width <= widest:
        found = _in_batches(problem.query, asked, plan, use)
        posterior[:, problem.members] = found.posterior
        return Answer(posterior, found.alone, found.log_chance, plan.width, "exact", 0.0)
    rows = [approximate(problem.query, row, use) for row in asked]
    posterior[:, problem.members] = np.stack([r[0].posterior[0, : asked.shape[1]] for r in rows])
    alone = np.stack([r[0].alone[0] for r in rows])
    chance = np.array([r[0].log_chance[0] for r in rows])
    return Answer(posterior, alone, chance, plan.width, "approximate", max(r[1] for r in rows))


def _in_batches(query: Query, priors: Array, plan: Elimination, use: Backend) -> Marginals:
    """Rows together as far as memory allows."""
    size = sum(int((1 << b.widths).sum()) + (1 << len(b.scope)) for b in plan.buckets)
    rows = max(1, BATCH // max(size, 1))
    parts = [marginals(query, priors[i : i + rows], plan, use) for i in range(0, len(priors), rows)]
    if len(parts) == 1:
        return parts[0]
    return Marginals(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("posterior", "alone", "log_chance")))


def approximate(query: Query, priors: Array, use: Backend, widths: tuple[int, int] = CUT_WIDTHS) -> tuple[Marginals, float]:
    """(marginals for one row of priors, largest move of any posterior between the two cuts)."""
    fine = _deletion(query, priors, use, widths[0])
    coarse = _deletion(query, priors, use, widths[1])
    count = len(priors)
    return fine, float(np.abs(fine.posterior[0, :count] - coarse.posterior[0, :count]).max())


def _deletion(query: Query, priors: Array, use: Backend, width: int) -> Marginals:
    cut, owners = _cut(query, priors, width)
    plan = elimination(cut)
    if not len(owners):
        return marginals(cut, priors, plan, use)
    count = len(priors)
    back = np.zeros(len(owners))
    copies = priors[owners].copy()
    found = None
    for _ in range(ROUNDS):
        pull = np.zeros(count)
        np.add.at(pull, owners, back)
        row = np.concatenate([shift(priors, pull), copies])
        found = marginals(cut, row, plan, use)
        post = np.clip(found.posterior[0], 1e-15, 1 - 1e-12)
        told = _log_odds(post[count:]) - _log_odds(copies)
        back = 0.5 * back + 0.5 * told
        wanted = shift(post[owners], -back)
        moved = float(np.abs(wanted - copies).max())
        copies = np.clip(0.5 * copies + 0.5 * wanted, 1e-15, 1 - 1e-12)
        if moved < SETTLED:
            break
    assert found is not None  # noqa: S101
    return found


def _log_odds(p: Array) -> Array:
    return np.asarray(np.log(p) - np.log1p(-p))


def _cut(query: Query, priors: Array, width: int) -> tuple[Query, Array]:
    """(the query with its weakest links in the widest tables cut and copies appended, the owner of each copy)."""
    links = [dict(ls) for ls in query.links]
    copies: list[tuple[int, int, float]] = []
    while True:
        now = Query(query.leaks, tuple(tuple(ls.items()) for ls in links))
        plan = elimination(now)
        if plan.width <= width:
            break
        widest = max(plan.buckets, key=lambda b: len(b.scope))
        scope = set(widest.scope)
        choices = [
            (priors[e] * w / sum(ls.values()), e, n) for e, ls in enumerate(links) if len(ls) > 1 for n, w in ls.items() if n in scope
        ]
        for _, e, node in sorted(choices)[: max(1, len(choices) // 12)]:
            if len(links[e]) > 1:
                copies.append((e, node, links[e].pop(node)))
    query = Query(query.leaks, (*(tuple(ls.items()) for ls in links), *(((n, w),) for _, n, w in copies)))
    return query, np.array([e for e, _, _ in copies], dtype=np.int64)
