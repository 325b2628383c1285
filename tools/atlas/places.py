"""Where trigger points lie and muscle fibres run: written on the pictures of the neutral figure, carried by the skin to every view.

A stop is `[view, across, down]` in units of a stored view of the neutral figure: `across` is the distance from the midline to the client's
side (in a side view: from the picture's left edge), `down` the distance from its top. The client's left side is meant.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from body import Body, Seen
from mesh import Array, Ints
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree
from views import VIEWS, View

HERE = Path(__file__).parent / "places"
STEP = 5.0
"""Distance of samples along a fibre path [mm]."""
ROUNDS = 4
"""How often every path is calmed: takes out the steps of the pictures it was written on and rounds its corners."""
TIGHT = 8
"""How often a way over the skin is calmed for each of its samples, until it is tight."""
CANDIDATES = 16
"""Of how many triangles near a place the nearest is sought."""
OFF = 6.0
"""How far beside the body a stop may lie [units]."""
HIDDEN_MM = 9.0
"""A place this far behind what is seen there is not seen."""
GRAZING = 0.12
"""Least cosine between skin and eye at which a place still shows."""
REACH_MM = 60.0
"""Up to this distance it is kept how far a trigger point lies from a place that is easily hurt."""
Stop = tuple[str, float, float]


@dataclass(frozen=True)
class Skin:
    """Places on the mesh: triangle `[n]` and shares `[n, 3]`."""

    triangle: Ints
    shares: Array

    def only(self, which: list[int]) -> Skin:
        """Some of the places."""
        return Skin(self.triangle[which], self.shares[which])

    def at(self, values: Array, triangles: Ints) -> Array:
        return np.asarray(np.einsum("nc,nck->nk", self.shares, values[triangles[self.triangle]]))


class Placer:
    """Puts what was written on pictures onto the skin, and shows it in every view."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.views = {view.id: view for view in VIEWS}
        self._seen: dict[tuple[str, str], tuple[Seen, Ints]] = {}

    def seen(self, view: View, figure: str) -> tuple[Seen, Ints]:
        key = (view.id, figure)
        if key not in self._seen:
            self._seen[key] = self.body.see(view, figure, 1)
        return self._seen[key]

    @cache  # noqa: B019 (one placer a run)
    def _pixels(self, view_id: str) -> tuple[Ints, cKDTree]:
        """The pixels of the neutral figure in a view `[n, 2]` as (y, x), and their tree."""
        seen, _ = self.seen(self.views[view_id], "neutral")
        pixels = np.argwhere(seen.triangle >= 0)
        return pixels, cKDTree(pixels + 0.5)

    @cache  # noqa: B019
    def _skin(self, *, raised: bool) -> tuple[Array, cKDTree]:
        """The corners of each triangle of the neutral figure `[triangle, 3, 3]`, and a tree of their middles."""
        corners = self.body.posed("neutral", raised=raised)[self.body.triangles]
        return corners, cKDTree(corners.mean(axis=1))

    @cache  # noqa: B019
    def _ways(self, *, raised: bool) -> csr_array:
        """The lengths of the sides and diagonals of the faces of the neutral figure: the steps a way over the skin is made of."""
        pairs = np.concatenate([self.body.faces[:, both] for both in itertools.combinations(range(4), 2)])
        pairs = np.unique(np.sort(pairs, axis=1), axis=0)
        place = self.body.posed("neutral", raised=raised)
        lengths = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
        return csr_array((lengths, (pairs[:, 0], pairs[:, 1])), shape=(len(place), len(place)))

    def lift(self, stop: Stop) -> tuple[int, Array]:
        """A stop as a place on the mesh: triangle and shares; beside the body, the nearest skin of that view."""
        view = self.views[stop[0]]
        seen, _ = self.seen(view, "neutral")
        column = stop[1] if view.whole else view.width / 2 - stop[1]
        pixels, tree = self._pixels(view.id)
        gap, near = tree.query((stop[2], column))
        if gap > OFF:
            raise ValueError(f"{stop}: lies off the body")
        y, x = pixels[near]
        of_view = np.flatnonzero(self.body.near(view.near))
        return int(of_view[seen.triangle[y, x]]), np.asarray(seen.shares[y, x])

    def on_skin(self, stops: list[Stop]) -> Skin:
        """Stops as places on the mesh."""
        return _joined([self.lift(stop) for stop in stops])

    def path(self, stops: list[Stop]) -> Skin:
        """Samples along a path: straight on a picture, the shortest way over the skin between pictures; corners are rounded a little."""
        raised = any(self.views[stop[0]].raised for stop in stops)
        found = [self.lift(stops[0])]
        for a, b in itertools.pairwise(stops):
            ends = _joined([found[-1], self.lift(b)])
            if a[0] == b[0]:
                one, two = ends.at(self.body.posed("neutral", raised=raised), self.body.triangles)
                count = max(2, int(np.linalg.norm(two - one) / STEP))
                steps = np.arange(1, count) / count
                found += [self.lift((a[0], a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)) for t in steps]
            else:
                way = self._shortest(ends, raised=raised)
                found += list(zip(way.triangle, way.shares, strict=True))
            found.append(self.lift(b))
        return self._calmed(_joined(found), ROUNDS, raised=raised)

    def _shortest(self, ends: Skin, *, raised: bool) -> Skin:
        """The shortest way over the skin between two places: along the mesh, then pulled tight; without its ends."""
        posed = self.body.posed("neutral", raised=raised)
        start, goal = self.body.triangles[ends.triangle, ends.shares.argmax(axis=1)]
        _, before = dijkstra(self._ways(raised=raised), directed=False, indices=start, return_predecessors=True)
        corners = [goal]
        while corners[-1] != start:
            corners.append(before[corners[-1]])
        first, last = ends.at(posed, self.body.triangles)
        line = np.concatenate([[first], posed[corners[::-1]], [last]])
        along = np.append(0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1)))
        steps = np.linspace(0, along[-1], max(3, int(along[-1] / STEP) + 1))
        even = np.stack([np.interp(steps, along, line[:, axis]) for axis in range(3)], axis=1)
        tight = self._calmed(self._nearest(even, raised=raised), TIGHT * len(even), raised=raised)
        return Skin(tight.triangle[1:-1], tight.shares[1:-1])

    def _calmed(self, path: Skin, rounds: int, *, raised: bool) -> Skin:
        """A path whose samples have moved between their neighbours, on the skin; its ends stay."""
        posed, triangles = self.body.posed("neutral", raised=raised), self.body.triangles
        for _ in range(rounds):
            at = path.at(posed, triangles)
            moved = self._nearest((at[:-2] + 2 * at[1:-1] + at[2:]) / 4, raised=raised)
            path = Skin(path.triangle.copy(), path.shares.copy())
            path.triangle[1:-1], path.shares[1:-1] = moved.triangle, moved.shares
        return path

    def _nearest(self, at: Array, *, raised: bool) -> Skin:
        """The skin of the neutral figure nearest to places `[n, 3]`."""
        corners, tree = self._skin(raised=raised)
        _, near = tree.query(at, k=CANDIDATES)
        shares = _nearest_shares(at[:, None], corners[near])
        gap = np.linalg.norm(np.einsum("nkc,nkcd->nkd", shares, corners[near]) - at[:, None], axis=2)
        best = gap.argmin(axis=1)
        rows = np.arange(len(at))
        return Skin(near[rows, best], shares[rows, best])

    def shown(self, skin: Skin, view: View, figure: str) -> tuple[Array, Array]:
        """Where places stand in a view: (x, y) `[n, 2]` of the client's left in the whole picture, and whether each is seen `[n]`."""
        body = self.body
        posed = body.posed(figure, raised=view.raised)
        place = skin.at(posed, body.triangles)
        normal = skin.at(body.normals_of(figure, raised=view.raised), body.triangles)
        scale, zero = body.frame(view, figure)
        flat = view.camera.look(place, scale, zero)
        column = flat[:, 0] if view.whole else view.width / 2 - flat[:, 0]
        seen, _triangles = self.seen(view, figure)
        x, y = np.floor(column).astype(int), np.floor(flat[:, 1]).astype(int)
        inside = (x >= 0) & (x < seen.depth.shape[1]) & (y >= 0) & (y < seen.depth.shape[0])
        depth = np.full(len(x), np.inf)
        depth[inside] = seen.depth[y[inside], x[inside]]
        eye = np.array(view.camera.towards) / np.linalg.norm(view.camera.towards)
        facing = (normal @ eye) / np.maximum(np.linalg.norm(normal, axis=1), 1e-9)
        visible = inside & (flat[:, 2] > depth - HIDDEN_MM * scale) & (facing > GRAZING)
        if view.near:
            visible &= body.near(view.near)[skin.triangle]
        across = flat[:, 0] if view.whole else view.width / 2 + flat[:, 0] * (1 if view.sides[1] == "left" else -1)
        return np.stack([across, flat[:, 1]], axis=1), visible

    def picture_of(self, figure: str) -> list[View]:
        return [view for view in VIEWS if figure in view.figures]


def _joined(places: list[tuple[int, Array]]) -> Skin:
    return Skin(np.array([t for t, _ in places]), np.array([shares for _, shares in places]).reshape(-1, 3))


def _nearest_shares(at: Array, corners: Array) -> Array:
    """The shares `[..., 3]` of the place of each triangle `[..., 3, 3]` that is nearest to `at` `[..., 3]`."""
    found = np.full(corners.shape[:-1], -1.0)
    a, b, c = (corners[..., n, :] for n in range(3))
    ab, ac, to = b - a, c - a, at - a
    bb, bc, cc = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    to_b, to_c = (to * ab).sum(-1), (to * ac).sum(-1)
    area = np.maximum(bb * cc - bc * bc, 1e-12)
    found[..., 1], found[..., 2] = (cc * to_b - bc * to_c) / area, (bb * to_c - bc * to_b) / area
    found[..., 0] = 1 - found[..., 1] - found[..., 2]
    least = np.where((found >= 0).all(-1), 0.0, np.inf)
    for one, two in ((0, 1), (1, 2), (2, 0)):
        side = corners[..., two, :] - corners[..., one, :]
        off = at - corners[..., one, :]
        share = np.clip((off * side).sum(-1) / np.maximum((side * side).sum(-1), 1e-12), 0, 1)
        gap = np.linalg.norm(off - share[..., None] * side, axis=-1)
        better = gap < least
        on_side = np.zeros(found.shape)
        on_side[..., one], on_side[..., two] = 1 - share, share
        found[better] = on_side[better]
        least = np.where(better, gap, least)
    return found


def written() -> tuple[dict[str, Stop], dict[str, list[list[Stop]]]]:
    """What the files say: the place of each point, the fibre paths of each muscle."""
    points: dict[str, Stop] = {}
    muscles: dict[str, list[list[Stop]]] = {}
    for file in sorted(HERE.glob("*.toml")):
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        points |= {ident: (str(s[0]), float(s[1]), float(s[2])) for ident, s in table.get("point", {}).items()}
        for ident, lines in table.get("muscle", {}).items():
            muscles[ident] = [[(str(s[0]), float(s[1]), float(s[2])) for s in line] for line in lines]
    return points, muscles


def written_dangers() -> dict[str, tuple[float, list[Stop]]]:
    """What the files say of places that are easily hurt: the radius [mm] and the line of each."""
    dangers: dict[str, tuple[float, list[Stop]]] = {}
    for file in sorted(HERE.glob("*.toml")):
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        for ident, row in table.get("danger", {}).items():
            line = [(str(s[0]), float(s[1]), float(s[2])) for s in row["path"]]
            dangers[ident] = (float(row["radius_mm"]), line)
    return dangers


def placed(placer: Placer, figures: list[str]) -> dict[str, Any]:
    """All places in all views, as the atlas keeps them."""
    body = placer.body
    points, muscles = written()
    dangers = written_dangers()
    result: dict[str, Any] = {"points": {}, "muscles": {}, "ends": {}, "dangers": {}}
    result["danger_mm"] = {ident: radius for ident, (radius, _) in dangers.items()}
    skin = placer.on_skin(list(points.values()))
    fibres = [(ident, placer.path(line)) for ident, lines in muscles.items() for line in lines]
    lines = [
        (ident, placer.path(line) if len(line) > 1 else placer.on_skin(line)) for ident, (_, line) in dangers.items()
    ]
    ends = [(ident, path.only([0, -1])) for ident, path in fibres]
    result["danger_near"] = _near(body, list(points), skin, lines)
    for figure in figures:
        for view in placer.picture_of(figure):
            spots, seen = placer.shown(skin, view, figure)
            for i, ident in enumerate(points):
                if seen[i]:
                    entry = result["points"].setdefault(ident, {}).setdefault(figure, {})
                    entry[view.id] = np.floor(spots[i]).astype(int).tolist()
            for ident, (first, last) in _ends(placer, ends, view, figure):
                entry = result["ends"].setdefault(ident, {}).setdefault(figure, {})
                entry.setdefault(view.id, []).extend([*first, *last])
            for kind, paths, least in (("muscles", fibres, 3), ("dangers", lines, 1)):
                for ident, pieces in _runs(placer, paths, view, figure, least):
                    entry = result[kind].setdefault(ident, {}).setdefault(figure, {})
                    entry.setdefault(view.id, []).extend(pieces)
    return result


def in_space(placer: Placer) -> tuple[list[str], Array]:
    """The trigger points of the client's left, and where each lies on the neutral figure, arms down `[n, 3]` [mm]."""
    points, _ = written()
    skin = placer.on_skin(list(points.values()))
    return list(points), skin.at(placer.body.posed("neutral"), placer.body.triangles)


def _near(body: Body, points: list[str], skin: Skin, lines: list[tuple[str, Skin]]) -> dict[str, dict[str, float]]:
    """How far each trigger point lies from the line of each danger of its side, on the neutral figure [mm], where it is near.

    Measured in space with the arm down and with the arm raised; the larger counts, since skin that lies against skin is not near.
    """
    found: dict[str, dict[str, float]] = {}
    poses = [body.posed("neutral", raised=raised) for raised in (False, True)]
    for ident, line in lines:
        gaps = np.zeros(len(points))
        for posed in poses:
            at, samples = skin.at(posed, body.triangles), line.at(posed, body.triangles)
            gaps = np.maximum(gaps, np.linalg.norm(at[:, None] - samples[None], axis=2).min(axis=1))
        near = sorted((float(gap), point) for gap, point in zip(gaps, points, strict=True) if gap <= REACH_MM)
        found[ident] = {point: round(gap, 1) for gap, point in near}
    return found


def _ends(
    placer: Placer, ends: list[tuple[str, Skin]], view: View, figure: str
) -> Iterator[tuple[str, tuple[list[list[int]], list[list[int]]]]]:
    """Of each fibre line the end where a stroke begins and the one where it stops, as [x, y, 0 or 1], where they show."""
    spots, seen = placer.shown(_joined_skins([skin for _, skin in ends]), view, figure)
    for number, (ident, _) in enumerate(ends):
        found = [
            [[*np.floor(spots[i]).astype(int).tolist(), which]] if seen[i] else []
            for which, i in enumerate((2 * number, 2 * number + 1))
        ]
        if found[0] or found[1]:
            yield ident, (found[0], found[1])


def _joined_skins(skins: list[Skin]) -> Skin:
    return Skin(np.concatenate([s.triangle for s in skins]), np.concatenate([s.shares for s in skins]))


def _runs(
    placer: Placer, paths: list[tuple[str, Skin]], view: View, figure: str, least: int
) -> Iterator[tuple[str, list[list[int]]]]:
    """The visible pieces of each path in a view; a path with none is left out."""
    if not paths:
        return
    every = _joined_skins([p for _, p in paths])
    spots, seen = placer.shown(every, view, figure)
    ends = np.cumsum([len(path.triangle) for _, path in paths])
    for (ident, path), end in zip(paths, ends, strict=True):
        run = slice(end - len(path.triangle), end)
        pieces = _pieces(spots[run], seen[run], least)
        if pieces:
            yield ident, pieces


def _pieces(spots: Array, seen: Array, least: int) -> list[list[int]]:
    """The visible runs of a path of at least so many samples, with few corners, as flat lists of whole units."""
    from borders import simplified

    found, run = [], []
    for spot, visible in zip([*spots, None], [*seen, False], strict=True):
        if visible:
            run.append(spot)
            continue
        if len(run) >= least:
            line = np.array(run) if len(run) < 3 else simplified(np.array(run), 0.8)
            found.append(np.round(line).astype(int).ravel().tolist())
        run = []
    return found
