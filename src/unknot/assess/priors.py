"""How likely each explanation is before the drawing is read in detail: published prevalences by area of complaint, else a stated rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from unknot.assess.network import Network
from unknot.case.model import Case, Client
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Cause

Array = NDArray[np.float64]


def base_priors(case: Case, coloured: Iterable[str], net: Network, k: Knowledge) -> Array:
    """Priors `[e]`: points by the prevalence of their muscle in the areas of complaint, other causes by their own."""
    drawn = _areas_drawn(coloured, net, k)
    in_area = {name: net.weights[:, columns].max(axis=1) > 0 for name, columns in drawn.items()}
    touched = np.zeros(len(net.explanations), dtype=bool)
    for mask in in_area.values():
        touched |= mask
    priors = np.zeros(len(net.explanations))
    for muscle, points in net.by_muscle.items():
        chance = _muscle_chance(muscle.split("@")[0], points, in_area, k)
        shares = np.array([_share(net.explanations[e].of, k) for e in points])
        priors[list(points)] = 1 - (1 - chance) ** (shares / shares.sum())
    for e, x in enumerate(net.explanations):
        if x.kind != "point":
            cause = k.roots[x.of] if x.kind == "root" else k.causes()[x.of]
            odds = cause.prior / (1 - cause.prior) * person_factor(cause, case.client)
            odds *= k.weight("in_area_odds") if touched[e] else 1.0
            priors[e] = odds / (1 + odds)
    return priors


def _areas_drawn(coloured: Iterable[str], net: Network, k: Knowledge) -> dict[str, list[int]]:
    """Areas of complaint that hold a coloured site, each with the columns of its sites on the coloured sides."""
    area_of = {region: area.id for area in k.complaint_areas.values() for region in area.regions}
    sides: dict[str, set[str]] = defaultdict(set)
    for site in coloured:
        region, _, side = site.partition("@")
        sides[area_of[region]] |= {side} if side else {"left", "right"}
    found: dict[str, list[int]] = {}
    for area, here in sides.items():
        members = set(k.complaint_areas[area].regions)
        found[area] = []
        for site in net.sites:
            region, _, side = site.partition("@")
            if region in members and (not side or side in here):
                found[area].append(net.nodes[site])
    return found


def _muscle_chance(muscle: str, points: tuple[int, ...], in_area: dict[str, Array], k: Knowledge) -> float:
    """Chance of an active point in a muscle: the highest over the areas of complaint that it sends pain into."""
    areas = [name for name, mask in in_area.items() if mask[list(points)].any()]
    if not areas:
        return k.weight("prevalence_elsewhere")
    return max(prevalence(muscle, area, k) for area in areas)


def prevalence(muscle: str, area: str, k: Knowledge) -> float:
    """Published share mixed with the default as a Beta prior; a value for a group is shared among its members."""
    default, people = k.weight(f"prevalence_{k.frequency.get(muscle, 'sometimes')}"), k.weight("prevalence_people")
    for published in k.prevalences:
        if muscle in published.muscles and published.area == area:
            count = min(published.people, k.weight("prevalence_published_cap"))
            each = 1 - (1 - published.active) ** (1 / len(published.muscles))
            return (default * people + each * count) / (people + count)
    return default


def _share(point: str, k: Knowledge) -> float:
    """A point's part of its muscle's chance: less where its pattern could not be confirmed."""
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
