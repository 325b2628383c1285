"""Blood at the point: shut out by pressure, and rushing back the more the longer it was shut out."""

from __future__ import annotations

from unknot.rehearse import truth_ready as of
from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_compiled import compiled, laid
from unknot.rehearse.truth_powers import exponential
from unknot.rehearse.truth_state import Array


@compiled
def owe(s: Array, q: Array, lanes: int, dt: float) -> None:
    """What is shut and owed in lanes `[row, lane]` after a step. With the part that is shut fixed in the step, the debt follows one exponential, exactly."""
    s, q = laid(s), laid(q)
    for n in range(lanes):
        ratio = s[r.PRESSURE, n] * q[of.OPENS_AT, n]
        cubed = ratio * ratio * ratio
        opened = 1.0 / (1.0 + cubed)
        shut = cubed * opened
        repaid = opened * q[of.REPAID, n]
        left = exponential(-repaid)
        more = q[of.REPAYS, n] * cubed * (1.0 - left) if repaid > 1e-8 else shut * dt
        s[r.DEBT, n] = s[r.DEBT, n] * left + more
        s[r.SHUT, n] = shut


@compiled
def flows(s: Array, n: int, c: Array) -> float:
    """The flow at lane n, as a part of that at rest."""
    return float((1.0 - s[r.SHUT, n]) * (1.0 + c[r.EXTRA] * s[r.DEBT, n] / (s[r.DEBT, n] + c[r.OWED])))
