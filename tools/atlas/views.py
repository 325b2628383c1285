"""The views of the atlas: from where each looks, and how large."""

from __future__ import annotations

from dataclasses import dataclass

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
    """One picture. `whole`: stored whole (a side view); otherwise its left half is stored and mirrored."""

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


_BODY = 1150 / 1694
_HEAD = 2.5
_HAND = 3.2
_FOOT = 2.6
_DOWN = (0.0, -1.0, 0.0)
_PITCH = np.radians(52)
_STEEP = (0.0, float(-np.cos(_PITCH)), float(np.sin(_PITCH)))

VIEWS = (
    View("front", 600, 1200, ("right", "left"), Camera((1, 0, 0), _DOWN, (0, 0, 1), (0, 880, 0), _BODY)),
    View("back", 600, 1200, ("left", "right"), Camera((1, 0, 0), _DOWN, (0, 0, -1), (0, 880, 0), _BODY)),
    View("left", 580, 1200, ("left",), Camera((0, 0, -1), _DOWN, (1, 0, 0), (0, 880, 722), _BODY), raised=True),
    View("head.front", 500, 800, ("right", "left"), Camera((1, 0, 0), _DOWN, (0, 0, 1), (0, 848, 0), _HEAD, "head")),
    View("head.back", 500, 800, ("left", "right"), Camera((1, 0, 0), _DOWN, (0, 0, -1), (0, 848, 0), _HEAD, "head")),
    View("head.left", 590, 800, ("left",), Camera((0, 0, -1), _DOWN, (1, 0, 0), (0, 848, 172), _HEAD, "head")),
    View(
        "hand.palm",
        960,
        660,
        ("right", "left"),
        Camera((1, 0, 0), _DOWN, (0, 0, 1), (284, 76, 0), _HAND),
        near="hand",
        figures=("neutral",),
    ),
    View(
        "hand.back",
        960,
        660,
        ("left", "right"),
        Camera((1, 0, 0), _DOWN, (0, 0, -1), (284, 76, 0), _HAND),
        near="hand",
        figures=("neutral",),
    ),
    View(
        "foot.top",
        640,
        640,
        ("right", "left"),
        Camera((1, 0, 0), _STEEP, (0, float(np.sin(_PITCH)), float(np.cos(_PITCH))), (86, -690, -20), _FOOT),
        near="leg",
        figures=("neutral",),
    ),
    View(
        "foot.sole",
        640,
        660,
        ("right", "left"),
        Camera((1, 0, 0), (0, 0, -1), (0, -1, 0), (86, 0, 184), _FOOT),
        near="sole",
        figures=("neutral",),
    ),
    View(
        "foot.inner",
        1300,
        480,
        ("left", "right"),
        Camera((0, 0, -1), _DOWN, (-1, 0, 0), (0, -644, 184), _FOOT),
        near="leg",
        figures=("neutral",),
    ),
    View(
        "foot.outer",
        1300,
        480,
        ("right", "left"),
        Camera((0, 0, -1), _DOWN, (1, 0, 0), (0, -644, 184), _FOOT),
        near="leg",
        figures=("neutral",),
    ),
)
MIRRORED = {"right": "left", "head.right": "head.left"}
