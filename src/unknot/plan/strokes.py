"""Where a stroke runs and how long it is, and the movement that follows a place."""

from __future__ import annotations

from unknot.body.length import fibre_length_mm
from unknot.case.clearance import Clearance
from unknot.case.plan import Wish
from unknot.knowledge.load import Knowledge
from unknot.plan.dose import NO_LENGTH_MM
from unknot.plan.places import muscle_of
from unknot.plan.routes import route_mm
from unknot.words import say

TURNS_NECK = "turning_head"


def length_mm(wish: Wish, k: Knowledge) -> float:
    """How long a stroke is [mm]: a path as it was drawn, else the muscle of a point from end to end as the body map shows it, an assumed length where it shows none."""
    if wish.path is not None:
        return route_mm(wish.path)
    muscle = muscle_of(wish.place, k)
    return (fibre_length_mm(k, muscle.id) if muscle else None) or NO_LENGTH_MM


def path(wish: Wish, length: float, k: Knowledge) -> tuple[str, str, float]:
    """From where, to where, over what length [mm]."""
    if wish.path is not None:
        return say("plan.route_from"), say("plan.route_to"), round(length, 1)
    muscle = muscle_of(wish.place, k)
    if muscle is None:
        return say("plan.path_from"), say("plan.path_to"), round(length, 1)
    return muscle.strip_from, muscle.strip_to, round(length, 1)


def follow(wish: Wish, clearance: Clearance, k: Knowledge) -> str:
    """The stretch that follows in words; none where stretching is forbidden, turns a neck that must not turn, or is the work itself."""
    muscle = muscle_of(wish.place, k)
    if muscle is None or k.techniques[wish.technique].verb in ("stretch", "glide"):
        return ""
    if any(f.technique == "stretch" for f in clearance.forbidden):
        return ""
    turns = any(position == "no_neck_rotation" for position, _ in clearance.positions)
    return "" if turns and TURNS_NECK in muscle.stretch_limits else muscle.stretch
