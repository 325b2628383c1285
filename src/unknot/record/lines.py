"""The whole record as lines of JSON, one row a line: what a backup holds. Read with the same care as anything from outside.

The first line says what it is, the last how many rows there were and their digest; whatever lacks it is not whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from unknot import __version__
from unknot.errors import Problem
from unknot.record.place import StoreError
from unknot.record.schema import DOCUMENTS, FACTS, HEAD
from unknot.record.store import ROWS_AT_ONCE, Store, as_json
from unknot.record.whole import with_crc

FORMAT = 1
TABLES: dict[str, Table] = {"facts": FACTS, "documents": DOCUMENTS}
LONGEST = 64 * 1024 * 1024
"""Bytes of one line."""
TEXT_HELD = 8 * 1024 * 1024
"""Characters of rows that wait to be inserted together."""
Progress = Callable[[int, int], None]
"""Is told how many rows are done, and of how many."""


def quiet(done: int, of: int) -> None:
    """For who wants no progress."""
    del done, of


def count(connection: Connection) -> int:
    """Rows of the whole store."""
    return sum(int(connection.scalar(select(func.count()).select_from(table)) or 0) for table in TABLES.values())


def refused(place: str, given: str) -> StoreError:
    """What is read is not a whole record."""
    return StoreError(
        [Problem("bad_backup", place, given, "a record as it was written", "take another backup or export")]
    )


def lines_of(store: Store, connection: Connection, made: str, told: Progress = quiet) -> Iterator[bytes]:
    """Every row of a snapshot."""
    total, done, digest = count(connection), 0, hashlib.sha256()
    yield _line({"format": FORMAT, "schema": HEAD, "unknot": __version__, "made": made})
    counts = dict.fromkeys(TABLES, 0)
    for name, table in TABLES.items():
        for row in store.rows(connection, table):
            line = _line([name, *row])
            digest.update(line)
            counts[name] += 1
            done += 1
            if done % ROWS_AT_ONCE == 0:
                told(done, total)
            yield line
    told(done, total)
    yield _line({"end": counts, "digest": digest.hexdigest()})


def _line(value: Any) -> bytes:
    return (as_json(value) + "\n").encode()


def rows_of(pieces: Iterable[bytes], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, row) of every line of a record in pieces of any size. Raises StoreError at the first thing that is not as it was written."""
    lines = _split(pieces, place)
    head = _read(next(lines, b""), place)
    if not isinstance(head, dict) or head.get("format") != FORMAT or not isinstance(head.get("schema"), str):
        raise refused(place, "it does not begin as a record")
    if head["schema"] > HEAD:
        todo = "update Unknot"
        raise StoreError(
            [Problem("bad_backup", place, f"written by a newer Unknot (schema {head['schema']})", "", todo)]
        )
    digest, counts = hashlib.sha256(), dict.fromkeys(TABLES, 0)
    for line in lines:
        value = _read(line, place)
        if isinstance(value, dict):
            if value != {"end": counts, "digest": digest.hexdigest()}:
                raise refused(place, "its rows are not those that were counted")
            if next(lines, None) is not None:
                raise refused(place, "something stands behind its end")
            return
        digest.update(line + b"\n")
        name, row = as_row(value, place)
        counts[name] += 1
        yield name, row
    raise refused(place, "it ends early")


def as_row(value: Any, place: str) -> tuple[str, dict[str, Any]]:
    """A line as the row of a table. Raises StoreError when it does not fit into it."""
    if not isinstance(value, list) or not value or not isinstance(value[0], str) or value[0] not in TABLES:
        raise refused(place, "a line is no row")
    table = TABLES[value[0]]
    columns = list(table.columns)[: len(value) - 1]  # the last one is the checksum, which an older record has not
    fits = len(table.columns) <= len(value) <= len(table.columns) + 1 and all(
        type(given) is column.type.python_type for given, column in zip(value[1:], columns, strict=True)
    )
    if not fits:
        raise refused(place, f"a row does not fit into {value[0]}")
    row = dict(zip((c.name for c in columns), value[1:], strict=True))
    return value[0], row if "crc" in row else with_crc(table, row)


def _split(pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        yield from whole
        if len(held) > LONGEST:
            raise refused(place, "a line is too long")
    if held:
        raise refused(place, "it ends in the middle of a line")


def _read(line: bytes, place: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise refused(place, "a line is not JSON") from None


def put_rows(
    connection: Connection, rows: Iterable[tuple[str, dict[str, Any]]], told: Progress = quiet
) -> dict[str, int]:
    """Insert rows as they come, a thousand at a time and fewer of large ones; how many by table."""
    counts = dict.fromkeys(TABLES, 0)
    held: list[dict[str, Any]] = []
    of, text = "", 0
    for name, row in rows:
        if held and (name != of or len(held) >= ROWS_AT_ONCE or text >= TEXT_HELD):
            _insert(connection, of, held)
            held, text = [], 0
            told(sum(counts.values()), 0)
        of = name
        held.append(row)
        text += len(row["body"])
        counts[name] += 1
    if held:
        _insert(connection, of, held)
    told(sum(counts.values()), 0)
    return counts


def _insert(connection: Connection, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """A row that brings its checksum keeps it: what was damaged before stays known as such."""
    table = TABLES[name]
    connection.execute(insert(table), [row if "crc" in row else with_crc(table, row) for row in rows])
