"""Why an explanation stands where it stands: what it accounts for, what is missing, what moved it, in one sentence and in numbers."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from unknot.assess.evidence import Evidence
from unknot.assess.network import Network
from unknot.assess.solve import Answer
from unknot.case.places import site_names
from unknot.case.ranking import Move, RankedOther, RankedPoint
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Cause, Point
from unknot.words import say

NAMED = 3
"""Sites that one sentence names."""


class Reasoner:
    """Puts the numbers of one answer into words."""

    def __init__(self, evidence: Evidence, net: Network, answer: Answer, drawing: Any, k: Knowledge) -> None:
        self.evidence, self.net, self.k = evidence, net, k
        self.posterior = answer.posterior[0]
        self.before = answer.posterior[-1]
        self.drawing = drawing
        self.said = [node for node in evidence.on if node.name not in evidence.coloured]

    @cached_property
    def site_mass(self) -> dict[str, float]:
        """For each coloured site the expected contributions of all explanations and of the leak."""
        mass: dict[str, float] = {}
        for node in self.evidence.on:
            if node.name in self.evidence.coloured:
                mass[node.name] = float(self.posterior @ node.weights) + node.leak
        return mass

    def common(self, e: int, record: Point | Cause) -> dict[str, Any]:
        """What points and others share."""
        x = self.net.explanations[e]
        row = self.net.weights[e]
        mine = {s: float(row[self.net.nodes[s]]) for s in self.evidence.coloured if row[self.net.nodes[s]] > 0}
        shares = {s: min(1.0, float(self.posterior[e]) * w / self.site_mass[s]) for s, w in mine.items()}
        explains = tuple(sorted(mine, key=lambda s: (-mine[s], s)))
        essential = self.net.essential[e]
        against = tuple(s for s in essential if s not in self.evidence.coloured)
        return {
            "id": x.id, "side": x.side, "probability": float(self.posterior[e]), "prior": float(self.evidence.priors[e]),
            "before_findings": float(self.before[e]), "explains": explains, "against": against, "shares": shares,
            "moved": self.moves(e), "why": self.sentence(e, explains, against, len(essential)), "doubt": record.doubt,
        }  # fmt: skip

    def moves(self, e: int) -> tuple[Move, ...]:
        """Everything that moved the odds, in the order in which it entered."""
        found = [Move(what, factor, "words") for what, factor in self.evidence.words.factors.get(e, [])]
        prior, drawn, before = float(self.evidence.priors[e]), float(self.drawing[e]), float(self.before[e])
        told = math.prod(m.factor for m in found)
        if self.evidence.coloured:
            found.append(Move(say("why.drawing"), _odds(drawn) / (_odds(prior) * told), "drawing"))
        if self.said:
            mine = self.reported(e)
            what = say("why.reported", words=mine) if mine else say("why.reported_other")
            found.append(Move(what, _odds(before) / _odds(drawn), "words"))
        found.extend(Move(what, factor, "finding") for what, factor in self.evidence.findings.factors.get(e, []))
        return tuple(found)

    def reported(self, e: int) -> str:
        """The symptoms and movements that were told and that this explanation brings, in words."""
        names = (
            {
                **{f"symptom:{s.id}": s.name for s in self.k.symptoms.values()},
                **{f"movement:{m.id}": m.name for m in self.k.movements.values()},
            }
            if self.said
            else {}
        )
        return ", ".join(dict.fromkeys(names[node.name] for node in self.said if node.weights[e] > 0))

    def sentence(self, e: int, explains: tuple[str, ...], against: tuple[str, ...], essential: int) -> str:
        """One plain sentence."""
        parts = []
        total = len(self.evidence.coloured)
        if explains:
            named = site_names(self.k, explains[:NAMED])
            key = "why.explains" if len(explains) <= NAMED else "why.explains_more"
            parts.append(say(key, named=named, count=len(explains), total=total))
        else:
            parts.append(say("why.explains_nothing"))
        if against and essential:
            parts.append(say("why.against", named=site_names(self.k, against[:NAMED])))
        elif explains and essential:
            parts.append(say("why.nothing_missing"))
        findings = self.evidence.findings.factors.get(e, [])
        if findings:
            strongest = max(findings, key=lambda f: abs(math.log(f[1])))
            parts.append(
                say(
                    "why.found_for" if strongest[1] > 1 else "why.found_against",
                    what=strongest[0],
                    factor=_times(strongest[1]),
                )
            )
        words = [w for w in self.evidence.words.factors.get(e, []) if w[1] > 1]
        reported = self.reported(e)
        if reported:
            parts.append(say("why.said", what=reported))
        elif words:
            parts.append(say("why.said", what=max(words, key=lambda w: w[1])[0]))
        return " ".join(parts)

    def point(self, e: int, any_of_muscle: float | None) -> RankedPoint:
        """A ranked trigger point; `any_of_muscle` is the chance that some point of its muscle is active."""
        x = self.net.explanations[e]
        point = self.k.points[x.of]
        muscle = self.k.muscles[point.muscle]
        region = f"{point.region}@{x.side}" if x.side and self.k.regions[point.region].lateral else point.region
        return RankedPoint(
            **self.common(e, point), name=point.name, muscle=point.muscle, muscle_name=muscle.name,
            muscle_probability=any_of_muscle, region=region,
            find=point.find, palpation=point.palpation, position=point.position,
        )  # fmt: skip

    def other(self, e: int) -> RankedOther:
        """A ranked root, entrapment or origin."""
        x = self.net.explanations[e]
        cause = self.k.cause(x.of)
        chance = float(self.posterior[e])
        return RankedOther(
            **self.common(e, cause), name=cause.name, kind=x.kind, action=cause.action, advice=cause.advice,  # type: ignore[arg-type]
            threshold=cause.threshold, on_top=chance >= cause.threshold,
        )  # fmt: skip


def _odds(p: float) -> float:
    p = min(max(p, 1e-15), 1 - 1e-12)
    return p / (1 - p)


def _times(factor: float) -> str:
    value = factor if factor >= 1 else 1 / factor
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def entropy(p: Any) -> Any:
    """Entropy of chances [bit]."""
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
