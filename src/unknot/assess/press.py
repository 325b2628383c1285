"""What to press or test next: the one whose answer is expected to teach most about all explanations, and what each answer would mean.

For a finding on explanation e only one more inference is needed, with e taken as active: P(i) = P(e) P(i | e) + (1 - P(e)) P(i | not e)
gives the rest. The expected gain is the fall of the summed entropy of all explanations [bit].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unknot.assess.evidence import Evidence
from unknot.assess.network import Network
from unknot.assess.reasons import entropy
from unknot.assess.solve import Answer, Problem, Use, solve
from unknot.case.model import Case
from unknot.case.places import site_name
from unknot.case.ranking import Press
from unknot.knowledge.load import Knowledge
from unknot.words import percent, say

Array = NDArray[Any]
CANDIDATES = 6
SHOWN = 3
TOO_WIDE = 13
"""Nodes in one table from which only the explanation's own entropy is counted."""
DECIDING = ("familiar_pain", "present")
"""Signs after which a point counts as palpated."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: Literal["point", "test"]
    id: str
    e: int
    sensitivity: float
    false_rate: float


def press_next(
    evidence: Evidence,
    net: Network,
    problem: Problem,
    answer: Answer,
    case: Case,
    k: Knowledge,
    use: Use,
    barred: frozenset[str],
) -> tuple[Press, ...]:
    """The `SHOWN` best palpations and tests, best first; none when nothing is in doubt."""
    posterior = answer.posterior[0]
    members = problem.members
    if not len(members):
        return ()
    candidates = _candidates(evidence, net, posterior, members, case, k, barred)
    if not candidates:
        return ()
    given = _given_active(candidates, evidence, problem, answer, use)
    shown = []
    for candidate, active in zip(candidates, given, strict=True):
        gain, no, chance = _gain(candidate, posterior[members], active, float(posterior[candidate.e]))
        shown.append((gain, _told(candidate, net, k, members, posterior, no, chance, gain)))
    shown.sort(key=lambda item: -item[0])
    return tuple(press for gain, press in shown[:SHOWN] if gain > 0)


def _candidates(
    evidence: Evidence, net: Network, posterior: Array, members: Array, case: Case, k: Knowledge, barred: frozenset[str]
) -> list[_Candidate]:
    done = {f.on for f in case.findings if any(sign in f.signs for sign in DECIDING)}
    tested = {f.on.split("@")[0] for f in case.findings if f.kind == "test"}
    tested |= {
        f.id
        for f in k.tests.values()
        if any(f.name in what for moves in evidence.findings.factors.values() for what, _ in moves)
    }
    doubt = entropy(posterior[members])
    found: list[_Candidate] = []
    seen_tests: set[str] = set()
    sign = k.signs["familiar_pain"]
    for e in map(int, members[np.argsort(-doubt, kind="stable")]):
        if len(found) >= CANDIDATES:
            break
        x = net.explanations[e]
        if x.kind == "point":
            region = k.points[x.of].region
            place = f"{region}@{x.side}" if x.side and k.regions[region].lateral else region
            if x.id not in done and place not in barred and k.muscles[k.points[x.of].muscle].licence == "none":
                found.append(_Candidate("point", x.id, e, sign.sensitivity, sign.false_rate))
            continue
        cause = k.cause(x.of)
        tests = [k.tests[t] for t in cause.tests if t in k.tests and t not in tested and t not in seen_tests]
        if tests and posterior[e] > 0.02:
            best = max(tests, key=lambda t: t.sensitivity + t.specificity)
            seen_tests.add(best.id)
            name = f"{best.id}@{x.side}" if x.side else best.id
            found.append(_Candidate("test", name, e, best.sensitivity, 1 - best.specificity))
    return found


def _given_active(
    candidates: list[_Candidate], evidence: Evidence, problem: Problem, answer: Answer, use: Use
) -> list[Array | None]:
    """For each candidate the chance of every member when its explanation is active; None where that would take too long."""
    if answer.width > TOO_WIDE:
        return [None] * len(candidates)
    rows = np.tile(evidence.with_findings(), (len(candidates), 1))
    for row, candidate in zip(rows, candidates, strict=True):
        row[candidate.e] = 1.0
    found = solve(problem, rows, use)
    return [row[problem.members] for row in found.posterior]


def _gain(candidate: _Candidate, now: Array, active: Array | None, p: float) -> tuple[float, Array, float]:
    """(expected fall of entropy, chances after a no, chance of yes)."""
    chance_yes = p * candidate.sensitivity + (1 - p) * candidate.false_rate
    p_yes = p * candidate.sensitivity / chance_yes
    p_no = p * (1 - candidate.sensitivity) / (1 - chance_yes)
    if active is None:
        gain = float(entropy(p) - chance_yes * entropy(p_yes) - (1 - chance_yes) * entropy(p_no))
        return gain, now, chance_yes
    inactive = np.clip((now - p * active) / max(1 - p, 1e-12), 0.0, 1.0)
    yes = p_yes * active + (1 - p_yes) * inactive
    no = p_no * active + (1 - p_no) * inactive
    gain = float(entropy(now).sum() - chance_yes * entropy(yes).sum() - (1 - chance_yes) * entropy(no).sum())
    return gain, no, chance_yes


def _told(
    candidate: _Candidate,
    net: Network,
    k: Knowledge,
    members: Array,
    posterior: Array,
    no: Array,
    chance: float,
    gain: float,
) -> Press:
    x = net.explanations[candidate.e]
    now = float(posterior[candidate.e])
    p_yes = now * candidate.sensitivity / chance
    p_no = now * (1 - candidate.sensitivity) / (1 - chance)
    if candidate.kind == "point":
        point = k.points[x.of]
        muscle = k.muscles[point.muscle]
        region = f"{point.region}@{x.side}" if x.side and k.regions[point.region].lateral else point.region
        name = say("press.point", muscle=muscle.name, place=point.name, side=x.side).strip()
        where, how = say("press.where", region=site_name(k, region), find=point.find), k.signs["familiar_pain"].question
    else:
        test = k.tests[candidate.id.split("@")[0]]
        name, where, how = (
            test.name,
            say("press.test_side", side=x.side) if x.side else "",
            say("press.test_how", how=test.how, positive=test.positive),
        )
    rising = _riser(net, k, members, posterior, no, candidate.e)
    after_no = (
        say("press.no_rises", percent=percent(p_no), other=rising) if rising else say("press.no", percent=percent(p_no))
    )
    return Press(
        candidate.kind, candidate.id, name, where, how, gain, say("press.yes", percent=percent(p_yes)), after_no, chance
    )


def _riser(net: Network, k: Knowledge, members: Array, posterior: Array, after: Array, self_e: int) -> str:
    """The explanation that gains most from a no, in words."""
    rise = after - posterior[members]
    rise = np.where(members == self_e, -1.0, rise)
    best = int(np.argmax(rise))
    if rise[best] < 0.01:
        return ""
    x = net.explanations[int(members[best])]
    name = k.muscles[k.points[x.of].muscle].name if x.kind == "point" else k.cause(x.of).name
    return say("press.riser", name=name, side=x.side, percent=percent(float(after[best]))).strip()
