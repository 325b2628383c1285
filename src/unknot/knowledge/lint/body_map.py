"""The body map's tables: views mirror what exists, deep places name regions, no two deep places share a word."""

from __future__ import annotations

from collections.abc import Iterator

from unknot.knowledge.lint import Material
from unknot.knowledge.load import Knowledge


def check(material: Material) -> Iterator[tuple[str, str]]:
    yield from _views(material.knowledge)
    yield from _deep(material.knowledge)


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
    for deep in k.deep.values():
        if not deep.regions:
            yield deep.id, "names no region; name at least one"
        for ident in set(deep.regions) - set(k.regions):
            yield deep.id, f"names the region {ident!r}, which does not exist"
        for words in (deep.name, *deep.also):
            if taken.setdefault(words, deep.id) != deep.id:
                yield deep.id, f"shares the words {words!r} with {taken[words]}"
