"""The client's scale of discomfort as the dial shows it: a colour, a mark and a word for every step. It is not the pain of the complaint."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from unknot.body.ramp import ramp
from unknot.knowledge.load import Knowledge
from unknot.words import say

LIGHT_FROM = 7
"""From this step on the colours are so dark that light figures stand on them."""
RADIUS = 8.0


@dataclass(frozen=True, slots=True)
class Step:
    """One of eleven. `mark` is the path of a disc that fills with the step; `word` is what it means, `own` whether that is its own word."""

    value: int
    colour: str
    light: bool
    mark: str
    word: str
    own: bool


def scale(k: Knowledge) -> dict[str, Any]:
    """The steps from 0 to 10. A step without a word of its own says the one below it: it is more than that."""
    words = {d.value: d.word for d in k.discomfort}
    steps = []
    for value, colour in enumerate(ramp()):
        below = words[max(v for v in words if v <= value)]
        word = below if value in words else say("dial.more_than", word=below)
        steps.append(Step(value, colour, value >= LIGHT_FROM, _pie(value / 10), word, value in words))
    return {"steps": steps}


def _pie(part: float) -> str:
    """A slice of a disc from the top, clockwise."""
    if part <= 0:
        return ""
    if part >= 1:
        return f"M0 {-RADIUS}A{RADIUS} {RADIUS} 0 1 1 -.01 {-RADIUS}Z"
    x, y = RADIUS * math.sin(math.tau * part), -RADIUS * math.cos(math.tau * part)
    return f"M0 0V{-RADIUS}A{RADIUS} {RADIUS} 0 {int(part > 0.5)} 1 {x:.2f} {y:.2f}Z"
