"""That a row is as it was written. Each carries a checksum over all of its columns, made when it is written and looked at when it is read.

It is a CRC of 32 bits: it finds what a failing disk, a slip of a tool or a hand in the file has changed. Who changes a row on purpose can make a new
one; against that the record is encrypted (docs/decisions/0014-a-changed-byte-is-noticed.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Row, Select, Table
from sqlalchemy.exc import OperationalError

from unknot.errors import Problem
from unknot.record.place import StoreError

WAY_BACK = (
    "nothing of it is shown, and all else can be used; `unknot record verify` says what else is damaged; take the last backup from before back "
    "into a new place with `unknot record restore`, and look at the disk"
)
UNDECODABLE = "could not decode to utf-8"


class DamagedError(StoreError):
    """A row is not what was written. Nothing of it is shown."""

    code = "damaged"


def crc_of(values: Sequence[Any]) -> int:
    """The checksum of a row: its seven columns in order, as text, a NUL between two."""
    a, b, c, d, e, f, g = values
    return crc32(f"{a}\0{b}\0{c}\0{d}\0{e}\0{f}\0{g}".encode("utf-8", "surrogatepass"))


def with_crc(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is written to a table."""
    return {**row, "crc": crc_of([row[column.name] for column in table.columns if column.name != "crc"])}


def is_whole(row: Sequence[Any]) -> bool:
    """Whether a row of either table, all of its columns, is as it was written."""
    a, b, c, d, e, f, g, crc = row
    return bool(crc == crc32(f"{a}\0{b}\0{c}\0{d}\0{e}\0{f}\0{g}".encode("utf-8", "surrogatepass")))


def name_of(row: Row[Any]) -> str:
    """Which row it is, without anything of its content."""
    return f"{row.stream}, fact {row.sequence}" if hasattr(row, "stream") else f"{row.kind} {row.id}, version {row.version}"  # fmt: skip


def damaged(place: str) -> DamagedError:
    """The one message about a row that is not what was written."""
    given = f"{place} is not what was written there"
    return DamagedError([Problem("damaged", "the record", given, "", WAY_BACK)], "A part of the record is damaged")


def read_rows(connection: Connection, statement: Select[Any]) -> Sequence[Row[Any]]:
    """What a query for whole rows finds. A text that is no text any more is read all the same, so that its row can be named."""
    try:
        return connection.execute(statement).all()
    except OperationalError as error:
        if UNDECODABLE not in str(error.orig).lower():
            raise
    except UnicodeDecodeError:
        raise damaged("a row of the database") from None
    with_any_text(connection)
    try:
        return connection.execute(statement).all()
    finally:
        with_any_text(connection, off=True)


def with_any_text(connection: Connection, *, off: bool = False) -> None:
    """Let SQLite give back a text whose bytes are none, with a sign in the place of what cannot be read."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.text_factory = str if off else _any_text


def _any_text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
