"""The tissue beside published figures of stiffness, relaxation, layers and blood. `used`: the figure went into the model; misses stay in the table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_life import generator
from unknot.rehearse.truth_parameters import layer, middle
from unknot.rehearse.truth_place import RELAX, body, place
from unknot.rehearse.truth_state import Array

PEOPLE = 400
MMHG = 0.133322
"""One millimetre of mercury [kPa]."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure: what was found, between which numbers the model is called inside, and what the model has."""

    source: str
    name: str
    found: str
    low: float
    high: float
    unit: str
    simulate: Callable[[], float]
    used: bool

    def simulated(self) -> tuple[str, bool]:
        """(in words, whether it is inside)."""
        value = self.simulate()
        return f"{value:.3g} {self.unit}".strip(), self.low <= value <= self.high


def places(region: str, sex: str = "") -> Array:
    """Active points of middle builds in a region `[person, row]`; of both sexes, or of one."""
    rows = []
    for i in range(PEOPLE):
        rng = generator(1, i, "published", region)
        of = sex or ("female" if i % 2 else "male")
        rows.append(place(rng, body(rng, of, middle("person.build")), region, active=True))
    return np.array(rows)


def ratio_of_band() -> float:
    """Stiffness of the band over the muscle beside it, the knot's own part left out."""
    c = places("shoulder.top")
    return float(np.median(c[:, r.E_BAND] / c[:, r.E_MUSCLE])) / middle("nodule.ratio")


def relaxed(seconds: float) -> float:
    """Part of the stress of muscle that is gone after a strain was held so long, in percent."""
    weight, viscous = middle("muscle.weights"), middle("muscle.viscous")
    return 100 * viscous * sum(weight * (1 - math.exp(-seconds / middle(name))) for name in RELAX)


def soon() -> float:
    """How much of what relaxes in 90 s has relaxed in the first 20, in percent."""
    return 100 * relaxed(20) / relaxed(90)


def flow_at(mmhg: float) -> float:
    """Part of the flow that a local pressure shuts out in the mean of people, in percent."""
    steep = (mmhg * MMHG / places("shoulder.top")[:, r.SHUTS_AT]) ** middle("blood.steep")
    return 100 * float(np.mean(steep / (1 + steep)))


def rush(seconds: float) -> float:
    """Flow over rest just after so long a time without any."""
    return 1 + middle("blood.extra") * (1 - math.exp(-seconds / middle("blood.owed")))


def half_gone() -> float:
    """Time after a hold, however long, in which half of the extra flow is gone [s]."""
    return middle("blood.repays") * math.log(2)


def pressed_at(depth: float) -> float:
    """Pressure at a depth [mm] under two kilograms on 1 cm2 [mmHg]."""
    return float(2 * 98.0665 * r.boussinesq(depth, 1.0)) / MMHG


def over_band(region: str) -> float:
    """Thickness of the muscle [mm]."""
    return layer(region).muscle


FIGURES = (
    Figure("mre2016", "taut band over the muscle beside it", "1.98 (11.5 ± 2.4 over 5.8 ± 0.9 kPa)", 1.5, 2.5, "times", ratio_of_band, used=True),
    Figure("loocke2009", "viscous part of the stress of muscle, pig", "about 50 %", 45, 55, "%", lambda: relaxed(1e9), used=True),
    Figure("bosboom2001", "relaxation of muscle, one term, rat", "54.9 ± 5.6 %", 49.3, 60.5, "%", lambda: relaxed(1e9), used=False),
    Figure("hamstring_memory", "stretched hamstring held for 90 s", "stress falls by 18 to 30 %", 18, 30, "%", lambda: relaxed(90), used=False),
    Figure("hamstring_memory", "of it in the first 20 s", "most", 50, 100, "%", soon, used=False),
    Figure("palevski_memory", "pressed gluteal muscle, pig, in 120 s", "most of 8.5 kPa, down to 0.7", 50, 92, "%", lambda: relaxed(120), used=False),
    Figure("backmuscles", "upper trapezius, thickness", "11.4 to 11.9 mm", 11.4, 11.9, "mm", lambda: over_band("shoulder.top"), used=True),
    Figure("thighfat", "front of the thigh, muscle", "28.0 ± 7.1 mm", 20.9, 35.1, "mm", lambda: over_band("thigh"), used=True),
    Figure("backmuscles", "between the shoulder blades, men, three muscles", "14.7 mm (SD of the parts 1.0 to 2.3)", 11.5, 17.9, "mm", lambda: over_band("upper_back"), used=True),
    Figure("tourniquet", "flow shut out at 65 mmHg", "62 to 68 %", 62, 68, "%", lambda: flow_at(65), used=True),
    Figure("tourniquet", "flow shut out at 40 mmHg, even pressure", "none", 0, 10, "%", lambda: flow_at(40), used=True),
    Figure("porh_memory", "flow after five minutes without", "3 to 7 times rest", 3, 7, "times", lambda: rush(300), used=True),
    Figure("porh_memory", "half of the extra flow is gone", "in 20 to 40 s", 20, 40, "s", half_gone, used=True),
    Figure("tourniquet", "2 kg on 1 cm2, 12 mm deep", "above the systolic 106 mmHg", 106, 1000, "mmHg", lambda: pressed_at(12), used=False),
)  # fmt: skip
