"""Posture and motion of virtual people: drawn from published distributions, and weakly tied to where points are and where it hurts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from unknot.rehearse.truth_life import Life
from unknot.rehearse.truth_parameters import tables

Standing = dict[tuple[str, str], float]
"""(measure, side) to its value; no side where left and right are one number."""
LATENT = 0.5
"""A latent point moves as a part of what an active one does (assumed)."""
LEGS, PELVIS = "posture.leg_length", "posture.pelvis_tilt"
BOTH = ("left", "right")


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual of one measure, in `unit`; see the head of the file."""

    measure: str
    unit: str
    sided: bool
    men: float
    women: float
    ages: tuple[tuple[float, float], ...]
    spread: float
    error: float
    muscles: tuple[str, ...]
    towards: int
    areas: tuple[tuple[str, float], ...]
    source: str
    error_source: str
    link_source: str
    why: str


@dataclass(frozen=True, slots=True)
class Postures:
    """All of it: `link` in spreads, `sides` the correlation of left and right, `hips_mm` between the joints of the hips."""

    link: float
    sides: float
    hips_mm: float
    usual: tuple[Usual, ...]


@cache
def postures() -> Postures:
    """What is usual, in the order of the file. Raises ValueError where a number is not finite or an error or a spread is not positive."""
    content = tables("truth_posture.toml")
    rows = [
        {**row, "ages": tuple(map(tuple, row["ages"])), "muscles": tuple(row["muscles"]), "areas": tuple(row["areas"].items())}
        for row in content["usual"]
    ]  # fmt: skip
    usual = tuple(Usual(**row) for row in rows)
    for one in usual:
        if (
            not all(map(math.isfinite, (one.men, one.women)))
            or not 0 < one.error < math.inf
            or not 0 < one.spread < math.inf
        ):
            raise ValueError(f"truth_posture.toml: {one.measure} has a number that cannot be")
    link, sides, hips_mm = (float(str(content[name])) for name in ("link", "sides", "hips_mm"))
    return Postures(link, sides, hips_mm, usual)


def standing(one: Life) -> Standing:
    """How somebody stands and moves, by (measure, side); always the same number of draws."""
    of = postures()
    rng, found = one.rng("posture"), Standing()
    for usual in of.usual:
        person, *apart = rng.standard_normal(3)
        middle = (usual.women if one.sex == "female" else usual.men) + _with_age(usual, one.age) + _of_area(usual, one)
        together = math.sqrt(of.sides) * person
        load = {side: _load(one, usual.muscles, side) for side in BOTH}
        pull = usual.towards * of.link * usual.spread
        if usual.sided:
            for side, own in zip(BOTH, apart, strict=True):
                drawn = usual.spread * (together + math.sqrt(1.0 - of.sides) * own)
                found[usual.measure, side] = float(middle + drawn + pull * load[side])
        else:
            found[usual.measure, ""] = float(middle + usual.spread * person + pull * (load["left"] - load["right"]))
    found[PELVIS, ""] += math.degrees(math.atan2(found[LEGS, ""], of.hips_mm))
    return found


def _with_age(usual: Usual, age: float) -> float:
    """How far age moves the middle."""
    years, changes = [a for a, _ in usual.ages], [c for _, c in usual.ages]
    return float(np.interp(age, years, changes)) if years else 0.0


def _of_area(usual: Usual, one: Life) -> float:
    return sum(moves for area, moves in usual.areas if area == one.person.area)


def _load(one: Life, muscles: Iterable[str], side: str) -> float:
    """How much the worst point in these muscles of a side moves: 1 where one is active, 0 where there is none."""
    held = [one.holds(f"{muscle}@{side}") for muscle in muscles]
    return 1.0 if "active" in held else LATENT if "latent" in held else 0.0
