"""The model beside published trials that it was not fitted on: what was found, what is simulated. Misses stay in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unknot.knowledge.load import Knowledge
from unknot.rehearse.trial import Measured
from unknot.rehearse.trial_file import Trial, trial_of
from unknot.rehearse.trial_table import mean_effect, smd
from unknot.rehearse.truth_place import KG
from unknot.rehearse.truth_state import Array

DRAWS = 400
"""Trials of the published size that are drawn from the virtual clients."""
MOSTLY = 0.5
"""A finding is met when more than half of the trials of that size would have made it."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the model makes of a study."""

    simulated: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Study:
    """A published trial, its arms for the model, and how the two are compared. `fitted`: a parameter was chosen with an eye on it."""

    source: str
    name: str
    found: str
    holds: str
    after_days: tuple[float, ...]
    arms: tuple[Mapping[str, Any], ...]
    compare: Callable[[Sequence[Measured]], Compared]
    fitted: bool = False

    def trial(self, clients: int, seed: int, k: Knowledge) -> Trial:
        """The trial with so many virtual clients in each arm."""
        content = {
            "format": 1, "seed": seed, "holds": self.holds, "after_days": list(self.after_days),
            "arm": [{"clients": clients, **arm} for arm in self.arms],
        }  # fmt: skip
        return trial_of(content, self.name, k)


def changes(measured: Sequence[Measured], arm: str, when: str = "after", outcome: str = "threshold_kgcm2") -> Array:
    """The change from before of each client of an arm."""

    def at(time: str) -> Array:
        return np.array([getattr(m, outcome) for m in measured if m.arm == arm and m.when == time], dtype=np.float64)

    return at(when) - at("before")


def _found_in(values: Array, size: int, test: Callable[[Array], bool]) -> float:
    """The share of trials of a size, drawn from these clients, in which a test holds."""
    rng = np.random.Generator(np.random.PCG64(1))
    return float(np.mean([test(values[rng.choice(len(values), size)]) for _ in range(DRAWS)]))


def _up(values: Array) -> bool:
    return mean_effect(values).low > 0


# ---------------------------------------------------------------- the studies

CELLS = {
    f"P{p}T{t}": {"pressure": pressure, "hold_s": 30 * t}
    for p, pressure in ((1, "threshold"), (2, "middle"))
    for t in (1, 2, 3)
}


def _hou(measured: Sequence[Measured]) -> Compared:
    gain = {cell: float(changes(measured, cell).mean()) for cell in CELLS}
    better, worse = ("P1T3", "P2T2", "P2T3"), ("P1T1", "P1T2")
    right = sum(gain[b] > gain[w] for b in better for w in worse)
    told = ", ".join(f"{cell} {value:+.2f}" for cell, value in gain.items())
    return Compared(f"{right} of 6 in order; {told} kg/cm2", right == 6)


def _kim(measured: Sequence[Measured]) -> Compared:
    short, long = changes(measured, "30 s"), changes(measured, "60 s")
    rng = np.random.Generator(np.random.PCG64(1))
    apart = [smd(long[rng.choice(len(long), 20)], short[rng.choice(len(short), 20)]) for _ in range(DRAWS)]
    share = float(np.mean([e.low > 0 or e.high < 0 for e in apart]))
    return Compared(
        f"{share:.0%} of trials of 20 and 20 see a difference; SMD {smd(long, short).value:+.2f}", share < MOSTLY
    )


def _szajkowski(measured: Sequence[Measured]) -> Compared:
    share = {n: _found_in(changes(measured, f"{n} rises"), 26, _up) for n in (1, 2, 3)}
    told = ", ".join(f"{n}: {s:.0%}" for n, s in share.items())
    return Compared(
        f"threshold up in so many trials of 26, by rises: {told}", share[1] < MOSTLY < min(share[2], share[3])
    )


def _campelo(measured: Sequence[Measured]) -> Compared:
    share = {when: _found_in(changes(measured, "compression", when), 24, _up) for when in ("after", "day 1", "day 7")}
    told = ", ".join(f"{when} {s:.0%}" for when, s in share.items())
    return Compared(f"threshold still up in so many trials of 24: {told}", min(share.values()) > MOSTLY)


def _pooled(measured: Sequence[Measured]) -> Compared:
    effect = smd(changes(measured, "compression"), changes(measured, "sham"))
    return Compared(
        f"SMD of changes {effect.value:+.2f} ({effect.low:+.2f} to {effect.high:+.2f})", 0.35 <= effect.value <= 0.98
    )


def _kpa(measured: Sequence[Measured]) -> Compared:
    more = (changes(measured, "compression").mean() - changes(measured, "sham").mean()) * KG
    return Compared(f"{more:+.1f} kPa", bool(10.75 <= more <= 45.96))


def _fryer(measured: Sequence[Measured]) -> Compared:
    real, sham = _found_in(changes(measured, "compression"), 20, _up), _found_in(changes(measured, "sham"), 17, _up)
    return Compared(f"threshold up in {real:.0%} of trials of 20, after sham in {sham:.0%} of 17", sham < MOSTLY < real)


def _pooled_pain(measured: Sequence[Measured]) -> Compared:
    effect = smd(
        changes(measured, "compression", outcome="complaint_0_10"), changes(measured, "sham", outcome="complaint_0_10")
    )
    return Compared(
        f"SMD of changes {effect.value:+.2f} ({effect.low:+.2f} to {effect.high:+.2f})", -0.53 <= effect.value <= 0.09
    )


def _kostopoulos(measured: Sequence[Measured]) -> Compared:
    """Pain falls in each arm in most trials of 30, and in the middle most where both are done."""
    arms = ("compression", "stretch", "both")
    pain = {arm: changes(measured, arm, outcome="complaint_0_10") for arm in arms}
    share = {arm: _found_in(pain[arm], 30, lambda v: mean_effect(v).high < 0) for arm in arms}
    told = ", ".join(f"{arm} {pain[arm].mean():+.2f} (seen in {share[arm]:.0%} of trials of 30)" for arm in arms)
    best = min(arms, key=lambda arm: float(pain[arm].mean())) == "both"
    return Compared(f"pain of the complaint: {told}", best and min(share.values()) > MOSTLY)


STRETCHED = {"stretches": 3, "stretch_s": 45, "stretch_rest_s": 30}
COMPRESSION = {"name": "compression", "pressure": "threshold", "hold_s": 60}
SHAM = {"name": "sham", "pressure": "none", "hold_s": 60}
STUDIES = (
    Study(
        "hou2002", "Hou 2002, six cells", "P1T3, P2T2, P2T3 better than P1T1, P1T2 (8 people a cell)", "active", (),
        tuple({"name": cell, **dose} for cell, dose in CELLS.items()), _hou, fitted=True,
    ),
    Study(
        "kim2013", "Kim 2013, 30 or 60 s", "no difference (20 and 20 people)", "active", (),
        ({"name": "30 s", "hold_s": 30}, {"name": "60 s", "hold_s": 60}), _kim,
    ),
    Study(
        "szajkowski2025", "Szajkowski 2025, rises", "threshold up after 2 and 3 rises, not after 1 (79 people in three arms)", "active", (),
        tuple({"name": f"{n} rises", "hold_s": 30, "rises": n} for n in (1, 2, 3)), _szajkowski,
    ),
    Study(
        "campelo2013", "Campelo 2013, what is left", "threshold up at once, after a day and a week (24 people)", "latent", (1.0, 7.0),
        ({**COMPRESSION, "hold_s": 90},), _campelo, fitted=True,
    ),
    Study(
        "lu2022", "17 trials pooled, threshold", "SMD 0.67 (0.35 to 0.98)", "active", (), (COMPRESSION, SHAM), _pooled,
    ),
    Study(
        "lu2022", "17 trials pooled, pain", "SMD -0.22 (-0.53 to 0.09)", "active", (), (COMPRESSION, SHAM), _pooled_pain,
    ),
    Study(
        "kostopoulos2008", "Kostopoulos 2008, with a stretch", "pain fell in all three arms, most with both (30 people an arm)", "active", (),
        (
            {**COMPRESSION, "times": 3, "rest_s": 30}, {"name": "stretch", "pressure": "none", "hold_s": 1, **STRETCHED},
            {**COMPRESSION, "name": "both", "times": 3, "rest_s": 30, **STRETCHED},
        ), _kostopoulos,
    ),
    Study(
        "ut_pooled", "upper trapezius pooled, by hand", "+28.4 kPa (10.8 to 46.0)", "active", (), (COMPRESSION, SHAM), _kpa,
        fitted=True,
    ),
    Study(
        "fryer2005", "Fryer and Hodgson 2005, against sham", "up after 60 s of pressure, not after sham (37 people)", "latent", (),
        (COMPRESSION, SHAM), _fryer,
    ),
)  # fmt: skip
