"""The constants of one place of one person: layers by region and build, the knot, blood and pain, drawn for this person."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_parameters import area_cm2, draw, layer, middle, parameters
from unknot.rehearse.truth_tissue import compliances

KG = 98.0665
"""One kilogram-force on one square centimetre [kPa]."""


@dataclass(frozen=True, slots=True)
class Body:
    """What the places of one person share. `bears` is the threshold beside that of other people of this sex, as a factor."""

    sex: str
    build: float
    bears: float
    feels: float
    drawn: dict[str, float] = field(default_factory=dict)
    """Parameters that are the same at every place of this person."""


OF_PERSON = (
    "skin.young", "skin.viscous", "skin.relax", "fat.young", "fat.viscous", "fat.relax", "muscle.young", "muscle.viscous", "tissue.stiffening",
    "blood.shuts_at", "blood.repays", "blood.extra", "blood.owed", "pain.at_threshold", "pain.at_tolerance", "pain.steeper", "pain.perceives",
    "pain.sums_from", "pain.sums", "pain.sums_in", "pain.adapts", "pain.adapts_in", "pain.hard_from", "pain.hard", "pain.long", "pain.long_in",
    "pain.sore", "calm.most", "calm.in", "calm.lasts", "calm.to", "sense.follows", "sense.rest", "refer.in", "contracture.yields_at",
    "contracture.step", "contracture.falls",
)  # fmt: skip
RELAX = tuple(f"muscle.relax_{k}" for k in (1, 2, 3, 4))
DIRECT = {
    "tissue.stiffening": r.STIFFENING, "skin.young": r.E_SKIN, "fat.young": r.E_FAT, "muscle.young": r.E_MUSCLE,
    "contracture.yields_at": r.YIELDS_AT, "contracture.step": r.STEP, "contracture.falls": r.FALLS,
    "blood.shuts_at": r.SHUTS_AT, "blood.repays": r.REPAYS, "blood.extra": r.EXTRA, "blood.owed": r.OWED,
    "pain.at_threshold": r.D_THRESHOLD, "pain.at_tolerance": r.D_TOLERANCE, "pain.perceives": r.PERCEIVES, "pain.sums_from": r.SUMS_FROM,
    "pain.sums": r.SUMS, "pain.sums_in": r.SUMS_IN, "pain.adapts": r.ADAPTS, "pain.adapts_in": r.ADAPTS_IN, "pain.hard_from": r.HARD_FROM,
    "pain.hard": r.HARD, "pain.long": r.LONG, "pain.long_in": r.LONG_IN, "pain.sore": r.SORE, "calm.most": r.CALM_MOST, "calm.in": r.CALM_IN,
    "calm.lasts": r.CALM_LASTS, "calm.to": r.CALM_TO, "sense.follows": r.FOLLOWS, "sense.rest": r.S_REST, "refer.in": r.REFER_IN,
}  # fmt: skip


def body(rng: Generator, sex: str, build: float) -> Body:
    """What the places of a person share; always the same number of draws."""
    bears = math.exp(middle("ppt.spread") * rng.standard_normal())
    numb = rng.random() < middle("person.numb")
    return Body(sex, build, bears, 1 / 3 if numb else 1.0, {name: draw(rng, name) for name in OF_PERSON})


def place(rng: Generator, of: Body, region: str, *, active: bool, contact: str = "thumb") -> r.Array:
    """The constants `[row]` of a point in a region under a contact. Raises KeyError for a region or a contact that is not known."""
    c = np.zeros(r.CONSTANTS)
    for name, row in DIRECT.items():
        c[row] = of.drawn[name]
    c[r.FEELS] = of.feels
    _layers(c, rng, of, region, active=active)
    _creep(c, of)
    _contracture(c, rng, active=active)
    _pain(c, rng, of, region, active=active)
    return under(c, area_cm2(contact))


def under(c: r.Array, area: float) -> r.Array:
    """The same place `[..., row]` under a contact of another area [cm2]: the pressure falls off otherwise."""
    c = c.copy()
    c[..., r.AREA] = area
    skin, fat, muscle = c[..., r.H_SKIN], c[..., r.H_FAT], c[..., r.H_MUSCLE]
    c[..., r.B_FAT] = r.boussinesq(skin + fat / 2, area)
    c[..., r.B_MUSCLE] = r.boussinesq(skin + fat + muscle / 2, area)
    knot = skin + fat + muscle + c[..., r.H_NODULE] / 2
    c[..., r.B_NODULE] = r.boussinesq(knot, area)
    c[..., r.B_PROBE] = r.boussinesq(knot, 1.0)
    return c


def _layers(c: r.Array, rng: Generator, of: Body, region: str, *, active: bool) -> None:
    """Thickness [mm] of skin, fat, and of the muscle over the knot."""
    here = layer(region)
    woman = middle("fat.female") if of.sex == "female" else 1.0
    c[r.H_SKIN] = draw(rng, "skin.thickness")
    c[r.H_FAT] = here.fat * woman * (of.build / 25.0) ** middle("fat.build")
    c[r.H_NODULE] = min(draw(rng, "nodule.active" if active else "nodule.latent"), here.muscle)
    c[r.H_MUSCLE] = draw(rng, "nodule.place") * (here.muscle - c[r.H_NODULE])
    c[r.E_BAND] = of.drawn["muscle.young"] * draw(rng, "band.ratio") * draw(rng, "nodule.ratio")


def _creep(c: r.Array, of: Body) -> None:
    for name, j, t in (("skin", r.J_SKIN, r.L_SKIN), ("fat", r.J_FAT, r.L_FAT)):
        rest = 1.0 - of.drawn[f"{name}.viscous"]
        c[j], c[t] = of.drawn[f"{name}.viscous"] / rest, of.drawn[f"{name}.relax"] / rest
    c[r.J_1 : r.J_1 + 4], c[r.L_1 : r.L_1 + 4] = _muscle_creep(
        of.drawn["muscle.viscous"], middle("muscle.weights"), tuple(middle(n) for n in RELAX)
    )


@lru_cache(maxsize=1024)
def _muscle_creep(viscous: float, weight: float, relax: tuple[float, ...]) -> tuple[r.Array, r.Array]:
    """Compliances and creep times of muscle: the same at every place of a person, so worked out once a person."""
    parts, times = compliances(np.array([viscous]), (weight,) * len(relax), relax)
    return parts[0], times[0]


def _contracture(c: r.Array, rng: Generator, *, active: bool) -> None:
    c[r.C_START] = draw(rng, "contracture.active" if active else "contracture.latent")
    lasts, varies = draw(rng, "contracture.lasts"), middle("contracture.varies")
    p = parameters()["contracture.lasts"]
    for k in range(r.WAITS):
        c[r.WAIT_1 + k] = min(p.high, max(p.low, lasts * math.exp(varies * rng.standard_normal())))


def _pain(c: r.Array, rng: Generator, of: Body, region: str, *, active: bool) -> None:
    """Threshold, and the curve from there to what is just borne."""
    skin, fat, muscle = c[r.H_SKIN], c[r.H_FAT], c[r.H_MUSCLE]
    at_knot = float(r.boussinesq(skin + fat + muscle + c[r.H_NODULE] / 2, 1.0))
    woman = middle("ppt.woman")
    share = middle("person.women")
    of_sex = (woman if of.sex == "female" else 1.0) / (share * woman + 1 - share)
    threshold = layer(region).threshold * of_sex * of.bears
    c[r.THETA] = threshold * KG * at_knot
    c[r.DROP] = draw(rng, "ppt.drop")
    c[r.S_START] = 1.0 if active else draw(rng, "ppt.latent")
    borne = (middle("tolerance.slope") * threshold + middle("tolerance.above")) / threshold
    c[r.BETA] = math.log(c[r.D_TOLERANCE] / c[r.D_THRESHOLD]) / math.log(borne)
    c[r.WIDTH] = (borne - 1.0) * of.drawn["pain.steeper"]
    c[r.REFER_FROM] = draw(rng, "refer.from")
