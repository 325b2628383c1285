"""Posing: the rig that the mesh brings, turned into the anatomical position, and with the arm raised for the side views."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from mesh import Array, Source

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Aim:
    """Turn a bone of the left side so that the line from its head to the head of `to` points along `along` (the right side mirrors it)."""

    bone: str
    to: str
    along: Vector
    share: float = 1.0


@dataclass(frozen=True)
class Twist:
    """Turn a bone of the left side about the line from its head to the head of `to` [degrees, right-hand rule]."""

    bone: str
    to: str
    degrees: float


@dataclass(frozen=True)
class Turn:
    """Turn a bone of the left side about an axis [degrees]."""

    bone: str
    axis: Vector
    degrees: float


Step = Aim | Twist | Turn

RIG = "rigs/standard/rig.default.json"
WEIGHTS = "rigs/standard/weights.default.json"


@dataclass(frozen=True)
class Rig:
    """Bones with their parents, joints and weights."""

    source: Source

    @cached_property
    def bones(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = self.source.json(RIG)
        return found

    @cached_property
    def order(self) -> list[str]:
        """Parents before children."""
        found: list[str] = []

        def visit(name: str) -> None:
            parent = str(self.bones[name].get("parent") or "")
            if parent and parent not in found:
                visit(parent)
            if name not in found:
                found.append(name)

        for name in self.bones:
            visit(name)
        return found

    def joint(self, bone: str, vertices: Array, end: str = "head") -> Array:
        """Where a bone begins or ends `[3]`."""
        spec = self.bones[bone][end]
        assert isinstance(spec, dict)
        if spec["strategy"] == "CUBE":
            faces = self.source.base[1][spec["cube_name"]]
            return np.asarray(vertices[np.unique(np.array(faces))].mean(axis=0))
        if spec["strategy"] == "VERTEX":
            return np.asarray(vertices[spec["vertex_index"]])
        return np.asarray(vertices[spec["vertex_indices"]].mean(axis=0))

    @cached_property
    def weights(self) -> Array:
        """`[vertex, bone]` in the order of `order`; every vertex sums to 1; symmetric."""
        found = np.zeros((len(self.source.base[0]), len(self.order)))
        for b, name in enumerate(self.order):
            for vertex, weight in self._table.get(name, []):
                found[int(vertex), b] = weight
        swap = [self.order.index(_other(name)) for name in self.order]
        found = (found + found[self.source.mirror][:, swap]) / 2
        return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12))

    @cached_property
    def _table(self) -> dict[str, list[tuple[int, float]]]:
        table: dict[str, list[tuple[int, float]]] = self.source.json(WEIGHTS)["weights"]
        return table

    def pose(self, vertices: Array, steps: list[Step]) -> Array:
        """All vertices `[vertex, 3]` after the steps, each as the bones stand by then, children following."""
        moves = {name: np.eye(4) for name in self.order}
        for step in steps:
            here = self._at(step.bone, vertices, moves)
            axis, degrees = self._axis(step, here, vertices, moves)
            for side, sign in (("left", 1.0), ("right", -1.0)):
                bone = step.bone if side == "left" else _other(step.bone)
                mirrored = (axis[0], axis[1] * sign, axis[2] * sign)
                move = _about(here * (sign, 1, 1), mirrored, degrees)
                for below in self._below[bone]:
                    moves[below] = move @ moves[below]
        stack = np.stack([moves[name] for name in self.order])
        blended = np.einsum("vb,bij->vij", self.weights, stack)
        return np.asarray(np.einsum("vij,vj->vi", blended[:, :3, :3], vertices) + blended[:, :3, 3])

    def _at(self, bone: str, vertices: Array, moves: dict[str, Array]) -> Array:
        return np.asarray((moves[bone] @ np.append(self.joint(bone, vertices), 1))[:3])

    def _axis(self, step: Step, here: Array, vertices: Array, moves: dict[str, Array]) -> tuple[Vector, float]:
        if isinstance(step, Turn):
            return step.axis, step.degrees
        line = self._at(step.to, vertices, moves) - here
        line = line / np.linalg.norm(line)
        if isinstance(step, Twist):
            return (line[0], line[1], line[2]), step.degrees
        wanted = np.array(step.along) / np.linalg.norm(step.along)
        axis = np.cross(line, wanted)
        sine = float(np.linalg.norm(axis))
        if sine < 1e-9:
            return (1.0, 0.0, 0.0), 0.0
        angle = math.degrees(math.atan2(sine, float(line @ wanted))) * step.share
        return (axis[0] / sine, axis[1] / sine, axis[2] / sine), angle

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        found = {name: [name] for name in self.order}
        for name in reversed(self.order):
            parent = str(self.bones[name].get("parent") or "")
            if parent:
                found[parent] += found[name]
        return found

    def part(self, *prefixes: str) -> Array:
        """`[vertex]`: the share of bones whose names begin so."""
        columns = [b for b, name in enumerate(self.order) if name.startswith(prefixes)]
        return np.asarray(self.weights[:, columns].sum(axis=1))


def _other(name: str) -> str:
    if name.endswith(".L"):
        return name[:-2] + ".R"
    return name[:-2] + ".L" if name.endswith(".R") else name


def _about(point: Array, axis: Vector, degrees: float) -> Array:
    """Rotation about an axis through a point, as `[4, 4]`."""
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn = c * np.eye(3) + s * cross + (1 - c) * np.outer((x, y, z), (x, y, z))
    move = np.eye(4)
    move[:3, :3] = turn
    move[:3, 3] = point - turn @ point
    return move


_LEGS: list[Step] = [
    Aim("upperleg01.L", "lowerleg01.L", (0.05, -1.0, 0.0)),
    Aim("lowerleg01.L", "foot.L", (0.04, -1.0, -0.03)),
]
_SUPINATED: list[Step] = [
    Twist("lowerarm01.L", "lowerarm02.L", -25.0),
    Twist("lowerarm02.L", "wrist.L", -45.0),
    Twist("wrist.L", "finger3-1.L", -20.0),
]
ANATOMICAL: list[Step] = [
    *_LEGS,
    Aim("upperarm01.L", "lowerarm01.L", (0.30, -1.0, -0.03)),
    Aim("lowerarm01.L", "wrist.L", (0.36, -1.0, 0.06)),
    Aim("wrist.L", "finger3-1.L", (0.30, -1.0, 0.06)),
    *_SUPINATED,
]
ARM_RAISED: list[Step] = [
    *_LEGS,
    Turn("clavicle.L", (0.0, 1.0, 0.0), -8.0),
    Turn("shoulder01.L", (1.0, 0.0, 0.0), -12.0),
    Aim("upperarm01.L", "lowerarm01.L", (0.12, 0.10, 1.0)),
    Aim("lowerarm01.L", "wrist.L", (0.05, 0.55, 1.0)),
    Aim("wrist.L", "finger3-1.L", (0.05, 0.6, 1.0)),
]
