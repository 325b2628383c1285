"""Compiling the model's steps: without reordering of arithmetic, so that the same input gives the same digits everywhere.

Nothing is kept on disk: a compiled step holds those of other files within, and a kept one would not notice when they change.
A division by nothing is no exception there but infinite, as in numpy: a check at each of them would keep clients from being worked out side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled when it is first used."""
    return cast(F, njit(error_model="numpy")(function))


def compiled_parallel(function: F) -> F:
    """As `compiled`, its `prange` loops on all threads."""
    return cast(F, njit(parallel=True, error_model="numpy")(function))


@compiled
def bits_of(x: float) -> Any:
    """The 64 bits of a number."""
    return np.float64(x).view(np.int64)


@compiled
def of_bits(bits: Any) -> float:
    """The number of these 64 bits."""
    return float(np.int64(bits).view(np.float64))
