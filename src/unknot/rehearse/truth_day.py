"""What is slower than a session: the pain of the complaint, mood, motion, and what a stretch does. Between two looks these are worked out at once, without steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from unknot.rehearse.truth_life import Life
from unknot.rehearse.truth_parameters import draw, middle
from unknot.rehearse.truth_state import CALM, CONTRACTED, GOAL, RELEASES, S_START, SENSE, Array


@dataclass(frozen=True, slots=True)
class Days:
    """How one person's complaint lives from day to day."""

    level: float
    """Pain of the complaint on an ordinary day, 0-10."""
    share: float
    """The part of it that comes from the point that is looked at."""
    mood: float
    """Mood at the first visit [standard deviations; above 0 is low]."""
    loses: float
    """Motion that the muscle loses when it is fully contracted [degrees]."""


def days_of(one: Life) -> Days:
    """The days of a person; always the same number of draws."""
    rng = one.rng("days")
    return Days(
        draw(rng, "complaint.level"), draw(rng, "complaint.share"), float(rng.standard_normal()), draw(rng, "motion.loses")
    )  # fmt: skip


def mood(one: Life, of: Days, days: float, when: str) -> float:
    """Mood so many days after the first visit: it keeps part of what it was, and the rest is chance."""
    kept = math.exp(-days / middle("mood.lasts"))
    return kept * of.mood + math.sqrt(1.0 - kept * kept) * float(one.rng("mood", when).standard_normal())


def complaint(of: Days, s: Array, c: Array, mood_now: float) -> float:
    """Pain of the complaint, 0-10: the part of the point falls as it is less sensitive and while something calms; mood makes all of it more or less."""
    left = s[SENSE] / c[S_START] if c[S_START] > 0 else 0.0
    pain = of.level * (1.0 - of.share + of.share * left) * (1.0 - s[CALM])
    return float(min(10.0, max(0.0, pain * math.exp(middle("mood.weighs") * mood_now))))


def motion_lost(of: Days, s: Array) -> float:
    """Motion that the contracture takes [degrees]."""
    return float(of.loses * s[CONTRACTED])


def stretched(state: Array, seconds: float, person: Mapping[str, float] | Mapping[str, Array]) -> Array:
    """The state `[client, row]` after a stretch of the muscle: the contracture gives a little, more where it was released before.

    `person` holds `stretch.yields` and `stretch.after` of this person or of each. Raises ValueError for a time that is negative or not finite.
    """
    if not 0 <= seconds < math.inf:
        raise ValueError("a stretch lasts some seconds")
    after = state.copy()
    more = np.where(state[:, RELEASES] > 0, person["stretch.after"], 1.0)
    after[:, GOAL] *= (1.0 - person["stretch.yields"]) ** (more * seconds / USUAL_S)
    return after


USUAL_S = 45.0
"""A stretch as it is usually held [s]; `stretch.yields` is what one such brings."""


def stretch_of(one: Life) -> dict[str, float]:
    """How one person's muscle answers to a stretch, and how strongly it is felt."""
    rng = one.rng("stretch")
    return {name: draw(rng, name) for name in ("stretch.yields", "stretch.after", "stretch.feels")}
