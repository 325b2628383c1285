"""Where on the body in space: what a view shows under a pixel, each trigger point, each site. The neutral figure, its arms down.

A picture shortens distances and ends at its edge; the back of a knee is near its front. The table is coarse, written by
`tools/atlas places`; places of another figure are carried to the neutral one first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from unknot.body.atlas import atlas
from unknot.body.warp import carried

NOWHERE = -32768
MIRROR = np.array([-1.0, 1.0, 1.0])
AROUND = 1
"""Kept pixels on each side of a place that stand for it, since the skin may fall away steeply there."""
Places = NDArray[np.float64]


@cache
def _table() -> dict[str, NDArray[np.int16]]:
    with (
        (resources.files("unknot.body") / "data" / "space.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as found,
    ):
        return dict(found)


@cache
def _points() -> dict[str, Places]:
    table = _table()
    return {str(name): at.astype(float) for name, at in zip(table["points"], table["points.mm"], strict=True)}


def point_mm(ident: str, side: str) -> Places:
    """Where a trigger point lies `[3]` [mm]. Raises KeyError when the atlas has no place of it."""
    at = _points()[ident]
    return at * MIRROR if side == "right" else at


@cache
def _kept(view: str) -> tuple[NDArray[np.int64], Places]:
    """Of a stored view the kept pixels that show skin, their (column, row) `[n, 2]` in the table and their places `[n, 3]` [mm]."""
    table = _table()[view]
    rows, columns = np.nonzero(table[0] != NOWHERE)
    return np.stack([columns, rows], axis=1), table[:, rows, columns].T.astype(float)


@lru_cache(maxsize=512)
def shown_mm(figure: str, view: str, at: tuple[int, int]) -> Places:
    """Where the skin under a pixel lies `[n, 3]` [mm]: the kept pixels about it; beside the body the nearest."""
    drawn, stored = atlas().drawn_as(figure, view)
    x, y = carried(np.array([at], dtype=float), view, drawn, "neutral")[0]
    half = _half(view, float(x))
    spots, places = _kept(stored)
    gaps = np.abs(spots - (np.array([half.column(float(x)), y]) - half.step // 2) / half.step).max(axis=1)
    found = places[gaps <= max(AROUND, float(gaps.min()))]
    return np.asarray(found * MIRROR if half.side == "right" else found)


@dataclass(frozen=True, slots=True)
class _Half:
    """Half of a symmetric view, or all of another: how its columns stand to those that are kept."""

    side: str
    step: int
    width: int
    turned: bool

    def column(self, x: float) -> float:
        """From a column of the picture to the one that is kept, and back."""
        return self.width - 1 - x if self.turned else x


def _halves(view: str) -> tuple[_Half, ...]:
    spec = atlas().view(view)
    step = int(_table()[f"{spec.mirrors or view}.step"])
    if spec.symmetric:
        return tuple(_Half(side, step, spec.width, bool(n)) for n, side in enumerate(spec.sides))
    return (_Half(spec.sides[0], step, spec.width, bool(spec.mirrors)),)


def _half(view: str, x: float) -> _Half:
    halves = _halves(view)
    return halves[-1] if x >= atlas().view(view).width / 2 else halves[0]


@cache
def site_mm(site: str) -> Places:
    """Where the skin of a site lies `[n, 3]` [mm], as far as any view shows it."""
    found = [np.empty((0, 3))]
    for view, spec in atlas().k.views.items():
        sheet = atlas().sheet("neutral", view)
        if site not in sheet.sites:
            continue
        spots, places = _kept(spec.mirrors or view)
        for half in _halves(view):
            at = spots * half.step + half.step // 2
            columns = half.width - 1 - at[:, 0] if half.turned else at[:, 0]
            shown = sheet.labels[at[:, 1], columns] == sheet.sites.index(site)
            found.append(places[shown] * MIRROR if half.side == "right" else places[shown])
    return np.concatenate(found)
