"""What was measured at a visit, in lines for its note: sides beside each other, before and after the work, readings as they were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any

from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import TO_UNIT, Group, Measure
from unknot.record.amounts import amount, given
from unknot.record.measures import in_unit
from unknot.record.readings import apart
from unknot.record.verdicts import place_name
from unknot.words import say

TOLD: tuple[Group, ...] = ("pain", "function", "wellbeing", "habit")
"""What clients say of themselves: it stands under subjective, all else under objective."""
SIDES = ("", "left", "right")


def measured(bodies: Iterable[Mapping[str, Any]], k: Knowledge, *, told: bool) -> list[str]:
    """A line for each measure and place, in the order in which they were taken. Of several at one moment the last counts.

    `told`: those that clients say of themselves, else all others.
    """
    groups: dict[tuple[str, str], dict[tuple[bool, str], Mapping[str, Any]]] = {}
    for body in bodies:
        measure = k.measures.get(body["measure"])
        if (measure is not None and measure.group in TOLD) == told:
            taken = groups.setdefault((str(body["measure"]), str(body["on"])), {})
            taken[body["when"] == "after", str(body["side"])] = body
    return [_line(ident, on, taken, k) for (ident, on), taken in groups.items()]


def _line(ident: str, on: str, taken: Mapping[tuple[bool, str], Mapping[str, Any]], k: Knowledge) -> str:
    measure = k.measures.get(ident)
    name = measure.name if measure is not None else ident
    head = f"{name} ({place_name(k, on)})" if on else name
    mixed = len({str(body["unit"]) for body in taken.values()}) > 1
    parts = []
    for after in (False, True):
        rows = [taken[after, side] for side in SIDES if (after, side) in taken]
        if rows:
            moment = str(rows[0]["when"])
            when = say("note_when." + moment) if moment in ("before", "after") else ""
            parts.append((when, ", ".join(_value(row, measure, mixed=mixed) for row in rows)))
    if len(parts) == 1 and parts[0][0]:
        return f"{head}, {parts[0][0]}: {parts[0][1]}."
    return f"{head}: {'; '.join(f'{when} {words}'.strip() for when, words in parts)}."


def _value(body: Mapping[str, Any], measure: Measure | None, *, mixed: bool) -> str:
    """One value, or the readings with their mean and how fast the pressure rose. `mixed`: they stand in the measure's own unit, since others of the line were given in another."""
    values, unit = [float(v) for v in body["values"]], str(body["unit"])
    if mixed and measure is not None and (unit, measure.unit) in TO_UNIT:
        values, unit = [round(in_unit(measure, v, unit), 1) for v in values], measure.unit
    side = say("side." + body["side"]) + " " if body["side"] else ""
    words = side + given(values, unit, measure)
    beside = []
    if len(values) > 1:
        beside.append(say("note.mean", value=amount(fmean(values), unit)))
        far = apart(values, unit, measure) if measure is not None else None
        beside += [say("note.apart", spread=far[0], bound=far[1])] if far else []
    if body.get("rate"):
        beside.append(say("note.rate", rate=body["rate"]))
    return f"{words} ({', '.join(beside)})" if beside else words
