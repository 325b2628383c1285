"""Blood at the point: shut out by pressure, and rushing back the more the longer it was shut out."""

from __future__ import annotations

import math

from unknot.rehearse.truth_compiled import compiled
from unknot.rehearse.truth_state import DEBT, EXTRA, FLOW, OWED, PRESSURE, REPAYS, SHUT, SHUTS_AT, Array


@compiled
def flow(s: Array, c: Array, dt: float) -> None:
    """Flow and what is owed after a step. With the part that is shut fixed in the step, the debt follows one exponential, exactly."""
    ratio = s[PRESSURE] / c[SHUTS_AT]
    cubed = ratio * ratio * ratio
    shut = cubed / (1.0 + cubed)
    rate = (1.0 - shut) / c[REPAYS]
    if rate * dt > 1e-9:
        goal = shut / rate
        s[DEBT] = goal + (s[DEBT] - goal) * math.exp(-rate * dt)
    else:
        s[DEBT] += shut * dt
    s[SHUT] = shut
    s[FLOW] = (1.0 - shut) * (1.0 + c[EXTRA] * s[DEBT] / (s[DEBT] + c[OWED]))
