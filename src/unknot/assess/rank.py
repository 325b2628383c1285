"""A case to a `Ranking`: every explanation with its reasons and doubt, what to press next, and what must be referred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unknot.assess.eliminate import elimination
from unknot.assess.evidence import Evidence, gather
from unknot.assess.network import Network, network
from unknot.assess.press import press_next
from unknot.assess.reasons import Reasoner
from unknot.assess.solve import Answer, Problem, Use, pose, solve
from unknot.case.model import Case
from unknot.case.ranking import RankedOther, RankedPoint, Ranking, Refer, ReferReason
from unknot.case.understand import Heard, understand
from unknot.knowledge.load import Knowledge
from unknot.words import say

Array = NDArray[np.float64]
SHOWN_OTHER = 0.01
"""Chance below which an explanation that is not muscle is left out, unless it passes its threshold."""
LISTED = 0.003
ALWAYS_LISTED = 40
"""Points beyond the first `ALWAYS_LISTED` are listed when their chance is at least `LISTED`."""
LEFT_ALONE = 0.5
"""Chance that nothing listed explains a site, from which it is called unexplained."""
URGENCY = {"carry_on": 0, "ask": 1, "refer": 2, "emergency": 3}


@dataclass(frozen=True, slots=True)
class Open:
    """What the clearance of today leaves open. `withheld` says why nothing may be pressed at all."""

    withheld: str = ""
    barred: frozenset[str] = frozenset()
    """Sites that must not be pressed."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A case worked through, before it is put into words."""

    case: Case
    heard: Heard
    net: Network
    evidence: Evidence
    problem: Problem
    answer: Answer
    """Row 0 with all findings, row 1 without."""


def width(case: Case, k: Knowledge) -> int:
    """Nodes in the largest table that the case needs: how hard it is."""
    return elimination(pose(gather(case, understand(case, k), network(k), k)).query).width


def work(case: Case, k: Knowledge, use: Use = "numpy") -> Worked:
    """Everything that is computed about a case."""
    heard = understand(case, k)
    net = network(k)
    evidence = gather(case, heard, net, k)
    problem = pose(evidence)
    answer = solve(problem, np.stack([evidence.with_findings(), evidence.folded]), use)
    return Worked(case, heard, net, evidence, problem, answer)


def assess(
    case: Case, k: Knowledge, *, use: Use = "numpy", open_places: Open | None = None, next_too: bool = True
) -> Ranking:
    """The ranking of a case.

    `open_places` is what may be touched today; without it everything is taken as open. `next_too` works out what to press next.
    """
    worked = work(case, k, use)
    reasoner = Reasoner(worked.evidence, worked.net, worked.answer, k)
    points, others = _ranked(worked, reasoner, k)
    allowed = open_places or Open()
    pressing = None
    if not allowed.withheld:
        pressing = press_next(worked.evidence, worked.net, worked.problem, worked.answer, case, k, use, allowed.barred) if next_too else ()
    alone = worked.answer.alone[0]
    left = tuple(n.name for n, chance in zip(worked.evidence.on, alone, strict=True) if n.name in worked.evidence.coloured and chance > LEFT_ALONE)
    return Ranking(
        case=case.name, points=points, other=others, press_next=pressing, withheld=allowed.withheld, unexplained=left,
        not_understood=worked.heard.not_understood, refer=refer(others), sites=tuple(worked.evidence.coloured),
        method=worked.answer.method, error=worked.answer.error, width=worked.answer.width, knowledge=k.version,
    )  # fmt: skip


def _ranked(worked: Worked, reasoner: Reasoner, k: Knowledge) -> tuple[tuple[RankedPoint, ...], tuple[RankedOther, ...]]:
    """Points that explain something drawn or were examined; others likewise, those past their threshold first."""
    net, evidence = worked.net, worked.evidence
    posterior = worked.answer.posterior[0]
    columns = [net.nodes[s] for s in evidence.coloured]
    touches = net.weights[:, columns].max(axis=1) > 0 if columns else np.zeros(len(posterior), dtype=bool)
    order = np.argsort(-posterior, kind="stable")
    expected = {e: float(posterior[list(members)].sum()) for members in net.by_muscle.values() for e in members}
    shown = [e for e in map(int, order) if net.is_point[e] and (touches[e] or e in evidence.findings.factors)]
    shown.sort(key=lambda e: -expected[e])
    points = [reasoner.point(e) for i, e in enumerate(shown) if i < ALWAYS_LISTED or posterior[e] >= LISTED or e in evidence.findings.factors]
    moved = set(evidence.findings.factors) | {e for e, m in evidence.words.factors.items() if any(f > 1.5 for _, f in m)}
    others = []
    for e in map(int, order):
        if net.is_point[e]:
            continue
        threshold = k.cause(net.explanations[e].of).threshold
        if posterior[e] >= threshold or ((touches[e] or e in moved) and posterior[e] >= SHOWN_OTHER):
            others.append(reasoner.other(e))
    others.sort(key=_standing())
    return tuple(points), tuple(others)


def _standing() -> Callable[[RankedOther], tuple[bool, int, float]]:
    return lambda o: (not o.on_top, -URGENCY[o.action] if o.on_top else 0, -o.probability)


def refer(others: tuple[RankedOther, ...]) -> Refer:
    """Whether somebody else must look first: what passed its threshold and asks for it."""
    top = [o for o in others if o.on_top and o.action != "carry_on"]
    worst = max((URGENCY[o.action] for o in top), default=0)
    name = {0: "none", 1: "ask", 2: "refer", 3: "emergency"}[worst]
    reasons = tuple(ReferReason("ranking", say("refer.reason", name=o.name, percent=o.probability, advice=o.advice), o.action) for o in top)
    return Refer(worst >= 2, name, reasons)  # type: ignore[arg-type]
