"""Figures, posed and refined, with what every place of the skin is on the neutral figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import raster
from mesh import FIGURES, Array, Ints, Refined, Source, normals
from numpy.typing import NDArray
from pose import ANATOMICAL, ARM_RAISED, Rig
from rules import Skin, label
from views import Camera, View

LEVELS = 2
SOLE_MM = -768.0
"""Seen from below, nothing above this height belongs to the picture."""
_PARTS = {
    "thumb": ("finger1-2.L", "finger1-3.L"),
    "index": ("finger2-",),
    "middle": ("finger3-",),
    "ring": ("finger4-",),
    "little": ("finger5-",),
    "hand": ("wrist.L", "metacarpal", "finger"),
    "arm": ("upperarm", "lowerarm", "wrist.L", "metacarpal", "finger"),
    "big_toe": ("toe1-",),
    "small_toes": ("toe2-", "toe3-", "toe4-", "toe5-"),
    "leg": ("upperleg", "lowerleg", "foot", "toe"),
}
_TRUNK = ("spine", "neck", "clavicle", "shoulder", "breast", "pelvis", "root", *_PARTS["arm"], *_PARTS["leg"])


@dataclass(frozen=True)
class Seen:
    """What a view shows: under each pixel the triangle `[y, x]` (-1: none), its shares `[y, x, 3]` and the depth towards the eye."""

    depth: Array
    triangle: Ints
    shares: Array


class Body:
    """All figures on one refined mesh."""

    def __init__(self, source: Source, regions: list[str]) -> None:
        self.source, self.rig, self.regions = source, Rig(source), regions
        faces, count = source.skin_faces(), len(source.base[0])
        self._steps = []
        for _ in range(LEVELS):
            step = Refined(faces, count)
            faces, count = step.faces, step.count + len(step.old) + len(step.edges)
            self._steps.append(step)
        self.faces = faces
        self.triangles: Ints = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
        self._posed: dict[tuple[str, bool], Array] = {}

    def refined(self, values: Array) -> Array:
        for step in self._steps:
            values = step.apply(values)
        return values

    def posed(self, figure: str, *, raised: bool = False) -> Array:
        """Vertices `[vertex, 3]` of a figure in the anatomical position, or with the arms raised."""
        key = (figure, raised)
        if key not in self._posed:
            rest = self.source.figure(figure)
            self._posed[key] = self.refined(self.rig.pose(rest, ARM_RAISED if raised else ANATOMICAL))
        return self._posed[key]

    @cached_property
    def parts(self) -> dict[str, Array]:
        """Share of each part of the left side at every vertex `[vertex]`."""
        names = self.rig.order

        def share(prefixes: tuple[str, ...], *, left: bool) -> Array:
            chosen = [b for b, n in enumerate(names) if n.startswith(prefixes) and not (left and n.endswith(".R"))]
            return np.asarray(self.rig.weights[:, chosen].sum(axis=1))

        found = {part: share(prefixes, left=True) for part, prefixes in _PARTS.items()}
        found["head"] = 1 - share(_TRUNK, left=False)
        table = self.refined(np.stack(list(found.values()), axis=1))
        return {part: table[:, i] for i, part in enumerate(found)}

    @cached_property
    def normal(self) -> Array:
        return normals(self.posed("neutral"), self.faces)

    @cache  # noqa: B019 (one body a process)
    def normals_of(self, figure: str, *, raised: bool = False) -> Array:
        """Unit normals `[vertex, 3]` of a posed figure."""
        return normals(self.posed(figure, raised=raised), self.faces)

    @cache  # noqa: B019
    def near(self, part: str) -> NDArray[np.bool_]:
        """Which triangles are looked at alone `[triangle]`: the left `hand` or `leg`, the `sole`, or all."""
        if not part:
            return np.ones(len(self.triangles), dtype=bool)
        place = self.posed("neutral")
        close = self.parts["arm" if part == "hand" else "leg"] > 0.02
        low = place[:, 1] < SOLE_MM if part == "sole" else True
        return np.asarray((close & low & (place[:, 0] > 0))[self.triangles].all(axis=1))

    def labels(self, triangle: Ints, shares: Array, triangles: Ints) -> NDArray[np.int64]:
        """The region of places on the mesh, given by triangle `[n]` and shares `[n, 3]`."""

        def at(values: Array) -> Array:
            return np.asarray(np.einsum("nc,nc...->n...", shares, values[triangles[triangle]]))

        place, normal = at(self.posed("neutral")), at(self.normal)
        flip = np.where(place[:, :1] < 0, -1.0, 1.0)
        place[:, :1] *= flip
        normal[:, :1] *= flip
        return label(Skin(place, normal, {part: at(values) for part, values in self.parts.items()}, self.regions))

    def frame(self, view: View, figure: str) -> tuple[float, Array]:
        """Scale and zero of a view for a figure, so that all figures stand alike in it."""
        camera: Camera = view.camera
        if figure == "neutral":
            return camera.scale, np.array(camera.zero)
        top, low = self._anchors("neutral", camera.anchor)
        own_top, own_low = self._anchors(figure, camera.anchor)
        ratio = (top[1] - low[1]) / (own_top[1] - own_low[1])
        return camera.scale * ratio, own_top + (np.array(camera.zero) - top) / ratio

    @cache  # noqa: B019
    def _anchors(self, figure: str, anchor: str) -> tuple[Array, Array]:
        """Two places by which figures are aligned: top and bottom of the body, or crown and base of the neck."""
        posed = self.posed(figure)
        used = np.unique(self.faces)
        top = np.array([0.0, posed[used, 1].max(), 0.0])
        if anchor == "body":
            return top, np.array([0.0, posed[used, 1].min(), 0.0])
        rest = self.source.figure(figure)
        neck = self.rig.joint("neck01", rest)
        return np.array([0.0, top[1], neck[2]]), neck

    def see(self, view: View, figure: str, fine: int) -> tuple[Seen, Ints]:
        """What the stored half (or whole) of a view shows at `fine` pixels a unit, and the triangles it was seen in."""
        triangles = self.triangles[self.near(view.near)]
        scale, zero = self.frame(view, figure)
        points = view.camera.look(self.posed(figure, raised=view.raised), scale, zero) * fine
        width = view.width if view.whole else view.width // 2
        if not view.whole:
            points[:, 0] = width * fine - points[:, 0]
        return Seen(*raster.look(points, triangles, width * fine, view.height * fine)), triangles


__all__ = ["FIGURES", "Body", "Seen"]
