"""Places that are easily hurt, and places that were marked on a body: what lies near a trigger point, a site or a spot of the map.

A danger is drawn as a line with a radius on the skin; near means within the radius and half a finger's breadth more, measured in
space on the neutral figure when the atlas was built. A picture would not do: at its edge, what lies far behind looks near. A
site is near what lies in it.
"""

from __future__ import annotations

import math
from functools import lru_cache

from unknot.body.atlas import atlas
from unknot.body.space import Places, point_mm, shown_mm, site_mm
from unknot.case.clearance import BarredSpot
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import Danger

FINGER_MM = 10.0
"""Half a finger's breadth beside the line or the circle, since a thumb is not a point (assumed). The coarse table of space needs as much."""
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
            within = gap is not None and gap <= atlas().radius_mm(danger.id) + FINGER_MM
            near = within or ident in danger.points
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
    """Whether a trigger point lies in a barred spot, or any of a site does: by the distance in space, and by the circle on its own view.

    A spot that is known by its site alone bars all of that site.
    """
    ident, _, side = place.partition("@")
    point = k.points.get(ident)
    region = point.region if point else ident
    if not spot.view:
        return spot.site == (f"{region}@{side}" if side and k.regions[region].lateral else region)
    at = point_mm(ident, side)[None] if point else site_mm(place)
    if _gap_mm(at, spot) <= _radius_mm(spot):
        return True
    shown = atlas().point(ident, side, spot.figure, spot.view) if point else None
    mm = atlas().shape(spot.figure, spot.view).mm
    return shown is not None and math.dist(shown, spot.at) * mm <= spot.radius_mm


def _gap_mm(at: Places, spot: BarredSpot) -> float:
    """The least distance from places `[n, 3]` to a spot [mm]; infinite from none."""
    middle = shown_mm(spot.figure, spot.view, spot.at)
    return math.sqrt(float(((at[:, None] - middle[None]) ** 2).sum(axis=2).min(initial=math.inf)))


def _radius_mm(spot: BarredSpot) -> float:
    """The radius on the neutral figure, where distances are measured, and half a finger: on a smaller figure the same radius reaches farther."""
    of = atlas()
    return FINGER_MM + spot.radius_mm * max(
        1.0, of.shape("neutral", spot.view).mm / of.shape(spot.figure, spot.view).mm
    )


def barred_points(k: Knowledge, spots: tuple[BarredSpot, ...]) -> frozenset[str]:
    """All trigger points that lie in a barred spot."""
    found = set()
    for point in k.points.values():
        for side in ("left", "right") if k.muscles[point.muscle].lateral else ("",):
            name = f"{point.id}@{side}" if side else point.id
            if any(near_spot(k, name, spot) for spot in spots):
                found.add(name)
    return frozenset(found)
