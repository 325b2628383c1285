"""Pain: from pressure at the point to what is felt there, what is felt elsewhere, and what calms it or stirs it up.

What follows something else in a step follows its mean in the step, and what is slow is looked at half a step ahead: the error of a step falls with its square. A step of lanes `[row, lane]` is
`bear`, `send`, `sense`, `stir`, `calm`, in loops of their own: the processor begins the next lanes while a long chain of one loop is not yet done.
"""

from __future__ import annotations

from unknot.rehearse import truth_ready as of
from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_compiled import compiled, laid
from unknot.rehearse.truth_powers import moved, moved_in_short, power
from unknot.rehearse.truth_state import KPA, Array

MOST = 14.0
"""What a place can send, before it is felt as 10 at most."""
LEAST = 1e-300
"""In place of nothing, where a logarithm is taken."""


@compiled
def _between(value: float, low: float, per: float) -> float:
    return min(1.0, max(0.0, (value - low) * per))


@compiled
def _left(drop: float, sense: float, calm: float) -> float:
    """The threshold beside that of normal tissue, before it is stirred up."""
    return max(0.0, 1.0 - drop * sense) * (1.0 + calm)


@compiled
def _drive(u: float, grown: float, sense: float, at_threshold: float, slope: float) -> float:
    """What is sent at u times the threshold: a power of the pressure in normal tissue, a straight line in sensitised tissue."""
    share = min(1.0, sense)
    line = max(0.0, at_threshold + slope * (u - 1.0))
    sends = min(MOST, (1.0 - share) * at_threshold * grown + share * line)
    return sends if u > 0.0 else 0.0


@compiled
def threshold(s: Array, c: Array) -> float:
    """Pressure at the point where it begins to hurt [kPa]; state and constants `[row]` of one place."""
    return float(c[r.THETA] * _left(c[r.DROP], s[r.SENSE], s[r.CALM]) / (1.0 + s[r.RESENSED]))


@compiled
def sent(s: Array, c: Array, pressure: float) -> float:
    """What the place sends under a pressure at the point [kPa]."""
    slope = (c[r.D_TOLERANCE] - c[r.D_THRESHOLD]) / c[r.WIDTH]
    u = pressure / threshold(s, c)
    return float(_drive(u, power(max(LEAST, u), c[r.BETA]), s[r.SENSE], c[r.D_THRESHOLD], slope))


@compiled
def bear(s: Array, q: Array, lanes: int) -> None:
    """How sensitive the place is, and the pressure beside its threshold."""
    s, q = laid(s), laid(q)
    for n in range(lanes):
        before = s[r.SENSE, n]
        goal = q[of.S_LEAST, n] + q[of.S_MORE, n] * (s[r.CONTRACTED_BEFORE, n] + s[r.CONTRACTED, n])
        s[r.SENSE, n] = goal + (before - goal) * q[of.K_FOLLOWS, n]
        sense = 0.5 * (before + s[r.SENSE, n])
        calm = max(0.0, s[r.CALM, n] + 0.5 * s[r.CALMED, n])
        resensed = max(0.0, s[r.RESENSED, n] + 0.5 * s[r.STIRRED, n])
        s[r.SENSE_MEAN, n] = sense
        s[r.TIMES_THRESHOLD, n] = (
            s[r.PRESSURE, n] * (1.0 + resensed) / (q[of.THETA, n] * _left(q[of.DROP, n], sense, calm))
        )


@compiled
def send(s: Array, q: Array, lanes: int, pressed: bool) -> None:
    """What is sent, and how it comes to be felt. Where no lane is pressed, nothing is sent and no power needed."""
    s, q = laid(s), laid(q)
    if pressed:
        for n in range(lanes):
            s[r.POWER, n] = power(max(LEAST, s[r.TIMES_THRESHOLD, n]), q[of.BETA, n])
    for n in range(lanes):
        u, sense = s[r.TIMES_THRESHOLD, n], s[r.SENSE_MEAN, n]
        drive = _drive(u, s[r.POWER, n], sense, q[of.D_THRESHOLD, n], q[of.SLOPE, n])
        apart = s[r.FELT_RAW, n] - drive
        s[r.FELT_RAW, n] = drive + apart * q[of.K_PERCEIVES, n]
        raw = drive + apart * q[of.MEAN, n]
        s[r.RAW_MEAN, n] = raw
        goal = sense * max(0.0, raw - q[of.REFER_FROM, n])
        s[r.REFERRED, n] = goal + (s[r.REFERRED, n] - goal) * q[of.K_REFER, n]


@compiled
def sense(s: Array, q: Array, lanes: int) -> None:
    """What adds up, what is no longer minded, and what is felt in the end."""
    s, q = laid(s), laid(q)
    for n in range(lanes):
        raw, summed, adapted = s[r.RAW_MEAN, n], s[r.SUMMED, n], s[r.ADAPTED, n]
        goal = q[of.SUMS, n] * max(0.0, raw - q[of.SUMS_FROM, n])
        s[r.SUMMED, n] = goal + (summed - goal) * q[of.K_SUMS, n]
        goal = q[of.ADAPTS, n] * _between(raw, 0.0, 1 / 3) * (1.0 - _between(raw, q[of.HARD_FROM, n], 1 / 3))
        s[r.ADAPTED, n] = goal + (adapted - goal) * q[of.K_ADAPTS, n]
        s[r.FELT, n] = min(10.0, q[of.FEELS, n] * (s[r.FELT_RAW, n] + s[r.SUMMED, n]) * (1.0 - s[r.ADAPTED, n]))
        summed, adapted = 0.5 * (summed + s[r.SUMMED, n]), 0.5 * (adapted + s[r.ADAPTED, n])
        s[r.FELT_MEAN, n] = min(10.0, q[of.FEELS, n] * (raw + summed) * (1.0 - adapted))


@compiled
def stir(s: Array, q: Array, lanes: int) -> None:
    """Too hard or too long makes the place more sensitive for an hour or two."""
    s, q = laid(s), laid(q)
    for n in range(lanes):
        held = s[r.LONG_HELD, n]
        s[r.LONG_HELD, n] = s[r.SHUT, n] + (held - s[r.SHUT, n]) * q[of.K_LONG, n]
        long = max(0.0, (held + s[r.LONG_HELD, n]) - 1.0)
        hard = max(0.0, s[r.FELT_MEAN, n] - q[of.HARD_FROM, n])
        before = s[r.RESENSED, n]
        s[r.RESENSED, n] = before * q[of.K_SORE, n] + (q[of.HARD, n] * hard + q[of.LONG, n] * long)
        s[r.STIRRED, n] = s[r.RESENSED, n] - before


@compiled
def calm(s: Array, q: Array, lanes: int, short: bool) -> None:
    """Bearable discomfort raises the threshold everywhere."""
    s, q = laid(s), laid(q)
    if short:
        for n in range(lanes):
            _calm(s, q, n, True)
    else:
        for n in range(lanes):
            _calm(s, q, n, False)


@compiled
def _calm(s: Array, q: Array, n: int, short: bool) -> None:
    felt = s[r.FELT_MEAN, n]
    good = _between(felt, 1.0, 1 / 3) * (1.0 - _between(felt, q[of.CALM_TO, n] - 1.5, 1 / 1.5))
    gains = good * q[of.CALMS, n]
    rate = gains + q[of.FADES, n]
    added = (q[of.CALM_MOST, n] * gains - s[r.CALM, n] * rate) * (moved_in_short(rate) if short else moved(rate))
    s[r.CALM, n] += added
    s[r.CALMED, n] = added


@compiled
def probed(s: Array, c: Array) -> float:
    """Pressure threshold at the skin with a probe of 1 cm2 [kPa], as an algometer reads it."""
    return float(threshold(s, c) / c[r.B_PROBE])


@compiled
def bearing(s: Array, c: Array, felt: float) -> float:
    """The force [N] on this contact at which a first touch would send so much: what the place bears now."""
    low, high = 0.0, 400.0
    for _ in range(50):
        middle = (low + high) / 2
        if sent(s, c, KPA * middle / c[r.AREA] * c[r.B_NODULE]) < felt:
            low = middle
        else:
            high = middle
    return low
