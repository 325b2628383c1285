"""How likely each explanation is before the drawing is read in detail: published prevalences by area of complaint, else a stated rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from unknot.assess.network import Network
from unknot.case.model import Client
from unknot.case.places import SIDES
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Cause

Array = NDArray[np.float64]
AreaSide = tuple[str, str]
"""An area of complaint on a side; midline regions belong to both sides of their area."""


@dataclass(frozen=True, slots=True, eq=False)
class PriorTable:
    """Everything about priors that no case changes."""

    area_of: dict[str, str]
    share: Array
    """Each point's part of its muscle's chance `[e]`."""
    elsewhere: Array
    """Chance of a point whose muscle sends no pain into the area of complaint `[e]`."""
    causes: tuple[tuple[int, Cause], ...]
    """Explanations whose odds age or sex can move."""
    odds: Array
    """Odds of the other explanations `[e]`; 0 for points."""


@lru_cache(maxsize=2)
def prior_table(net: Network, k: Knowledge) -> PriorTable:
    """What no case changes, worked out once for a network."""
    share = _shares(net, k)
    elsewhere = np.where(net.is_point, 1 - (1 - k.weight("prevalence_elsewhere")) ** share, 0.0)
    odds = np.zeros(len(net.explanations))
    personal: list[tuple[int, Cause]] = []
    for e, x in enumerate(net.explanations):
        if x.kind != "point":
            cause = k.cause(x.of)
            odds[e] = cause.prior / (1 - cause.prior)
            if cause.age or cause.sex:
                personal.append((e, cause))
    area_of = {region: area.id for area in k.complaint_areas.values() for region in area.regions}
    return PriorTable(area_of, share, elsewhere, tuple(personal), odds)


@lru_cache(maxsize=64)
def in_area(net: Network, k: Knowledge, area: str, side: str) -> tuple[NDArray[np.bool_], Array]:
    """For an area of complaint on a side: which explanations can be felt there `[e]`, and the chance of each point `[e]`."""
    table = prior_table(net, k)
    regions = k.complaint_areas[area].regions
    names = {s for s in net.sites if s.split("@")[0] in regions and s.partition("@")[2] in ("", side)}
    here = net.weights[:, [net.nodes[s] for s in names]].max(axis=1) > 0
    chance = table.elsewhere.copy()
    for muscle, points in net.by_muscle.items():
        index = list(points)
        if here[index].any():
            part = 1.0 if any(names & set(net.essential[e]) for e in index) else k.weight("spillover_part")
            chance[index] = 1 - (1 - part * prevalence(muscle.split("@")[0], area, k)) ** table.share[index]
    return here, chance


def _shares(net: Network, k: Knowledge) -> Array:
    """Each point's part of its muscle's chance `[e]`; the parts of a muscle sum to 1."""
    share = np.zeros(len(net.explanations))
    for points in net.by_muscle.values():
        own = np.array([_weight_of(net.explanations[e].of, k) for e in points])
        share[list(points)] = own / own.sum()
    return share


def base_priors(client: Client, coloured: Iterable[str], net: Network, k: Knowledge) -> Array:
    """Priors `[e]`: points by the prevalence of their muscle in the areas of complaint, other causes by their own."""
    table = prior_table(net, k)
    drawn: set[AreaSide] = set()
    for site in coloured:
        region, _, side = site.partition("@")
        drawn |= {(table.area_of[region], s) for s in ((side,) if side else SIDES)}
    found = [in_area(net, k, area, side) for area, side in sorted(drawn)]
    priors = np.max([table.elsewhere, *(chance for _, chance in found)], axis=0)
    touched = np.any([np.zeros(len(priors), dtype=bool), *(here for here, _ in found)], axis=0)
    odds = table.odds * np.where(touched, k.weight("in_area_odds"), 1.0)
    if client.age is not None or client.sex is not None:
        for e, cause in table.causes:
            odds[e] *= person_factor(cause, client)
    return np.where(net.is_point, priors, odds / (1 + odds))


def prevalence(muscle: str, area: str, k: Knowledge) -> float:
    """Published share mixed with the default as a Beta prior; a value for a group is shared among its members."""
    default, people = k.weight(f"prevalence_{k.frequency.get(muscle, 'sometimes')}"), k.weight("prevalence_people")
    for published in k.prevalences:
        if muscle in published.muscles and published.area == area:
            count = min(published.people, k.weight("prevalence_published_cap"))
            each = 1 - float((1 - published.active) ** (1 / len(published.muscles)))
            return (default * people + each * count) / (people + count)
    return default


def _weight_of(point: str, k: Knowledge) -> float:
    """Less for a point whose pattern could not be confirmed."""
    confirmed = k.points[point].confirmed
    if confirmed == "two sources":
        return 1.0
    return k.weight("share_one_source" if confirmed == "one source" else "share_unconfirmed")


def person_factor(cause: Cause, client: Client) -> float:
    """Factor on the odds from age and sex, 1 where nothing is stated or known."""
    factor = 1.0
    if client.age is not None:
        for age, value in cause.age:
            if client.age >= age:
                factor = value
    if client.sex is not None:
        factor *= cause.sex.get(client.sex, 1.0)
    return factor
