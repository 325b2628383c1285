"""What a practitioner measures of a virtual client's posture and motion: one reading each, with its error."""

from __future__ import annotations

from unknot.knowledge.load import Knowledge
from unknot.rehearse.truth_life import Life
from unknot.rehearse.truth_posture import Standing, Usual, postures, standing


def read(k: Knowledge, one: Life, barred: frozenset[str] = frozenset()) -> Standing:
    """One reading of each measure by (measure, side), rounded as it is written down.

    A joint is not moved and a muscle not pulled where a point of that muscle lies in a site that is `barred`; standing is looked at.
    """
    rng, found = one.rng("measured"), Standing()
    by = {usual.measure: usual for usual in postures().usual}
    for (measure, side), value in standing(one).items():
        usual, of = by[measure], k.measures[measure]
        told = value + usual.error * float(rng.standard_normal())
        told = round(told, 1 if usual.unit == "cm" else 0)
        if of.group == "posture" or not (barred and _moves(k, usual, side) & barred):
            found[measure, side] = min(of.high, max(of.low, told))
    return found


def _moves(k: Knowledge, usual: Usual, side: str) -> set[str]:
    """The sites with points of the muscles that a measure stretches."""
    regions = {p.region for p in k.points.values() if p.muscle in usual.muscles}
    return {f"{r}@{side}" if k.regions[r].lateral else r for r in regions}
