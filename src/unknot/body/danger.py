"""Places that are easily hurt, and places that were marked on a body: what lies near a trigger point, a site or a spot of the map.

A danger is drawn as a line with a radius on the skin; near means within the radius and a finger's breadth more, in any view of
the neutral figure that shows both. Where nothing can be measured the site decides: the same site is near.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

from unknot.body.atlas import Spot, atlas
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
    ident, _, side = place.partition("@")
    found = []
    for danger in k.dangers.values():
        if ident in k.points:
            gap = distance_mm(danger, ident, side)
            near = (
                _in(danger, k.points[ident].region) if gap is None else gap <= atlas().radius_mm(danger.id) + FINGER_MM
            )
        else:
            near = _in(danger, ident)
        if near:
            found.append(danger)
    return tuple(found)


def _in(danger: Danger, region: str) -> bool:
    return any(region == r or region.startswith(f"{r}.") for r in danger.regions)


def distance_mm(danger: Danger, point: str, side: str) -> float | None:
    """From a point to the line of a danger, the least of all views that show both [mm]; None when no view does."""
    of = atlas()
    gaps = []
    for view in of.k.views:
        spot = of.point(point, side, "neutral", view)
        if spot is None:
            continue
        lines = of.danger(danger.id, side, "neutral", view)
        gaps += [_gap(spot, line) * of.shape("neutral", view).mm for line in lines]
    return min(gaps, default=None)


def _gap(spot: Spot, line: list[Spot]) -> float:
    """From a spot to a line of straight pieces [units]."""
    if len(line) == 1:
        return math.dist(spot, line[0])
    return min(_to_piece(spot, a, b) for a, b in pairwise(line))


def _to_piece(spot: Spot, a: Spot, b: Spot) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = 0.0 if not length else max(0.0, min(1.0, ((spot[0] - a[0]) * dx + (spot[1] - a[1]) * dy) / length))
    return math.hypot(spot[0] - a[0] - along * dx, spot[1] - a[1] - along * dy)


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
