"""Virtual people who draw their pain: active points at published rates, a referral map of their own, a hand that misses and spills.

Every number is assumed unless it is named: drawings are repeated with an overlap (Jaccard) of 0.62 +/- 0.18 a minute later
(Leoni 2013), which the rates of missing and spilling reproduce roughly.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from unknot.rehearse.truth_referral import Spot, spots

AREAS = {"low_back": 24, "neck": 18, "shoulder": 17, "head": 11, "hip": 9, "knee": 8, "elbow_hand": 7, "upper_back": 6, "leg_foot": 6,
         "chest_belly": 3, "pelvis": 1}  # fmt: skip
"""How often an area is the complaint (assumed, in the order of general surveys of musculoskeletal pain)."""
ONE_SIDE = 0.7
OWN_MAP = 0.7
"""Standard deviation of a person's own map around the encoding, in log odds."""
REACH = 0.8
"""Standard deviation of how far one active spot reaches, in log odds, the same for all its sites: pains are small or wide as a whole."""
ELSEWHERE = 0.08
"""Rate of points of other areas, as a part of their prevalence at home."""
MISS = 0.12
SPILL = 0.06
OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class Person:
    """One virtual person: what is active, `muscle@side` or `cause@side`, and what was drawn with its intensity."""

    seed: int
    area: str
    active: frozenset[str]
    drawn: dict[str, float]


def person(seed: int, beside: dict[str, tuple[str, ...]], lateral: dict[str, bool]) -> Person:
    """The person of this seed: the same seed gives the same life. `beside` and `lateral` describe the regions of the body."""
    rng = random.Random(seed)
    while True:
        area = rng.choices(list(AREAS), weights=list(AREAS.values()))[0]
        sides = [rng.choice(("left", "right"))] if rng.random() < ONE_SIDE else ["left", "right"]
        active, felt = _live(rng, area, sides, lateral)
        drawn = _draw(rng, felt, beside, lateral)
        if drawn:
            return Person(seed, area, frozenset(active), drawn)


def _live(rng: random.Random, area: str, sides: list[str], lateral: dict[str, bool]) -> tuple[set[str], set[str]]:
    """(what is active, sites that hurt)."""
    active: set[str] = set()
    felt: set[str] = set()
    for spot in spots():
        for side in ("left", "right") if spot.lateral else ("",):
            at_home = spot.area == area and (not side or side in sides)
            if rng.random() < spot.prevalence * (1.0 if at_home else ELSEWHERE):
                active.add(f"{spot.of}@{side}" if side else spot.of)
                felt |= _felt(rng, spot, side, lateral)
    return active, felt


def _felt(rng: random.Random, spot: Spot, side: str, lateral: dict[str, bool]) -> set[str]:
    found: set[str] = set()
    reach = rng.gauss(0, REACH)
    for key, chance in spot.sends.items():
        own = chance / (1 - chance) * math.exp(reach + rng.gauss(0, OWN_MAP))
        if rng.random() < own / (1 + own):
            region, _, where = key.partition("@")
            if not lateral[region]:
                found.add(region)
            else:
                found.add(f"{region}@{OTHER[side] if where == 'other' else where or side or 'right'}")
    return found


def _draw(
    rng: random.Random, felt: set[str], beside: dict[str, tuple[str, ...]], lateral: dict[str, bool]
) -> dict[str, float]:
    """What the hand colours: some painful places are left out, some neighbours are coloured too."""
    drawn: dict[str, float] = {}
    level = min(9.5, max(2.0, rng.gauss(5.5, 1.8)))
    for site in sorted(felt):
        if rng.random() >= MISS:
            drawn[site] = round(min(10.0, max(1.0, rng.gauss(level, 1.2))), 1)
        region, _, side = site.partition("@")
        for near in beside.get(region, ()):
            if rng.random() < SPILL:
                there = f"{near}@{side or rng.choice(('left', 'right'))}" if lateral[near] else near
                drawn.setdefault(there, round(max(1.0, level - 2), 1))
    return drawn
