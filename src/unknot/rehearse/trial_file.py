"""The file of a virtual trial: cohort, arms with technique and dose, visits; read with every problem told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unknot.errors import Problem, UnknotError, shown
from unknot.guards import number_problem
from unknot.knowledge.load import Knowledge
from unknot.rehearse.clinic import RehearseError, simulated
from unknot.rehearse.trial_plan import plan_for

FORMAT = 1
MOST_CLIENTS = 100_000
MOST_VISITS = 60
MOST_ARMS, MOST_DAYS = 24, 24
"""Arms of a trial, and days after the last visit on which is measured."""
LONGEST = 80
"""Letters of a name."""
PRESSURES = ("none", "light", "threshold", "middle", "tolerance")
"""Of a fixed dose: nothing, a fifth of the threshold, the threshold, half-way to what is just borne, what is just borne."""
LARGEST = 1_000_000
NUMBERS = {
    "hold_s": (1, 600), "stretches": (0, 20), "stretch_s": (1, 300), "stretch_rest_s": (0, 600), "times": (1, 20), "rest_s": (0, 600), "rises": (1, 10), "visits": (1, MOST_VISITS), "every_days": (0.1, 90),
}  # fmt: skip
WHOLE = ("times", "rises", "visits", "stretches")
DOSE = ("pressure", "hold_s", "times", "rest_s", "rises", "stretches", "stretch_s", "stretch_rest_s")
"""Keys of a fixed dose; a technique has its own."""
WHERE = "see docs/rehearse.md for the form of a trial"


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: a technique under the session engine, or, with an empty `technique`, a fixed dose as published trials give it.

    A fixed dose presses `times` with `rest_s` between; each press is `rises` holds of `hold_s`, each raised to the pressure anew. Then the muscle
    is stretched `stretches` times for `stretch_s`, with `stretch_rest_s` between.
    """

    name: str
    clients: int
    technique: str = ""
    pressure: str = "threshold"
    hold_s: float = 60.0
    times: int = 1
    rest_s: float = 30.0
    rises: int = 1
    stretches: int = 0
    stretch_s: float = 45.0
    stretch_rest_s: float = 30.0
    visits: int = 1
    every_days: float = 7.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial: `point` of the cohort with the muscle that holds it, what it holds, and when after the last visit is measured."""

    name: str
    seed: int
    point: str
    holds: str
    after_days: tuple[float, ...]
    arms: tuple[Arm, ...]


def read_trial(path: Path, k: Knowledge) -> Trial:
    """A trial from a TOML file. Raises RehearseError with every problem."""
    try:
        with path.open("rb") as handle:
            data = handle.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise ValueError(f"larger than {LARGEST} bytes")
        content = tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError) as error:
        given = (getattr(error, "strerror", "") or str(error))[:200]
        raise RehearseError([Problem("unreadable", str(path), given, "a trial as TOML", "check the file")]) from error
    return trial_of(content, path.stem, k)


def trial_of(content: Mapping[str, Any], name: str, k: Knowledge) -> Trial:
    """A trial from plain values. Raises RehearseError with every problem."""
    reader = _Reader()
    reader.known(content, "trial", ("format", "name", "seed", "point", "holds", "after_days", "arm"))
    if content.get("format") is True or content.get("format") != FORMAT:
        reader.wrong("format", "format", shown(content.get("format")), "format = 1")
    point = content.get("point", "trapezius.upper.1")
    if not isinstance(point, str) or point not in k.points:
        reader.wrong("unknown_point", "point", shown(point), "the id of a trigger point")
        point = ""
    holds = content.get("holds", "active")
    if holds not in ("active", "latent"):
        reader.wrong("unknown_choice", "holds", shown(holds), "active, latent")
    seed = reader.number(content, "seed", "", 0, 2**63 - 1, 1, whole=True)
    after = _after(reader, content.get("after_days", []))
    named = reader.name(content, "name", "name", name[:LONGEST])
    arms = _arms(reader, content.get("arm", []), point, k)
    if reader.problems:
        raise RehearseError(reader.problems)
    return Trial(named, int(seed), point, str(holds), after, arms)


def _after(reader: _Reader, given: Any) -> tuple[float, ...]:
    """Days after the last visit; each is told by its figure, so no two may read alike."""
    days = given if isinstance(given, list) else [given]
    if len(days) > MOST_DAYS:
        reader.wrong("too_many", "after_days", f"{len(days)} days", f"up to {MOST_DAYS}")
        return ()
    before = len(reader.problems)
    after = tuple(reader.number({"after_days": d}, "after_days", "", 0.01, 365, 1) for d in days)
    if len(reader.problems) > before:
        return ()
    told = [f"{d:g}" for d in after]
    for day in dict.fromkeys(d for d in told if told.count(d) > 1):
        reader.wrong("twice", "after_days", f"{day} stands twice", "each day once")
    return after


def _arms(reader: _Reader, given: Any, point: str, k: Knowledge) -> tuple[Arm, ...]:
    rows = given if isinstance(given, list) else []
    if not rows:
        reader.wrong("empty", "arm", "no arm", "at least one [[arm]]")
    if len(rows) > MOST_ARMS:
        reader.wrong("too_many", "arm", f"{len(rows)} arms", f"up to {MOST_ARMS}")
        return ()
    arms = []
    for n, row in enumerate(rows, 1):
        if isinstance(row, Mapping):
            arms.append(_arm(reader, row, f"arm {n}", point, k))
        else:
            reader.wrong("not_rows", f"arm {n}", shown(row), "a table [[arm]]")
    names = [arm.name for arm in arms]
    for arm in dict.fromkeys(n for n in names if names.count(n) > 1):
        reader.wrong("twice", "arm", f"{shown(arm)} stands twice", "one name, one arm")
    return tuple(arms)


def _arm(reader: _Reader, row: Mapping[str, Any], place: str, point: str, k: Knowledge) -> Arm:
    reader.known(row, place, ("name", "clients", "technique", "pressure", *NUMBERS))
    name = reader.name(row, "name", f"{place}, name", place)
    technique = _technique(reader, row.get("technique", ""), place, point, k)
    pressure = row.get("pressure", "threshold")
    if pressure not in PRESSURES:
        reader.wrong("unknown_choice", f"{place}, pressure", shown(pressure), ", ".join(PRESSURES))
    if row.get("technique") and any(key in row for key in DOSE):
        reader.wrong(
            "contradiction", place, "a technique and a dose of its own", "one of them: a technique has its own doses"
        )
    if "clients" not in row:
        reader.wrong("empty", f"{place}, clients", "no clients", f"clients, from 2 to {MOST_CLIENTS}")
    clients = reader.number(row, "clients", place, 2, MOST_CLIENTS, 2, whole=True)
    default = Arm("", 2)
    told = {
        key: reader.number(row, key, place, *NUMBERS[key], getattr(default, key), whole=key in WHOLE) for key in NUMBERS
    }
    numbers: dict[str, Any] = {key: int(v) if key in WHOLE else v for key, v in told.items()}
    return Arm(name, int(clients), technique, str(pressure), **numbers)


def _technique(reader: _Reader, given: Any, place: str, point: str, k: Knowledge) -> str:
    """The technique of an arm, empty for none; it must be one that can be planned on the point, before any client is worked out."""
    technique = given if isinstance(given, str) else shown(given)
    where = f"{place}, technique"
    try:
        simulated(k, technique)
        if technique and point:
            plan_for(point, technique)
    except RehearseError as error:
        reader.problems += [Problem(p.code, where, shown(given), p.allowed, p.todo) for p in error.problems]
    except UnknotError as error:
        todo = "choose another point, or leave the technique out and give a dose"
        reader.problems += [
            Problem(p.code, where, f"{technique} on {point}: {p.given}", p.allowed, todo) for p in error.problems
        ]
    return technique


class _Reader:
    """Collects problems."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, code: str, place: str, given: str, allowed: str) -> None:
        self.problems.append(Problem(code, place, given, allowed, WHERE))

    def known(self, row: Mapping[str, Any], place: str, keys: tuple[str, ...]) -> None:
        for key in row:
            if key not in keys:
                self.wrong("unknown_key", f"{place}, {str(key)[:40]}", "is no key of a trial", ", ".join(keys))

    def name(self, row: Mapping[str, Any], key: str, place: str, default: str) -> str:
        """Words that stand on one line of a table and of a page, where everything in them is seen."""
        name = row.get(key, default)
        if not isinstance(name, str):
            self.wrong("not_text", place, shown(name), f"words, up to {LONGEST} letters")
        elif not name.strip():
            self.wrong("empty", place, "no name", f"words, up to {LONGEST} letters")
        elif len(name) > LONGEST:
            self.wrong("too_long", place, f"{len(name)} letters", f"up to {LONGEST} letters")
        elif not name.isprintable():
            self.wrong("hidden_character", place, shown(name), "words on one line, without hidden characters")
        else:
            return name.strip()
        return default

    def number(
        self,
        row: Mapping[str, Any],
        key: str,
        place: str,
        low: float,
        high: float,
        default: float,
        *,
        whole: bool = False,
    ) -> float:
        value = row.get(key, default)
        where = f"{place}, {key}" if place else key
        problem = number_problem(value, where, low, high, WHERE)
        if problem is None and whole and value != int(value):
            problem = Problem("not_whole", where, shown(value), "a whole number", WHERE)
        if problem is not None:
            self.problems.append(problem)
            return default
        return int(value) if whole else float(value)
