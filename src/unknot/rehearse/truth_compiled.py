"""Compiling the model's steps: without reordering of arithmetic, so that the same input gives the same digits everywhere.

What is compiled is kept for the next process by `truth_kept`. A division by nothing is no exception there but infinite, as in numpy: a check at each of them would keep clients from being worked out side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic

from unknot.rehearse.truth_kept import Kept
from unknot.rehearse.truth_state import LANES, Array

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled when it is first used by any process of this version. It lets other threads go on."""
    made = njit(error_model="numpy", nogil=True)(function)
    if hasattr(made, "_cache"):  # not where numba is told to compile nothing
        made._cache = Kept(f"{function.__module__}.{function.__qualname__}")
    return cast(F, made)


@compiled
def bits_of(x: float) -> Any:
    """The 64 bits of a number."""
    return np.float64(x).view(np.int64)


@compiled
def of_bits(bits: Any) -> float:
    """The number of these 64 bits."""
    return float(np.int64(bits).view(np.float64))


def _laid(_context: Any, block: Any) -> Any:
    """`laid` for the compiler: (types, how the code is made)."""
    pack, unpack, borrowed = (
        cast(Any, cgutils.pack_array),
        cast(Any, cgutils.unpack_tuple),
        cast(Any, impl_ret_borrowed),
    )

    def same(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        array = context.make_array(block)(context, builder, given[0])
        lanes, row, one = (context.get_constant(types.intp, size) for size in (LANES, LANES * 8, 8))
        array.shape = pack(builder, [unpack(builder, array.shape)[0], lanes])
        array.strides = pack(builder, [row, one])
        return borrowed(context, builder, block, array._getvalue())

    return block(block), same


laid: Callable[[Array], Array] = cast(Any, intrinsic(_laid))
"""A block `[row, lane]` with its rows known to be LANES long: only when the compiler knows how far they lie apart does it take lanes together."""
