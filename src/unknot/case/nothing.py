"""That nothing hurts today. It is somebody's word and never follows from silence: who was not asked has not said it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from unknot.errors import shown

NOTHING = "nothing_hurts"
"""The table of a case file."""
UNASKED = "unasked"
"""Of a map that was emptied: nobody was asked, so nothing is told of today."""
SAID_BY = ("client", "client_at_home", "practitioner")
"""Who says so: the client on a device at the practice, the client on the page for home, the client to the practitioner, who wrote it down."""


def nothing_hurts(by: str) -> dict[str, Any]:
    """The table of a case file that says it. `by`: one of `SAID_BY`."""
    return {NOTHING: {"said_by": by}}


def said_nothing(tables: Mapping[str, Any]) -> str:
    """Who says in the tables of a case file that nothing hurts; empty when nobody does."""
    table = tables.get(NOTHING)
    by = table.get("said_by") if isinstance(table, Mapping) else None
    return by if isinstance(by, str) and by in SAID_BY else ""


def check_nothing(tables: Mapping[str, Any], hurts: bool, wrong: Callable[..., None]) -> None:
    """Tell what is wrong with the table, and that a place hurts beside it. `wrong` takes code, place, given, allowed and what to do."""
    if NOTHING not in tables:
        return
    table = tables[NOTHING]
    if not isinstance(table, Mapping) or set(table) != {"said_by"} or not said_nothing(tables):
        allowed = "said_by alone: " + ", ".join(SAID_BY)
        wrong("not_said_by", NOTHING, shown(table), allowed, "say who says so, or take the table out")
    if hurts:
        wrong("contradiction", NOTHING, "nothing hurts, and a place does", "one of them", "take one of them out")
