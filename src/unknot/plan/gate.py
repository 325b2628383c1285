"""The gate that every plan passes: without a clearance of today nothing is planned, and nothing that it bars is in a plan.

There is no other way to a plan: `Plan` is made by `admit` alone, from a clearance, today's date and the rules of now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from unknot.case.clearance import LIMITS, Clearance
from unknot.case.plan import Application, Limit, Plan, Wish
from unknot.errors import GuardError, Problem, UnknotError
from unknot.guards import number_problem
from unknot.knowledge.load import Knowledge
from unknot.plan.admitted import Ground, admitted
from unknot.plan.dose import manner
from unknot.plan.hands import swaps
from unknot.plan.limits import resolve
from unknot.plan.minutes import Position, fit, load, total
from unknot.plan.notes import order_notes
from unknot.words import say

LONGEST_MIN = 600.0


class PlanError(UnknotError):
    """A plan that must not be: every reason is told, and nothing is planned."""

    code = "plan"


def admit(
    clearance: Clearance | None,
    wishes: Sequence[Wish],
    k: Knowledge,
    on: date,
    *,
    minutes: float | None = None,
    others: Sequence[Limit] = (),
    lying: Position | None = None,
) -> Plan:
    """The plan of these wishes, in their order; what does not fit into `minutes` falls out, the least useful first.

    `others` are the client's and the practitioner's own limits; `lying` is how the client lies in a session that has begun. Raises PlanError with every reason when there is no clearance of today,
    a limit is missing or no number, or anything breaks the clearance.
    """
    ground = Ground(cleared(clearance, k, on), k, tuple(others))
    problems, at_hand, by = _at_hand(ground, minutes)
    made: list[tuple[Application, float]] = []
    for number, (ident, wish) in enumerate(zip(ids(wishes), wishes, strict=True)):
        found, wrong = admitted(ground, wish, say("plan.number", number=number + 1))
        problems += wrong
        if found is not None:
            made.append((replace(found, id=ident), wish.use))
    if problems:
        raise PlanError(problems, say("plan.nothing"))
    kept, left = fit([a for a, _ in made], [use for _, use in made], at_hand, k, lying)
    spare, told = swaps(kept, ground.clearance, k)
    return Plan(
        applications=kept,
        manner=manner(k),
        on=on,
        rules=k.version,
        minutes=total(kept),
        at_hand=at_hand,
        left=left,
        load_s=load(kept, k),
        proposals=(*by, *told, *order_notes(kept, k)),
        swaps=spare,
    )


def cleared(clearance: Clearance | None, k: Knowledge, on: date) -> Clearance:
    """The clearance, when it clears this day by the rules of now and holds every limit. Raises PlanError when not."""
    if clearance is None:
        raise PlanError([Problem("no_clearance", "plan", say("clearance.none"), "", "screen the client first")])
    refusal = clearance.refusal(on, k.version)
    if refusal is not None:
        key, values = refusal
        told = say(f"clearance.{key}", **values)
        todo = say("page.rule_emergency") if key == "emergency" else "screen the client today"
        raise PlanError([Problem("no_clearance", "plan", told, "", todo)])
    held = [c.limit for c in clearance.ceilings]
    missing = [name for name in LIMITS if name not in held]
    if missing:
        raise PlanError(
            [
                Problem("missing_limit", f"clearance, {name}", "there is no such limit", "", "screen again")
                for name in missing
            ],
            say("plan.nothing"),
        )
    return clearance


def _at_hand(ground: Ground, minutes: float | None) -> tuple[list[Problem], float, tuple[str, ...]]:
    """Minutes at hand under the limit of a session, with what is wrong with them and what was cut."""
    try:
        limits = resolve(ground.clearance, ground.others)
    except GuardError as error:
        raise PlanError(error.problems, say("plan.nothing")) from error
    if minutes is None:
        return [], limits.session_min, ()
    wrong = number_problem(minutes, "minutes", 1, LONGEST_MIN, "say how many minutes are at hand")
    if wrong is not None:
        return [wrong], 0.0, ()
    if minutes <= limits.session_min:
        return [], float(minutes), ()
    why = next(why for name, _, why in limits.set_by if name == "session_min")
    told = say("plan.shorter", at_hand=f"{limits.session_min:g}", wanted=f"{minutes:g}", why=why)
    return [], limits.session_min, (told,)


def ids(wishes: Sequence[Wish]) -> list[str]:
    """The id of each wish's application: its place and technique, numbered from the second on."""
    seen: dict[str, int] = {}
    found = []
    for wish in wishes:
        ident = f"{wish.place}/{wish.technique}"
        seen[ident] = seen.get(ident, 0) + 1
        found.append(ident if seen[ident] == 1 else f"{ident}/{seen[ident]}")
    return found
