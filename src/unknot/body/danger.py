"""Places that are easily hurt, and places that were marked on a body: what lies near a trigger point, a site or a spot of the map.

A danger is drawn as a line with a radius on the skin; near means within the radius and half a finger's breadth more, measured in
space on the neutral figure when the atlas was built. A picture would not do: at its edge, what lies far behind looks near. A
site is near what lies in it.
"""

from __future__ import annotations

import math
from functools import lru_cache

from unknot.body.atlas import atlas
from unknot.case.clearance import BarredSpot
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import Danger

FINGER_MM = 10.0
"""Half a finger's breadth beside the line, since a thumb is not a point (assumed)."""
Place = str
"""A trigger point with its side (`scalenus_medius.1@left`) or a site."""


@lru_cache(maxsize=2048)
def near_dangers(k: Knowledge, place: Place) -> tuple[Danger, ...]:
    """The dangers near a trigger point or in a site, in the order of the knowledge."""
    ident = place.partition("@")[0]
    found = []
    for danger in k.dangers.values():
        if ident in k.points:
            gap = distance_mm(danger, ident)
            near = gap is not None and gap <= atlas().radius_mm(danger.id) + FINGER_MM
        else:
            near = _in(danger, ident)
        if near:
            found.append(danger)
    return tuple(found)


def _in(danger: Danger, region: str) -> bool:
    return any(region == r or region.startswith(f"{r}.") for r in danger.regions)


def distance_mm(danger: Danger, point: str) -> float | None:
    """From a point to the line of a danger of its side [mm]; None when it is farther than the atlas keeps."""
    return atlas().danger_near(danger.id).get(point)


def near_spot(k: Knowledge, place: Place, spot: BarredSpot) -> bool:
    """Whether a trigger point or a site lies in a barred spot. A site is barred when the spot's middle lies in it."""
    ident, _, side = place.partition("@")
    point = k.points.get(ident)
    region = point.region if point else ident
    site = f"{region}@{side}" if side and k.regions[region].lateral else region
    if not spot.view:
        return site == spot.site
    of = atlas()
    shown = of.point(ident, side, spot.figure, spot.view) if point else None
    if shown is not None:
        return math.dist(shown, spot.at) * of.shape(spot.figure, spot.view).mm <= spot.radius_mm
    return of.sheet(spot.figure, spot.view).site_at(*spot.at) == site


def barred_points(k: Knowledge, spots: tuple[BarredSpot, ...]) -> frozenset[str]:
    """All trigger points that lie in a barred spot."""
    found = set()
    for point in k.points.values():
        for side in ("left", "right") if k.muscles[point.muscle].lateral else ("",):
            name = f"{point.id}@{side}" if side else point.id
            if any(near_spot(k, name, spot) for spot in spots):
                found.add(name)
    return frozenset(found)
