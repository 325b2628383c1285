"""The plan file (`format = 1`): the case, the wishes and the plan for reading. Reading it builds the plan anew and refuses one that differs.

A file is never trusted with what may be done: the clearance is worked out from the case's answers by the rules of now, on the day
on which the file is read, and the plan from that clearance and the wishes. What stands under `plan` is only compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from unknot import __version__
from unknot.case.clearance import Clearance
from unknot.case.intake import Intake
from unknot.case.model import Case
from unknot.case.plan import Left, Limit, Plan, Wish
from unknot.case.read import LARGEST, read_mapping
from unknot.case.write import as_tables
from unknot.errors import Problem, UnknotError, shown
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import LICENCES
from unknot.plan.edit import read_wish
from unknot.plan.gate import PlanError, admit, cleared
from unknot.plan.limits import of_client
from unknot.plan.show import as_dict, wish_as_dict
from unknot.words import say

FORMAT = 1
KEYS = (
    "format",
    "kind",
    "unknot",
    "rules",
    "on",
    "name",
    "case",
    "licences",
    "minutes",
    "limits",
    "wishes",
    "left",
    "plan",
)
KNOWN = tuple(sorted(name for name in LICENCES.values() if name))
MOST_TOLD = 40
"""Differences that are named one by one."""
Screened = Callable[[Case, date, tuple[str, ...]], Clearance]
"""From a case, a day and the practitioner's licences to the clearance by the rules of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan with all that it was made from."""

    case: Case
    wishes: tuple[Wish, ...]
    on: date
    minutes: float | None = None
    others: tuple[Limit, ...] = ()
    """The practitioner's own limits; the client's stand in the case."""
    licences: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()
    """What was left out before the gate: kept for the reader of the file."""


def as_file(planned: Planned, k: Knowledge, screened: Screened) -> dict[str, Any]:
    """A plan file as plain values. Raises PlanError when the plan cannot be made."""
    case = _dated(planned.case, planned.on)
    clearance = screened(case, planned.on, planned.licences)
    plan = admit(
        clearance, planned.wishes, k, planned.on, minutes=planned.minutes, others=(*of_client(case), *planned.others)
    )
    return {
        "format": FORMAT,
        "kind": "plan",
        "unknot": __version__,
        "rules": k.version,
        "on": planned.on.isoformat(),
        "name": planned.case.name,
        "case": json.loads(json.dumps(as_tables(case), default=_day)),
        "licences": list(planned.licences),
        "minutes": planned.minutes,
        "limits": [asdict(limit) for limit in planned.others],
        "wishes": [wish_as_dict(wish) for wish in planned.wishes],
        "left": [asdict(left) for left in planned.left],
        "plan": as_dict(plan),
    }


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot stand in a plan file")


def _dated(case: Case, on: date) -> Case:
    """A case whose check of today carries the day: a file that said "today" would clear every day on which it is read."""
    if not case.intake.told_now:
        return case
    today = {**case.kept.get("today", {}), "date": on.isoformat()}
    intake: Intake = replace(case.intake, told_now=False, on=on)
    return replace(case, intake=intake, kept={**case.kept, "today": today})


def read_plan(source: Path | Mapping[str, Any], k: Knowledge, on: date, screened: Screened) -> Plan:
    """The plan of a file, built anew on the day `on` by the rules of now.

    Raises PlanError, every difference named, when the file cannot be read, is of another day or of other rules, when the case does not
    clear today, or when what it holds is not the plan that its own answers and wishes give.
    """
    content = source if isinstance(source, Mapping) else _content(source)
    problems = _shape(content)
    if problems:
        raise PlanError(problems, say("plan.unreadable"))
    if content["on"] != on.isoformat():
        told = say("plan.other_day", on=shown(content["on"]), today=on.isoformat())
        raise PlanError([Problem("expired", "on", told, on.isoformat(), "screen today and plan again")])
    if content["rules"] != k.version:
        todo = "plan again: what the program knows has changed"
        raise PlanError([Problem("outdated", "rules", shown(content["rules"]), k.version, todo)])
    rebuilt = _rebuilt(content, k, on, screened)
    wrong = differences(content["plan"], as_dict(rebuilt), "plan")
    if wrong:
        raise PlanError(wrong[:MOST_TOLD], say("plan.differs", count=len(wrong)))
    return rebuilt


def _rebuilt(content: Mapping[str, Any], k: Knowledge, on: date, screened: Screened) -> Plan:
    try:
        case = read_mapping(content["case"], content["name"], k, needs_pain=False)
    except UnknotError as error:
        raise PlanError(error.problems, say("plan.unreadable")) from error
    if case.intake.told_now:
        told = say("plan.undated")
        raise PlanError(
            [Problem("undated", "case, today, date", told, "a day like 2026-11-26", "write the plan again")]
        )
    wishes = [read_wish(row, f"wish {number + 1}") for number, row in enumerate(content["wishes"])]
    others = _limits(content["limits"])
    clearance = cleared(screened(case, on, tuple(content["licences"])), k, on)
    return admit(clearance, wishes, k, on, minutes=content["minutes"], others=(*of_client(case), *others))


def _content(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as handle:
            data = handle.read(4 * LARGEST + 1)
        if len(data) > 4 * LARGEST:
            raise ValueError("it is too large")
        content = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except OSError as error:
        given = error.strerror or "cannot be read"
        raise PlanError([Problem("unreadable", str(path), given, "a plan file", "check the path")]) from error
    except (ValueError, RecursionError) as error:
        allowed = "a file that unknot plan --out wrote"
        raise PlanError([Problem("unreadable", str(path), str(error)[:200], allowed, "plan again")]) from error
    if not isinstance(content, Mapping):
        raise PlanError([Problem("not_a_table", str(path), shown(content), "a plan file", "plan again")])
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that a plan can hold")


def _shape(content: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the keys of a plan file."""
    todo = "plan again with unknot plan --out"
    found = [
        Problem("unknown_key", "plan file", f"unknown key {str(key)[:60]!r}", ", ".join(KEYS), "take it out")
        for key in content
        if key not in KEYS
    ]
    kinds: dict[str, tuple[type, ...]] = {
        "kind": (str,), "unknot": (str,), "rules": (str,), "on": (str,), "name": (str,), "case": (Mapping,),
        "licences": (list,), "minutes": (int, float, type(None)), "limits": (list,), "wishes": (list,), "left": (list,), "plan": (Mapping,),
    }  # fmt: skip
    if content.get("format") != FORMAT or isinstance(content.get("format"), bool):
        found.append(Problem("format", "plan file, format", shown(content.get("format")), str(FORMAT), todo))
    for key, kind in kinds.items():
        if key not in content or not isinstance(content[key], kind) or isinstance(content[key], bool):
            given = shown(content[key]) if key in content else f"there is no {key}"
            found.append(Problem("missing_part", f"plan file, {key}", given, "what the program wrote there", todo))
    if not found and not all(isinstance(name, str) for name in content["licences"]):
        found.append(Problem("not_words", "plan file, licences", shown(content["licences"]), "words", todo))
    elif not found:
        found += [
            Problem("unknown_licence", "plan file, licences", shown(name), ", ".join(KNOWN), todo)
            for name in content["licences"]
            if name not in KNOWN
        ]
    return found


def _limits(rows: Sequence[Any]) -> list[Limit]:
    """The practitioner's own limits; whether they are numbers is looked at where limits are resolved."""
    keys = {"name", "value", "source", "why"}
    for number, row in enumerate(rows):
        if (
            not isinstance(row, Mapping)
            or set(row) != keys
            or not all(isinstance(row[key], str) for key in keys - {"value"})
        ):
            given = Problem("missing_limit", f"limit {number + 1}", shown(row), ", ".join(sorted(keys)), "plan again")
            raise PlanError([given], say("plan.nothing"))
    return [Limit(**row) for row in rows]


def differences(given: Any, wanted: Any, at: str) -> list[Problem]:
    """Where two plain values differ, each place by its path; a number that is no number differs from everything."""
    if isinstance(given, Mapping) and isinstance(wanted, Mapping):
        missing = [
            _differs(f"{at}, {key}", say("plan.missing"), shown(wanted[key])) for key in wanted if key not in given
        ]
        more = [
            _differs(f"{at}, {str(key)[:60]}", shown(given[key]), say("plan.nothing_there"))
            for key in given
            if key not in wanted
        ]
        below = [d for key in wanted if key in given for d in differences(given[key], wanted[key], f"{at}, {key}")]
        return missing + more + below
    if isinstance(given, list | tuple) and isinstance(wanted, list | tuple):
        if len(given) != len(wanted):
            return [_differs(at, say("plan.count", count=len(given)), say("plan.count", count=len(wanted)))]
        pairs = enumerate(zip(given, wanted, strict=True))
        return [d for number, (a, b) in pairs for d in differences(a, b, f"{at} {number + 1}")]
    same = given == wanted and isinstance(given, bool) == isinstance(wanted, bool)
    return [] if same else [_differs(at, shown(given), shown(wanted))]


def _differs(at: str, given: str, wanted: str) -> Problem:
    return Problem("plan_differs", at, given, wanted, say("plan.not_by_hand"))
