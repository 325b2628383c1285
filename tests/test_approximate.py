"""Beyond the exact width: the error that is told against the true one, on networks that can still be solved exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from unknot.assess.eliminate import Query, elimination
from unknot.assess.evidence import gather
from unknot.assess.network import network
from unknot.assess.rank import assess
from unknot.assess.solve import WIDEST, Problem, Use, approximate, exact, pose, solve
from unknot.case.model import Case, Client, Complaint, History, Pain
from unknot.case.understand import understand
from unknot.knowledge.load import Knowledge, knowledge

Array = NDArray[Any]
K: Knowledge = knowledge()
CUT = (9, 7)
"""Narrower than the real cuts, so that the networks must be cut though they can be solved."""
NETWORKS = 40


@dataclass(frozen=True)
class Compared:
    """The true largest error of a cut network and the one that was told."""

    true: float
    told: float


def made(seed: int) -> tuple[Query, Array]:
    """A made-up network: three explanations a node, each of up to six nodes that stand near one another."""
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(14, 26))
    weights = np.zeros((3 * nodes, nodes))
    for e in range(3 * nodes):
        near = np.unique(int(rng.integers(0, nodes)) + rng.integers(0, 9, int(rng.integers(2, 7)))) % nodes
        weights[e, near] = rng.uniform(0.05, 0.9, len(near))
    return Query(rng.uniform(0.01, 0.2, nodes), weights), np.exp(rng.uniform(np.log(1e-3), np.log(0.3), 3 * nodes))


def drawing(seed: int, sites: int) -> Case:
    """A drawing that spreads over neighbouring sites of the body."""
    net = network(K)
    rng = np.random.default_rng(seed)
    drawn = [net.sites[rng.integers(len(net.sites))]]
    while len(drawn) < sites:
        beside = net.beside[drawn[rng.integers(len(drawn))]]
        drawn.append(beside[rng.integers(len(beside))])
        drawn = list(dict.fromkeys(drawn))
    return Case("c", Client(), tuple(Pain(s) for s in drawn), Complaint(), (), History())


def drawn(seed: int) -> tuple[Query, Array]:
    """The network of a large drawing."""
    case = drawing(seed, int(np.random.default_rng(seed).integers(16, 30)))
    evidence = gather(case, understand(case, K), network(K), K)
    problem = pose(evidence)
    return problem.query, evidence.folded[problem.members]


def solvable(family: str) -> Iterator[tuple[Query, Array]]:
    """Networks of a family that are 10 to 15 nodes wide."""
    make = made if family == "made" else drawn
    return ((query, priors) for query, priors in map(make, count()) if 10 <= elimination(query).width <= 15)


@cache
def compared(family: str) -> tuple[Compared, ...]:
    """The first `NETWORKS` networks of a family, solved and cut."""
    found = []
    for query, priors in islice(solvable(family), NETWORKS):
        true, _ = exact(query, priors[None], "numba", WIDEST)
        assert true is not None
        guess, told = approximate(query, priors, "numba", CUT)
        found.append(Compared(float(np.abs(guess.posterior[0, : len(priors)] - true.posterior[0]).max()), told))
    return tuple(found)


FAMILIES = pytest.mark.parametrize("family", ["made", "drawn"])


@pytest.mark.parametrize(("family", "share"), [("drawn", 0.9), ("made", 0.8)])
def test_the_error_that_is_told_covers_the_true_one(family: str, share: float) -> None:
    """In nine of ten drawings of the body; made-up networks are denser than any drawing, and there in four of five."""
    assert sum(c.told >= c.true for c in compared(family)) >= share * NETWORKS


@FAMILIES
def test_the_true_error_stays_below_a_twentieth(family: str) -> None:
    assert max(c.true for c in compared(family)) < 0.05


@FAMILIES
def test_the_cuts_do_cut(family: str) -> None:
    assert min(c.true for c in compared(family)) > 1e-9


def clique(nodes: int) -> Problem:
    """One explanation of all nodes beside small ones: as wide as it has nodes."""
    rng = np.random.default_rng(nodes)
    weights = np.zeros((nodes + 1, nodes))
    weights[0] = rng.uniform(0.2, 0.8, nodes)
    for e in range(nodes):
        weights[e + 1, [e, (e + 1) % nodes]] = rng.uniform(0.2, 0.8, 2)
    return Problem(Query(np.full(nodes, 0.03), weights), np.arange(nodes + 1))


@pytest.mark.parametrize("use", ["numpy", "numba"])
def test_one_node_beyond_the_widest_the_answer_is_approximate_and_tells_an_error(use: Use) -> None:
    problem = clique(WIDEST + 1)
    priors = np.random.default_rng(0).uniform(0.01, 0.1, (2, WIDEST + 2))
    found = solve(problem, priors, use)
    true, width = exact(problem.query, priors, "numba", WIDEST + 1)
    assert true is not None and width == found.width == WIDEST + 1
    assert (found.method, found.posterior.shape) == ("approximate", priors.shape)
    assert 0 < found.error <= 1
    assert float(np.abs(found.posterior - true.posterior).max()) <= found.error


@pytest.mark.parametrize("use", ["numpy", "numba"])
def test_at_the_widest_the_answer_is_exact_and_tells_no_error(use: Use) -> None:
    found = solve(clique(WIDEST), np.full((1, WIDEST + 1), 0.05), use)
    assert (found.method, found.error, found.width) == ("exact", 0.0, WIDEST)


def test_the_answer_is_exact_up_to_18_nodes_in_one_table() -> None:
    assert WIDEST == 18


def test_a_body_that_hurts_nearly_everywhere_is_ranked_with_an_error_told() -> None:
    ranking = assess(drawing(7, 40), K, use="numba")
    assert ranking.width > WIDEST and ranking.method == "approximate"
    assert 0 < ranking.error < 0.2
    chances = [r.probability for r in (*ranking.points, *ranking.other)]
    assert all(0 <= c <= 1 for c in chances)
