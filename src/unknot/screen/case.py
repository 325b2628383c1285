"""A whole case screened: its ranking taken in, its clearance given back, and what the looking finger may then touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Literal

from unknot.body.coverage import with_drawing
from unknot.body.danger import barred_points
from unknot.case.clearance import Clearance, Open, Outcome
from unknot.case.intake import Intake
from unknot.case.model import Case
from unknot.case.ranking import Action, Ranking, Refer, ReferReason
from unknot.case.understand import understand
from unknot.knowledge.load import Knowledge
from unknot.screen.about import about
from unknot.screen.clear import clear
from unknot.words import say

ACTION: dict[Outcome, Action] = {
    "go": "carry_on", "careful": "carry_on", "approval": "ask", "not_today": "ask", "refer": "refer", "emergency": "emergency",
}  # fmt: skip
"""What an outcome of screening means beside the ranking."""
URGENCY: dict[Action, Literal["none", "ask", "refer", "emergency"]] = {
    "carry_on": "none", "ask": "ask", "refer": "refer", "emergency": "emergency",
}  # fmt: skip
STRICTNESS: tuple[Action, ...] = ("carry_on", "ask", "refer", "emergency")


def screen(
    case: Case, k: Knowledge, on: date, *, ranking: Ranking | None = None, licences: tuple[str, ...] = ()
) -> Clearance:
    """The clearance of a case on the day `on`.

    A today's check that carries another date clears that other day, so that it counts as none on this one.
    """
    case = with_drawing(case)
    heard = understand(case, k)
    return clear(case.intake, about(case, heard, ranking), k, _day(case.intake, on), licences)


def _day(intake: Intake, on: date) -> date:
    """The day that today's check clears; one that nobody dated clears no day that ever comes."""
    return intake.on or (on if intake.told_now else date.min)


def opened(clearance: Clearance | None, k: Knowledge, on: date) -> Open:
    """What may be touched under a clearance; nothing without one."""
    if clearance is None:
        return Open(withheld=say("clearance.none"), discomfort=0)
    refusal = clearance.refusal(on, k.version)
    if refusal is not None:
        key, values = refusal
        return Open(withheld=say(f"clearance.{key}", **values), discomfort=0)
    return Open(
        barred=clearance.barred_sites(),
        barred_points=barred_points(k, clearance.spots) if clearance.spots else frozenset(),
        licences=clearance.licences,
        light=frozenset(row.site for row in clearance.light),
        discomfort=clearance.limit("palpation_discomfort").value,
    )


def touching(case: Case, k: Knowledge, on: date, licences: tuple[str, ...] = ()) -> Callable[[Ranking], Open]:
    """For `assess`: from the ranking to what may be touched."""
    return lambda ranking: opened(screen(case, k, on, ranking=ranking, licences=licences), k, on)


def with_screening(ranking: Ranking, clearance: Clearance, case: Case) -> Ranking:
    """The ranking with what screening asks for, so that nobody reads the one without the other.

    Words of the history that either of the two has understood are not listed as strange.
    """
    history = {*case.history.said, *case.history.denied} - set(clearance.not_understood)
    ranking = replace(ranking, not_understood=tuple(t for t in ranking.not_understood if t not in history))
    known = {reason.source.removeprefix("rule:") for reason in ranking.refer.reasons}
    more = [
        ReferReason(f"rule:{r.rule.removeprefix('rule:')}", r.why, ACTION[r.outcome])
        for r in clearance.reasons
        if not r.lifted
        and r.outcome not in ("go", "careful")
        and r.rule.removeprefix("rule:") not in known
        and not r.rule.startswith("ranking:")
    ]
    reasons = sorted((*ranking.refer.reasons, *more), key=lambda r: -STRICTNESS.index(r.action))
    worst: Action = max((r.action for r in reasons), key=STRICTNESS.index, default="carry_on")
    return replace(ranking, refer=Refer(worst in ("refer", "emergency"), URGENCY[worst], tuple(reasons)))
