"""Blood at the point: shut out by pressure, and rushing back the more the longer it was shut out."""

from __future__ import annotations

import math

from unknot.rehearse import truth_ready as of
from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_compiled import compiled, laid
from unknot.rehearse.truth_parameters import middle
from unknot.rehearse.truth_powers import moved, moved_in_short
from unknot.rehearse.truth_state import Array

DOUBLINGS = int(math.log2(middle("blood.steep")))
"""The power of the curve is two to this: so many products a step."""
MOST = 1e12
"""Beyond this all is shut; the curve rises no further."""


@compiled
def owe(s: Array, q: Array, lanes: int, short: bool) -> None:
    """What is shut and owed in lanes `[row, lane]` after a step. With the part that is shut fixed in the step, what is owed follows one exponential, exactly."""
    s, q = laid(s), laid(q)
    if short:
        for n in range(lanes):
            _owe(s, q, n, True)
    else:
        for n in range(lanes):
            _owe(s, q, n, False)


@compiled
def _owe(s: Array, q: Array, n: int, short: bool) -> None:
    steep = s[r.PRESSURE, n] * q[of.OPENS_AT, n]
    for _ in range(DOUBLINGS):
        steep *= steep
    steep = min(MOST, steep)
    opened = 1.0 / (1.0 + steep)
    shut = steep * opened
    owes = shut * q[of.OWES, n]
    moves = owes + opened * q[of.REPAID, n]
    s[r.DEBT, n] += (owes - s[r.DEBT, n] * moves) * (moved_in_short(moves) if short else moved(moves))
    s[r.SHUT, n] = shut


@compiled
def flows(s: Array, n: int, c: Array) -> float:
    """The flow at lane n, as a part of that at rest."""
    return float((1.0 - s[r.SHUT, n]) * (1.0 + c[r.EXTRA] * s[r.DEBT, n]))
