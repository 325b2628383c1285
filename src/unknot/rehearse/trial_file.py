"""The file of a virtual trial: cohort, arms with technique and dose, visits; read with every problem told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unknot.errors import Problem, shown
from unknot.guards import number_problem
from unknot.knowledge.load import Knowledge
from unknot.rehearse.clinic import RehearseError, simulated

FORMAT = 1
MOST_CLIENTS = 100_000
MOST_VISITS = 60
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
    if content.get("format") != FORMAT:
        reader.wrong("format", "format", shown(content.get("format")), "format = 1")
    point = content.get("point", "trapezius.upper.1")
    if point not in k.points:
        reader.wrong("unknown_point", "point", shown(point), "the id of a trigger point")
    holds = content.get("holds", "active")
    if holds not in ("active", "latent"):
        reader.wrong("unknown_choice", "holds", shown(holds), "active, latent")
    seed = reader.number(content, "seed", "", 0, 2**63 - 1, 1, whole=True)
    days = content.get("after_days", [])
    days = days if isinstance(days, list) else [days]
    after = tuple(reader.number({"after_days": d}, "after_days", "", 0.01, 365, 1) for d in days)
    rows = content.get("arm", [])
    rows = rows if isinstance(rows, list) else []
    arms = tuple(_arm(reader, row, f"arm {n}", k) for n, row in enumerate(rows, 1) if isinstance(row, Mapping))
    if not arms:
        reader.wrong("empty", "arm", "no arm", "at least one [[arm]]")
    names = [arm.name for arm in arms]
    for arm in {n for n in names if names.count(n) > 1}:
        reader.wrong("twice", "arm", f"{shown(arm)} stands twice", "one name, one arm")
    if reader.problems:
        raise RehearseError(reader.problems)
    return Trial(str(content.get("name", name)), int(seed), str(point), str(holds), after, arms)


def _arm(reader: _Reader, row: Mapping[str, Any], place: str, k: Knowledge) -> Arm:
    reader.known(row, place, ("name", "clients", "technique", "pressure", *NUMBERS))
    technique = row.get("technique", "")
    try:
        simulated(k, technique if isinstance(technique, str) else shown(technique))
    except RehearseError as error:
        reader.problems += [
            Problem(p.code, f"{place}, technique", shown(technique), p.allowed, p.todo) for p in error.problems
        ]
    pressure = row.get("pressure", "threshold")
    if pressure not in PRESSURES:
        reader.wrong("unknown_choice", f"{place}, pressure", shown(pressure), ", ".join(PRESSURES))
    if technique and any(key in row for key in DOSE):
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
    return Arm(str(row.get("name", place)), int(clients), str(technique), str(pressure), **numbers)


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
        if problem is None and whole and float(value) != int(value):
            problem = Problem("not_whole", where, shown(value), "a whole number", WHERE)
        if problem is not None:
            self.problems.append(problem)
            return default
        return float(value) if not whole else int(value)
