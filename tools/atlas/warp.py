"""From a place on the neutral figure's picture to the same place on another figure's: a coarse grid of displacements."""

from __future__ import annotations

from typing import Any

import numpy as np
from body import Body
from scipy import ndimage
from views import View

STEP = 20
"""Distance of the grid's knots [units]."""


def warp(body: Body, view: View, figure: str) -> dict[str, Any]:
    """Displacements on the whole view's grid; beyond the body those of the nearest skin, smoothly."""
    seen, triangles = body.see(view, "neutral", 1)
    shown = seen.triangle >= 0
    corners = triangles[seen.triangle[shown]]
    posed = body.posed(figure, raised=view.raised)
    place = np.einsum("nc,nck->nk", seen.shares[shown], posed[corners])
    flat = view.camera.look(place, *body.frame(view, figure))
    width = seen.depth.shape[1]
    ys, xs = np.nonzero(shown)
    column = flat[:, 0] if view.whole else width - flat[:, 0]
    moves = np.zeros((2, *shown.shape))
    moves[0][shown], moves[1][shown] = column - xs - 0.5, flat[:, 1] - ys - 0.5
    near = ndimage.distance_transform_edt(~shown, return_distances=False, return_indices=True)
    moves = np.stack([ndimage.gaussian_filter(move[tuple(near)], STEP / 3, mode="nearest") for move in moves])
    if not view.whole:
        moves = np.concatenate([moves, moves[:, :, ::-1] * np.array([-1, 1])[:, None, None]], axis=2)
    rows, columns = view.height // STEP + 1, view.width // STEP + 1
    y = np.minimum(np.arange(rows) * STEP, view.height - 1)
    x = np.minimum(np.arange(columns) * STEP, view.width - 1)
    knots = np.round(moves[:, y][:, :, x]).astype(int)
    return {
        "step": STEP,
        "columns": columns,
        "rows": rows,
        "dx": knots[0].ravel().tolist(),
        "dy": knots[1].ravel().tolist(),
    }
