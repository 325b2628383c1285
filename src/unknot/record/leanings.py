"""What the measurements of a visit add to the ranking of its case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unknot.assess.leanings import VISIT, of_values
from unknot.knowledge.load import Knowledge
from unknot.record.measures import Kept

MARK = f" ({VISIT})"
"""Behind a habit that a measure put there, so that it is known from what the client told and gives way with the measure."""


def of_measures(kept: Sequence[Kept], k: Knowledge, age: float | None = None) -> tuple[list[dict[str, Any]], list[str]]:
    """(findings as rows of a case file, habits) of the measurements of a visit; the last before the work counts. `age`: in years, None where it is not known."""
    last = {(one.taken.measure, one.taken.side): one.value for one in kept if one.taken.when != "after"}
    return of_values(last, k, age)


def lean(rest: dict[str, Any], kept: Sequence[Kept], k: Knowledge, age: float | None = None) -> None:
    """Put what was measured at a visit among the findings and habits of a case; what was measured earlier at the visit gives way. `age`: in years, None where it is not known."""
    signs, habits = of_measures(kept, k, age)
    others = [row for row in rest.get("finding", []) if row.get("visit") != VISIT]
    if signs or len(others) < len(rest.get("finding", [])):
        rest["finding"] = [*others, *signs]
    complaint = rest.get("complaint", {})
    told = [name for name in complaint.get("habits", ()) if not name.endswith(MARK)]
    seen = [name + MARK for h in habits if (name := k.habits[h].name) not in told]
    if seen or len(told) < len(complaint.get("habits", ())):
        rest["complaint"] = {**complaint, "habits": [*told, *seen]}
