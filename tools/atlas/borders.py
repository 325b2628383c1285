"""From a picture of region numbers to shared border lines (arcs) in whole units: no gap, no overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mesh import Array, Ints
from numpy.typing import NDArray

Corner = tuple[int, int]
NOTHING, MIDDLE, EDGE = -1, -2, -3
"""What lies beside a region besides other regions: no skin, the midline, the edge of the picture."""
TOLERANCE = (0.45, 0.25, 0.1, 0.0)
"""How far a simplified border may leave the true one [units]; the first that leaves no gap and no overlap is taken."""


@dataclass(frozen=True)
class Geometry:
    """Arcs `[n, 2]` in units; for each region rings of arc references (negative: backwards).

    `outline`: arcs along nothing; `midline`: arcs on the midline of a half; `cut`: arcs along the edge of the picture.
    """

    arcs: list[Ints]
    regions: dict[int, list[list[int]]]
    outline: list[int]
    midline: list[int]
    cut: list[int]


def trace(label: NDArray[np.int64], fine: int, *, half: bool) -> Geometry:
    """The borders of a picture drawn at `fine` pixels a unit. `half`: its right edge is the midline."""
    padded = np.pad(label, 1, mode="edge")
    for border in (padded[0], padded[-1], padded[:, 0], padded[:, -1]):
        border[border >= 0] = EDGE
    if half:
        padded[1:-1, -1] = np.where(label[:, -1] >= 0, MIDDLE, NOTHING)
    chains = _chains(padded)
    return _assemble(chains, padded, fine, label.shape[1] if half else -1)


def _steps(padded: NDArray[np.int64]) -> dict[Corner, list[Corner]]:
    """Corners of pixels joined by edges between different regions."""
    links: dict[Corner, list[Corner]] = {}

    def link(a: Corner, b: Corner) -> None:
        links.setdefault(a, []).append(b)
        links.setdefault(b, []).append(a)

    ys, xs = np.nonzero(padded[:, 1:] != padded[:, :-1])
    for y, x in zip(ys.tolist(), xs.tolist(), strict=True):
        link((x, y - 1), (x, y))
    ys, xs = np.nonzero(padded[1:] != padded[:-1])
    for y, x in zip(ys.tolist(), xs.tolist(), strict=True):
        link((x - 1, y), (x, y))
    return links


def _chains(padded: NDArray[np.int64]) -> list[list[Corner]]:
    """Lines between corners where three or more regions meet, and closed lines that meet none."""
    links = _steps(padded)
    nodes = {corner for corner, near in links.items() if len(near) != 2}
    used: set[tuple[Corner, Corner]] = set()
    found: list[list[Corner]] = []

    def walk(start: Corner, then: Corner) -> list[Corner]:
        chain = [start, then]
        used.add((start, then))
        used.add((then, start))
        while chain[-1] not in nodes and chain[-1] != start:
            here, before = chain[-1], chain[-2]
            after = links[here][0] if links[here][0] != before else links[here][1]
            used.add((here, after))
            used.add((after, here))
            chain.append(after)
        return chain

    for corner in sorted(nodes):
        found += [walk(corner, near) for near in sorted(links[corner]) if (corner, near) not in used]
    for corner in sorted(links):
        found += [walk(corner, near) for near in sorted(links[corner]) if (corner, near) not in used]
    return found


def _beside(a: Corner, b: Corner, padded: NDArray[np.int64]) -> tuple[int, int]:
    """What lies on the left and on the right of the step from a to b (y down)."""
    (x1, y1), (x2, y2) = a, b
    if x1 == x2:
        y = max(y1, y2)
        east, west = int(padded[y, x1 + 1]), int(padded[y, x1])
        return (east, west) if y2 > y1 else (west, east)
    x = max(x1, x2)
    north, south = int(padded[y1, x]), int(padded[y1 + 1, x])
    return (north, south) if x2 > x1 else (south, north)


def _assemble(chains: list[list[Corner]], padded: NDArray[np.int64], fine: int, middle: int) -> Geometry:
    sides = [_beside(chain[0], chain[1], padded) for chain in chains]
    lines = [np.array(chain, dtype=float) / fine for chain in chains]
    edge = middle / fine
    fixed = [MIDDLE in side or EDGE in side for side in sides]
    for tolerance in TOLERANCE:
        arcs = [
            _simple(line, 0.0 if still else tolerance, edge if middle >= 0 else None)
            for line, still in zip(lines, fixed, strict=True)
        ]
        geometry = _rings(arcs, sides)
        if sound(geometry, padded.shape, fine):
            return geometry
    raise ValueError("the borders cross one another even without simplification")


def _simple(line: Array, tolerance: float, edge: float | None) -> Ints:
    """A line with few corners, in whole units."""
    kept = simplified(_rounded(line), tolerance)
    whole = np.round(kept).astype(np.int64)
    if edge is not None:
        near = np.abs(kept[:, 0] - edge) < 1e-9
        whole[near, 0] = round(edge)
        whole[~near, 0] = np.minimum(whole[~near, 0], round(edge) - 0)
    moved = np.append(True, np.any(whole[1:] != whole[:-1], axis=1))
    whole = whole[moved]
    return whole if len(whole) > 1 else np.concatenate([whole, whole])


def _rounded(line: Array) -> Array:
    """The stairs of pixels made smooth; the ends stay."""
    if len(line) < 4:
        return line
    closed = bool(np.all(line[0] == line[-1]))
    result = line.copy()
    for _ in range(3):
        inner = (result[:-2] + 2 * result[1:-1] + result[2:]) / 4
        if closed:
            end = (result[-2] + 2 * result[0] + result[1]) / 4
            result = np.concatenate([[end], inner, [end]])
        else:
            result = np.concatenate([result[:1], inner, result[-1:]])
    return result


def simplified(line: Array, tolerance: float) -> Array:
    """Douglas and Peucker's simplification."""
    if len(line) < 3:
        return line
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    stack = [(0, len(line) - 1)]
    if np.all(line[0] == line[-1]):
        far = int(np.argmax(np.linalg.norm(line - line[0], axis=1)))
        keep[far] = True
        stack = [(0, far), (far, len(line) - 1)]
    while stack:
        i, j = stack.pop()
        if j - i < 2:
            continue
        a, d = line[i], line[j] - line[i]
        off = line[i + 1 : j] - a
        length = np.hypot(*d)
        gap = np.abs(off[:, 0] * d[1] - off[:, 1] * d[0]) / length if length > 0 else np.hypot(off[:, 0], off[:, 1])
        k = int(np.argmax(gap))
        if gap[k] > tolerance:
            keep[i + 1 + k] = True
            stack += [(i, i + 1 + k), (i + 1 + k, j)]
    return np.asarray(line[keep])


def _rings(arcs: list[Ints], sides: list[tuple[int, int]]) -> Geometry:
    regions: dict[int, list[list[int]]] = {}
    for region in sorted({r for side in sides for r in side if r >= 0}):
        border = [i for i, side in enumerate(sides) if region in side]
        regions[region] = _join(border, arcs)
    outline, midline, cut = (
        [i for i, side in enumerate(sides) if beside in side] for beside in (NOTHING, MIDDLE, EDGE)
    )
    return Geometry(arcs, regions, outline, midline, cut)


def _join(border: list[int], arcs: list[Ints]) -> list[list[int]]:
    """Arcs joined end to end into closed rings. Where more than two meet any pairing gives the same even-odd area."""
    left = list(border)
    rings: list[list[int]] = []
    while left:
        first = left.pop(0)
        ring = [first]
        start, end = tuple(arcs[first][0]), tuple(arcs[first][-1])
        while end != start:
            for i in left:
                if tuple(arcs[i][0]) == end:
                    ring.append(i)
                    end = tuple(arcs[i][-1])
                    break
                if tuple(arcs[i][-1]) == end:
                    ring.append(~i)
                    end = tuple(arcs[i][0])
                    break
            else:
                raise ValueError("a border does not close")
            left.remove(i)
        rings.append(ring)
    return rings


def filled(geometry: Geometry, width: int, height: int) -> tuple[Ints, Ints]:
    """By the even-odd rule at pixel centres: the region of each pixel `[y, x]` (-1: none), and how many regions hold it."""
    label = np.full((height, width), -1)
    count = np.zeros((height, width), dtype=np.int64)
    for region, rings in geometry.regions.items():
        inside = np.zeros((height, width + 1), dtype=np.int64)
        for ring in rings:
            for reference in ring:
                _cross(geometry.arcs[reference if reference >= 0 else ~reference], inside)
        mask = np.cumsum(inside, axis=1)[:, :width] % 2 == 1
        label[mask] = region
        count += mask
    return label, count


def _cross(arc: Ints, inside: Ints) -> None:
    """Count, on each row of pixels, the first pixel right of each crossing of an arc (integers alone)."""
    height, width = inside.shape
    for start, end in zip(arc[:-1].tolist(), arc[1:].tolist(), strict=True):
        (x1, y1), (x2, y2) = (start, end) if start[1] < end[1] else (end, start)
        if y1 == y2:
            continue
        for y in range(max(0, y1), min(height, y2)):
            above = 2 * x1 * (y2 - y1) + (2 * y + 1 - 2 * y1) * (x2 - x1)
            first = (above + (y2 - y1)) // (2 * (y2 - y1))
            # least x with (2 x + 1)(y2 - y1) > above
            while (2 * first + 1) * (y2 - y1) <= above:
                first += 1
            while first > 0 and (2 * first - 1) * (y2 - y1) > above:
                first -= 1
            inside[y, min(max(first, 0), width - 1)] += 1


def sound(geometry: Geometry, padded: tuple[int, ...], fine: int) -> bool:
    """No pixel in two regions, and none bare inside the outline."""
    height, width = (padded[0] - 2) // fine, (padded[1] - 2) // fine
    label, count = filled(geometry, width, height)
    if (count > 1).any():
        return False
    outside = Geometry(geometry.arcs, {0: [geometry.outline + geometry.midline + geometry.cut]}, [], [], [])
    body, _ = filled(outside, width, height)
    return bool(np.array_equal(body >= 0, label >= 0))
