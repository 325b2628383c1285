"""Facts that were read a moment ago. They never change, so that they need not be read and understood again with every page.

Before any of them is given out, the store says how far its stream has grown: what was erased meanwhile is given out no more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 20_000
"""Facts of all streams that are kept in memory, some tens of megabytes; those not asked for the longest go first."""


class Recent(Generic[T]):
    """Streams as far as they were read. Safe between threads."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: OrderedDict[str, tuple[str, tuple[T, ...]]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def of(self, stream: str, mark: str) -> tuple[T, ...] | None:
        """What is kept of a stream that stands at this mark; None when it must be read."""
        with self._lock:
            found = self._kept.get(stream)
            if found is None or found[0] != mark:
                return None
            self._kept.move_to_end(stream)
            return found[1]

    def keep(self, stream: str, mark: str, facts: Sequence[T]) -> None:
        """Keep a stream as far as this mark, in place of what was kept of it."""
        with self._lock:
            self._count -= len(self._kept.pop(stream, ("", ()))[1])
            if len(facts) > self.most // 4:
                return
            self._kept[stream] = (mark, tuple(facts))
            self._count += len(facts)
            while self._count > self.most:
                self._count -= len(self._kept.popitem(last=False)[1][1])
