"""Readings of one measurement that lie too far apart: they are kept, and it is said beside their mean."""

from __future__ import annotations

from collections.abc import Sequence

from unknot.knowledge.measure import Measure
from unknot.record.amounts import amount
from unknot.record.measures import in_unit


def apart(values: Sequence[float], unit: str, measure: Measure) -> tuple[str, str] | None:
    """How far readings given in `unit` differ and by how much they may, in words in that unit; None where they do not differ by more.

    Raises KeyError for a unit that the measure cannot be given in.
    """
    if measure.spread is None or len(values) < 2:
        return None
    least, most = (in_unit(measure, v, unit) for v in (min(values), max(values)))
    if most - least <= measure.spread:
        return None
    per = in_unit(measure, 1.0, unit) - in_unit(measure, 0.0, unit)
    shown = unit or measure.unit
    return amount((most - least) / per, shown), amount(measure.spread / per, shown)
