"""Exactness and speed of the ranking on seeded drawings, beside pyAgrum and pgmpy where they are installed. Nothing is cached between cases."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from unknot.assess.eliminate import Query, elimination, marginals
from unknot.assess.evidence import gather
from unknot.assess.network import Network, network
from unknot.assess.rank import assess
from unknot.assess.solve import Problem, Use, pose, solve
from unknot.bench import peers
from unknot.bench.drawings import drawing
from unknot.case.model import Case
from unknot.case.understand import understand
from unknot.knowledge.load import Knowledge

SIZES = (3, 6, 12, 20, 40)
PEER_CASES: dict[str, dict[int, int]] = {"pyagrum": {3: 50, 6: 50, 12: 10}, "pgmpy": {3: 5, 6: 3}}
"""Drawings per size that the peers are given; they take too long for more, and give no answer in time or memory above."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of figures: times [ms] over the cases, and what else there is to say."""

    what: str
    size: int
    cases: int
    median_ms: float
    p95_ms: float
    worst_ms: float
    note: str = ""


USES: tuple[Use, ...] = ("numba", "numpy")
WIDEST_TRUTH = 16
"""Nodes in one table up to which extended precision is asked."""
NARROWEST_FROM = 12
"""Coloured sites from which the peers are given the drawings with the smallest tables, since they give no answer on the others."""


def machine() -> str:
    """What this ran on."""
    return f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, NumPy {np.__version__}"


def questions(k: Knowledge, net: Network, size: int, count: int) -> list[tuple[Case, Problem, np.ndarray]]:
    """(case, problem, priors) of `count` seeded drawings."""
    found = []
    for seed in range(count):
        case = drawing(k, net, size, seed)
        evidence = gather(case, understand(case, k), net, k)
        found.append((case, pose(evidence), evidence.with_findings()))
    return found


def timed(calls: list[Callable[[], Any]]) -> tuple[np.ndarray, list[Any]]:
    """(milliseconds of each call, what each gave)."""
    times, given = [], []
    gc.collect()
    for call in calls:
        start = time.perf_counter()
        given.append(call())
        times.append(1000 * (time.perf_counter() - start))
    return np.array(times), given


def row(what: str, size: int, times: np.ndarray, note: str = "") -> Row:
    """Figures of one line."""
    return Row(
        what, size, len(times), float(np.median(times)), float(np.percentile(times, 95)), float(times.max()), note
    )


def speed(k: Knowledge, size: int, count: int, *, with_peers: bool) -> list[Row]:
    """Inference alone (drawing to the chance of every explanation) by both backends and the peers, then the whole ranking."""
    net = network(k)
    asked = questions(k, net, size, count)
    rows = []
    for use in USES:
        solve(asked[0][1], asked[0][2], use)
        part = asked if use == "numba" or size <= 20 else asked[: max(10, count // 10)]
        times, answers = timed([partial(solve, q, p, use) for _, q, p in part])
        widths = [a.width for a in answers]
        beyond = sum(a.method == "approximate" for a in answers)
        note = f"width median {int(np.median(widths))}, at most {max(widths)}"
        if beyond:
            note += f"; {beyond} approximate, told error at most {max(a.error for a in answers):.3f}"
        rows.append(row(f"Unknot, {use}", size, times, note))
    if with_peers:
        rows += _peer_rows(asked, size)
    for label, next_too in (("whole ranking, numba", False), ("with what to press next", True)):
        times, _ = timed([partial(assess, c, k, use="numba", next_too=next_too) for c, _, _ in asked])
        rows.append(row(label, size, times))
    return rows


def _peer_rows(asked: list[tuple[Case, Problem, np.ndarray]], size: int) -> list[Row]:
    rows = []
    for name, ask in peers.available().items():
        if size not in PEER_CASES[name]:
            continue
        part = asked[: PEER_CASES[name][size]]
        if size >= NARROWEST_FROM:
            part = sorted(asked, key=lambda q: elimination(q[1].query).width)[: PEER_CASES[name][size]]
        times, worst, failed = [], 0.0, 0
        answers = peers.run(
            ask, [peers.folded(problem.query, priors[problem.members])[:2] for _, problem, priors in part]
        )
        for (_, problem, priors), answer in zip(part, answers, strict=True):
            if answer is None:
                failed += 1
                continue
            times.append(1000 * answer.seconds)
            many = peers.folded(problem.query, priors[problem.members])[2]
            ours = solve(problem, priors, "numba").posterior[0, problem.members][many]
            worst = max(worst, float(np.abs(ours - answer.posterior).max(initial=0.0)))
        note = "the narrowest drawings; " if size >= NARROWEST_FROM else ""
        note += f"largest difference from Unknot {worst:.1e}" + (
            f"; {failed} gave no answer in time or memory" if failed else ""
        )
        if times:
            rows.append(row(name, size, np.array(times), note))
        else:
            rows.append(Row(name, size, 0, float("nan"), float("nan"), float("nan"), note))
    return rows


def exactness(k: Knowledge, size: int, count: int) -> tuple[float, int]:
    """(largest difference of either backend from another order of elimination in extended precision, drawings compared).

    The narrowest of many drawings, since extended precision takes long on wide ones.
    """
    worst, compared = 0.0, 0
    asked = sorted(questions(k, network(k), size, 10 * count), key=lambda q: elimination(q[1].query).width)
    for _, problem, priors in asked[:count]:
        query = problem.query
        plan = elimination(query)
        other = elimination(query, _other_order(query, [b.node for b in plan.buckets]))
        if max(plan.width, other.width) > WIDEST_TRUTH:
            continue
        compared += 1
        row_of = priors[problem.members]
        truth = marginals(query, row_of.astype(np.longdouble)[None, :], other).posterior[0]
        for use in USES:
            ours = solve(problem, priors, use).posterior[0, problem.members]
            worst = max(worst, float(np.abs(ours - truth.astype(float)).max()))
    return worst, compared


def _other_order(query: Query, order: list[int]) -> list[int]:
    """A second order: neighbours in the first are swapped in pairs as long as the tables stay small."""
    swapped = [order[i ^ 1] if (i ^ 1) < len(order) else order[i] for i in range(len(order))]
    if elimination(query, swapped).width <= WIDEST_TRUTH:
        return swapped
    return (
        [*order[1::2], *order[::2]] if elimination(query, [*order[1::2], *order[::2]]).width <= WIDEST_TRUTH else order
    )


def whole_process(count: int, k: Knowledge) -> list[tuple[str, float]]:
    """(what, seconds): one file as a whole process, then many files with and without what to press next."""
    net = network(k)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            case = drawing(k, net, 2 + i % 7, i)
            rows = "".join(f'[[pain]]\nsite = "{p.site}"\nintensity = {p.intensity}\n' for p in case.pains)
            (Path(folder) / f"case{i:05}.toml").write_text("format = 1\n" + rows, encoding="utf-8")
        one = str(Path(folder) / "case00004.toml")
        for label, args in (
            ("one file", [one]),
            (f"{count} files, --no-next", [folder, "--no-next", "--json"]),
            (f"{count} files", [folder, "--json"]),
        ):
            best = min(_seconds(args) for _ in range(3 if args == [one] else 1))
            found.append((label, best))
    return found


def _seconds(args: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "unknot", "assess", *args], check=True, capture_output=True)
    return time.perf_counter() - start
