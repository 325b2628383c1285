"""How a client can lie so that the hand reaches a place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from unknot.knowledge.load import Knowledge

OF_VIEW: dict[str, tuple[str, ...]] = {
    "front": ("supine",),
    "back": ("prone", "side"),
    "left": ("side",),
    "right": ("side",),
    "head": ("supine", "sitting"),
    "hand": ("supine", "sitting"),
    "foot": ("supine",),
}
"""From where a region is seen, and how the client lies for it; on the side the back is free too (house rule)."""


def lies_of(place: str, k: Knowledge) -> tuple[str, ...]:
    """The ways to lie for a trigger point, a muscle, a site or a deep place, with or without a side; the best first.

    A point has its own. A region's are read from the views that show it, a muscle's from its points. Raises KeyError for a place that does not
    exist; a spot of the map is asked by its site.
    """
    ident = place.partition("@")[0]
    if ident in k.points:
        return k.points[ident].lie
    if ident in k.muscles:
        return _of_muscle(ident, k)
    if ident in k.deep:
        return _once(lie for region in k.deep[ident].regions for lie in lies_of(region, k))
    ways = [OF_VIEW[view] for view in k.regions[ident].views]
    return _once([way[0] for way in ways] + [lie for way in ways for lie in way[1:]])


def _of_muscle(muscle: str, k: Knowledge) -> tuple[str, ...]:
    """Those of its points, the commonest best way first; of a muscle without points those of the regions in which it lies."""
    points = [p for p in k.points.values() if p.muscle == muscle]
    if not points:
        return _once(lie for region in k.muscles[muscle].lies_in for lie in lies_of(region, k))
    first = Counter(p.lie[0] for p in points)
    return _once([lie for lie, _ in first.most_common()] + [lie for p in points for lie in p.lie])


def _once(lies: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lies))
