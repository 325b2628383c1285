"""The views of the atlas: from where each looks, and how large."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mesh import Array

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Camera:
    """An orthographic look at the client's left half: along `across` the distance from the picture's middle, along `down` from its top.

    `zero` is the place of the neutral figure [mm] that stands in the middle (or at the left edge of a whole view) at the top; `anchor` names
    what other figures are aligned by.
    """

    across: Vector
    down: Vector
    towards: Vector
    zero: Vector
    scale: float
    """Units per millimetre on the neutral figure."""
    anchor: str = "body"

    def look(self, at: Array, scale: float, zero: Array) -> Array:
        """Places `[n, 3]` as (across, down, towards the eye) in units."""
        frame = np.array([self.across, self.down, self.towards], dtype=float)
        return np.asarray((at - zero) @ frame.T * scale)


@dataclass(frozen=True)
class View:
    """One stored picture. `whole`: stored whole (a side view); otherwise its left half is stored and mirrored."""

    id: str
    width: int
    height: int
    sides: tuple[str, ...]
    camera: Camera
    raised: bool = False
    near: str = ""
    """Part of the left side that alone is looked at (a hand, a foot)."""
    figures: tuple[str, ...] = ("neutral", "female", "male")

    @property
    def whole(self) -> bool:
        return len(self.sides) == 1


ROOT = Path(__file__).resolve().parents[2]
TABLE: dict[str, Any] = tomllib.loads((ROOT / "src/unknot/knowledge/data/views.toml").read_text(encoding="utf-8"))
_SPECS = {row["id"]: row for row in TABLE["view"]}


def _view(ident: str, camera: Camera, **more: Any) -> View:
    """A view with the size and the sides that the knowledge gives it."""
    spec = _SPECS[ident]
    return View(ident, spec["width"], spec["height"], tuple(spec["sides"]), camera, **more)


_BODY = 1150 / 1694
_HEAD = 2.5
_HAND = 3.2
_FOOT = 2.6
_DOWN = (0.0, -1.0, 0.0)
_PITCH = np.radians(52)
_STEEP = (0.0, float(-np.cos(_PITCH)), float(np.sin(_PITCH)))

VIEWS = (
    _view("front", Camera((1, 0, 0), _DOWN, (0, 0, 1), (0, 880, 0), _BODY)),
    _view("back", Camera((1, 0, 0), _DOWN, (0, 0, -1), (0, 880, 0), _BODY)),
    _view("left", Camera((0, 0, -1), _DOWN, (1, 0, 0), (0, 880, 722), _BODY), raised=True),
    _view("head.front", Camera((1, 0, 0), _DOWN, (0, 0, 1), (0, 848, 0), _HEAD, "head")),
    _view("head.back", Camera((1, 0, 0), _DOWN, (0, 0, -1), (0, 848, 0), _HEAD, "head")),
    _view("head.left", Camera((0, 0, -1), _DOWN, (1, 0, 0), (0, 848, 172), _HEAD, "head")),
    _view(
        "hand.palm",
        Camera((1, 0, 0), _DOWN, (0, 0, 1), (284, 76, 0), _HAND),
        near="hand",
        figures=("neutral",),
    ),
    _view(
        "hand.back",
        Camera((1, 0, 0), _DOWN, (0, 0, -1), (284, 76, 0), _HAND),
        near="hand",
        figures=("neutral",),
    ),
    _view(
        "foot.top",
        Camera((1, 0, 0), _STEEP, (0, float(np.sin(_PITCH)), float(np.cos(_PITCH))), (86, -690, -20), _FOOT),
        near="leg",
        figures=("neutral",),
    ),
    _view(
        "foot.sole",
        Camera((1, 0, 0), (0, 0, -1), (0, -1, 0), (86, 0, 184), _FOOT),
        near="sole",
        figures=("neutral",),
    ),
    _view(
        "foot.inner",
        Camera((0, 0, -1), _DOWN, (-1, 0, 0), (0, -644, 184), _FOOT),
        near="leg",
        figures=("neutral",),
    ),
    _view(
        "foot.outer",
        Camera((0, 0, -1), _DOWN, (1, 0, 0), (0, -644, 184), _FOOT),
        near="leg",
        figures=("neutral",),
    ),
)
