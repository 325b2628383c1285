"""A case to a `Ranking`: every explanation with its reasons and doubt, what to press next, and what must be referred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unknot.assess.eliminate import elimination
from unknot.assess.evidence import Evidence, gather
from unknot.assess.network import Network, network
from unknot.assess.press import press_next
from unknot.assess.reasons import Reasoner
from unknot.assess.solve import Answer, Problem, Use, only_sites, pose, solve
from unknot.body.coverage import with_drawing
from unknot.case.clearance import Open
from unknot.case.model import Case, corrected
from unknot.case.ranking import Press, RankedOther, RankedPoint, Ranking, Refer, ReferReason
from unknot.case.understand import Heard, understand
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Rule
from unknot.words import percent, say

Array = NDArray[np.float64]
Touch = Open | Callable[[Ranking], Open]
SHOWN_OTHER = 0.01
"""Chance below which an explanation that is not muscle is left out, unless it passes its threshold."""
MUSCLES = 10
"""Muscles for which the chance of any active point is worked out."""
TOO_WIDE = 12
"""Nodes in one table from which that takes too long; muscles then stand by their expected number of active points."""
LISTED = 0.02
ALWAYS_LISTED = 20
"""Points beyond the first `ALWAYS_LISTED` are listed when their chance is at least `LISTED`."""
LEFT_ALONE = 0.5
"""Chance that nothing listed explains a site, from which it is called unexplained."""
URGENCY = {"carry_on": 0, "ask": 1, "refer": 2, "emergency": 3}
NAMES: tuple[Literal["none", "ask", "refer", "emergency"], ...] = ("none", "ask", "refer", "emergency")


@dataclass(frozen=True, slots=True)
class Worked:
    """A case worked through, before it is put into words."""

    case: Case
    heard: Heard
    net: Network
    evidence: Evidence
    problem: Problem
    answer: Answer
    """Row 0 with all findings; the last row without."""
    drawing: Array
    """Chances `[e]` from the drawing alone, before symptoms, movements and findings."""


def width(case: Case, k: Knowledge) -> int:
    """Nodes in the largest table that the case needs: how hard it is."""
    case = with_drawing(case)
    return elimination(pose(gather(case, understand(case, k), network(k), k)).query).width


def work(case: Case, k: Knowledge, use: Use = "numpy") -> Worked:
    """Everything that is computed about a case."""
    case = with_drawing(case)
    heard = understand(case, k)
    net = network(k)
    evidence = gather(case, heard, net, k)
    problem = pose(evidence)
    rows = [evidence.with_findings(), evidence.folded] if evidence.findings.factors else [evidence.folded]
    answer = solve(problem, np.stack(rows), use)
    places = only_sites(problem, evidence)
    drawing = answer.posterior[-1] if places is None else solve(places, evidence.folded, use).posterior[0]
    return Worked(case, heard, net, evidence, problem, answer, drawing)


def assess(
    case: Case, k: Knowledge, *, use: Use = "numpy", touch: Touch | None = None, next_too: bool = True
) -> Ranking:
    """The ranking of a case.

    `touch` says what may be touched today, or works it out from the ranking; without it nothing may, and what to press next is withheld. `next_too`
    works out what to press next.
    """
    case = with_drawing(case)
    worked = work(case, k, use)
    reasoner = Reasoner(worked.evidence, worked.net, worked.answer, worked.drawing, k)
    points, others = _ranked(worked, reasoner, k, use)
    ranking = Ranking(
        case=case.name, points=points, other=others, press_next=None, withheld=say("clearance.none"),
        unexplained=unexplained(worked, k), not_understood=worked.heard.not_understood,
        set_aside=set_aside(worked.heard), refer=refer(others, case, worked.heard, k), sites=tuple(worked.evidence.coloured),
        method=worked.answer.method, error=worked.answer.error, width=worked.answer.width, knowledge=k.version,
    )  # fmt: skip
    allowed = touch(ranking) if callable(touch) else touch
    if ranking.refer.urgency == "emergency":
        return replace(ranking, withheld=say("press.emergency"))
    if allowed is None or allowed.withheld:
        return replace(ranking, withheld=allowed.withheld if allowed else ranking.withheld)
    pressing = _pressing(worked, k, use, allowed) if next_too else ()
    return replace(ranking, press_next=pressing, withheld="")


def _pressing(worked: Worked, k: Knowledge, use: Use, allowed: Open) -> tuple[Press, ...]:
    parts = (worked.evidence, worked.net, worked.problem, worked.answer)
    return press_next(worked.case, worked.heard, *parts, k, use, allowed)


def by_muscle(worked: Worked, shown: list[int], use: Use, most: int = MUSCLES) -> dict[str, float]:
    """Chance that any point of a muscle is active, for the `most` muscles with most expected active points.

    Exact by one more pass each: P(none | drawing) = P(none) P(drawing | none) / P(drawing).
    """
    net, posterior = worked.net, worked.answer.posterior[0]
    expected = np.bincount(net.muscle_of, weights=posterior)
    names = tuple(net.by_muscle)
    places = sorted({int(net.muscle_of[e]) for e in shown}, key=lambda m: -expected[m])
    wanted = [(names[m], list(net.by_muscle[names[m]])) for m in places]
    several = [(m, es) for m, es in wanted[:most] if len(es) > 1]
    found = {m: float(posterior[es[0]]) for m, es in wanted[:most] if len(es) == 1}
    if not several or worked.answer.width > TOO_WIDE:
        return found
    priors = worked.evidence.with_findings()
    rows = np.tile(priors, (len(several), 1))
    for row, (_, es) in zip(rows, several, strict=True):
        row[es] = 0.0
    without = solve(worked.problem, rows, use).log_chance
    for (muscle, es), log_chance in zip(several, without, strict=True):
        none = float(np.prod(1 - priors[es]) * np.exp(log_chance - worked.answer.log_chance[0]))
        found[muscle] = min(1.0, max(float(posterior[es].max()), 1 - none))
    return found


def _ranked(
    worked: Worked, reasoner: Reasoner, k: Knowledge, use: Use
) -> tuple[tuple[RankedPoint, ...], tuple[RankedOther, ...]]:
    """Points that explain something drawn or were examined; others likewise, those past their threshold first."""
    net, evidence = worked.net, worked.evidence
    posterior = worked.answer.posterior[0]
    columns = [net.nodes[s] for s in evidence.coloured]
    touches = net.weights[:, columns].max(axis=1) > 0 if columns else np.zeros(len(posterior), dtype=bool)
    order = np.argsort(-posterior, kind="stable")
    shown = [e for e in map(int, order) if net.is_point[e] and (touches[e] or e in evidence.findings.factors)]
    muscles = by_muscle(worked, shown, use)
    names = tuple(net.by_muscle)
    expected = np.bincount(net.muscle_of, weights=posterior)
    standing = {e: muscles.get(names[net.muscle_of[e]]) for e in shown}
    shown.sort(key=lambda e: (standing[e] is None, -(standing[e] or expected[net.muscle_of[e]])))
    listed = [
        e for i, e in enumerate(shown) if i < ALWAYS_LISTED or posterior[e] >= LISTED or e in evidence.findings.factors
    ]
    points = [reasoner.point(e, standing[e]) for e in listed]
    moved = set(evidence.findings.factors) | {
        e for e, m in evidence.words.factors.items() if any(f > 1.5 for _, f in m)
    }
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


def set_aside(heard: Heard) -> tuple[str, ...]:
    """What was said but not counted: past things, and denials by their words."""
    denied = [s.words for s in heard.symptoms if s.denied]
    return tuple(dict.fromkeys([*heard.past, *denied]))


def unexplained(worked: Worked, k: Knowledge) -> tuple[str, ...]:
    """Coloured sites that nothing listed explains: not a cause, not a faint hand, not a spill from beside."""
    leak = k.weight("leak")
    found = []
    for node, chance in zip(worked.evidence.on, worked.answer.alone[0], strict=True):
        belief = worked.evidence.coloured.get(node.name)
        if belief is not None and chance * belief * leak / node.leak > LEFT_ALONE:
            found.append(node.name)
    return tuple(found)


def refer(others: tuple[RankedOther, ...], case: Case, heard: Heard, k: Knowledge) -> Refer:
    """Whether somebody else must look first: what passed its threshold and asks for it, and the rules that stand above it."""
    reasons = [ReferReason(f"rule:{r.id}", r.why, r.action) for r in k.rules.values() if _met(r, case, heard)]
    for o in others:
        if o.on_top and o.action != "carry_on":
            why = say("refer.reason", name=o.name, percent=percent(o.probability), advice=o.advice)
            reasons.append(ReferReason("ranking", why, o.action))
    worst = max((URGENCY[r.action] for r in reasons), default=0)
    return Refer(worst >= URGENCY["refer"], NAMES[worst], tuple(reasons))


def _met(rule: Rule, case: Case, heard: Heard) -> bool:
    """Whether a rule is set off: by a symptom, or by a sign or test that an examination found, where it hurts."""
    if rule.regions and not any(pain.site.split("@")[0] in rule.regions for pain in case.pains):
        return False
    said = any(not s.denied and s.id in rule.symptoms and (s.examined or not rule.examined) for s in heard.symptoms)
    tested = any(positive and test in rule.tests for test, positive, _ in heard.tests)
    found = any(
        (f.kind == "test" and f.on.split("@")[0] in rule.tests and bool(f.signs.get("result")))
        or (f.kind == "root" and any(f.signs.get(sign) is True for sign in rule.signs))
        for f in corrected(case.findings)
    )
    return said or tested or found
