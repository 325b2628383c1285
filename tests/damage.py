"""One changed byte in a row of a record, or in what finds its rows in a file."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, text

from unknot.record.store import Store


def changed(store: Store, table: str, where: str, sets: str) -> None:
    """As a failing disk changes a row: behind the guards, which stand afterwards as before."""
    with store.engine.begin() as connection:
        guards = _lifted(connection, table)
        assert connection.exec_driver_sql(f"update {table} set {sets} where {where}").rowcount == 1
        for guard in guards:
            connection.exec_driver_sql(guard)


def _lifted(connection: Connection, table: str) -> list[str]:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"alter table {table} disable trigger {table}_only_added"))
        return [f"alter table {table} enable trigger {table}_only_added"]
    sql = connection.scalar(text(f"select sql from sqlite_master where name = '{table}_no_update'"))
    connection.execute(text(f"drop trigger {table}_no_update"))
    return [str(sql)]


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
