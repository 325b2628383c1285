"""Exact inference: both backends against a sum over all states, against more digits, and against what must hold by logic."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from unknot.assess import numba_backend, solve, tables
from unknot.assess.eliminate import Marginals, Query, elimination, greedy_order, marginals
from unknot.assess.evidence import shift
from unknot.assess.network import network
from unknot.assess.rank import work
from unknot.case.model import Case, Client, Complaint, History, Pain
from unknot.knowledge.load import Knowledge, knowledge

Array = NDArray[Any]
SEEDS = st.integers(0, 2**32 - 1)
STEADY = settings(max_examples=80, deadline=None, derandomize=True)
BACKENDS = ("numpy", "numba")


def answer(backend: str, query: Query, priors: Array) -> Marginals:
    """What a backend says, whatever the width."""
    if backend == "numpy":
        return marginals(query, priors, elimination(query))
    found, _ = numba_backend.marginals(query, priors, 40)
    assert found is not None
    return found


def brute(weights: Array, leaks: Array, prior: Array, seen: Array, doubt: Array | float = 0.0) -> Marginals:
    """One row by the definition: a sum over all states of all explanations.

    seen `[node]` says which nodes are on (true) or white; doubt `[node]` is the chance to be coloured although off.
    """
    count = len(prior)
    states = np.array(list(product((0, 1), repeat=count)), dtype=np.longdouble).reshape(2**count, count)
    weight = np.prod(np.where(states > 0, prior, 1 - prior), axis=1, dtype=np.longdouble)
    unmoved = np.prod(1 - states[:, :, None] * weights.astype(np.longdouble), axis=1)
    off = (1 - leaks) * unmoved
    told = np.where(seen, (1 - off) + np.asarray(doubt) * off, off)
    whole = weight * np.prod(told, axis=1)
    total = whole.sum()
    posterior = (whole[:, None] * states).sum(axis=0) / total
    alone = np.array([(whole / told[:, n] * leaks[n] * unmoved[:, n]).sum() / total for n in range(len(leaks))])
    return Marginals(posterior[None], alone[None], np.log(total)[None])


def small(seed: int) -> tuple[Query, Array]:
    """A dense random network of 1-7 nodes and 1-11 explanations, with three rows of priors."""
    rng = np.random.default_rng(seed)
    nodes, count = int(rng.integers(1, 8)), int(rng.integers(1, 12))
    weights = rng.uniform(0.05, 0.95, (count, nodes)) * (rng.random((count, nodes)) < rng.uniform(0.2, 1.0))
    priors = np.exp(rng.uniform(np.log(1e-6), np.log(0.6), (3, count)))
    return Query(rng.uniform(0.001, 0.3, nodes), weights), priors


def sparse(seed: int) -> tuple[Query, Array]:
    """A narrow network of 12-40 nodes: explanations touch a few nodes that stand near one another."""
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(12, 41))
    weights = np.zeros((2 * nodes, nodes))
    for e in range(2 * nodes):
        near = int(rng.integers(0, nodes)) + rng.integers(0, 6, int(rng.integers(1, 5)))
        weights[e, np.unique(near) % nodes] = rng.uniform(0.05, 0.95)
    priors = np.exp(rng.uniform(np.log(1e-6), np.log(0.6), (2, 2 * nodes)))
    return Query(rng.uniform(0.001, 0.3, nodes), weights), priors


def flower(seed: int) -> tuple[Query, Array]:
    """Petals of private nodes around a shared heart: several children send large tables to one bucket."""
    rng = np.random.default_rng(seed)
    heart, petals = 6, 4
    rows = []
    nodes = heart + 2 * petals
    for petal in range(petals):
        for own in (heart + 2 * petal, heart + 2 * petal + 1):
            row = np.zeros(nodes)
            row[own] = rng.uniform(0.05, 0.95)
            row[rng.permutation(heart)[:5]] = rng.uniform(0.05, 0.95, 5)
            rows.append(row)
    weights = np.array(rows)
    return Query(rng.uniform(0.001, 0.3, nodes), weights), rng.uniform(0.01, 0.5, (2, len(rows)))


def other_narrow_order(query: Query, seed: int) -> list[int]:
    """The greedy order of the same nodes under shuffled names: ties fall otherwise."""
    name = np.random.default_rng(seed).permutation(len(query.leaks))
    cliques = [frozenset(int(name[n]) for n in np.flatnonzero(row)) for row in query.weights if (row > 0).sum() > 1]
    real = np.argsort(name)
    return [int(real[n]) for n in greedy_order(len(name), cliques)]


def furthest(found: Marginals, wanted: Marginals) -> float:
    """The largest difference in any number of two answers."""
    pairs = ((found.posterior, wanted.posterior), (found.alone, wanted.alone), (found.log_chance, wanted.log_chance))
    return max(float(np.abs(a - b).max(initial=0.0)) for a, b in pairs)


def by_brute(query: Query, priors: Array) -> Marginals:
    """All rows by the definition, every node on."""
    rows = [brute(query.weights, query.leaks, row, np.ones(len(query.leaks), dtype=bool)) for row in priors]
    return Marginals(
        *(np.concatenate([getattr(r, part) for r in rows]) for part in ("posterior", "alone", "log_chance"))
    )


@pytest.mark.parametrize("backend", BACKENDS)
@STEADY
@given(seed=SEEDS)
def test_a_backend_equals_the_sum_over_all_states(backend: str, seed: int) -> None:
    query, priors = small(seed)
    assert furthest(answer(backend, query, priors), by_brute(query, priors)) < 1e-10


@STEADY
@given(seed=SEEDS)
def test_any_order_of_elimination_gives_the_same_answer(seed: int) -> None:
    query, priors = small(seed)
    order = np.random.default_rng(seed).permutation(len(query.leaks)).tolist()
    assert furthest(marginals(query, priors, elimination(query, order)), by_brute(query, priors)) < 1e-10


@pytest.mark.parametrize("backend", BACKENDS)
def test_priors_of_nought_and_one_are_certain_and_the_rest_follows(backend: str) -> None:
    for seed in range(20):
        query, priors = small(seed)
        priors[0, 0], priors[1, 0] = 0.0, 1.0
        found = answer(backend, query, priors)
        assert furthest(found, by_brute(query, priors)) < 1e-10
        assert found.posterior[:2, 0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_of_priors_together_equal_each_row_by_itself(backend: str) -> None:
    for seed in range(10):
        query, priors = sparse(seed)
        together = answer(backend, query, priors)
        for i, row in enumerate(priors):
            single = answer(backend, query, row)
            assert np.allclose(single.posterior[0], together.posterior[i], rtol=0, atol=1e-13)
            assert np.allclose(single.alone[0], together.alone[i], rtol=0, atol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("make", [sparse, flower])
def test_a_backend_agrees_with_longer_numbers_in_another_order(backend: str, make: Any) -> None:
    for seed in range(15):
        query, priors = make(seed)
        longer = Query(query.leaks.astype(np.longdouble), query.weights.astype(np.longdouble))
        order = other_narrow_order(query, seed)
        wanted = marginals(longer, priors.astype(np.longdouble), elimination(longer, order))
        assert wanted.posterior.dtype == np.longdouble
        assert furthest(answer(backend, query, priors), wanted) < 1e-9


def test_a_flower_has_buckets_with_several_children_that_send_large_tables() -> None:
    plan = elimination(flower(0)[0])
    received = [sorted(len(plan.buckets[c].scope) - 1 for c in b.children)[-2:] for b in plan.buckets]
    assert any(len(sizes) == 2 and sizes[0] >= 4 for sizes in received)


def test_the_other_order_is_another_one() -> None:
    differ = [
        other_narrow_order(q, seed) != [b.node for b in elimination(q).buckets]
        for seed in range(15)
        for q in [sparse(seed)[0]]
    ]
    assert all(differ)


def test_joining_in_halves_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(5):
        query, priors = flower(seed)
        whole = answer("numpy", query, priors)
        with monkeypatch.context() as patch:
            patch.setattr(tables, "LARGEST", 16)
            assert furthest(answer("numpy", query, priors), whole) < 1e-12


def test_rows_in_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    query, _ = sparse(3)
    priors = np.random.default_rng(3).uniform(0.01, 0.5, (7, len(query.weights)))
    whole, _ = solve.exact(query, priors, "numpy", 18)
    monkeypatch.setattr(solve, "BATCH", 1)
    parts, _ = solve.exact(query, priors, "numpy", 18)
    assert whole is not None and parts is not None
    assert parts.posterior.shape == (7, len(query.weights))
    assert furthest(parts, whole) < 1e-13


def test_both_backends_find_the_same_width_and_refuse_above_the_widest() -> None:
    for seed in range(10):
        query, priors = sparse(seed)
        width = elimination(query).width
        assert numba_backend.marginals(query, priors, width)[1] == width
        assert numba_backend.marginals(query, priors, width - 1) == (None, width)
        assert solve.exact(query, priors, "numpy", width - 1) == (None, width)


@STEADY
@given(seed=SEEDS)
def test_white_nodes_folded_into_the_priors_equal_white_nodes(seed: int) -> None:
    query, priors = small(seed)
    seen = np.random.default_rng(seed).random(len(query.leaks)) < 0.5
    wanted = brute(query.weights, query.leaks, priors[0], seen)
    folded = shift(priors[0], np.log1p(-query.weights) @ (~seen).astype(float))
    found = answer("numpy", Query(query.leaks[seen], query.weights[:, seen]), folded)
    assert np.abs(found.posterior - wanted.posterior).max() < 1e-10


@STEADY
@given(seed=SEEDS)
def test_a_raised_leak_equals_soft_evidence(seed: int) -> None:
    query, priors = small(seed)
    belief = np.random.default_rng(seed).uniform(0.1, 1.0, len(query.leaks))
    wanted = brute(query.weights, query.leaks, priors[0], np.ones(len(belief), dtype=bool), doubt=1 - belief)
    found = answer("numpy", Query(1 - belief * (1 - query.leaks), query.weights), priors[:1])
    assert np.abs(found.posterior - wanted.posterior).max() < 1e-10
    assert abs(float(found.log_chance[0] - wanted.log_chance[0])) < 1e-10


def few(k: Knowledge, points: tuple[str, ...], causes: tuple[str, ...]) -> Knowledge:
    """The knowledge with nothing in it but these explanations."""
    return replace(
        k, points={p: k.points[p] for p in points}, roots={}, entrapments={},
        origins={c: o for c, o in k.origins.items() if c in causes},
    )  # fmt: skip


def test_a_drawing_of_the_real_body_equals_the_sum_over_all_states() -> None:
    """Priors, white sites (spillover in part), faint sites and spill, from the case to the answer."""
    names = ("infraspinatus.1", "supraspinatus.1", "trapezius.upper.1", "levator_scapulae.1", "splenius_cervicis.1")
    k = few(knowledge(), names, ("heart",))
    net = network(k)
    drawn = {
        "shoulder.front@right": 2.5,
        "neck.angle@right": 7.0,
        "upper_back.interscapular@right": None,
        "neck.angle@left": 1.5,
    }
    assert set(drawn) <= set(net.sites)
    case = Case("c", Client(), tuple(Pain(s, i) for s, i in drawn.items()), Complaint(), (), History())
    worked = work(case, k)
    faint = k.weight("faint")
    belief = {s: 1.0 if i is None else faint + (1 - faint) * min(1.0, (i - 1) / 4) for s, i in drawn.items()}
    columns = [net.nodes[s] for s in net.sites]
    touching = np.array([sum(o in drawn for o in net.beside[s]) if s in drawn else 0 for s in net.sites])
    leaks = 1 - (1 - net.leaks[columns]) * (1 - k.weight("spill")) ** touching
    seen = np.array([s in drawn for s in net.sites])
    doubt = np.array([1 - belief.get(s, 1.0) for s in net.sites])
    part = k.weight("white_spillover")
    essential = np.array([[s in own for s in net.sites] for own in net.essential])
    weights = net.weights[:, columns]
    weights = np.where(seen | essential, weights, 1 - (1 - weights) ** part)
    wanted = brute(weights, leaks, worked.evidence.priors, seen, doubt)
    assert np.abs(worked.answer.posterior[0] - wanted.posterior[0]).max() < 1e-10
    assert wanted.posterior.max() > 0.3


@pytest.mark.parametrize("backend", BACKENDS)
@STEADY
@given(seed=SEEDS)
def test_chances_lie_from_0_to_1_and_the_whole_drawing_is_at_most_certain(backend: str, seed: int) -> None:
    query, priors = sparse(seed)
    found = answer(backend, query, priors)
    assert found.posterior.min() >= 0 and found.posterior.max() <= 1
    assert found.alone.min() >= 0 and found.alone.max() <= 1 + 1e-12
    assert (found.log_chance <= 0).all()


@pytest.mark.parametrize("backend", BACKENDS)
@STEADY
@given(seed=SEEDS)
def test_a_coloured_node_that_only_one_explains_never_lowers_it(backend: str, seed: int) -> None:
    query, priors = small(seed)
    rng = np.random.default_rng(seed)
    e = int(rng.integers(0, len(query.weights)))
    column = np.zeros((len(query.weights), 1))
    column[e] = rng.uniform(0.05, 0.95)
    more = Query(np.append(query.leaks, rng.uniform(0.001, 0.3)), np.hstack([query.weights, column]))
    before, after = answer(backend, query, priors).posterior[:, e], answer(backend, more, priors).posterior[:, e]
    assert (after > before).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_independent_parts_do_not_influence_one_another(backend: str) -> None:
    for seed in range(20):
        (a, ap), (b, bp) = small(seed), small(seed + 1000)
        weights = np.block(
            [
                [a.weights, np.zeros((len(a.weights), len(b.leaks)))],
                [np.zeros((len(b.weights), len(a.leaks))), b.weights],
            ]
        )
        both = answer(backend, Query(np.append(a.leaks, b.leaks), weights), np.hstack([ap, bp]))
        first, second = answer(backend, a, ap), answer(backend, b, bp)
        apart = Marginals(
            np.hstack([first.posterior, second.posterior]),
            np.hstack([first.alone, second.alone]),
            first.log_chance + second.log_chance,
        )
        assert furthest(both, apart) < 1e-12


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_order_of_nodes_and_explanations_does_not_matter(backend: str) -> None:
    for seed in range(20):
        query, priors = sparse(seed)
        rng = np.random.default_rng(seed)
        ns, es = rng.permutation(len(query.leaks)), rng.permutation(len(query.weights))
        found = answer(backend, query, priors)
        mixed = answer(backend, Query(query.leaks[ns], query.weights[np.ix_(es, ns)]), priors[:, es])
        assert furthest(mixed, Marginals(found.posterior[:, es], found.alone[:, ns], found.log_chance)) < 1e-12


def extreme(width: int, prior: float, weight: float, leak: float) -> tuple[Query, Array]:
    """40 nodes in a row that are all on; explanations of `width` neighbouring nodes with numbers at the edge."""
    weights = np.zeros((41 - width, 40))
    for e in range(41 - width):
        weights[e, e : e + width] = weight
    return Query(np.full(40, leak), weights), np.full((1, 41 - width), prior)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("prior", [1e-12, 0.5, 1 - 1e-9])
def test_numbers_at_the_edge_stay_finite_and_chances_stay_chances(backend: str, width: int, prior: float) -> None:
    for weight, leak in product((1e-9, 0.5, 1 - 1e-9), (1e-12, 1e-6, 1 - 1e-9)):
        found = answer(backend, *extreme(width, prior, weight, leak))
        assert all(np.isfinite(part).all() for part in (found.posterior, found.alone, found.log_chance))
        assert found.posterior.min() >= 0 and found.posterior.max() <= 1
        assert found.alone.min() >= 0 and found.alone.max() <= 1 + 1e-9, f"weight {weight}, leak {leak}"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("prior", [1e-12, 0.5, 1 - 1e-9])
def test_numbers_at_the_edge_agree_with_longer_numbers(backend: str, width: int, prior: float) -> None:
    for weight, leak in product((1e-9, 0.5, 1 - 1e-9), (1e-6, 1e-3, 1 - 1e-9)):
        query, priors = extreme(width, prior, weight, leak)
        longer = Query(query.leaks.astype(np.longdouble), query.weights.astype(np.longdouble))
        wanted = marginals(longer, priors.astype(np.longdouble), elimination(longer))
        assert np.abs(answer(backend, query, priors).posterior - wanted.posterior).max() < 1e-9
