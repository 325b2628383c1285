"""Against guessing: after a few wrong passwords a name, and the address that they came from, wait longer each time."""

from __future__ import annotations

import ipaddress

from unknot.record.tries import HIGHEST, Tries

FREE = 5
"""Wrong ones before there is a wait."""
LONGEST_S = 300.0
FORGOTTEN_S = 3600.0
ADDRESS_FREE = 20
"""A whole practice may stand behind one address."""


class Guesses:
    """Wrong tries by name and by address, as `tries` keeps them."""

    def __init__(self, tries: Tries) -> None:
        self.tries = tries

    def wait_s(self, name: str, address: str) -> float:
        """For how long nothing is tried for this name or from this address [s]; 0 when it may be tried now. No name: a passkey, whose holder is not known yet."""
        keys = _keys(name, address)
        found = self.tries.of([key for key, _ in keys])
        return max(self._wait(count, last, free) for (count, last), (_, free) in zip(found, keys, strict=True))

    def _wait(self, count: int, last: float, free: int) -> float:
        if count < free:
            return 0.0
        whole = min(LONGEST_S, 2.0 ** (min(count, HIGHEST) - free + 1))
        return min(whole, max(0.0, last + whole - self.tries.wall()))

    def missed(self, name: str, address: str) -> None:
        """It was not the password."""
        self.tries.missed([key for key, _ in _keys(name, address)], FORGOTTEN_S)

    def right(self, name: str) -> None:
        """It was: the name is free again, the address is not: somebody else may guess from there."""
        self.tries.forget(_name(name))


def _keys(name: str, address: str) -> list[tuple[str, int]]:
    """Names of the doors, and how many wrong ones each lets pass. Where nobody is named only the address counts, or one guesser would shut out all."""
    return [*([(_name(name), FREE)] if name.strip() else []), (f"address {network_of(address)}", ADDRESS_FREE)]


def _name(name: str) -> str:
    return f"name {name.strip().casefold()}"


def network_of(address: str) -> str:
    """Whose address it is: a network of version 6 belongs to one house, so its devices count together."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:60]
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
