"""The rows of a virtual client's place under the hand: what it is (constants) and how it stands (state).

Both are float64 arrays `[client, row]`, one line of memory a client. A place is a trigger point with the layers over it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KPA = 10.0
"""One newton on one square centimetre [kPa]."""

# ---- constants
(
    AREA, B_FAT, B_MUSCLE, B_NODULE, B_PROBE, H_SKIN, H_FAT, H_MUSCLE, H_NODULE, E_SKIN, E_FAT, E_MUSCLE, E_BAND, STIFFENING,
    J_SKIN, J_FAT, J_1, J_2, J_3, J_4, L_SKIN, L_FAT, L_1, L_2, L_3, L_4,
    C_START, YIELDS_AT, STEP, FALLS, WAIT_1, WAIT_2, WAIT_3, WAIT_4, WAIT_5, WAIT_6,
    SHUTS_AT, REPAYS, EXTRA, OWED, THETA, DROP, S_START, S_REST, FOLLOWS, BETA, WIDTH, D_THRESHOLD, D_TOLERANCE, PERCEIVES,
    SUMS_FROM, SUMS, SUMS_IN, ADAPTS, ADAPTS_IN, HARD_FROM, HARD, LONG, LONG_IN, SORE, CALM_MOST, CALM_IN, CALM_LASTS, CALM_TO,
    REFER_FROM, REFER_IN, FEELS,
) = range(67)  # fmt: skip
CONSTANTS = 67
WAITS = 6
"""Steps in which a contracture may give way; after the last it keeps what is left."""

# ---- state
(
    X_SKIN, X_FAT, X_1, X_2, X_3, X_4, N_1, N_2, N_3, N_4, CONTRACTED, GOAL, STRAINED, RELEASES,
    DEBT, SENSE, RESENSED, LONG_HELD, CALM, FELT_RAW, SUMMED, ADAPTED, REFERRED, STIRRED, CALMED,
    PRESSURE, SHUT, FLOW, GIVE, FELT,
) = range(30)  # fmt: skip
"""STIRRED, CALMED: what the last step added to RESENSED and CALM. The last five follow from the others and the pressure of the last step."""
STATES = 30
LANES = 32
"""Clients that are worked out side by side."""
CONTRACTED_BEFORE, STRAINED_BEFORE, CREPT, SENSE_MEAN, TIMES_THRESHOLD, POWER, RAW_MEAN, FELT_MEAN = range(30, 38)
"""In a block of lanes `[row, lane]`: how these stood before the step, and what one part of a step hands on to the next."""
IN_BLOCK = 38

UNITS: dict[str, str] = {
    "pressure": "kPa at the point", "give": "mm", "flow": "of rest", "felt": "0-10", "contracted": "share", "releases": "steps",
}  # fmt: skip


def resting(constants: Array) -> Array:
    """The state `[client, row]` of a place that nobody has touched."""
    s = np.zeros((len(constants), STATES))
    s[:, CONTRACTED] = s[:, GOAL] = constants[:, C_START]
    s[:, SENSE] = constants[:, S_START]
    s[:, FLOW] = 1.0
    return s


def boussinesq(depth_mm: Any, area_cm2: Any) -> Any:
    """Pressure at a depth on the axis of a disc that presses evenly on a half-space, as a part of the pressure at the skin."""
    a = np.sqrt(np.asarray(area_cm2) * 100 / np.pi)
    return 1.0 - (1.0 + (a / np.maximum(np.asarray(depth_mm, dtype=float), 1e-9)) ** 2) ** -1.5
