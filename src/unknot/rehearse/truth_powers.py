"""Exponentials, logarithm and power as fixed polynomials: the same digits on every machine, and plain enough to be worked out for many clients side by side."""

from __future__ import annotations

import math

import numpy as np

from unknot.rehearse.truth_compiled import bits_of, compiled, of_bits

LOG2E = 1.0 / math.log(2.0)
LN2_HIGH = 6.93147180369123816490e-01
"""The first 33 bits of ln 2: times a whole number of up to 20 bits it is exact."""
LN2_LOW = 1.90821492927058770002e-10
ROUND = 1.5 * 2.0**52
"""Added to a small number it leaves the nearest whole number in the last bits."""
LEAST, MOST = -700.0, 700.0
"""Beyond these an exponential stands still: it is nothing, or larger than anything here."""
BIAS = np.int64(1023)
FRACTION = np.int64(52)
LOW_BITS = np.int64((1 << 52) - 1)
ONE = np.int64(1023 << 52)
HALF_ROOT = np.int64(0x3FE6A09E667F3BCD)
"""The bits of the square root of a half."""
WHOLE = np.int64(0x4330000000000000)
"""The bits of 2^52: a small whole number in the last bits makes it the next ones."""
SHIFT = np.int64(1 << 31)

SHORT = 1 / 32
"""Up to here a few terms do for an exponential."""
L_1, L_3, L_5, L_7, L_9, L_11 = (2.0 * LOG2E / k for k in (1, 3, 5, 7, 9, 11))
"""The series of the logarithm to the base of two, of (m - 1) / (m + 1)."""
E_1, E_2, E_3, E_4, E_5, E_6, E_7, E_8, E_9 = (math.log(2.0) ** k / math.factorial(k) for k in range(1, 10))
"""The series of a power of two."""


@compiled
def exponential(x: float) -> float:
    """e to the x, right to 4e-16 of itself from -700 to 700."""
    x = min(MOST, max(LEAST, x))
    rounded = x * LOG2E + ROUND
    n = rounded - ROUND
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (1 / 2 + r * (1 / 6)) + r2 * (1 / 24 + r * (1 / 120))
    middle = (1 / 720 + r * (1 / 5040)) + r2 * (1 / 40320 + r * (1 / 362880))
    high = (1 / 3628800 + r * (1 / 39916800)) + r2 * (1 / 479001600 + r * (1 / 6227020800))
    return (1.0 + (r + r2 * (low + r4 * (middle + r4 * high)))) * of_bits((bits_of(rounded) << FRACTION) + ONE)


@compiled
def logarithm(x: float) -> float:
    """The natural logarithm of a positive, normal number, right to 4e-16 of itself or of 1."""
    bits = bits_of(x)
    n = (bits - HALF_ROOT) >> FRACTION
    m = of_bits(bits - (n << FRACTION))
    whole = of_bits(WHOLE + (n + SHIFT)) - (4503599627370496.0 + 2147483648.0)
    f = (m - 1.0) / (m + 1.0)
    z = f * f
    z2 = z * z
    z4 = z2 * z2
    low = (1 / 3 + z * (1 / 5)) + z2 * (1 / 7 + z * (1 / 9))
    high = (1 / 11 + z * (1 / 13)) + z2 * (1 / 15 + z * (1 / 17)) + z4 * (1 / 19 + z * (1 / 21))
    p = low + z4 * high
    return whole * LN2_HIGH + (whole * LN2_LOW + 2.0 * (f + f * z * p))


@compiled
def power(x: float, y: float) -> float:
    """x to the y for a positive, normal x, right to 1e-10 of itself for a y of up to 4: closer than a step is, in half the work of the two above."""
    bits = bits_of(x)
    n = (bits - HALF_ROOT) >> FRACTION
    m = of_bits(bits - (n << FRACTION))
    whole = of_bits(WHOLE + (n + SHIFT)) - (4503599627370496.0 + 2147483648.0)
    f = (m - 1.0) / (m + 1.0)
    z = f * f
    z2 = z * z
    series = (L_1 + z * L_3) + z2 * ((L_5 + z * L_7) + z2 * (L_9 + z * L_11))
    to = min(1000.0, max(-1000.0, y * (whole + f * series)))
    rounded = to + ROUND
    r = to - (rounded - ROUND)
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r * E_1) + r2 * (E_2 + r * E_3)
    high = (E_4 + r * E_5) + r2 * (E_6 + r * E_7) + r4 * (E_8 + r * E_9)
    return (low + r4 * high) * of_bits((bits_of(rounded) << FRACTION) + ONE)


@compiled
def moved_in_short(x: float) -> float:
    """(1 - e^-x) / x up to SHORT, right to 4e-11 of itself: how far something goes in a step, beside how far it would go at its pace at the start."""
    x2 = x * x
    return (1.0 - x * (1 / 2)) + x2 * ((1 / 6 - x * (1 / 24)) + x2 * (1 / 120))


@compiled
def moved(x: float) -> float:
    """As `moved_in_short`, and for any other positive x too; the same digits up to SHORT."""
    return moved_in_short(x) if x <= SHORT else (1.0 - exponential(-x)) / x
