"""A case as evidence: which nodes are on and how surely, which are white, and how priors move before the network speaks.

A coloured node of belief b is soft evidence: it raises the node's leak to 1 - b * (1 - leak), so faint or hardly touched sites
say less. A white node folds exactly into the priors: p' = p q / (p q + 1 - p) with q the product of 1 - weight over white nodes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unknot.assess.findings import finding_ratios
from unknot.assess.network import Network
from unknot.assess.priors import base_priors
from unknot.case.model import Case
from unknot.case.places import SIDES
from unknot.case.understand import SIGNS_OF_NERVE, Heard, HeardSymptom
from unknot.knowledge.load import Knowledge
from unknot.words import say

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OnNode:
    """A node that is on: its leak after soft evidence, and what each explanation contributes `[e]`."""

    name: str
    leak: float
    weights: Array
    words: str


@dataclass(slots=True)
class Moves:
    """Why an explanation's odds moved before the network spoke: what, and the factor on its odds."""

    factors: dict[int, list[tuple[str, float]]] = field(default_factory=dict)

    def add(self, e: int, what: str, factor: float) -> None:
        if factor != 1.0:
            self.factors.setdefault(e, []).append((what, factor))

    def log_odds(self, count: int) -> Array:
        total = np.zeros(count)
        for e, moves in self.factors.items():
            total[e] = sum(math.log(f) for _, f in moves)
        return total


@dataclass(frozen=True, slots=True)
class Evidence:
    """priors `[e]` before anything was drawn; folded `[e]` after words and white nodes; found `[e]` log ratios of findings."""

    priors: Array
    folded: Array
    found: Array
    on: tuple[OnNode, ...]
    coloured: dict[str, float]
    """Site to belief."""
    words: Moves
    findings: Moves
    white: Array
    """`[node]` true where a node is white."""

    def with_findings(self) -> Array:
        """Priors `[e]` with the findings in."""
        return shift(self.folded, self.found)


def shift(chance: Array, log_ratio: Array) -> Array:
    """Chances after their odds were multiplied by exp(log_ratio)."""
    odds = np.exp(log_ratio) * chance
    return np.asarray(odds / (odds + (1 - chance)))


def gather(case: Case, heard: Heard, net: Network, k: Knowledge) -> Evidence:
    """All that the case says, for the network."""
    coloured = _beliefs(case, k)
    priors = base_priors(case.client, coloured, net, k)
    words = Moves()
    _habits(heard, net, k, words)
    _qualities(case, heard, net, k, words)
    _named(heard, coloured, net, k, words)
    on = [
        *_sites_on(coloured, net, k),
        *_symptoms_on(case, heard, net, k),
        *_movements_on(heard, net, k, words, coloured),
    ]
    white = np.zeros(net.weights.shape[1], dtype=bool)
    for site in net.sites:
        white[net.nodes[site]] = site not in coloured
    for symptom in heard.symptoms:
        if symptom.denied:
            white[net.nodes[f"symptom:{symptom.id}"]] = True
    quiet = net.quiet @ white.astype(float)
    folded = shift(priors, words.log_odds(len(priors)) + quiet)
    findings = finding_ratios(case, heard, net, k)
    moves = Moves({e: list(found) for e, found in findings.items()})
    return Evidence(priors, folded, moves.log_odds(len(priors)), tuple(on), coloured, words, moves, white)


def _beliefs(case: Case, k: Knowledge) -> dict[str, float]:
    """How surely each coloured site is meant: intensity and coverage, 1 for a site that was simply named."""
    faint = k.weight("faint")
    found: dict[str, float] = {}
    for pain in case.pains:
        strength = 1.0 if pain.intensity is None else min(1.0, max(0.0, (pain.intensity - 1) / 4))
        cover = min(1.0, pain.coverage / 0.5)
        belief = faint + (1 - faint) * min(strength, cover)
        if pain.coverage > 0:
            found[pain.site] = max(found.get(pain.site, 0.0), belief)
    return found


def _sites_on(coloured: dict[str, float], net: Network, k: Knowledge) -> list[OnNode]:
    """Coloured sites. Each may also have been coloured for no listed reason, or have been spilled into from a coloured neighbour."""
    found = []
    spill = k.weight("spill")
    for site, belief in coloured.items():
        node = net.nodes[site]
        touching = sum(other in coloured for other in net.beside[site])
        leak = 1 - (1 - float(net.leaks[node])) * (1 - spill) ** touching
        found.append(OnNode(site, 1 - belief * (1 - leak), net.weights[:, node], site))
    return found


def _symptoms_on(case: Case, heard: Heard, net: Network, k: Knowledge) -> list[OnNode]:
    found: dict[str, OnNode] = {}
    for symptom in (*heard.symptoms, *_felt(case, heard, k)):
        if symptom.denied:
            continue
        name = f"symptom:{symptom.id}"
        node = net.nodes[name]
        weights = _placed(symptom, net.weights[:, node], net, k)
        leak = float(net.leaks[node]) * (k.weight("examined_share") if symptom.examined else 1.0)
        key = f"{name}:{','.join(symptom.roots or symptom.regions)}"
        found.setdefault(key, OnNode(name, leak, weights, symptom.words))
    return list(found.values())


def _felt(case: Case, heard: Heard, k: Knowledge) -> list[HeardSymptom]:
    """Symptoms that the drawing itself reports: sites drawn numb, tingling, burning or electric, all of one symptom together."""
    places: dict[str, list[str]] = {}
    for pain in case.pains:
        for quality in pain.quality:
            symptom = k.qualities[quality].symptom
            if symptom and not any(s.id == symptom for s in heard.symptoms):
                places.setdefault(symptom, []).append(pain.site)
    found = []
    for symptom, sites in places.items():
        regions = tuple(dict.fromkeys(s.split("@")[0] for s in sites))
        sides = tuple(dict.fromkeys(s.partition("@")[2] for s in sites if "@" in s))
        found.append(HeardSymptom(symptom, False, regions, sides, (), say("why.drawn_so"), False))
    return found


def _placed(symptom: HeardSymptom, weights: Array, net: Network, k: Knowledge) -> Array:
    """Who may have brought a symptom that was said to be somewhere: those of the named roots, or those felt in the named place."""
    if symptom.roots:
        placed = np.zeros_like(weights)
        for e, x in enumerate(net.explanations):
            if x.kind == "root" and x.of in symptom.roots and (not symptom.sides or x.side in symptom.sides):
                placed[e] = max(float(weights[e]), k.weight("root_deficit"))
        return placed
    if symptom.id not in SIGNS_OF_NERVE or not symptom.regions:
        return weights
    places = [s for s in net.sites if s.split("@")[0] in symptom.regions]
    here = [s for s in places if (s.partition("@")[2] in symptom.sides if symptom.sides else True)]
    touches = (
        net.weights[:, [net.nodes[s] for s in here]].max(axis=1) > 0 if here else np.ones(len(weights), dtype=bool)
    )
    placed = np.where(touches, weights, 0.0)
    return placed if placed.any() else weights


def _movements_on(heard: Heard, net: Network, k: Knowledge, words: Moves, coloured: dict[str, float]) -> list[OnNode]:
    """Movements that were named; a point that lists none of them is a little less likely."""
    found = []
    columns = []
    for movement, said in heard.movements.items():
        node = net.nodes[f"movement:{movement}"]
        found.append(OnNode(f"movement:{movement}", float(net.leaks[node]), net.weights[:, node], said))
        columns.append(node)
    if columns:
        drawn = net.weights[:, [net.nodes[s] for s in coloured]].max(axis=1) > 0
        silent = (net.weights[:, columns].max(axis=1) == 0) & net.is_point & drawn
        for e in np.flatnonzero(silent):
            words.add(int(e), say("why.not_provoked"), k.weight("not_provoked"))
    return found


def _habits(heard: Heard, net: Network, k: Knowledge, words: Moves) -> None:
    factor = k.weight("habit_odds")
    for habit in heard.habits:
        for e in net.by_habit.get(habit, ()):
            words.add(e, k.habits[habit].name, factor)


def _qualities(case: Case, heard: Heard, net: Network, k: Knowledge, words: Moves) -> None:
    """Burning, electric, tingling and numb sites speak for the nerves that serve them, at most twice."""
    nerve, match = k.weight("quality_nerve"), k.weight("quality_match")
    felt = {pain.site: {*pain.quality, *heard.qualities} for pain in case.pains}
    if not any(felt.values()):
        return
    for e in np.flatnonzero(~net.is_point & (net.weights[:, [net.nodes[s] for s in felt]].max(axis=1) > 0)):
        x = net.explanations[e]
        here = [felt[s] for s in felt if net.weights[e, net.nodes[s]] > 0]
        told = 0 if x.kind == "origin" else sum(any(k.qualities[q].nerve for q in qualities) for qualities in here)
        if told:
            words.add(int(e), say("why.nerve_quality"), nerve ** min(told, 2))
        elif any(qualities & set(k.cause(x.of).quality) for qualities in here):
            words.add(int(e), say("why.quality"), match)


def _named(heard: Heard, coloured: dict[str, float], net: Network, k: Knowledge, words: Moves) -> None:
    """Causes that the history names outright."""
    sides = {s.partition("@")[2] for s in coloured}
    for cause, said in heard.causes.items():
        for ident in (cause, *(f"{cause}@{side}" for side in SIDES if side in sides or "" in sides)):
            if ident in net.index:
                weight = "labelled_odds" if cause in heard.labelled else "named_odds"
                words.add(net.index[ident], say("why.named", words=said), k.weight(weight))
