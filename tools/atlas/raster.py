"""Looking at the mesh: which face lies under each pixel of an orthographic view, and where in the face."""

from __future__ import annotations

import numba
import numpy as np
from mesh import Array, Ints


@numba.njit(cache=True)
def _fill(points, triangles, depth, face, bary):  # type: ignore[no-untyped-def]
    height, width = depth.shape
    for t in range(len(triangles)):
        i, j, k = triangles[t]
        ax, ay, az = points[i]
        bx, by, bz = points[j]
        cx, cy, cz = points[k]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-12:
            continue
        x0 = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        x1 = min(width - 1, int(np.ceil(max(ax, bx, cx))))
        y0 = max(0, int(np.floor(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(np.ceil(max(ay, by, cy))))
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                px, py = x + 0.5, y + 0.5
                u = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                v = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                w = 1.0 - u - v
                if u < -1e-9 or v < -1e-9 or w < -1e-9:
                    continue
                z = u * az + v * bz + w * cz
                if z > depth[y, x]:
                    depth[y, x] = z
                    face[y, x] = t
                    bary[y, x, 0], bary[y, x, 1], bary[y, x, 2] = u, v, w


def look(points: Array, triangles: Ints, width: int, height: int) -> tuple[Array, Ints, Array]:
    """Depth `[y, x]`, triangle `[y, x]` (-1: nothing) and barycentric shares `[y, x, 3]` of what is nearest.

    points `[vertex, 3]` in pixels, the third coordinate towards the eye.
    """
    depth = np.full((height, width), -np.inf)
    face = np.full((height, width), -1, dtype=np.int64)
    bary = np.zeros((height, width, 3))
    _fill(points, triangles, depth, face, bary)
    return depth, face, bary


def spread(values: Array, triangles: Ints, face: Ints, bary: Array) -> Array:
    """Values `[vertex, k]` under each pixel `[y, x, k]`; nothing where there is no face."""
    shown = face >= 0
    result = np.zeros((*face.shape, values.shape[1]))
    result[shown] = np.einsum("pc,pck->pk", bary[shown], values[triangles[face[shown]]])
    return result
