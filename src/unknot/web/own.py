"""Limits that people set for themselves: what a client likes at most, and what the practitioner usually does. They can only lower what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unknot.case.model import Case
from unknot.case.plan import Limit, Source
from unknot.errors import Problem
from unknot.guards import number_problem
from unknot.plan.limits import of_client
from unknot.record.store import Store
from unknot.web.practice import keep_habit, practice_of
from unknot.words import say

KIND = "likes"
CLIENT = ("discomfort", "hold_s")
PRACTITIONER = ("discomfort", "hold_s", "point_s", "session_min")
RANGES = {"discomfort": (1.0, 10.0), "hold_s": (1.0, 600.0), "point_s": (5.0, 600.0), "session_min": (5.0, 240.0)}


def likes_of(store: Store, client: str) -> dict[str, float]:
    """What a client likes at most."""
    found = store.get(KIND, client)
    return dict(found.body["limits"]) if found else {}


def keep_likes(store: Store, client: str, limits: Mapping[str, float]) -> None:
    """What a client likes at most, as a new version."""
    found = store.get(KIND, client)
    store.put(KIND, client, {"limits": dict(limits)}, over=found.version if found else 0)


def own_limits(store: Store, client: str, case: Case | None) -> tuple[Limit, ...]:
    """Every limit that the client (told or in the case) and the practitioner set."""
    told: tuple[tuple[Mapping[str, float], Source, str], ...] = (
        (likes_of(store, client), "client", say("plan.client")),
        (practice_of(store).habit, "practitioner", say("plan.habit")),
    )
    found = [Limit(name, value, source, why) for limits, source, why in told for name, value in limits.items()]
    return (*found, *(of_client(case) if case else ()))


def read_limits(fields: Mapping[str, str], names: tuple[str, ...]) -> tuple[dict[str, float], list[Problem]]:
    """Limits from a form; an empty field is no limit of one's own."""
    found: dict[str, float] = {}
    problems = []
    for name in names:
        text = fields.get(name, "").strip().replace(",", ".")
        if not text:
            continue
        value: Any
        try:
            value = float(text)
        except ValueError:
            value = fields.get(name, "").strip()[:80]
        wrong = number_problem(value, say(f"limit.{name}"), *RANGES[name], say("plan_page.number_todo"))
        if wrong is not None:
            problems.append(wrong)
        else:
            found[name] = float(value)
    return found, problems


def keep_own(store: Store, client: str, fields: Mapping[str, str], whose: str) -> list[Problem]:
    """The limits of a form, of the client or the practitioner, stored when nothing is wrong with them."""
    names = CLIENT if whose == "client" else PRACTITIONER
    limits, problems = read_limits(fields, names)
    if problems:
        return problems
    put_own(store, client, whose, limits)
    return []


def limits_of(store: Store, client: str, whose: str) -> dict[str, float]:
    """What the client or the practitioner set."""
    return likes_of(store, client) if whose == "client" else dict(practice_of(store).habit)


def put_own(store: Store, client: str, whose: str, limits: Mapping[str, float]) -> None:
    """Store limits of the client or the practitioner that were looked at before."""
    if whose == "client":
        keep_likes(store, client, limits)
    else:
        keep_habit(store, limits)
