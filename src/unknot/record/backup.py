"""A backup: one encrypted file of the whole record as it stands at one moment, made while the app runs; and the way back.

It holds rows and not pages, so a backup of a file can be restored into PostgreSQL and the other way round.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from unknot import __version__
from unknot.errors import Problem
from unknot.record.lines import Progress, count, lines_of, put_rows, quiet, refused, rows_of
from unknot.record.place import StoreError, file_of, is_address
from unknot.record.sealed import Sealing, unsealed
from unknot.record.secret import SALT, Secret
from unknot.record.store import Store, open_store
from unknot.record.verify import Verified, verify
from unknot.record.whole import is_whole

MOST_AT_ONCE = 1 << 17
"""Bytes that are unpacked at a time, whatever was packed."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    path: str
    facts: int
    documents: int
    size: int
    damaged: int = 0
    """Rows that were damaged before: they are in it as they were found."""


def backup(store: Store, path: Path, secret: Secret, now: datetime, told: Progress = quiet) -> Backup:
    """Write a backup and read it back whole. Raises StoreError when the file is there already, cannot be written or does not read back."""
    if path.exists():
        raise StoreError(
            [Problem("exists", str(path), "something is there already", "a new file", "name another file")]
        )
    made = now.isoformat(timespec="seconds")
    try:
        with (
            store.snapshot() as connection,
            Sealing(path, secret, {"what": "record", "unknot": __version__, "made": made}) as out,
        ):
            packer = zlib.compressobj(6)
            for line in lines_of(store, connection, made, told):
                out.write(packer.compress(line))
            out.write(packer.flush())
    except OSError as error:
        given = error.strerror or "cannot be written"
        raise StoreError(
            [Problem("unwritable", str(path), given, "a file that can be written", "choose another place")]
        ) from error
    return read_backup(path, secret)


def read_backup(path: Path, secret: Secret) -> Backup:
    """Read a backup to its end, and prove every part. Raises StoreError at the first that is not as it was written."""
    counts, bad = {"facts": 0, "documents": 0}, 0
    for name, row in rows_in(path, secret):
        counts[name] += 1
        bad += not is_whole(list(row.values()))
    return Backup(str(path), counts["facts"], counts["documents"], path.stat().st_size, bad)


def rows_in(path: Path, secret: Secret) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, row) of a backup. Raises StoreError when it cannot be read, the key does not fit, or anything in it was changed."""
    try:
        file = path.open("rb")
    except OSError as error:
        given = error.strerror or "cannot be read"
        raise StoreError([Problem("unreadable", str(path), given, "a backup", "check its name")]) from error
    with file:
        yield from rows_of(_unpacked(unsealed(file, str(path), secret), str(path)), str(path))


def _unpacked(pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
    opened = zlib.decompressobj()
    try:
        for piece in pieces:
            held = piece
            while held:
                yield opened.decompress(held, MOST_AT_ONCE)
                held = opened.unconsumed_tail
        while not opened.eof and (rest := opened.decompress(b"", MOST_AT_ONCE)):
            yield rest
    except zlib.error:
        raise refused(place, "it cannot be unpacked") from None
    if not opened.eof:
        raise refused(place, "it ends early")


def restore(path: Path, where: str, secret: Secret, key: Secret | None = None, told: Progress = quiet) -> Verified:
    """Take a backup back into an empty place, all of it or nothing, and verify what then stands there.

    `key` encrypts the new record. Raises StoreError when the place is not empty or the backup is not whole; then the place is left as it was.
    """
    fresh = not is_address(where) and not file_of(where).exists()
    done = False
    try:
        with closing(open_empty(where, key)) as store:
            with store.writing() as connection:
                put_rows(connection, rows_in(path, secret), told)
            done = True
            return verify(store)
    finally:
        if fresh and not done:
            leave_nothing(file_of(where))


def open_empty(where: str, key: Secret | None, versions: dict[str, str] | None = None) -> Store:
    """A store with nothing in it. Raises StoreError when something is."""
    store = open_store(where, versions, key)
    with store.reading() as connection:
        held = count(connection)
    if held:
        store.close()
        todo = "name an empty place with --data; nothing is ever written over"
        raise StoreError(
            [Problem("not_empty", store.place.split("@")[-1], f"it holds {held} rows already", "an empty place", todo)]
        )
    return store


def leave_nothing(file: Path) -> None:
    """Take away a record that was only just made."""
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm", f"{file.name}{SALT}"):
        file.with_name(name).unlink(missing_ok=True)
