"""Where trigger points lie and muscle fibres run: written on the pictures of the neutral figure, carried by the skin to every view.

A stop is `[view, across, down]` in units of a stored view of the neutral figure: `across` is the distance from the midline to the client's
side (in a side view: from the picture's left edge), `down` the distance from its top. The client's left side is meant.
"""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from body import Body, Seen
from mesh import Array, Ints, normals
from scipy.spatial import cKDTree
from views import VIEWS, View

HERE = Path(__file__).parent / "places"
STEP = 4.0
"""Distance of samples along a fibre path [units]."""
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

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._middles)

    @cached_property
    def _middles(self) -> Array:
        return np.asarray(self.body.posed("neutral")[self.body.triangles].mean(axis=1))

    def lift(self, stop: Stop) -> Array:
        """A stop as a place of the neutral figure `[3]` [mm]; off the body, the nearest skin of that view."""
        view = self.views[stop[0]]
        seen, triangles = self.seen(view, "neutral")
        column = stop[1] if view.whole else view.width / 2 - stop[1]
        ys, xs = np.nonzero(seen.triangle >= 0)
        near = int(np.argmin((xs + 0.5 - column) ** 2 + (ys + 0.5 - stop[2]) ** 2))
        y, x = ys[near], xs[near]
        if np.hypot(x + 0.5 - column, y + 0.5 - stop[2]) > 6:
            raise ValueError(f"{stop}: lies off the body")
        corners = self.body.posed("neutral")[triangles[seen.triangle[y, x]]]
        return np.asarray(seen.shares[y, x] @ corners)

    def on_skin(self, at: Array) -> Skin:
        """The nearest places on the mesh to places `[n, 3]` of the neutral figure."""
        _, triangle = self._tree.query(at, k=12)
        best_shares, best = np.zeros((len(at), 3)), np.zeros(len(at), dtype=np.int64)
        corners = self.body.posed("neutral")[self.body.triangles]
        for i, place in enumerate(at):
            found = [(_nearest(place, corners[t]), t) for t in triangle[i]]
            (gap_shares, chosen) = min(found, key=lambda f: f[0][0])
            best_shares[i], best[i] = gap_shares[1], chosen
        return Skin(best, best_shares)

    def path(self, stops: list[Stop]) -> Array:
        """Samples along a path of the neutral figure `[n, 3]`: straight on the picture, or straight through space between pictures."""
        found = [self.lift(stops[0])]
        for a, b in itertools.pairwise(stops):
            ends = np.array([found[-1], self.lift(b)])
            count = max(2, int(np.linalg.norm(ends[1] - ends[0]) / STEP))
            for i in range(1, count + 1):
                t = i / count
                if a[0] == b[0] and i < count:
                    found.append(self.lift((a[0], a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)))
                else:
                    found.append(ends[0] + (ends[1] - ends[0]) * t)
        return np.array(found)

    def shown(self, skin: Skin, view: View, figure: str) -> tuple[Array, Array]:
        """Where places stand in a view: (x, y) `[n, 2]` of the client's left in the whole picture, and whether each is seen `[n]`."""
        body = self.body
        posed = body.posed(figure, raised=view.raised)
        place = skin.at(posed, body.triangles)
        normal = skin.at(normals(posed, body.faces), body.triangles)
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


def _nearest(place: Array, corners: Array) -> tuple[float, Array]:
    """Distance from a triangle, and the shares of its nearest place (clipped to the triangle)."""
    a, b, c = corners
    edges = np.stack([b - a, c - a], axis=1)
    solution, *_ = np.linalg.lstsq(edges, place - a, rcond=None)
    shares = np.clip(np.array([1 - solution.sum(), *solution]), 0, None)
    shares /= shares.sum()
    return float(np.linalg.norm(shares @ corners - place)), shares


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
    skin = placer.on_skin(np.array([placer.lift(stop) for stop in points.values()]).reshape(-1, 3))
    paths = {ident: [placer.on_skin(placer.path(line)) for line in lines] for ident, lines in muscles.items()}
    for figure in figures:
        for view in placer.picture_of(figure):
            spots, seen = placer.shown(skin, view, figure)
            for i, ident in enumerate(points):
                if seen[i]:
                    entry = result["points"].setdefault(ident, {}).setdefault(figure, {})
                    entry[view.id] = np.floor(spots[i]).astype(int).tolist()
            for ident, lines in paths.items():
                pieces = [piece for line in lines for piece in _pieces(*placer.shown(line, view, figure))]
                if pieces:
                    result["muscles"].setdefault(ident, {}).setdefault(figure, {})[view.id] = pieces
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
