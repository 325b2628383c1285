"""Every region of the body is reached: some point and at least two explanations can send pain there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from unknot.knowledge.lint import Material


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    points: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for point in k.points.values():
        points.update({key.split("@")[0] for key in point.essential | point.spillover})
    for cause in k.causes().values():
        others.update({key.split("@")[0] for key in cause.essential | cause.spillover})
    areas = Counter(region for area in k.complaint_areas.values() for region in area.regions)
    for region in k.regions.values():
        if not points[region.id]:
            yield region.id, "no trigger point sends pain here"
        if not others[region.id]:
            yield region.id, "no root, entrapment or origin is felt here"
        if points[region.id] + others[region.id] < 3:
            yield region.id, "fewer than three explanations reach this region"
        if areas[region.id] != 1:
            yield region.id, f"belongs to {areas[region.id]} complaint areas; it must be one"
        for other in region.beside:
            if other in k.regions and region.id not in k.regions[other].beside:
                yield region.id, f"lies beside {other}, but {other} does not say so"
        if not region.beside:
            yield region.id, "lies beside nothing; name the regions that touch it"
