"""Refusing what is missing, not a number, infinite, reversed or out of range, by name."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from unknot.errors import GuardError, Problem, shown

LARGEST = 1e300
"""Above it a whole number of any length would not fit a float."""
HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that nobody sees, as NUL and turns of the writing direction."""
HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""What half of a surrogate pair begins with in JSON; a whole pair does so too."""


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


def json_of(text: str) -> Any:
    """What JSON says, with a question mark for every half of a surrogate pair. Raises ValueError and RecursionError as `json.loads` does.

    A script that cuts a text amid a sign leaves such a half; JSON carries it, and neither a database nor a page can.
    """
    value = json.loads(text)
    if HALF.search(text) is None:
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
