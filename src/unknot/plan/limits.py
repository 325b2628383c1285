"""All limits of a piece of work, resolved once from every source: the strictest wins, and each cut is kept with its reason.

A limit that is missing or no finite number is an error, never "no limit".
"""

from __future__ import annotations

from collections.abc import Iterable

from unknot.case.clearance import LIMITS, Clearance
from unknot.case.model import Case
from unknot.case.plan import HIGHEST, SOURCES, Cut, Limit, ResolvedLimits
from unknot.errors import GuardError, Problem
from unknot.guards import finite
from unknot.words import say

UNITS = {"discomfort": "0-10", "palpation_discomfort": "0-10", "hold_s": "s", "point_s": "s", "session_min": "min"}


def of_clearance(clearance: Clearance) -> list[Limit]:
    """The ceilings of a clearance as limits. Raises KeyError when one is missing."""
    ceilings = [clearance.limit(name) for name in LIMITS]
    return [Limit(c.limit, c.value, "clearance", f"{c.why} ({c.rule})") for c in ceilings]


def of_client(case: Case) -> tuple[Limit, ...]:
    """What the client likes at most, from the case's `[wishes]`."""
    wishes = case.intake.wishes.items()
    return tuple(Limit(name.removesuffix("_max"), value, "client", say("plan.client")) for name, value in wishes)


def resolve(clearance: Clearance, others: Iterable[Limit] = ()) -> ResolvedLimits:
    """The strictest of all sources, source after source in the order of `SOURCES`.

    Raises GuardError when a limit is missing, no number, infinite, negative or of an unknown name or source.
    """
    given = [*of_clearance(clearance), *others]
    problems: list[Problem] = []
    for limit in given:
        if limit.name not in LIMITS or limit.source not in SOURCES:
            allowed = f"{', '.join(LIMITS)} from {', '.join(SOURCES)}"
            problems.append(
                Problem("unknown_limit", limit.name, f"{limit.source} limits {limit.name}", allowed, "name one of them")
            )
            continue
        try:
            finite(limit.value, f"{limit.name} ({limit.source})", 0, 10_000)
        except GuardError as error:
            problems.extend(error.problems)
    if problems:
        raise GuardError(problems, "no limits, so nothing may be pressed")
    values, set_by, cuts = {}, [], []
    for name in LIMITS:
        of = sorted((g for g in given if g.name == name), key=lambda g: (SOURCES.index(g.source), g.value, g.why))
        now, by = HIGHEST[name], of[0]
        for limit in of:
            if limit.value < now:
                cuts.append(Cut(name, now, limit.value, limit.source, limit.why))
                now, by = limit.value, limit
        values[name] = now
        set_by.append((name, by.source, by.why))
    return ResolvedLimits(**values, set_by=tuple(set_by), cuts=tuple(cuts))
