"""Where the pixels of each view lie in space on the neutral figure, arms down: a coarse table, for distances that no picture shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from body import Body, Seen
from mesh import Array, Ints
from numpy.typing import NDArray
from views import VIEWS, View

STEP_MM = 5.0
"""About this far apart are the pixels that are kept."""
NOWHERE = -32768
"""Stands for each coordinate of a pixel beside the body."""


def skin(body: Body, seen_in: Callable[[View, str], tuple[Seen, Ints]]) -> dict[str, NDArray[np.int16]]:
    """Of each stored view the places of every so many-th pixel `[3, row, column]` [mm] of the client's left; `ID.step`: how many."""
    place = body.posed("neutral")
    found: dict[str, NDArray[np.int16]] = {}
    for view in VIEWS:
        step = max(1, round(STEP_MM * view.camera.scale))
        found[view.id] = _places(place, *seen_in(view, "neutral"), step)
        found[f"{view.id}.step"] = np.array(step, dtype=np.int16)
    return found


def _places(place: Array, seen: Seen, triangles: Ints, step: int) -> NDArray[np.int16]:
    chosen = np.s_[step // 2 :: step, step // 2 :: step]
    triangle, shares = seen.triangle[chosen], seen.shares[chosen]
    shown = triangle >= 0
    table = np.full((3, *triangle.shape), NOWHERE, dtype=np.int16)
    corners = place[triangles[triangle[shown]]]
    table[:, shown] = np.rint(np.einsum("nc,nck->kn", shares[shown], corners)).astype(np.int16)
    return table
