"""The peers: general libraries for Bayesian networks, given the same question (white nodes folded in already, as for Unknot).

Each noisy-OR node is divorced into a chain of two-parent noisy-ORs, since its full table would have 2^parents rows. A peer runs
in a process of its own with its memory and time capped; its time is that of inference alone, without building the network.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unknot.assess.eliminate import Query, elimination

MEMORY = 8 << 30
SECONDS = 30.0
GIVE_UP = 2
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """What a peer said, and how long inference took [s]."""

    posterior: Array
    seconds: float


Ask = Callable[[Query, Array], PeerAnswer]


def available() -> dict[str, Ask]:
    """The peers that are installed (`uv sync --group peers`)."""
    known: dict[str, Ask] = {"pyagrum": ask_pyagrum, "pgmpy": ask_pgmpy}
    return {name: ask for name, ask in known.items() if find_spec(name)}


def run(ask: Ask, questions: list[tuple[Query, Array]]) -> list[PeerAnswer | None]:
    """The peer's answers in order; None where it gave none within `SECONDS` and `MEMORY`."""
    answers: list[PeerAnswer | None] = []
    while len(answers) < len(questions) and answers.count(None) < GIVE_UP:
        answers += _session(ask, questions[len(answers) :])
    return answers + [None] * (len(questions) - len(answers))


def folded(query: Query, priors: Array) -> tuple[Query, Array, Array]:
    """(query, priors, which explanations): those with one node folded into its leak, as Unknot does too, so that peers have less to do."""
    many = (query.weights > 0).sum(axis=1) > 1
    quiet = 1 - query.leaks
    for e in np.flatnonzero(~many):
        quiet = quiet * (1 - priors[e] * query.weights[e])
    return Query(1 - quiet, query.weights[many]), priors[many], many


def chain(query: Query) -> list[list[int]]:
    """For each node its explanations in the order in which Unknot eliminates, which suits a junction tree best of what was tried."""
    rank = {bucket.node: i for i, bucket in enumerate(elimination(query).buckets)}
    first = [min(rank[int(n)] for n in np.flatnonzero(row)) for row in query.weights]
    return [
        sorted(map(int, np.flatnonzero(query.weights[:, n])), key=lambda e: (first[e], e))
        for n in range(len(query.leaks))
    ]


def _session(ask: Ask, questions: list[tuple[Query, Array]]) -> list[PeerAnswer | None]:
    """Answers of one process, up to the first that does not come."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(ask, questions, there), daemon=True)
    process.start()
    there.close()
    answers: list[PeerAnswer | None] = []
    try:
        while len(answers) < len(questions):
            if not here.poll(SECONDS):
                answers.append(None)
                break
            answers.append(here.recv())
    except EOFError:
        answers.append(None)
    process.kill()
    process.join()
    return answers


def _child(ask: Ask, questions: list[tuple[Query, Array]], pipe: Any) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the peers' warnings are not ours to print
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):
        pass
    for number, (query, priors) in enumerate(questions):
        if number == 0:
            ask(query, priors)  # once for loading and compiling
        pipe.send(ask(query, priors))


def ask_pyagrum(query: Query, priors: Array) -> PeerAnswer:
    """Exact marginals by pyAgrum's lazy propagation."""
    import pyagrum as gum

    net = gum.BayesNet()
    for e, prior in enumerate(priors):
        net.add(gum.LabelizedVariable(f"e{e}", "", 2))
        net.cpt(f"e{e}").fillWith([1 - float(prior), float(prior)])
    evidence: dict[str, int] = {}
    order = chain(query)
    for n, leak in enumerate(query.leaks):
        last = ""
        for i, e in enumerate(order[n]):
            name = f"s{n}_{i}"
            net.addNoisyORNet(gum.LabelizedVariable(name, "", 2), float(leak) if i == 0 else 0.0)
            net.addWeightedArc(f"e{e}", name, float(query.weights[e, n]))
            if last:
                net.addWeightedArc(last, name, 1.0)
            last = name
        if last:
            evidence[last] = 1
    engine = gum.LazyPropagation(net)
    engine.setEvidence(evidence)
    start = time.perf_counter()
    engine.makeInference()
    posterior = np.array([engine.posterior(f"e{e}")[1] for e in range(len(priors))])
    return PeerAnswer(posterior, time.perf_counter() - start)


def ask_pgmpy(query: Query, priors: Array) -> PeerAnswer:
    """Exact marginals by pgmpy's variable elimination, one explanation after the other."""
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.inference import VariableElimination
    from pgmpy.models import DiscreteBayesianNetwork

    net = DiscreteBayesianNetwork()
    cpds = [TabularCPD(f"e{e}", 2, [[1 - float(p)], [float(p)]]) for e, p in enumerate(priors)]
    net.add_nodes_from([f"e{e}" for e in range(len(priors))])
    evidence: dict[str, int] = {}
    order = chain(query)
    for n, leak in enumerate(query.leaks):
        last = ""
        for i, e in enumerate(order[n]):
            name, weight = f"s{n}_{i}", float(query.weights[e, n])
            parents = [f"e{e}"] + ([last] if last else [])
            net.add_edges_from([(parent, name) for parent in parents])
            off = [1.0, 1 - weight] if last else [1 - float(leak), (1 - float(leak)) * (1 - weight)]
            table = [off[0], 0.0, off[1], 0.0] if last else off
            cpds.append(TabularCPD(name, 2, [table, [1 - x for x in table]], parents, [2] * len(parents)))
            last = name
        if last:
            evidence[last] = 1
    net.add_cpds(*cpds)
    engine = VariableElimination(net)
    start = time.perf_counter()
    posterior = np.array(
        [engine.query([f"e{e}"], evidence=evidence, show_progress=False).values[1] for e in range(len(priors))]
    )
    return PeerAnswer(posterior, time.perf_counter() - start)
