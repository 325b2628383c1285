"""Searches for a client in the trail: one row at the end of a pause, that somebody searched and how many names came up, and who it was when it was one.

What was typed is stored nowhere: it is a name, a client that is erased would live on in it, and a row of the trail can never be taken away. Whoever
reads the trail sees who looks people up, when, how often, and whom they came to. The row is written aside: no letter waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unknot.errors import UnknotError
from unknot.record.audit import Audit
from unknot.web.who import Who

ACT = "search"
WHERE = "/find"
PAUSE_S = 1.5
"""Without a letter for so long a search is over."""
LONGEST_S = 10.0
"""Whoever types on without a pause is noted all the same."""


@dataclass(slots=True)
class _Search:
    who: str
    typed: str
    found: tuple[str, ...]
    began: float
    last: float

    def due(self) -> float:
        return min(self.last + PAUSE_S, self.began + LONGEST_S)


class Searched:
    """Searches that are not over yet, by who types. `now` is a clock [s]."""

    def __init__(self, audit: Audit, now: Callable[[], float] = time.monotonic) -> None:
        self.audit = audit
        self.now = now
        self._open: dict[str, _Search] = {}
        self._over: list[_Search] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def letter(self, by: Who, typed: str, found: Sequence[str]) -> None:
        """What stands in the field now, and the clients that were shown for it."""
        typed, at = typed.strip().casefold(), self.now()
        if not typed:
            return
        key = by.sign_in or by.told
        with self._lock:
            before = self._open.pop(key, None)
            goes_on = before is not None and (typed.startswith(before.typed) or before.typed.startswith(typed))
            if before is not None and not goes_on:
                self._over.append(before)
            began = before.began if before is not None and goes_on else at
            self._open[key] = _Search(by.told, typed, tuple(found), began, at)
            if self._timer is None:
                self._wake(PAUSE_S)

    def write(self, *, every: bool = True) -> None:
        """Note those that are over, or every one."""
        with self._lock:
            ready = [key for key, one in self._open.items() if every or one.due() <= self.now()]
            over = [*self._over, *(self._open.pop(key) for key in ready)]
            self._over = []
        for one in over:
            client = one.found[0] if len(one.found) == 1 else ""
            try:
                self.audit.note(one.who, ACT, f"{WHERE}: {len(one.found)}", client)
            except UnknotError:  # so many rows wait that no page is shown any more either
                return

    def _wake(self, after_s: float) -> None:
        self._timer = threading.Timer(after_s, self._woken)
        self._timer.daemon = True
        self._timer.start()

    def _woken(self) -> None:
        self.write(every=False)
        with self._lock:
            self._timer = None
            if self._open or self._over:
                self._wake(max(0.05, min((one.due() for one in self._open.values()), default=0.0) - self.now()))
