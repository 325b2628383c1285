"""A plan as plain values for programs, for the page and for the plan file."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from unknot.case.plan import Plan, Wish
from unknot.case.plan_mapping import as_mapping


def as_dict(plan: Plan) -> dict[str, Any]:
    """Plain values for JSON; the same plan gives the same bytes. Raises ValueError when a number is not finite."""
    found: dict[str, Any] = json.loads(json.dumps(as_mapping(plan), allow_nan=False))
    return found


def wish_as_dict(wish: Wish) -> dict[str, Any]:
    """What a wish says; what it leaves to the usual dose is left out."""
    return {key: value for key, value in asdict(wish).items() if value not in (None, "", False)}
