"""Where trigger points lie and muscle fibres run: written on the pictures of the neutral figure, carried by the skin to every view.

A stop is `[view, across, down]` in units of a stored view of the neutral figure: `across` is the distance from the midline to the client's
side (in a side view: from the picture's left edge), `down` the distance from its top. The client's left side is meant.
"""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from body import Body, Seen
from mesh import Array, Ints
from scipy.spatial import cKDTree
from views import VIEWS, View

HERE = Path(__file__).parent / "places"
STEP = 5.0
"""Distance of samples along a fibre path [mm]."""
OFF = 6.0
"""How far beside the body a stop may lie [units]."""
HIDDEN_MM = 9.0
"""A place this far behind what is seen there is not seen."""
GRAZING = 0.12
"""Least cosine between skin and eye at which a place still shows."""
Stop = tuple[str, float, float]


@dataclass(frozen=True)
class Skin:
    """Places on the mesh: triangle `[n]` and shares `[n, 3]`."""

    triangle: Ints
    shares: Array

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

    @cached_property
    def _corner(self) -> tuple[cKDTree, Ints]:
        """A tree of the neutral figure's skin, and one triangle at each of its places."""
        used, first = np.unique(self.body.triangles, return_index=True)
        return cKDTree(self.body.posed("neutral")[used]), first

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
        """Samples along a path: straight on a picture, or straight through space onto the skin between pictures."""
        found = [self.lift(stops[0])]
        for a, b in itertools.pairwise(stops):
            last = self.lift(b)
            ends = _joined([found[-1], last]).at(self.body.posed("neutral"), self.body.triangles)
            count = max(2, int(np.linalg.norm(ends[1] - ends[0]) / STEP))
            shares = np.arange(1, count) / count
            if a[0] == b[0]:
                found += [self.lift((a[0], a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)) for t in shares]
            else:
                found += self._nearest(ends[0] + (ends[1] - ends[0]) * shares[:, None])
            found.append(last)
        return _joined(found)

    def _nearest(self, at: Array) -> list[tuple[int, Array]]:
        """The nearest corners of the mesh to places `[n, 3]` of the neutral figure."""
        tree, first = self._corner
        _, near = tree.query(at)
        return [(int(flat // 3), np.eye(3)[flat % 3]) for flat in first[near]]

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


def placed(body: Body, figures: list[str]) -> dict[str, Any]:
    """All places in all views, as the atlas keeps them."""
    placer = Placer(body)
    points, muscles = written()
    result: dict[str, Any] = {"points": {}, "muscles": {}}
    skin = placer.on_skin(list(points.values()))
    paths = [(ident, placer.path(line)) for ident, lines in muscles.items() for line in lines]
    ends = np.cumsum([len(path.triangle) for _, path in paths])
    every = Skin(np.concatenate([p.triangle for _, p in paths]), np.concatenate([p.shares for _, p in paths]))
    for figure in figures:
        for view in placer.picture_of(figure):
            spots, seen = placer.shown(skin, view, figure)
            for i, ident in enumerate(points):
                if seen[i]:
                    entry = result["points"].setdefault(ident, {}).setdefault(figure, {})
                    entry[view.id] = np.floor(spots[i]).astype(int).tolist()
            spots, seen = placer.shown(every, view, figure)
            for (ident, path), end in zip(paths, ends, strict=True):
                run = slice(end - len(path.triangle), end)
                pieces = _pieces(spots[run], seen[run])
                if pieces:
                    entry = result["muscles"].setdefault(ident, {}).setdefault(figure, {})
                    entry.setdefault(view.id, []).extend(pieces)
    return result


def _pieces(spots: Array, seen: Array) -> list[list[int]]:
    """The visible runs of a path, with few corners, as flat lists of whole units."""
    from borders import simplified

    found, run = [], []
    for spot, visible in zip([*spots, None], [*seen, False], strict=True):
        if visible:
            run.append(spot)
            continue
        if len(run) > 2:
            found.append(np.round(simplified(np.array(run), 0.8)).astype(int).ravel().tolist())
        run = []
    return found
