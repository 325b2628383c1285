"""Refusing what is missing, not a number, infinite, reversed or out of range, by name."""

from __future__ import annotations

import math

from unknot.errors import GuardError, Problem, shown

LARGEST = 1e300
"""Above it a whole number of any length would not fit a float."""


def number_problem(value: object, place: str, low: float, high: float, todo: str) -> Problem | None:
    """The problem with `value` as a finite number in [low, high], or None when it is one."""
    allowed = f"a number from {low:g} to {high:g}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Problem("not_a_number", place, f"{shown(value)} is not a number", allowed, todo)
    if not abs(value) <= LARGEST or not math.isfinite(value):
        return Problem("not_finite", place, f"{shown(value)} is not a finite number", allowed, todo)
    if not low <= value <= high:
        return Problem("out_of_range", place, f"{shown(value)} is out of range", allowed, todo)
    return None


def finite(value: object, place: str, low: float, high: float) -> float:
    """`value` as a float in [low, high].

    Raises GuardError naming the place when it is missing, NaN, infinite or out of range.
    """
    problem = number_problem(value, place, low, high, f"give {place} a value in that range")
    if problem is not None:
        raise GuardError([problem])
    assert isinstance(value, int | float)
    return float(value)
