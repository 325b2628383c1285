"""A plan to plain data and back, without loss: what a plan file and the log of a session hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any, TypeVar, cast

from unknot.case.plan import (
    FAMILIES,
    SOURCES,
    Application,
    Cut,
    Dose,
    Left,
    Manner,
    Plan,
    ResolvedLimits,
    Wish,
    route_of,
)
from unknot.errors import CaseError, GuardError, Problem

T = TypeVar("T")
LATER: Mapping[str, Any] = {"search_pass_s": 0.0, "force_n": None, "route": None, "wish": None}
"""Fields that plans of earlier versions do not have: they mean what they meant then."""


def as_mapping(plan: Plan) -> dict[str, Any]:
    """Plain data that JSON can hold; `plan_of` gives the same plan back."""
    return {**asdict(plan), "on": plan.on.isoformat()}


def plan_of(given: Mapping[str, Any]) -> Plan:
    """The plan of plain data. Raises CaseError or GuardError when anything is missing, unknown, or no number where one must stand."""
    try:
        whole = _only(given, Plan)
        whole["applications"] = tuple(_application(a) for a in whole["applications"])
        whole["manner"] = Manner(**_only(whole["manner"], Manner))
        whole["on"] = date.fromisoformat(whole["on"])
        whole["left"] = tuple(Left(**_only(row, Left)) for row in whole["left"])
        whole["load_s"] = tuple(cast("tuple[str, float, float]", tuple(row)) for row in whole["load_s"])
        whole["proposals"] = tuple(whole["proposals"])
        whole["swaps"] = tuple((str(ident), str(contact)) for ident, contact in whole["swaps"])
        return Plan(**whole)
    except GuardError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        problem = Problem(
            "not_a_plan", "plan", str(error)[:200], "a plan as `unknot plan --json` writes it", "plan again"
        )
        raise CaseError([problem]) from error


def _application(row: Mapping[str, Any]) -> Application:
    whole = _only(row, Application)
    whole["dose"] = Dose(**_only(whole["dose"], Dose))
    limits = _only(whole["limits"], ResolvedLimits)
    limits["set_by"] = tuple(tuple(r) for r in limits["set_by"])
    limits["cuts"] = tuple(Cut(**_only(r, Cut)) for r in limits["cuts"])
    whole["limits"] = ResolvedLimits(**limits)
    whole["cuts"] = tuple(Cut(**_only(r, Cut)) for r in whole["cuts"])
    whole["dangers"] = tuple(whole["dangers"])
    whole["path"] = tuple(whole["path"])
    whole["route"] = route_of(whole["route"])
    wish = None if whole["wish"] is None else _only(whole["wish"], Wish)
    whole["wish"] = None if wish is None else Wish(**{**wish, "path": route_of(wish["path"])})
    whole["loads"] = tuple((str(joint), float(share)) for joint, share in whole["loads"])
    if whole["family"] not in FAMILIES or any(s[1] not in SOURCES for s in whole["limits"].set_by):
        raise ValueError(f"unknown family or source of a limit in {whole['id']}")
    return Application(**whole)


def _only(given: Mapping[str, Any], cls: type[T]) -> dict[str, Any]:
    """The fields of a class, all of them and no other."""
    names = {f.name for f in fields(cls)}  # type: ignore[arg-type]
    given = {**{name: value for name, value in LATER.items() if name in names}, **given}
    if set(given) != names:
        wrong = sorted(set(given) ^ names)
        raise ValueError(f"{cls.__name__}: missing or unknown {', '.join(wrong)}")
    return dict(given)
