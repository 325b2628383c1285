"""What a step of a given length needs of a client, made ready once: exponentials of the step, factors and quotients of constants.

An array `[client, row]` like constants and state. With it a step has four divisions, three exponentials and one logarithm left.
"""

from __future__ import annotations

import numpy as np

from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_state import KPA, Array

(
    KNOT, MUSCLE, STIFFER, YIELDS, K_FALLS, K_SKIN, K_FAT, K_1, K_2, K_3, K_4, TO_SKIN, TO_FAT, TO_1, TO_2, TO_3, TO_4,
    PART_1, PART_2, PART_3, PART_4, OPENS_AT, OWES, REPAID, K_LONG, THETA, DROP, S_LEAST, S_MORE, K_FOLLOWS, D_THRESHOLD, SLOPE, BETA,
    K_PERCEIVES, MEAN, SUMS_FROM, SUMS, K_SUMS, ADAPTS, K_ADAPTS, HARD_FROM, HARD, LONG, K_SORE, CALMS, CALM_MOST, FADES, CALM_TO, REFER_FROM,
    K_REFER, FEELS,
) = range(51)  # fmt: skip
"""`K_`: what is left of an exponential after a step. KNOT: pressure at the point by force [kPa/N]. TO_: creep of a step by force [1/N], PART_: by the quick strain
of the knot. OWES, REPAID: a step beside the times in which what is owed grows where all is shut, and goes where nothing is. MEAN: what is left, in the mean of a step, of a difference to what is felt."""
READY = 51
SAME = {
    MUSCLE: r.E_MUSCLE, THETA: r.THETA, DROP: r.DROP, D_THRESHOLD: r.D_THRESHOLD, BETA: r.BETA, SUMS_FROM: r.SUMS_FROM,
    SUMS: r.SUMS, ADAPTS: r.ADAPTS, HARD_FROM: r.HARD_FROM, CALM_MOST: r.CALM_MOST, CALM_TO: r.CALM_TO, REFER_FROM: r.REFER_FROM, FEELS: r.FEELS,
}  # fmt: skip
LEFT = {
    K_FALLS: r.FALLS, K_SKIN: r.L_SKIN, K_FAT: r.L_FAT, K_1: r.L_1, K_2: r.L_2, K_3: r.L_3, K_4: r.L_4, K_LONG: r.LONG_IN, K_FOLLOWS: r.FOLLOWS,
    K_PERCEIVES: r.PERCEIVES, K_SUMS: r.SUMS_IN, K_ADAPTS: r.ADAPTS_IN, K_SORE: r.SORE, K_REFER: r.REFER_IN,
}  # fmt: skip


def ready(constants: Array, dt: float) -> Array:
    """What steps of `dt` [s] need of these clients `[client, row]`."""
    c, q = constants, np.empty((len(constants), READY))
    for row, same in SAME.items():
        q[:, row] = c[:, same]
    for row, time in LEFT.items():
        q[:, row] = np.exp(-dt / c[:, time])
    skin = KPA / c[:, r.AREA]
    q[:, KNOT] = skin * c[:, r.B_NODULE]
    q[:, STIFFER] = 0.5 * (c[:, r.E_BAND] - c[:, r.E_MUSCLE])
    q[:, YIELDS] = dt / c[:, r.YIELDS_AT]
    q[:, TO_SKIN] = c[:, r.J_SKIN] * skin / c[:, r.E_SKIN] * (1.0 - q[:, K_SKIN])
    q[:, TO_FAT] = c[:, r.J_FAT] * skin * c[:, r.B_FAT] / c[:, r.E_FAT] * (1.0 - q[:, K_FAT])
    for k in range(4):
        q[:, PART_1 + k] = c[:, r.J_1 + k] * (1.0 - q[:, K_1 + k])
        q[:, TO_1 + k] = q[:, PART_1 + k] * skin * c[:, r.B_MUSCLE] / c[:, r.E_MUSCLE]
    q[:, OPENS_AT] = 1.0 / c[:, r.SHUTS_AT]
    q[:, OWES] = dt / c[:, r.OWED]
    q[:, REPAID] = dt / c[:, r.REPAYS]
    left = np.divide(1.0 - c[:, r.S_REST], c[:, r.C_START], out=np.zeros(len(c)), where=c[:, r.C_START] > 0)
    q[:, S_LEAST] = c[:, r.S_START] * c[:, r.S_REST]
    q[:, S_MORE] = 0.5 * c[:, r.S_START] * left
    q[:, SLOPE] = (c[:, r.D_TOLERANCE] - c[:, r.D_THRESHOLD]) / c[:, r.WIDTH]
    q[:, MEAN] = (1.0 - q[:, K_PERCEIVES]) * c[:, r.PERCEIVES] / dt
    q[:, HARD] = c[:, r.HARD] * c[:, r.SORE] * (1.0 - q[:, K_SORE])
    q[:, LONG] = c[:, r.LONG] * c[:, r.SORE] * (1.0 - q[:, K_SORE])
    q[:, CALMS] = dt / c[:, r.CALM_IN]
    q[:, FADES] = dt / c[:, r.CALM_LASTS]
    return q
