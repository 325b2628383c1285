"""A drawing made on one figure, shown on another: for the eye alone, its coverage stays that of the figure it was drawn on.

The browser does the same (`web/static/body/warp.js`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from unknot.body.atlas import atlas, file
from unknot.case.model import Stroke

STEP = 12
"""Units of a straight piece of a line above which it is bent in the middle, too."""
Places = NDArray[np.float64]


def warped(stroke: Stroke, figure: str) -> Stroke:
    """A stroke as it looks on another figure; it goes on naming the one it was made on, whose erasers alone reach it."""
    if stroke.figure == figure:
        return stroke
    spec = atlas().view(stroke.view)
    places = carried(_close(np.array(stroke.points, dtype=float)), stroke.view, stroke.figure, figure)
    whole = np.clip(np.rint(places), 0, [spec.width, spec.height]).astype(int)
    return replace(stroke, points=tuple((int(x), int(y)) for x, y in whole))


def carried(places: Places, view: str, old: str, new: str) -> Places:
    """Places `[n, 2]` of a view of one figure, where they lie in that view of another."""
    spec = atlas().view(view)
    there, back = _grid(new, spec.mirrors or spec.id), _grid(old, spec.mirrors or spec.id)
    places = places.copy()
    if spec.mirrors:
        places[:, 0] = spec.width - places[:, 0]
    if back is not None:
        neutral = places
        for _ in range(6):
            neutral = places - _moved(back, neutral)
        places = neutral
    if there is not None:
        places = places + _moved(there, places)
    if spec.mirrors:
        places[:, 0] = spec.width - places[:, 0]
    return places


def _close(places: Places) -> Places:
    """The same line with more points on its long straight pieces `[n, 2]`."""
    pieces = [places[:1]]
    for a, b in pairwise(places):
        n = max(1, int(np.ceil(np.hypot(*(b - a)) / STEP)))
        pieces.append(a + (b - a) * np.arange(1, n + 1)[:, None] / n)
    return np.concatenate(pieces)


@cache
def _grid(figure: str, view: str) -> tuple[int, Places] | None:
    """Units between the knots of a figure's grid in a view, and how far each knot `[row, column, 2]` lies from the neutral figure's."""
    grid = file(f"{figure}.json").get("warp", {}).get(view)
    if grid is None:
        return None
    shape = (grid["rows"], grid["columns"])
    moves = np.stack([np.array(grid[key], dtype=float).reshape(shape) for key in ("dx", "dy")], axis=-1)
    return int(grid["step"]), moves


def _moved(grid: tuple[int, Places], places: Places) -> Places:
    """The displacement at places of the neutral figure `[n, 2]`, between the knots."""
    step, moves = grid
    rows, columns = moves.shape[:2]
    u = np.clip(places[:, 0] / step, 0, columns - 1.001)
    v = np.clip(places[:, 1] / step, 0, rows - 1.001)
    i, j = u.astype(int), v.astype(int)
    s, t = (u - i)[:, None], (v - j)[:, None]
    upper = moves[j, i] * (1 - s) + moves[j, i + 1] * s
    lower = moves[j + 1, i] * (1 - s) + moves[j + 1, i + 1] * s
    return np.asarray(upper * (1 - t) + lower * t)
