"""The colours of pain by intensity, the same everywhere: drawing, lists, pictures, prints."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from unknot.words import say

UNSAID = 5
"""The step whose colour stands for a pain of which nobody said how strong it is."""


@cache
def ramp() -> tuple[str, ...]:
    """Colour of each step from 0 to 10."""
    text = (resources.files("unknot.body") / "ramp.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["colours"])


def colour(intensity: float | None) -> str:
    """The colour of an intensity from 0 to 10; above 0 never that of 0."""
    return ramp()[UNSAID if intensity is None else max(1, min(10, round(intensity)))]


def word(step: int) -> str:
    """The word for a step."""
    return say(f"intensity.{step}")
