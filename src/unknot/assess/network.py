"""The knowledge as one noisy-OR network: explanations with their sides, nodes that can be on, and the weights between them.

Nodes are the sites of the body, the symptoms and the movements. `weights` is `[explanation, node]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unknot.case.places import SIDES, sites
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Cause, Pattern, Point

Kind = Literal["point", "root", "entrapment", "origin"]
OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One hidden cause on one side."""

    id: str
    kind: Kind
    of: str
    side: str


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The whole network, without evidence. Built once for a knowledge, equal to itself alone."""

    explanations: tuple[Explanation, ...]
    index: dict[str, int]
    sites: tuple[str, ...]
    beside: dict[str, tuple[str, ...]]
    """site to the sites that touch it."""
    nodes: dict[str, int]
    """`site id`, `symptom:ID`, `movement:ID` to column."""
    weights: NDArray[np.float64]
    quiet: NDArray[np.float64]
    """log of the chance that a node stays white `[explanation, node]`, spillover sites in part, for folding white nodes into priors."""
    leaks: NDArray[np.float64]
    is_point: NDArray[np.bool_]
    by_muscle: dict[str, tuple[int, ...]]
    """muscle with side to its points."""
    muscle_of: NDArray[np.int64]
    """for each explanation the place of its muscle in `by_muscle`, or their number when it is no point."""
    by_habit: dict[str, tuple[int, ...]]
    """habit to the explanations that it keeps going."""
    essential: tuple[tuple[str, ...], ...]
    """for each explanation the sites that it nearly always reaches, heaviest first."""


@lru_cache(maxsize=2)
def network(k: Knowledge) -> Network:
    """The network of this knowledge, built once."""
    all_sites = sites(k)
    names = [*all_sites, *(f"symptom:{s}" for s in k.symptoms), *(f"movement:{m}" for m in k.movements)]
    nodes = {name: i for i, name in enumerate(names)}
    explanations = tuple(_explanations(k))
    weights = np.zeros((len(explanations), len(nodes)))
    miss = 1 - k.weight("miss")
    provoked = k.weight("provoked")
    by_muscle: dict[str, list[int]] = {}
    by_habit: dict[str, list[int]] = {}
    essential: list[tuple[str, ...]] = []
    for e, explanation in enumerate(explanations):
        record: Point | Cause
        if explanation.kind == "point":
            record = k.points[explanation.of]
            muscle = f"{record.muscle}@{explanation.side}" if explanation.side else record.muscle
            by_muscle.setdefault(muscle, []).append(e)
        else:
            record = k.cause(explanation.of)
        for habit in record.habits:
            by_habit.setdefault(habit, []).append(e)
        essential.append(_heaviest(sided(record.essential, explanation.side, k)))
        for site, weight in sided({**record.spillover, **record.essential}, explanation.side, k).items():
            weights[e, nodes[site]] = max(weights[e, nodes[site]], weight * miss)
        for symptom, weight in record.symptoms.items():
            weights[e, nodes[f"symptom:{symptom}"]] = weight
        for movement in record.provoked_by:
            weights[e, nodes[f"movement:{movement}"]] = provoked
    quiet = np.log1p(-weights)
    quiet[:, : len(all_sites)] *= np.where(
        _is_essential(essential, nodes, len(all_sites)), 1.0, k.weight("white_spillover")
    )
    leak = k.weight("leak")
    leaks = [leak] * len(all_sites) + [s.common for s in k.symptoms.values()] + [m.common for m in k.movements.values()]
    return Network(
        explanations, {x.id: i for i, x in enumerate(explanations)}, all_sites, _beside(all_sites, k), nodes, weights, quiet, np.array(leaks),
        np.array([x.kind == "point" for x in explanations]), {m: tuple(es) for m, es in by_muscle.items()},
        _places(by_muscle, len(explanations)), {h: tuple(es) for h, es in by_habit.items()}, tuple(essential),
    )  # fmt: skip


def _beside(all_sites: tuple[str, ...], k: Knowledge) -> dict[str, tuple[str, ...]]:
    """Neighbours on the same side; a midline region touches both sides of its neighbours."""
    known = set(all_sites)
    found = {}
    for site in all_sites:
        region, _, side = site.partition("@")
        near = [
            f"{other}{mark}"
            for other in k.regions[region].beside
            for mark in ((f"@{side}", "") if side else ("@left", "@right", ""))
        ]
        found[site] = tuple(n for n in near if n in known)
    return found


def _is_essential(essential: list[tuple[str, ...]], nodes: dict[str, int], count: int) -> NDArray[np.bool_]:
    found = np.zeros((len(essential), count), dtype=bool)
    for e, always in enumerate(essential):
        found[e, [nodes[s] for s in always]] = True
    return found


def _places(by_muscle: dict[str, list[int]], count: int) -> NDArray[np.int64]:
    found = np.full(count, len(by_muscle), dtype=np.int64)
    for place, members in enumerate(by_muscle.values()):
        found[members] = place
    return found


def _heaviest(weights: dict[str, float]) -> tuple[str, ...]:
    return tuple(sorted(weights, key=lambda s: (-weights[s], s)))


def _explanations(k: Knowledge) -> list[Explanation]:
    found: list[Explanation] = []
    for point in k.points.values():
        if not k.muscles[point.muscle].lateral:
            found.append(Explanation(point.id, "point", point.id, ""))
        else:
            sides = (point.only_side,) if point.only_side else SIDES
            found.extend(Explanation(f"{point.id}@{side}", "point", point.id, side) for side in sides)
    groups: tuple[tuple[Kind, dict[str, Cause]], ...] = (
        ("root", dict(k.roots)), ("entrapment", dict(k.entrapments)), ("origin", dict(k.origins)),
    )  # fmt: skip
    for kind, causes in groups:
        for cause in causes.values():
            if cause.lateral:
                found.extend(Explanation(f"{cause.id}@{side}", kind, cause.id, side) for side in SIDES)
            else:
                found.append(Explanation(cause.id, kind, cause.id, ""))
    return found


def sided(pattern: Pattern, side: str, k: Knowledge) -> dict[str, float]:
    """A pattern as sites, seen from an explanation on `side` ("" when it has none)."""
    found: dict[str, float] = {}
    for key, weight in pattern.items():
        region, _, where = key.partition("@")
        if not k.regions[region].lateral:
            targets = [region]
        elif where == "both" or (not where and not side):
            targets = [f"{region}@left", f"{region}@right"]
        elif where in SIDES:
            targets = [f"{region}@{where}"]
        elif where == "other":
            targets = [f"{region}@{OTHER[side]}"] if side else [f"{region}@left", f"{region}@right"]
        else:
            targets = [f"{region}@{side}"]
        for target in targets:
            found[target] = max(found.get(target, 0.0), weight)
    return found
