"""The atlas: the shapes of every region in every view, as the tool `tools/atlas` made them.

A view is a grid of units; a pixel of it is one unit wide and has its centre at the half. Everything here is worked out in whole
numbers, and the browser works it out by the same rule, so that both see the same region under the same pixel.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unknot.knowledge.load import Knowledge, knowledge
from unknot.knowledge.model import View

Labels = NDArray[np.int16]
Spot = tuple[int, int]
OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The drawn borders of one figure in one stored view.

    `arcs` are lines `[n, 2]` in units. `regions` holds rings of arc numbers (~n: backwards) of the whole view or, in a symmetric view, of its
    left half. `outline`: arcs along nothing; `midline`: arcs on the line between the halves; `cut`: arcs along the picture's edge.
    """

    mm: float
    arcs: tuple[NDArray[np.int64], ...]
    regions: dict[str, tuple[tuple[int, ...], ...]]
    outline: frozenset[int]
    midline: frozenset[int]
    cut: frozenset[int]

    def line(self, ring: tuple[int, ...]) -> NDArray[np.int64]:
        """The corners of a ring `[n, 2]`, the first one not repeated."""
        parts = [self.arcs[a][:-1] if a >= 0 else self.arcs[~a][:0:-1] for a in ring]
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A view of a figure as pixels: `labels` `[y, x]` index `sites`, -1 where there is no skin; `area` pixels of each site `[site]`."""

    labels: Labels
    sites: tuple[str, ...]
    area: NDArray[np.int64]
    mm: float

    def site_at(self, x: int, y: int) -> str | None:
        """The site under a pixel."""
        height, width = self.labels.shape
        if not (0 <= x < width and 0 <= y < height):
            return None
        found = int(self.labels[y, x])
        return self.sites[found] if found >= 0 else None


class Atlas:
    """All figures and views. Shapes and pixels are made when first asked for and kept."""

    def __init__(self, k: Knowledge, places: dict[str, Any] | None = None) -> None:
        self.k = k
        self.version = int(file("atlas.json")["version"])
        self._places: dict[str, Any] = file("places.json") if places is None else places
        self.shape = lru_cache(maxsize=None)(self._shape)
        self.sheet = lru_cache(maxsize=None)(self._sheet)

    def view(self, view: str) -> View:
        return self.k.views[view]

    def drawn_as(self, figure: str, view: str) -> tuple[str, str]:
        """The figure and view whose stored shape stands for these: hands and feet are the neutral figure's, mirror views their original's."""
        stored = self.k.views[view].mirrors or view
        return (figure if stored in file(f"{figure}.json")["views"] else "neutral"), stored

    def _shape(self, figure: str, view: str) -> Shape:
        figure, view = self.drawn_as(figure, view)
        table = file(f"{figure}.json")["views"][view]
        arcs = tuple(np.cumsum(np.array(arc, dtype=np.int64).reshape(-1, 2), axis=0) for arc in table["arcs"])
        regions = {region: tuple(tuple(ring) for ring in rings) for region, rings in table["regions"].items()}
        marked = (frozenset(table[key]) for key in ("outline", "midline", "cut"))
        return Shape(float(table["mm"]), arcs, regions, *marked)

    def _sheet(self, figure: str, view: str) -> Sheet:
        spec, shape = self.k.views[view], self.shape(figure, view)
        width = spec.width // 2 if spec.symmetric else spec.width
        label, regions = fill(shape, width, spec.height)
        if spec.mirrors:
            label = label[:, ::-1]
        sites: list[str] = []
        halves = []
        for side, half in zip(spec.sides, (label, label[:, ::-1]), strict=False):
            names = [f"{r}@{side}" if self.k.regions[r].lateral else r for r in regions]
            sites += [name for name in names if name not in sites]
            numbers = np.array([*(sites.index(name) for name in names), -1], dtype=np.int16)
            halves.append(numbers[half])
        labels = np.ascontiguousarray(np.concatenate(halves, axis=1))
        labels.flags.writeable = False
        area = np.bincount(labels[labels >= 0], minlength=len(sites))
        return Sheet(labels, tuple(sites), area.astype(np.int64), shape.mm)

    @cache  # noqa: B019 (one atlas a process)
    def largest_mm2(self, figure: str) -> dict[str, float]:
        """The area of each site in the view of this figure that shows most of it [mm2], from the counts that the atlas carries."""
        found: dict[str, float] = {}
        for view, spec in self.k.views.items():
            drawn, stored = self.drawn_as(figure, view)
            table = file(f"{drawn}.json")["views"][stored]
            for region, pixels in table["pixels"].items():
                lateral = self.k.regions[region].lateral
                whole = pixels if lateral or not spec.symmetric else 2 * pixels
                for side in spec.sides:
                    site = f"{region}@{side}" if lateral else region
                    found[site] = max(found.get(site, 0.0), whole * float(table["mm"]) ** 2)
        return found

    def point(self, ident: str, side: str, figure: str, view: str) -> Spot | None:
        """Where a trigger point shows in a view, or None where it does not."""
        stored = self._placed("points", ident, figure, view)
        shown = [] if stored is None else self._on_side([tuple(stored)], side, view)
        return shown[0] if shown else None

    def fibres(self, muscle: str, side: str, figure: str, view: str) -> list[list[Spot]]:
        """The visible pieces of a muscle's fibre paths in a view, each from the end where a stroke along it begins."""
        stored = self._placed("muscles", muscle, figure, view) or []
        found = []
        for flat in stored:
            line = list(zip(flat[::2], flat[1::2], strict=True))
            found.append(self._on_side(line, side, view))
        return [line for line in found if line]

    def ends(self, muscle: str, side: str, figure: str, view: str) -> list[tuple[Spot, bool]]:
        """The ends of a muscle's fibre lines that show in a view: (spot, whether a stroke begins there)."""
        found = []
        for x, y, last in self._placed("ends", muscle, figure, view) or []:
            found += [(spot, not last) for spot in self._on_side([(x, y)], side, view)]
        return found

    def danger(self, ident: str, side: str, figure: str, view: str) -> list[list[Spot]]:
        """The visible pieces of the line of a place that is easily hurt."""
        stored = self._placed("dangers", ident, figure, view) or []
        lines = [self._on_side(list(zip(flat[::2], flat[1::2], strict=True)), side, view) for flat in stored]
        return [line for line in lines if line]

    def radius_mm(self, ident: str) -> float:
        """How far about its line a danger reaches [mm]. Raises KeyError when the atlas has no shape of it."""
        return float(self._places["danger_mm"][ident])

    def danger_near(self, ident: str) -> dict[str, float]:
        """The trigger points near a danger of their own side, with how far they lie from its line in space [mm], the nearest first."""
        found: dict[str, float] = self._places["danger_near"][ident]
        return found

    def _placed(self, kind: str, ident: str, figure: str, view: str) -> Any:
        spec = self.k.views[view]
        figure, stored = self.drawn_as(figure, view)
        return self._places.get(kind, {}).get(ident, {}).get(figure, {}).get(stored) if spec else None

    def _on_side(self, line: list[Spot], side: str, view: str) -> list[Spot]:
        """A line of the client's left, as it stands on the side that is meant; empty where the view does not show that side."""
        spec = self.k.views[view]
        if not spec.symmetric and side not in ("", spec.sides[0]):
            return []
        flip = side == "right" if spec.symmetric else bool(spec.mirrors)
        return [(spec.width - int(x) if flip else int(x), int(y)) for x, y in line]

    def views_of(self, site: str, figure: str = "neutral") -> list[tuple[str, int]]:
        """The views in which a site shows, with its pixels, the largest first."""
        found = []
        for view in self.k.views:
            sheet = self.sheet(figure, view)
            if site in sheet.sites:
                found.append((view, int(sheet.area[sheet.sites.index(site)])))
        return sorted((f for f in found if f[1]), key=lambda f: -f[1])


def fill(shape: Shape, width: int, height: int) -> tuple[Labels, list[str]]:
    """The region of each pixel of the stored part of a view `[y, x]` by the even-odd rule at pixel centres, and the regions.

    An edge crosses a row of pixels where it passes the height of their centres; all comparisons are between whole numbers.
    """
    regions = list(shape.regions)
    label = np.full((height, width), -1, dtype=np.int16)
    for number, region in enumerate(regions):
        edges = np.concatenate([shape.arcs[a if a >= 0 else ~a] for ring in shape.regions[region] for a in ring])
        breaks = np.cumsum([len(shape.arcs[a if a >= 0 else ~a]) for ring in shape.regions[region] for a in ring])
        left, top = (max(int(least), 0) for least in edges.min(axis=0))
        right, low = (min(int(most) + 1, end) for most, end in zip(edges.max(axis=0), (width, height), strict=True))
        turns = np.zeros(
            (max(low - top, 0), max(right - left, 0) + 1), dtype=np.int64
        )  # beside these nothing is crossed
        _cross(edges - np.array([left, top], dtype=np.int64), breaks, turns)
        inside = np.cumsum(turns, axis=1)[:, :-1] % 2 == 1
        label[top:low, left:right][inside] = number
    return label, regions


def _cross(corners: NDArray[np.int64], breaks: NDArray[np.int64], turns: NDArray[np.int64]) -> None:
    """Count at each row the first pixel to the right of every crossing."""
    height, width = turns.shape[0], turns.shape[1] - 1
    start, end = corners[:-1], corners[1:]
    kept = np.ones(len(start), dtype=bool)
    kept[breaks[:-1] - 1] = False
    kept &= start[:, 1] != end[:, 1]
    start, end = start[kept], end[kept]
    down = start[:, 1] < end[:, 1]
    upper, lower = np.where(down[:, None], start, end), np.where(down[:, None], end, start)
    rows = lower[:, 1] - upper[:, 1]
    edge = np.repeat(np.arange(len(rows)), rows)
    y = upper[edge, 1] + np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)
    fall = rows[edge]
    # twice the abscissa of the crossing, times `fall`; the first pixel right of it has (2 x + 1) * fall > above
    above = 2 * upper[edge, 0] * fall + (2 * y + 1 - 2 * upper[edge, 1]) * (lower[edge, 0] - upper[edge, 0])
    first = (above // fall + 1) // 2
    inside = (y >= 0) & (y < height)
    np.add.at(turns, (y[inside], np.clip(first[inside], 0, width)), 1)


@cache
def file(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((resources.files("unknot.body") / "data" / name).read_text(encoding="utf-8"))
    return found


@cache
def atlas() -> Atlas:
    """The atlas of this installation."""
    return Atlas(knowledge())
