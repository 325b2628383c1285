"""Against guessing: after a few wrong passwords a name, and the address that they came from, wait longer each time."""

from __future__ import annotations

import hashlib
import ipaddress
import threading
from collections.abc import Callable

FREE = 5
"""Wrong ones before there is a wait."""
LONGEST_S = 300.0
FORGOTTEN_S = 3600.0
MOST = 10_000
"""Names and addresses that are kept in mind."""
ADDRESS_FREE = 20
"""A whole practice may stand behind one address."""


class Guesses:
    """Wrong tries by name and by address. `now` is a clock [s]. Names are kept as hashes."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._wrong: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, name: str, address: str) -> float:
        """For how long nothing is tried for this name or from this address [s]; 0 when it may be tried now."""
        with self._lock:
            waits = [self._wait(key, free) for key, free in _keys(name, address)]
        return max(waits)

    def _wait(self, key: str, free: int) -> float:
        count, last = self._wrong.get(key, (0, 0.0))
        if count < free:
            return 0.0
        return max(0.0, last + min(LONGEST_S, 2.0 ** (count - free + 1)) - self.now())

    def missed(self, name: str, address: str) -> None:
        """It was not the password."""
        with self._lock:
            for key, _ in _keys(name, address):
                count, last = self._wrong.pop(key, (0, 0.0))
                kept = count if self.now() - last < FORGOTTEN_S else 0
                self._wrong[key] = (min(kept + 1, 60), self.now())
            while len(self._wrong) > MOST:
                del self._wrong[next(iter(self._wrong))]

    def right(self, name: str) -> None:
        """It was: the name is free again, the address is not: somebody else may guess from there."""
        with self._lock:
            self._wrong.pop(_name(name), None)


def _keys(name: str, address: str) -> tuple[tuple[str, int], ...]:
    """What a try counts against. One that names nobody, as by a passkey, counts against its address alone: else one device would shut out everybody."""
    named = ((_name(name), FREE),) if name.strip() else ()
    return (*named, (_address(address), ADDRESS_FREE))


def _name(name: str) -> str:
    return "n" + hashlib.sha256(name.strip().casefold().encode()).hexdigest()


def _address(address: str) -> str:
    """A network of version 6 belongs to one house: its devices count together."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "a" + address[:60]
    return f"a{ip}" if ip.version == 4 else f"a{ipaddress.ip_network((ip, 64), strict=False)}"
