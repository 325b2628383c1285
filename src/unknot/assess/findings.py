"""What fingers and tests found, as factors on the odds of what they speak for, by their published reliability.

Signs of one place are not independent, nor is one sign at two visits: the strongest counts in full, the others in part, all
together at most `sign_cap`.
"""

from __future__ import annotations

import math
from collections import defaultdict

from unknot.assess.leanings import VISIT
from unknot.assess.network import Network
from unknot.case.model import Case, Finding, corrected
from unknot.case.understand import Heard
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Sign, Test
from unknot.words import say

Ratios = dict[int, dict[str, list[tuple[str, float]]]]
"""explanation -> sign or test -> at each visit what was found, and its log likelihood ratio"""


def finding_ratios(case: Case, heard: Heard, net: Network, k: Knowledge) -> dict[int, list[tuple[str, float]]]:
    """For each explanation what was found and the factor on its odds, after all discounts."""
    raw: Ratios = defaultdict(lambda: defaultdict(list))
    for finding in corrected(case.findings):
        for e, key, name, value in _speaks(finding, net, k):
            raw[e][key].append((name, value))
    for ident, positive, said in heard.tests:
        for e in _targets(k.tests[ident], said, net):
            raw[e][ident].append(
                (_result(k.tests[ident], positive=positive), test_ratio(k.tests[ident], positive=positive))
            )
    return {e: _combine(found, k) for e, found in raw.items()}


def _result(test: Test, *, positive: bool) -> str:
    return say("found.positive" if positive else "found.negative", name=test.name)


def _speaks(finding: Finding, net: Network, k: Knowledge) -> list[tuple[int, str, str, float]]:
    """(explanation, sign or test, what was found, its log likelihood ratio)."""
    if finding.kind == "test":
        ident, _, side = finding.on.partition("@")
        test = k.tests[ident]
        positive = bool(finding.signs["result"])
        targets = [net.index[x] for of in test.of for x in (f"{of}@{side}", of) if x in net.index]
        return [(e, ident, _result(test, positive=positive), test_ratio(test, positive=positive)) for e in targets]
    if finding.kind in ("point", "root"):
        places = [net.index[finding.on]] if finding.on in net.index else []
    elif finding.kind == "muscle":
        places = list(net.by_muscle.get(finding.on, ()))
    else:
        places = []
    return [
        (e, sign, _told(k.signs[sign], value, measured=finding.visit == VISIT), sign_ratio(k.signs[sign], value, k))
        for e in places
        for sign, value in finding.signs.items()
    ]


def _told(sign: Sign, value: bool | float, *, measured: bool) -> str:
    if isinstance(value, bool):
        name = say("found.measured", name=sign.name) if measured else sign.name
        return name if value else say("found.not", name=name)
    return say("found.rated", name=sign.name, value=value)


def sign_ratio(sign: Sign, value: bool | float, k: Knowledge) -> float:
    """Log likelihood ratio of a sign found, not found, or rated 0 to 10 (straight between the two, even at `tenderness_even`)."""
    yes = math.log(sign.sensitivity / sign.false_rate)
    no = math.log((1 - sign.sensitivity) / (1 - sign.false_rate))
    if isinstance(value, bool):
        return yes if value else no
    even, full = k.weight("tenderness_even"), k.weight("tenderness_full")
    if value >= even:
        return yes * min(1.0, (value - even) / (full - even))
    return no * (even - value) / even


def test_ratio(test: Test, *, positive: bool) -> float:
    """Log likelihood ratio of a test's result."""
    if positive:
        return math.log(test.sensitivity / (1 - test.specificity))
    return math.log((1 - test.sensitivity) / test.specificity)


def _targets(test: Test, said: str, net: Network) -> list[int]:
    """What a test named in free words speaks for: the side that was said, else both."""
    spoken = [side for side in ("left", "right") if side in said.lower()] or ["left", "right"]
    return [net.index[x] for of in test.of for x in (of, *(f"{of}@{s}" for s in spoken)) if x in net.index]


def _combine(found: dict[str, list[tuple[str, float]]], k: Knowledge) -> list[tuple[str, float]]:
    rho, share, cap = k.weight("visit_correlation"), k.weight("sign_share"), math.log(k.weight("sign_cap"))
    pooled = [
        (
            "; ".join(dict.fromkeys(name for name, _ in visits)),
            sum(v for _, v in visits) / (1 + (len(visits) - 1) * rho),
        )
        for visits in found.values()
    ]
    pooled.sort(key=lambda item: -abs(item[1]))
    values = [(name, value if i == 0 else share * value) for i, (name, value) in enumerate(pooled)]
    total = sum(v for _, v in values)
    shrink = cap / abs(total) if abs(total) > cap else 1.0
    return [(name, math.exp(v * shrink)) for name, v in values]
