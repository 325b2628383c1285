"""What measures beyond their cuts add to a ranking: signs at muscles, and habits. Weak, observed, never a cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import Leaning

VISIT = "measured"
"""The visit under which such a finding stands, so that it is known from what fingers found."""


OTHER = {"left": "right", "right": "left"}


def met(leaning: Leaning, value: float, age: float | None = None, other: float | None = None) -> bool:
    """Whether a value lies beyond the cut of an age [years, None: unknown], or beyond that of the `other` side by more than may be."""
    cut = leaning.cut_at(age)
    below = leaning.when == "below"
    if value < cut if below else value > cut:
        return True
    if leaning.apart is None or other is None:
        return False
    return (other - value if below else value - other) > leaning.apart


def of_values(
    values: Mapping[tuple[str, str], float], k: Knowledge, age: float | None = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """(findings as rows of a case file, habits) of values by (measure, side), each in the unit of its measure. `age`: in years, None where it is not known."""
    signs: dict[str, dict[str, Any]] = {}
    habits: list[str] = []
    for leaning in k.leanings.values():
        for side in ("", *OTHER):
            value = values.get((leaning.measure, side))
            other = values.get((leaning.measure, OTHER.get(side, "")))
            if value is None or not met(leaning, value, age, other if side else None):
                continue
            if leaning.habit:
                habits.append(leaning.habit)
            for on in _places(leaning, side, k):
                signs.setdefault(on, {"muscle": on, "visit": VISIT})[leaning.sign] = True
    return list(signs.values()), sorted(set(habits))


def _places(leaning: Leaning, side: str, k: Knowledge) -> list[str]:
    """The muscles of a leaning on the sides that it speaks for."""
    at = {"": (side,), "opposite": (OTHER.get(side, ""),), "both": tuple(OTHER)}.get(leaning.side, (leaning.side,))
    return [on for m in leaning.muscles for on in ([f"{m}@{s}" for s in at] if k.muscles[m].lateral else [m])]
