"""Which of the assumed numbers matter: each moved to the ends of its range, alone, with the same clients; then all at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator

from unknot.knowledge.load import Knowledge, knowledge
from unknot.rehearse.clinic import simulated
from unknot.rehearse.portions import worked
from unknot.rehearse.trial import Measured, portion
from unknot.rehearse.trial_file import Trial, trial_of
from unknot.rehearse.truth_parameters import ASSUMED, Parameter, instead, parameters
from unknot.rehearse.truth_state import Array

OUTCOMES = ("gain_kgcm2", "over_ceiling_s", "releases")
"""What a session brings: gain of the pressure threshold as read [kg/cm2], time above the ceiling [s], releases."""
Z, RARE = 1.959964, 3.290527
"""Standard errors that chance passes in one of twenty, and in one of a thousand."""
MIDDLE = 90
"""Percent of the sets of numbers between the two ends that are told when all move at once."""
Setting = tuple[tuple[str, float], ...]
"""The parameters that are not at their middle, with their values."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """One outcome with one number at its low and its high end; `apart` is high less low with its 95 % interval over the same clients."""

    parameter: str
    outcome: str
    low: float
    high: float
    apart: float
    apart_low: float
    apart_high: float

    @property
    def matters(self) -> bool:
        """Whether chance alone would bring it in less than one of a thousand numbers: there are many, and some look like more than they are."""
        return abs(self.apart) > RARE / Z * (self.apart_high - self.apart)


@dataclass(frozen=True, slots=True)
class Together:
    """One outcome with all numbers drawn evenly from their ranges: its middle, and the ends of nine in ten sets."""

    outcome: str
    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The whole study. `base` holds each outcome with all numbers at their middles."""

    technique: str
    clients: int
    sets: int
    base: dict[str, float]
    moved: tuple[Moved, ...]
    together: tuple[Together, ...]


def studied(*, every: bool = False) -> list[Parameter]:
    """The numbers that are assumed and have a range; with `every` those with a source too."""
    return [p for p in parameters().values() if p.low < p.high and (every or p.source == ASSUMED)]


def sensitivity(
    k: Knowledge, technique: str, clients: int, seed: int, *, sets: int = 0, every: bool = False, workers: int = 1, cluster: str = "",
    told: Progress | None = None,
) -> Sensitivity:  # fmt: skip
    """One session of each of `clients` by the technique, with every number at both ends, and with `sets` of all numbers drawn at once.

    The same for any number of workers. Raises RehearseError for a technique that is not simulated.
    """
    simulated(k, technique)
    of = studied(every=every)
    ends: list[Setting] = [((p.id, end),) for p in of for end in (p.low, p.high)]
    settings: list[Setting] = [(), *ends, *_sets(of, sets, seed)]
    jobs = [(technique, clients, seed, setting) for setting in settings]
    found: dict[int, Array] = {}
    for n, rows in worked(session, jobs, workers, cluster):
        found[n] = rows
        if told is not None:
            told(len(found), len(jobs))
    moved = [m for n, p in enumerate(of) for m in _moved(p, found[1 + 2 * n], found[2 + 2 * n])]
    means = np.array([found[n].mean(axis=0) for n in range(1 + len(ends), len(jobs))])
    base = {name: float(v) for name, v in zip(OUTCOMES, found[0].mean(axis=0), strict=True)}
    return Sensitivity(technique, clients, sets, base, tuple(moved), _together(means))


def session(job: tuple[str, int, int, Setting]) -> Array:
    """The outcomes `[client, outcome]` of one setting, in whatever process."""
    technique, clients, seed, setting = job
    with instead(dict(setting)):
        measured = portion((_trial(technique, clients, seed), 0, 0, clients))
    before = [m for m in measured if m.when == "before"]
    after = [m for m in measured if m.when == "after"]
    return np.array([_outcomes(b, a) for b, a in zip(before, after, strict=True)])


def _outcomes(before: Measured, after: Measured) -> tuple[float, float, float]:
    return (after.threshold_kgcm2 - before.threshold_kgcm2, after.over_ceiling_s, float(after.releases))


def _trial(technique: str, clients: int, seed: int) -> Trial:
    arm = {"name": technique, "clients": clients, "technique": technique}
    return trial_of({"format": 1, "seed": seed, "arm": [arm]}, "sensitivity", knowledge())


def _sets(of: Sequence[Parameter], count: int, seed: int) -> list[Setting]:
    """Sets of all numbers, each drawn evenly from its range in as many strata as there are sets (a Latin hypercube)."""
    rng = Generator(PCG64([seed, len(of)]))
    drawn = np.array([(rng.permutation(count) + rng.random(count)) / max(count, 1) for _ in of])
    return [
        tuple((p.id, min(p.high, p.low + (p.high - p.low) * float(drawn[n, i]))) for n, p in enumerate(of))
        for i in range(count)
    ]


def _moved(p: Parameter, low: Array, high: Array) -> list[Moved]:
    apart = high - low
    half = Z * apart.std(axis=0, ddof=1) / math.sqrt(len(apart))
    means = apart.mean(axis=0)
    return [
        Moved(p.id, name, *map(float, (low[:, n].mean(), high[:, n].mean(), means[n], means[n] - half[n], means[n] + half[n])))
        for n, name in enumerate(OUTCOMES)
    ]  # fmt: skip


def _together(means: Array) -> tuple[Together, ...]:
    if not len(means):
        return ()
    ends = ((100 - MIDDLE) / 2, 50, 100 - (100 - MIDDLE) / 2)
    low, middle, high = np.percentile(means, ends, axis=0)
    return tuple(Together(name, *map(float, (middle[n], low[n], high[n]))) for n, name in enumerate(OUTCOMES))


def ordered(of: Sensitivity, outcome: str) -> list[Moved]:
    """What moves an outcome, most first; what cannot be told from nothing is left out."""
    mine = [m for m in of.moved if m.outcome == outcome and m.matters]
    return sorted(mine, key=lambda m: -abs(m.apart))


def without_effect(of: Sensitivity) -> list[str]:
    """The numbers that move no outcome."""
    with_effect = {m.parameter for m in of.moved if m.matters}
    return list(dict.fromkeys(m.parameter for m in of.moved if m.parameter not in with_effect))
