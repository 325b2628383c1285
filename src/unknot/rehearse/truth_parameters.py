"""The numbers of the virtual clients, each with unit, range, spread and source, and how one person draws theirs."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from numpy.random import Generator

DATA = Path(__file__).parent / "data"
ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number: the middle of the people, what one person may have, the standard deviation of its logarithm between people."""

    id: str
    unit: str
    value: float
    low: float
    high: float
    spread: float
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Layer:
    """What lies under the skin of a region: fat and muscle [mm], pressure threshold of healthy muscle [kg/cm2]."""

    region: str
    fat: float
    muscle: float
    threshold: float
    source: str


@dataclass(frozen=True, slots=True)
class AnswerRate:
    """How often a question of screening is answered yes: under 40, to 64, from 65. `absolute`: with it nobody is treated."""

    question: str
    table: str
    young: float
    middle: float
    old: float
    sex: str
    before: str
    absolute: bool
    source: str
    why: str


def tables(name: str) -> dict[str, list[dict[str, Any]]]:
    """The tables of a file of this model."""
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


@cache
def parameters() -> Mapping[str, Parameter]:
    """Every parameter by its id. Raises ValueError where one stands twice, is out of its range or not finite."""
    found: dict[str, Parameter] = {}
    for row in tables("truth_parameters.toml")["parameter"]:
        p = Parameter(**row)
        numbers = (p.value, p.low, p.high, p.spread)
        if p.id in found or not all(map(math.isfinite, numbers)) or not 0 <= p.low <= p.value <= p.high or p.spread < 0:
            raise ValueError(f"truth_parameters.toml: {p.id} stands twice or is out of its range")
        if not (p.unit and p.source and p.why):
            raise ValueError(f"truth_parameters.toml: {p.id} has no unit, source or reason")
        found[p.id] = p
    return found


def middle(name: str) -> float:
    """The middle value of a parameter. Raises KeyError when there is none: a missing number is never a default."""
    return (_instead.get().get(name) or parameters()[name]).value


_instead: ContextVar[Mapping[str, Parameter]] = ContextVar("_instead", default=MappingProxyType({}))


@contextmanager
def instead(values: Mapping[str, float]) -> Iterator[None]:
    """Within it the middles of some parameters are others. Raises KeyError for one that there is not, ValueError outside its range."""
    changed = {name: replace(parameters()[name], value=value) for name, value in values.items()}
    for p in changed.values():
        if not p.low <= p.value <= p.high:
            raise ValueError(f"{p.id} is {p.low:g} to {p.high:g} {p.unit}, not {p.value!r}")
    token = _instead.set(changed)
    try:
        yield
    finally:
        _instead.reset(token)


def draw(rng: Generator, name: str) -> float:
    """What one person has: drawn around the middle, cut at what one person may have. One draw, whatever the spread is."""
    p = _instead.get().get(name) or parameters()[name]
    return min(p.high, max(p.low, p.value * math.exp(p.spread * rng.standard_normal())))


@cache
def _layers() -> tuple[Layer, ...]:
    return tuple(Layer(**row) for row in tables("truth_layers.toml")["layer"])


def layer(region: str) -> Layer:
    """The layers of a region. Raises KeyError where none are given."""
    fitting = [row for row in _layers() if f"{region}.".startswith(f"{row.region}.")]
    if not fitting:
        raise KeyError(region)
    return max(fitting, key=lambda row: len(row.region))


@cache
def area_cm2(contact: str) -> float:
    """The area of a hand's part [cm2]. Raises KeyError where none is given."""
    return float({row["id"]: row["area"] for row in tables("truth_layers.toml")["contact"]}[contact])


@cache
def latent_rate(muscle: str) -> float:
    """The chance that a muscle of a healthy side holds a latent point."""
    rows = tuple((str(r["muscle"]), float(r["rate"])) for r in tables("truth_layers.toml")["latent"])
    return max((r for r in rows if muscle.startswith(r[0])), key=lambda r: len(r[0]))[1]


@cache
def answer_rates() -> tuple[AnswerRate, ...]:
    """What virtual people answer, in the order of the file."""
    rows = tables("truth_answers.toml")["answer"]
    return tuple(AnswerRate(**{("before" if key == "with" else key): v for key, v in row.items()}) for row in rows)
