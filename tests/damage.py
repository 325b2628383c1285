"""One changed byte in what finds the rows of a record in a file."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path


def entries(place: Path, index: str, key: bytes) -> list[int]:
    """Where the entries of a small index that begin with a key end their key, in a file that nobody has open."""
    with sqlite3.connect(place) as file:
        size = file.execute("pragma page_size").fetchone()[0]
        root = file.execute("select rootpage from sqlite_master where name = ?", (index,)).fetchone()[0]
        file.execute("pragma wal_checkpoint(truncate)")
    file.close()
    page = place.read_bytes()[(root - 1) * size : root * size]
    assert page[0] == 10, "the index is a single leaf"
    return [(root - 1) * size + m.end() for m in re.finditer(re.escape(key), page)]


def flipped(place: Path, index: str, key: bytes, which: int, into: Path, bit: int = 1) -> Path:
    """A copy of the record in which the last byte of one entry's key has a bit changed."""
    at = entries(place, index, key)[which] - 1
    raw = bytearray(place.read_bytes())
    raw[at] ^= bit
    into.write_bytes(raw)
    return into
