"""Compiling the model's steps: without reordering of arithmetic, so that the same input gives the same digits everywhere.

Nothing is kept on disk: a compiled step holds those of other files within, and a kept one would not notice when they change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled when it is first used."""
    return cast(F, njit(function))


def compiled_parallel(function: F) -> F:
    """As `compiled`, its `prange` loops on all threads."""
    return cast(F, njit(parallel=True)(function))
