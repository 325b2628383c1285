"""The body map's tables: views mirror what exists, deep places name regions, no two deep places share a word, each danger has a shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources

from unknot.knowledge.lint import Material
from unknot.knowledge.load import Knowledge

NAMES_A_DANGER = re.compile(
    r"\b(nerves?|arter(?:y|ies)|veins?|vessels?|pulses?|pulsates|pulsation|aorta|kidneys?|tingl(?:es|ing))\b",
    re.IGNORECASE,
)
"""What a landmark calls what is easily hurt."""
HALF_FINGER_MM = 10.0
"""As nearness is worked out on the map."""


def check(material: Material) -> Iterator[tuple[str, str]]:
    yield from _views(material.knowledge)
    yield from _deep(material.knowledge)
    yield from dangers_and_shapes(material.knowledge, danger_shapes())
    yield from endangered(material.knowledge)


def _views(k: Knowledge) -> Iterator[tuple[str, str]]:
    for view in k.views.values():
        if view.mirrors and view.mirrors not in k.views:
            yield view.id, f"mirrors the view {view.mirrors!r}, which does not exist"
        if view.symmetric and view.width % 2:
            yield view.id, "has two halves, but its width is odd"
    drawn = {view.id.split(".")[0] for view in k.views.values()}
    for region in k.regions.values():
        for name in set(region.views) - drawn:
            yield region.id, f"shows in the view {name!r}, which does not exist"


def _deep(k: Knowledge) -> Iterator[tuple[str, str]]:
    taken: dict[str, str] = {}
    above: dict[str, str] = {}
    for deep in k.deep.values():
        if not deep.regions:
            yield deep.id, "names no region; name at least one"
        for ident in {*deep.regions, *deep.under} - set(k.regions):
            yield deep.id, f"names the region {ident!r}, which does not exist"
        for ident in set(deep.under) & {region for other in k.deep.values() for region in other.regions}:
            yield deep.id, f"lies under {ident!r}, as which a deep place counts; a tap there means that region"
        for ident in deep.under:
            if above.setdefault(ident, deep.id) != deep.id:
                yield deep.id, f"lies under {ident!r}, as {above[ident]} does; a tap can mean one of them only"
        for words in (deep.name, *deep.also):
            if taken.setdefault(words, deep.id) != deep.id:
                yield deep.id, f"shares the words {words!r} with {taken[words]}"


def endangered(k: Knowledge) -> Iterator[tuple[str, str]]:
    """A landmark that names a vessel or a nerve, of a point near nothing that is easily hurt; and links that lead nowhere or are not needed."""
    table = json.loads((resources.files("unknot.body") / "data" / "places.json").read_text(encoding="utf-8"))
    linked = {point for danger in k.dangers.values() for point in danger.points}
    drawn = {
        point
        for ident, gaps in table.get("danger_near", {}).items()
        for point, gap in gaps.items()
        if ident in k.dangers and gap <= table["danger_mm"][ident] + HALF_FINGER_MM
    }
    for ident in linked - set(k.points):
        yield (
            next(d.id for d in k.dangers.values() if ident in d.points),
            f"names the point {ident!r}, which does not exist",
        )
    for point in k.points.values():
        named = NAMES_A_DANGER.search(point.find)
        if named and point.id not in linked | drawn:
            yield (
                point.id,
                f"its landmark names {named[0]!r}, and it lies near nothing easily hurt; add it to the points of a danger, or a known gap with the reason",
            )


def danger_shapes() -> dict[str, float]:
    """The places that are easily hurt that the atlas has a visible shape of, with their radius [mm]."""
    places = json.loads((resources.files("unknot.body") / "data" / "places.json").read_text(encoding="utf-8"))
    shown = {ident for ident, figures in places.get("dangers", {}).items() if figures.get("neutral")}
    return {ident: float(radius) for ident, radius in places.get("danger_mm", {}).items() if ident in shown}


def dangers_and_shapes(k: Knowledge, shapes: dict[str, float]) -> Iterator[tuple[str, str]]:
    """Dangers without a shape, shapes without a danger, radii that no hand could mean."""
    for ident in k.dangers:
        if ident not in shapes:
            yield ident, "has no shape in the atlas; draw it in tools/atlas/places/dangers.toml and build the places"
    for ident, radius in shapes.items():
        if ident not in k.dangers:
            yield ident, "is a shape in the atlas without a danger; write it or take the shape out"
        elif not 1 <= radius <= 40:
            yield ident, f"reaches {radius} mm about its line; allowed is 1 to 40"
