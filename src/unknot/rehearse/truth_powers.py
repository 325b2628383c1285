"""Exponential and logarithm as fixed polynomials: the same digits on every machine, and plain enough to be worked out for many clients side by side."""

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
