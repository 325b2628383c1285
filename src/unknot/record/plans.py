"""Plan files read and written with the rules of now: screening is asked anew each time, so that no file can say that somebody is cleared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from unknot.assess.rank import assess
from unknot.case.clearance import Clearance
from unknot.case.model import Case
from unknot.case.plan import Plan
from unknot.knowledge.load import Knowledge
from unknot.plan import write
from unknot.plan.write import Planned, Screened
from unknot.screen.case import screen


def screening(k: Knowledge) -> Screened:
    """From a case to its clearance, its own ranking taken in."""

    def screened(case: Case, on: date, licences: tuple[str, ...]) -> Clearance:
        ranking = assess(case, k, next_too=False) if case.pains or case.strokes else None
        return screen(case, k, on, ranking=ranking, licences=licences)

    return screened


def read_plan(source: Path | Mapping[str, Any], k: Knowledge, on: date) -> Plan:
    """The plan of a file, rebuilt from its answers and the rules of now. Raises PlanError when it differs or nothing may be touched."""
    return write.read_plan(source, k, on, screening(k))


def answers(path: Path) -> object:
    """The case that a plan file stands on, as its plain values; None when there is none to read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["case"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def plan_file(planned: Planned, k: Knowledge) -> dict[str, Any]:
    """A plan as a file's plain values."""
    return write.as_file(planned, k, screening(k))
