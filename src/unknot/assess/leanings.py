"""What measures beyond their cuts add to a ranking: signs at muscles, and habits. Weak, observed, never a cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import Leaning

VISIT = "measured"
"""The visit under which such a finding stands, so that it is known from what fingers found."""


def met(leaning: Leaning, value: float) -> bool:
    """Whether a value lies beyond the cut."""
    return value < leaning.cut if leaning.when == "below" else value > leaning.cut


def of_values(values: Mapping[tuple[str, str], float], k: Knowledge) -> tuple[list[dict[str, Any]], list[str]]:
    """(findings as rows of a case file, habits) of values by (measure, side), each in the unit of its measure."""
    signs: dict[str, dict[str, Any]] = {}
    habits: list[str] = []
    for leaning in k.leanings.values():
        for (measure, side), value in values.items():
            if measure != leaning.measure or not met(leaning, value):
                continue
            if leaning.habit:
                habits.append(leaning.habit)
            for muscle in leaning.muscles:
                at = leaning.side or side
                on = f"{muscle}@{at}" if k.muscles[muscle].lateral else muscle
                signs.setdefault(on, {"muscle": on, "visit": VISIT})[leaning.sign] = True
    return list(signs.values()), sorted(set(habits))
