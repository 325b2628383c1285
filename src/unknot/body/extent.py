"""How much of the body a drawing colours, how strongly, and where its middle lies: three figures that can be followed from visit to visit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from unknot.body.atlas import Atlas, atlas
from unknot.body.coverage import drawn, inked
from unknot.body.coverage import within as part
from unknot.body.ramp import UNSAID
from unknot.case.model import Pain, Stroke

SIZED_BY = "neutral"
"""The figure whose sizes count, whichever was drawn on, so that two visits compare."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A drawing in figures: shares of the skin of the whole body map [%]."""

    share: float
    weighted: float
    """Each site weighted by its intensity of 10."""
    sites: dict[str, float]
    """Site to what it adds to the share."""


@lru_cache(maxsize=1)
def _sizes() -> dict[str, float]:
    return atlas().largest_mm2(SIZED_BY)


def extent(strokes: tuple[Stroke, ...], of: Atlas | None = None) -> Extent:
    """The extent of a drawing. A site that several views show is counted once, where most of it is coloured."""
    return extent_of(drawn(strokes, of))


def extent_of(pains: Iterable[Pain]) -> Extent:
    """The extent of the sites that a drawing colours."""
    sizes = _sizes()
    whole = sum(sizes.values())
    sites: dict[str, float] = {}
    weighted = 0.0
    for pain in pains:
        sites[pain.site] = 100 * pain.coverage * sizes.get(pain.site, 0.0) / whole
        weighted += sites[pain.site] * (UNSAID if pain.intensity is None else pain.intensity) / 10
    return Extent(sum(sites.values()), weighted, sites)


def within(found: Extent, regions: Collection[str]) -> float:
    """The share that lies in some regions, on both sides [%]."""
    return sum(share for site, share in found.sites.items() if site.split("@")[0] in regions)


def centres(strokes: tuple[Stroke, ...], of: Atlas | None = None) -> dict[tuple[str, str], tuple[float, float]]:
    """(figure, view) to the middle of what is coloured there, stronger colour weighing more [units of the view]."""
    of = of or atlas()
    by_view: dict[tuple[str, str], dict[int, Stroke]] = defaultdict(dict)
    for number, stroke in enumerate(strokes):
        by_view[stroke.figure, stroke.view][number] = stroke
    found = {}
    for (figure, view), some in by_view.items():
        sheet = of.sheet(figure, view)
        box = part(some, *sheet.labels.shape)
        ink = inked(some, box)
        rows, columns = np.nonzero((ink >= 0) & (sheet.labels[box] >= 0))
        if not len(rows):
            continue
        level = np.zeros(max(some) + 1)
        for number, stroke in some.items():
            level[number] = UNSAID if stroke.intensity is None else stroke.intensity
        weight = level[ink[rows, columns]] + 1e-9
        found[figure, view] = (
            float(np.average(columns + (box[1].start + 0.5), weights=weight)),
            float(np.average(rows + (box[0].start + 0.5), weights=weight)),
        )
    return found
