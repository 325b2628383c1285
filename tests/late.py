"""How late this machine is: what a busy one adds to every answer is measured beside it, so that a limit of the product stays as sharp as it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE_S = 20.0
"""So long a test waits for what must come [s]: half a second takes that on a busy machine. Where it matters how soon, that is measured."""
LOOKS_S = 0.01
LEAST_S = 0.005
"""What a thread of an idle machine may oversleep [s]."""


def until(wanted: Callable[[], object], wait_s: float = PATIENCE_S) -> bool:
    """Whether it came to be so, as soon as it did or when nobody waits any more."""
    end = time.monotonic() + wait_s
    while not wanted() and time.monotonic() < end:
        time.sleep(LOOKS_S)
    return bool(wanted())


class Late:
    """From its beginning it counts for how long this process was ready and did not run [s]."""

    def __init__(self) -> None:
        self.lost_s = 0.0
        self._over = threading.Event()
        self.begun = time.monotonic()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def _look(self) -> None:
        while not self._over.is_set():
            before = time.monotonic()
            time.sleep(LOOKS_S)
            over = time.monotonic() - before - LOOKS_S
            self.lost_s += over if over > LEAST_S else 0.0

    def since(self, moment: float) -> float:
        """How long after the beginning a moment came [s], without what this machine was late; the counting ends."""
        self._over.set()
        self._looking.join()
        return moment - self.begun - self.lost_s
