"""Ids that sort by the time they were made: UUID version 7 (RFC 9562). Clock and chance come in as values."""

from __future__ import annotations

import os
import time
import uuid


def uuid7(ms: int | None = None, chance: bytes | None = None) -> str:
    """A UUIDv7 of the time `ms` [ms since 1970] and ten bytes of chance; of now and the system's chance when not given."""
    ms = time.time_ns() // 1_000_000 if ms is None else ms
    chance = os.urandom(10) if chance is None else chance
    number = (ms & (1 << 48) - 1) << 80 | int.from_bytes(chance, "big")
    number = number & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 2 << 62))
