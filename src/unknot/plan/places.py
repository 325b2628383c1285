"""What a plan can name: trigger points, sites and spots, with the sites that a stroke runs over and the licence that a muscle asks for."""

from __future__ import annotations

import re

from unknot.case.places import site_name
from unknot.case.plan import Wish
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Muscle
from unknot.knowledge.safety import LICENCES
from unknot.words import say

SPOT = "spot."
SAME_SIDE = re.compile(r"\b(side )?lying on the same side\b")
"""How a point says that the client lies on the side that is treated."""
OTHER = {"left": "right", "right": "left"}


def is_point(place: str, k: Knowledge) -> bool:
    """Whether a place is a trigger point."""
    return place.partition("@")[0] in k.points


def muscle_of(place: str, k: Knowledge) -> Muscle | None:
    """The muscle of a trigger point; None for a site or a spot."""
    ident = place.partition("@")[0]
    return k.muscles[k.points[ident].muscle] if ident in k.points else None


def other_side(site: str) -> str:
    """The same place on the other side; a place of the midline is its own."""
    region, _, side = site.partition("@")
    return f"{region}@{OTHER[side]}" if side in OTHER else site


def site_of(place: str, k: Knowledge) -> str | None:
    """The site of a trigger point (`infraspinatus.1@right`) or a site itself; None for anything else."""
    ident, _, side = place.partition("@")
    region = k.points[ident].region if ident in k.points else ident
    if region not in k.regions or side not in ("", "left", "right") or (k.regions[region].lateral and not side):
        return None
    return f"{region}@{side}" if k.regions[region].lateral else region


def site_of_wish(wish: Wish, k: Knowledge) -> str | None:
    """The site of a wish; a spot of the map lies in the site that it names."""
    if wish.place.startswith(SPOT) and len(wish.place) > len(SPOT):
        return site_of(wish.site, k) if wish.site.partition("@")[0] in k.regions else None
    return site_of(wish.place, k)


def up_of(place: str, lie: str, k: Knowledge) -> str:
    """The client's side that is up for a place, when they lie on a side: the place's own, unless it is reached from below."""
    ident, _, side = place.partition("@")
    if lie != "side" or not side:
        return ""
    under = ident in k.points and bool(SAME_SIDE.search(k.points[ident].position))
    return OTHER[side] if under else side


def path_sites(place: str, k: Knowledge) -> tuple[str, ...]:
    """The sites over which a stroke along the muscle of a point runs; none for a site or a spot, which are stroked within themselves."""
    muscle, side = muscle_of(place, k), place.partition("@")[2]
    regions = muscle.strip_regions if muscle else ()
    return tuple(f"{r}@{side}" if side and k.regions[r].lateral else r for r in regions)


def licence_of(place: str, k: Knowledge) -> str:
    """The licence that a point's muscle asks for; empty where the usual one does."""
    muscle = muscle_of(place, k)
    return LICENCES[muscle.licence] if muscle else ""


def name_of(wish: Wish, site: str, k: Knowledge) -> str:
    """A place in words: "infraspinatus, below the spine of the blade (left)"."""
    ident, _, side = wish.place.partition("@")
    if ident in k.points:
        point = k.points[ident]
        muscle = k.muscles[point.muscle].name
        of_side = say("plan.of_side", side=say(f"side.{side}")) if side else ""
        return say("plan.point_name", muscle=muscle, point=point.name, side=of_side)
    where = site_name(k, site)
    if not wish.place.startswith(SPOT):
        return where
    return say("plan.spot_name", name=wish.name or say("plan.a_spot"), where=where)
