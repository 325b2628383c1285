"""Sides make sense: what exists left and right speaks of the same side, the other, or both; what does not names its sides."""

from __future__ import annotations

from collections.abc import Iterator

from unknot.knowledge.lint import Material
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Pattern


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    for point in k.points.values():
        muscle = k.muscles.get(point.muscle)
        lateral = muscle.lateral if muscle else True
        yield from _pattern(k, point.id, {**point.essential, **point.spillover}, lateral=lateral)
        if not point.id.startswith(f"{point.muscle}.") or not point.id.removeprefix(f"{point.muscle}.").isdigit():
            yield point.id, f"a point's id is its muscle's id, a dot and a number: {point.muscle}.1"
    for cause in k.causes().values():
        yield from _pattern(k, cause.id, {**cause.essential, **cause.spillover}, lateral=cause.lateral)


def _pattern(k: Knowledge, ident: str, pattern: Pattern, *, lateral: bool) -> Iterator[tuple[str, str]]:
    allowed = {"other", "both"} if lateral else {"left", "right", "both"}
    for key in pattern:
        region, _, side = key.partition("@")
        known = k.regions.get(region)
        if known is None:
            continue
        if side and not known.lateral:
            yield ident, f"{key}: {region} lies in the midline and has no side"
        elif side and side not in allowed:
            yield ident, f"{key}: the side must be one of {', '.join(sorted(allowed))}"
        elif not side and known.lateral and not lateral:
            yield ident, f"{key}: what exists once must say {region}@left, @right or @both"
