"""One-time codes: a code opens one thing, once, for a while, and nothing else. Kept in memory as hashes; a restart ends them all."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without letters and digits that are taken for one another."""
LENGTH = 10
MINUTES = 30
"""How long a code waits to be used; a device that has used it stays in for as long as it works."""
MOST_TRIES = 20
"""Wrong codes a minute before all codes are refused for the rest of it."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a code opens: the thing and whose; `key` is what the device that used it carries from then on."""

    thing: str
    whose: str
    until: float
    key: str = ""


class Codes:
    """The codes that are out. `now` is a clock [s]."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._out: dict[str, Pass] = {}
        self._used: dict[str, Pass] = {}
        self._wrong: list[float] = []

    def give(self, thing: str, whose: str) -> str:
        """A new code for one thing; an older one for the same ends."""
        self._out = {
            h: p for h, p in self._out.items() if (p.thing, p.whose) != (thing, whose) and p.until > self.now()
        }
        code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        self._out[_hash(code)] = Pass(thing, whose, self.now() + MINUTES * 60)
        return code

    def use(self, code: str, thing: str) -> Pass | None:
        """What the code opens, once; None when it is unknown, used, too old, for another thing, or too many wrong ones were tried."""
        self._wrong = [t for t in self._wrong if t > self.now() - 60]
        if len(self._wrong) >= MOST_TRIES:
            return None
        hashed = _hash(code.strip().upper().replace("-", "").replace(" ", ""))
        found = self._out.get(hashed)
        if found is None or found.thing != thing or found.until <= self.now():
            self._wrong.append(self.now())
            return None
        del self._out[hashed]  # tried at another door it is not used up
        key = secrets.token_urlsafe(24)
        held = replace(found, key=key, until=self.now() + MINUTES * 60)
        self._used[_hash(key)] = held
        return held

    def holder(self, key: str) -> Pass | None:
        """What the device with this key may open; each use keeps it open for a while more."""
        hashed = _hash(key)
        found = self._used.get(hashed)
        if found is None or found.until <= self.now():
            self._used.pop(hashed, None)
            return None
        self._used[hashed] = replace(found, until=self.now() + MINUTES * 60)
        return found

    def end_all(self, thing: str, whose: str) -> None:
        """The thing is done: its codes and the devices that used them are out."""
        for held in (self._out, self._used):
            for hashed in [h for h, p in held.items() if (p.thing, p.whose) == (thing, whose)]:
                del held[hashed]

    def end(self, key: str) -> None:
        """The thing is done: the device is out."""
        self._used.pop(_hash(key), None)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
