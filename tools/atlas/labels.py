"""A view as a picture of region numbers, with borders as calm as a pencil's."""

from __future__ import annotations

import numpy as np
from body import Body, Seen
from mesh import Array, Ints
from numpy.typing import NDArray
from scipy import ndimage

CALM = 3.0
"""How far borders are smoothed [units]."""
LEAST = 60.0
"""The smallest piece of a region that a view keeps [square units]."""


def labelled(body: Body, seen: Seen, triangles: Ints, fine: int) -> NDArray[np.int64]:
    """Region number under each pixel `[y, x]`, -1 where there is none."""
    found = np.full(seen.triangle.shape, -1)
    shown = seen.triangle >= 0
    found[shown] = body.labels(seen.triangle[shown], seen.shares[shown], triangles)
    found = calmed(found, shown, CALM * fine)
    return whole(found, LEAST * fine**2)


def calmed(label: NDArray[np.int64], shown: NDArray[np.bool_], spread: float) -> NDArray[np.int64]:
    """Each pixel gets the region that is commonest around it; the silhouette stays."""
    best = np.full(label.shape, -1.0)
    result = label.copy()
    reach = int(4 * spread) + 1
    height, width = label.shape
    for region in np.unique(label[shown]):
        ys, xs = np.nonzero(label == region)
        y0, y1, x0, x1 = max(0, ys.min() - reach), ys.max() + reach + 1, max(0, xs.min() - reach), xs.max() + reach + 1
        window = (slice(y0, min(height, y1)), slice(x0, min(width, x1)))
        share: Array = ndimage.gaussian_filter(
            (label[window] == region).astype(float), spread, mode="nearest", truncate=4
        )
        wins = (share > best[window]) & shown[window]
        best[window][wins] = share[wins]
        result[window][wins] = region
    result[~shown] = -1
    return result


def whole(label: NDArray[np.int64], least: float, share: float = 0.12) -> NDArray[np.int64]:
    """Crumbs of a region, too small to be drawn in or far smaller than its largest piece, go to what lies around them."""
    result = label.copy()
    crumbs = np.zeros(label.shape, dtype=bool)
    for region in np.unique(label[label >= 0]):
        pieces, _ = ndimage.label(label == region)
        sizes = np.bincount(pieces.ravel())[1:]
        small = np.flatnonzero(sizes < max(least, share * sizes.max())) + 1
        crumbs |= np.isin(pieces, small)
    if not crumbs.any():
        return result
    near = ndimage.distance_transform_edt(crumbs | (label < 0), return_distances=False, return_indices=True)
    result[crumbs] = label[tuple(near)][crumbs]
    return result
