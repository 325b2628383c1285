"""The life of one virtual client: who they are, what they drew, what they answer, which muscles hold points, and how they tell what they feel.

Client i of a seed is the same in any cohort, and each place of a client has a generator of its own, so that the order of work changes nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from unknot.rehearse.truth_parameters import AnswerRate, answer_rates, draw, latent_rate, middle
from unknot.rehearse.truth_people import OTHER, Person, person
from unknot.rehearse.truth_place import Body, body, place
from unknot.rehearse.truth_referral import spots
from unknot.rehearse.truth_state import C_START, DROP, S_START, Array

MIDDLE_AGE, OLD = 40.0, 65.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody tells discomfort: too high or low, from one time to the next, how late, how honestly, when unasked."""

    offset: float
    noise: float
    delay_s: float
    says: float
    """What they say of what they feel."""
    silent: float
    """Chance that a question gets no answer."""
    speaks: float
    stops: float


@dataclass(frozen=True, slots=True)
class Life:
    """One virtual client. Muscles are `muscle@side`."""

    seed: int
    index: int
    age: float
    sex: str
    weeks: float
    person: Person
    """What is active, and what was drawn."""
    latent: frozenset[str]
    yes: Mapping[str, tuple[str, ...]]
    """Table of the case file to the questions that are answered yes."""
    absolute: tuple[str, ...]
    """Answers with which nobody is treated."""
    manner: Manner
    body: Body
    habits: bool
    comes_back_days: float
    heals_days: float

    def rng(self, *of: str | int) -> Generator:
        """A generator of this client's own for one purpose, named by words and numbers."""
        return generator(self.seed, self.index, *of)

    def holds(self, muscle: str) -> str:
        """What a muscle of a side holds: active, latent or nothing."""
        return "active" if muscle in self.person.active else "latent" if muscle in self.latent else ""

    def place(self, muscle: str, region: str, contact: str = "thumb") -> Array:
        """The constants `[row]` of the point in a muscle, in a region, under a contact; a muscle that holds nothing has normal tissue."""
        found = self.holds(muscle)
        c = place(self.rng("place", muscle), self.body, region, active=found == "active", contact=contact)
        return c if found else _normal(c)


def generator(seed: int, index: int, *of: str | int) -> Generator:
    """PCG64 by seed, client and purpose."""
    keys = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in of]
    return Generator(PCG64(SeedSequence(entropy=seed, spawn_key=(index, *keys))))


def life(seed: int, index: int, beside: Mapping[str, tuple[str, ...]], lateral: Mapping[str, bool]) -> Life:
    """The client of this seed and number. `beside` and `lateral` describe the regions of the body."""
    drawn = person(int(generator(seed, index, "drawing").integers(2**62)), dict(beside), dict(lateral))
    rng = generator(seed, index, "person")
    age = round(draw(rng, "person.age"))
    sex = "female" if rng.random() < middle("person.women") else "male"
    build = draw(rng, "person.build")
    weeks = round(draw(rng, "person.weeks"))
    if generator(seed, index, "mirror").random() < middle("draw.mirrors"):
        drawn = _mirrored(drawn)
    yes, absolute = _answers(generator(seed, index, "answers"), age, sex)
    return Life(
        seed, index, age, sex, weeks, drawn, _latent(generator(seed, index, "latent"), drawn), yes, absolute,
        _manner(generator(seed, index, "manner")), body(generator(seed, index, "body"), sex, build),
        rng.random() < middle("visit.habits"), draw(rng, "visit.comes_back"), draw(rng, "visit.heals"),
    )  # fmt: skip


def _mirrored(drawn: Person) -> Person:
    """Left and right mistaken on the map."""

    def other(site: str) -> str:
        region, _, side = site.partition("@")
        return f"{region}@{OTHER[side]}" if side else region

    return Person(drawn.seed, drawn.area, drawn.active, {other(site): v for site, v in drawn.drawn.items()})


def _latent(rng: Generator, drawn: Person) -> frozenset[str]:
    """Latent points at the rates of healthy people, in every muscle of the encoding and on both sides."""
    muscles = sorted({spot.of for spot in spots() if spot.is_muscle})
    every = [f"{m}@{side}" for m in muscles for side in ("left", "right")]
    chance = np.array([latent_rate(m.partition("@")[0]) for m in every])
    found = rng.random(len(every)) < chance
    return frozenset(m for m, here in zip(every, found, strict=True) if here and m not in drawn.active)


def _answers(rng: Generator, age: float, sex: str) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """(yes by table, those with which nobody is treated). A question behind another has its own share of all people, so it is answered yes only together with that one."""
    yes: dict[str, list[str]] = {"history": [], "today": []}
    absolute = []
    rates = {row.question: row for row in answer_rates()}
    for row in answer_rates():
        dice = rng.random()
        chance = _rate(row, age)
        if row.before in rates:  # of those who said yes before
            before = rates[row.before]
            chance = chance / _rate(before, age) if row.before in yes[before.table] else 0.0
        if dice < chance and row.sex in ("", sex):
            yes[row.table] += [q for q in (row.before, row.question) if q and q not in yes[row.table]]
            absolute += [row.question] if row.absolute else []
    return {table: tuple(found) for table, found in yes.items()}, tuple(absolute)


def _rate(row: AnswerRate, age: float) -> float:
    return row.young if age < MIDDLE_AGE else row.middle if age < OLD else row.old


def _manner(rng: Generator) -> Manner:
    offset = middle("rate.offset") * float(rng.standard_normal())
    brave = rng.random() < middle("rate.brave")
    says = draw(rng, "rate.brave_says")
    return Manner(
        offset, middle("rate.noise"), draw(rng, "rate.delay"), says if brave else 1.0, draw(rng, "rate.silent"),
        draw(rng, "rate.speaks"), draw(rng, "rate.stops"),
    )  # fmt: skip


def _normal(c: Array) -> Array:
    """A place without a point: no contracture, nothing sensitised."""
    c = c.copy()
    c[C_START] = c[S_START] = c[DROP] = 0.0
    return c


def later(days: float, of: Life, contracted: Array, start: Array) -> Array:
    """The contracture after some days: it comes back where habits feed it, and goes on to heal where they do not."""
    goal, lasts = (start, of.comes_back_days) if of.habits else (np.zeros_like(start), of.heals_days)
    return np.asarray(goal + (contracted - goal) * np.exp(-days / lasts), dtype=np.float64)
