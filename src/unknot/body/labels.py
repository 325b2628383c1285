"""Small labels beside many spots: none lies on another or on a spot; where one had to go further away, a line leads to it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unknot.body.atlas import Spot

LETTER = 0.6
"""Width of a figure, in heights of the letters."""
WAYS = 16
FURTHEST = 60
"""Steps away from its spot, each half a letter high, after which a label stays where it is."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def box(at: tuple[float, float], text: str, size: float) -> Box:
    """What a label covers whose middle is `at`, `size` being the height of its letters."""
    wide = LETTER * size * len(text) / 2
    return at[0] - wide, at[1] - size / 2, at[0] + wide, at[1] + size / 2


def placed(
    spots: Sequence[Spot], texts: Sequence[str], size: float, radius: float, middle: float
) -> list[tuple[float, float]]:
    """The middle of each label, near its spot of a `radius` and rather away from the body's `middle`."""
    taken: list[Box] = [(x - radius, y - radius, x + radius, y + radius) for x, y in spots]
    found: dict[int, tuple[float, float]] = {}
    for number in sorted(range(len(spots)), key=lambda n: (spots[n][1], spots[n][0])):
        found[number] = _place(spots[number], texts[number], size, radius, middle, taken)
        taken.append(box(found[number], texts[number], size))
    return [found[n] for n in range(len(spots))]


def _place(spot: Spot, text: str, size: float, radius: float, middle: float, taken: list[Box]) -> tuple[float, float]:
    """The nearest free place about a spot."""
    wide = LETTER * size * len(text) / 2
    outward = 0.0 if spot[0] >= middle else math.pi
    turns = sorted(range(WAYS), key=lambda n: min(n, WAYS - n))
    at = (float(spot[0]), float(spot[1]))
    for step in range(FURTHEST):
        away = step * size / 2
        for turn in turns:
            angle = outward + turn * 2 * math.pi / WAYS
            at = (
                spot[0] + math.cos(angle) * (radius + wide + 1 + away),
                spot[1] + math.sin(angle) * (radius + size / 2 + 1 + away),
            )
            if not any(overlap(box(at, text, size), other) for other in taken):
                return at
    return at


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share more than an edge."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
