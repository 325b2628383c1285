"""What to press or test next: the one whose answer is expected to teach most about all explanations, and what each answer would mean.

For a finding on explanation e only one more inference is needed, with e taken as active: P(i) = P(e) P(i | e) + (1 - P(e)) P(i | not e)
gives the rest. The expected gain is the fall of the summed entropy of all explanations [bit].
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unknot.assess.evidence import Evidence, Moves, shift
from unknot.assess.findings import finding_ratios
from unknot.assess.network import Network
from unknot.assess.reasons import entropy
from unknot.assess.solve import Answer, Problem, Use, solve
from unknot.case.clearance import Open
from unknot.case.model import Case, Finding
from unknot.case.places import site_name
from unknot.case.ranking import Press
from unknot.case.understand import Heard
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import LICENCES
from unknot.words import percent, say

Array = NDArray[Any]
CANDIDATES = 6
SHOWN = 3
TOO_WIDE = 13
"""Nodes in one table from which only the explanation's own entropy is counted."""
USUAL = 5
"""Discomfort up to which palpation goes when nothing lowers it; below, it is said with each proposal."""
SIGN = "familiar_pain"
"""The sign that is asked for at a point: the one that tells an active point from a latent one."""
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
    case: Case,
    heard: Heard,
    evidence: Evidence,
    net: Network,
    problem: Problem,
    answer: Answer,
    k: Knowledge,
    use: Use,
    allowed: Open,
) -> tuple[Press, ...]:
    """The `SHOWN` best palpations and tests, best first; none when nothing is in doubt."""
    chosen = _chosen(evidence, net, problem, answer, case, k, use, allowed)
    after = _after(case, heard, evidence, net, problem, answer, k, use, [candidate for candidate, _ in chosen])
    posterior = answer.posterior[0]
    return tuple(
        _told(candidate, net, k, posterior, yes, no, gain, allowed)
        for (candidate, gain), (yes, no) in zip(chosen, after, strict=True)
    )


def next_points(
    case: Case, evidence: Evidence, net: Network, problem: Problem, answer: Answer, k: Knowledge, use: Use, allowed: Open
) -> tuple[str, ...]:  # fmt: skip
    """The ids of the palpations among what `press_next` would propose, without the words of what each answer would mean."""
    chosen = _chosen(evidence, net, problem, answer, case, k, use, allowed)
    return tuple(candidate.id for candidate, _ in chosen if candidate.kind == "point")


def _chosen(
    evidence: Evidence, net: Network, problem: Problem, answer: Answer, case: Case, k: Knowledge, use: Use, allowed: Open
) -> list[tuple[_Candidate, tuple[float, float]]]:  # fmt: skip
    """The `SHOWN` candidates that teach most, with (expected fall of entropy [bit], chance of a yes)."""
    posterior = answer.posterior[0]
    if not len(problem.members):
        return []
    candidates = _candidates(evidence, net, posterior, problem.members, case, k, allowed)
    if not candidates:
        return []
    given = _given_active(candidates, evidence, problem, answer, use)
    gains = [
        _gain(c, posterior[problem.members], active, float(posterior[c.e]))
        for c, active in zip(candidates, given, strict=True)
    ]
    best = sorted(range(len(candidates)), key=lambda i: -gains[i][0])[:SHOWN]
    return [(candidates[i], gains[i]) for i in best if gains[i][0] > 0]


def _after(
    case: Case,
    heard: Heard,
    evidence: Evidence,
    net: Network,
    problem: Problem,
    answer: Answer,
    k: Knowledge,
    use: Use,
    chosen: list[_Candidate],
) -> list[tuple[Array, Array]]:
    """For each candidate the chances `[e]` after a yes and after a no, as they will be when the finding is entered."""
    rows = []
    for candidate in chosen:
        for yes in (True, False):
            sign = "result" if candidate.kind == "test" else SIGN
            finding = Finding(candidate.kind, candidate.id, {sign: yes})
            ratios = finding_ratios(replace(case, findings=(*case.findings, finding)), heard, net, k)
            found = Moves({e: list(r) for e, r in ratios.items()}).log_odds(len(evidence.folded))
            rows.append(shift(evidence.folded, found))
    if not rows:
        return []
    if answer.width > TOO_WIDE:
        now = evidence.with_findings()
        told = [shift(answer.posterior[0], _log_odds(row) - _log_odds(now)) for row in rows]
    else:
        told = list(solve(problem, np.stack(rows), use).posterior)
    return list(zip(told[::2], told[1::2], strict=True))


def _log_odds(p: Array) -> Array:
    return np.asarray(np.log(p) - np.log1p(-p))


def _candidates(
    evidence: Evidence, net: Network, posterior: Array, members: Array, case: Case, k: Knowledge, allowed: Open
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
    sign = k.signs[SIGN]
    for e in map(int, members[np.argsort(-doubt, kind="stable")]):
        if len(found) >= CANDIDATES:
            break
        x = net.explanations[e]
        if x.kind == "point":
            if x.id not in done and may_press(x.id, k, allowed):
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


def _with_care(site: str, allowed: Open) -> list[str]:
    """What today's clearance asks of the looking finger there."""
    told = [say("press.light")] if site in allowed.light else []
    return told + ([say("press.at_most", most=f"{allowed.discomfort:g}")] if allowed.discomfort < USUAL else [])


def may_press(ident: str, k: Knowledge, allowed: Open) -> bool:
    """Whether a trigger point lies in a place that is open today, and in a muscle that the practitioner's licence covers."""
    point, _, side = ident.partition("@")
    if point not in k.points:
        return False
    region = k.points[point].region
    site = f"{region}@{side}" if side and k.regions[region].lateral else region
    licence = LICENCES[k.muscles[k.points[point].muscle].licence]
    return (
        site not in allowed.barred
        and ident not in allowed.barred_points
        and (not licence or licence in allowed.licences)
    )


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


def _gain(candidate: _Candidate, now: Array, active: Array | None, p: float) -> tuple[float, float]:
    """(expected fall of entropy [bit], chance of a yes)."""
    chance_yes = p * candidate.sensitivity + (1 - p) * candidate.false_rate
    p_yes = p * candidate.sensitivity / chance_yes
    p_no = p * (1 - candidate.sensitivity) / (1 - chance_yes)
    if active is None:
        return float(entropy(p) - chance_yes * entropy(p_yes) - (1 - chance_yes) * entropy(p_no)), chance_yes
    inactive = np.clip((now - p * active) / max(1 - p, 1e-12), 0.0, 1.0)
    yes = p_yes * active + (1 - p_yes) * inactive
    no = p_no * active + (1 - p_no) * inactive
    after = chance_yes * entropy(yes).sum() + (1 - chance_yes) * entropy(no).sum()
    return float(entropy(now).sum() - after), chance_yes


def _told(
    candidate: _Candidate,
    net: Network,
    k: Knowledge,
    posterior: Array,
    yes: Array,
    no: Array,
    gain: tuple[float, float],
    allowed: Open,
) -> Press:
    x = net.explanations[candidate.e]
    p_yes, p_no = float(yes[candidate.e]), float(no[candidate.e])
    if candidate.kind == "point":
        point = k.points[x.of]
        muscle = k.muscles[point.muscle]
        region = f"{point.region}@{x.side}" if x.side and k.regions[point.region].lateral else point.region
        name = say("press.point", muscle=muscle.name, place=point.name, side=x.side).strip()
        where, how = say("press.where", region=site_name(k, region), find=point.find), k.signs[SIGN].question
        how = " ".join((*_with_care(region, allowed), how))
    else:
        test = k.tests[candidate.id.split("@")[0]]
        name = test.name
        where = say("press.test_side", side=x.side) if x.side else ""
        how = say("press.test_how", how=test.how, positive=test.positive)
    rising = _riser(net, k, posterior, no, candidate.e)
    if_no = (
        say("press.no_rises", percent=percent(p_no), other=rising) if rising else say("press.no", percent=percent(p_no))
    )
    if_yes = say("press.yes", percent=percent(p_yes))
    return Press(candidate.kind, candidate.id, name, where, how, gain[0], if_yes, if_no, gain[1], p_yes, p_no)


def _riser(net: Network, k: Knowledge, now: Array, after: Array, self_e: int) -> str:
    """The explanation that gains most from a no, in words."""
    rise = after - now
    rise[self_e] = -1.0
    best = int(np.argmax(rise))
    if rise[best] < 0.01:
        return ""
    x = net.explanations[best]
    name = k.muscles[k.points[x.of].muscle].name if x.kind == "point" else k.cause(x.of).name
    return say("press.riser", name=name, side=x.side, percent=percent(float(after[best]))).strip()
