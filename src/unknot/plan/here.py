"""Treat here: the finger that found a place treats it. One call gives the usual dose there, with all limits resolved by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from unknot.case.clearance import Clearance
from unknot.case.plan import Limit, Plan, Wish
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.plan.admitted import Ground
from unknot.plan.choose import Choice, choose
from unknot.plan.gate import PlanError, admit, cleared
from unknot.plan.minutes import Position
from unknot.words import say


def treat_here(
    place: str,
    clearance: Clearance | None,
    k: Knowledge,
    on: date,
    *,
    technique: str = "",
    contact: str = "",
    site: str = "",
    name: str = "",
    stubborn: bool = False,
    minutes: float | None = None,
    others: Sequence[Limit] = (),
    lying: Position | None = None,
) -> Plan:
    """A plan of one application on a trigger point, a site or a spot of the map (`spot.<id>` with its `site`).

    Technique and contact are chosen where they are not named; `lying` is how the client lies already. Raises PlanError with every reason when nothing is allowed there, or when it
    does not fit into the minutes that are left.
    """
    ground = Ground(cleared(clearance, k, on), k, tuple(others))
    wish = Wish(place=place, technique=technique, contact=contact, site=site, name=name, found=True)
    choice = choose(ground, wish, stubborn=stubborn)
    if not isinstance(choice, Choice):
        raise PlanError(choice, say("plan.nothing"))
    wish = Wish(
        place=place, technique=choice.wish.technique, contact=choice.wish.contact, site=site, name=name, found=True,
        why=" ".join((say("plan.here"), *choice.reasons)),
    )  # fmt: skip
    plan = admit(clearance, [wish], k, on, minutes=minutes, others=others, lying=lying)
    if plan.left:
        problems = [
            Problem("no_time", say("plan.at", place=place), row.why, "", say("plan.more_time")) for row in plan.left
        ]
        raise PlanError(problems, say("plan.nothing"))
    return plan
