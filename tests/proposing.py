"""What the tests of the plan room share: somebody with cleared answers, and a place that was found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from unknot.case.clearance import Clearance
from unknot.case.intake import Answer, Intake
from unknot.case.model import Case, Client, Complaint, Finding, History
from unknot.knowledge.load import knowledge
from unknot.screen.about import About
from unknot.screen.clear import clear

K = knowledge()
ON = date(2026, 11, 26)
LATERAL = sorted(p.id for p in K.points.values() if K.muscles[p.muscle].lateral and not p.only_side)


@cache
def cleared() -> Clearance:
    agreed: dict[str, Answer] = dict.fromkeys(K.consent_areas, "yes")
    return clear(Intake(asked=True, today_asked=True, consents=agreed), About(age=40), K, ON)


def healthy(**more: Any) -> Clearance:
    return replace(cleared(), **more)


def case_of(*findings: Finding, **intake: Any) -> Case:
    told = Intake(**intake)
    return Case("a case", Client(), (), Complaint(), findings, History(), intake=told)


def found(place: str, tender: float = 6.0, **signs: bool) -> Finding:
    return Finding("point", place, {"tenderness": tender, **signs})
