"""The log beside a record in a file, as a program left it that was killed or lost its power: that all of it can be read.

SQLite reads its log up to the first piece whose sum is wrong and takes that for the end: a changed byte there loses every commit behind it without a
word, and the next write goes over them. Each piece behind the end names the writing that it belongs to, and which pieces end a commit. Every commit is on the
disk before the next begins, so a power cut can leave one commit behind the end, and two cannot be (docs/decisions/0014-a-changed-byte-is-noticed.md).
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct, error

from sqlalchemy import Engine

from unknot.record.place import StoreError, file_of, is_address, no_place

LEFT = "-wal"
ASIDE = "-wal-damaged"
"""Where a log that cannot be read to its end is kept, behind the name of the record's file. While it lies there the record is told as damaged."""
HEADER, PIECE = Struct(">8x I 4x II 8x"), Struct(">4x I II 8x")
"""Of a log: bytes in a page, the two numbers of the writing. Of a piece: pages of the file where it ends a commit (else 0), the two numbers."""
SIZE, SIZES = 4096, {2**n for n in range(9, 17)}
"""Bytes in a page: what every record has, and what a file may have."""
TORN = 1
"""Commits that a power cut may leave behind the end: nobody was told that it is kept."""


def set_aside(engine: Engine, place: str) -> None:
    """Keep a copy of a log that cannot be read to its end, before anything is written over it. Raises StoreError when it cannot be kept.

    To be called before the first write. Raises SQLAlchemyError when the record cannot be opened.
    """
    log = Path(f"{file_of(place)}{LEFT}")
    if is_address(place) or not _ends(log):
        return
    with _held(log) as held:
        before = _ends(held)
        with engine.connect() as connection:
            read = connection.exec_driver_sql("pragma wal_checkpoint(passive)").one()[1]
            lost = sum(end > read for end in before)
            if lost <= TORN or read < 0 or _ends(held)[: len(before)] != before:  # others write: then it has begun anew
                return
            aside = _free(place)
            try:
                shutil.copy(held, aside)
            except OSError as problem:
                aside.unlink(missing_ok=True)
                if held != log:
                    held.replace(aside)
                raise StoreError([no_place(place, problem)]) from problem


@contextmanager
def _held(log: Path) -> Iterator[Path]:
    """A second name of the log, where the disk has such: whoever closes the record last takes the first one away."""
    second = log.with_name(f"{log.name}-{os.getpid()}-{threading.get_ident()}")
    try:
        second.hardlink_to(log)
    except OSError:
        yield log
        return
    try:
        yield second
    finally:
        second.unlink(missing_ok=True)


def logs_aside(place: str) -> list[Path]:
    """The logs that were kept beside a record since they could not be read to their end."""
    if is_address(place):
        return []
    file = file_of(place)
    return sorted(one for one in file.parent.glob("*") if one.name.startswith(f"{file.name}{ASIDE}"))


def _free(place: str) -> Path:
    """A name that no such log has yet."""
    many = len(logs_aside(place))
    return Path(f"{file_of(place)}{ASIDE}{f'-{many + 1}' if many else ''}")


def _ends(log: Path) -> list[int]:
    """Which pieces of a log end a commit of the writing that it was left by, counted from 1; none where there is no log."""
    try:
        return list(_ends_in(log))
    except (OSError, error):
        return []


def _ends_in(log: Path) -> Iterator[int]:
    with log.open("rb") as file:
        size, *head = HEADER.unpack(file.read(HEADER.size))
        size = size if size in SIZES else SIZE
        first = list(PIECE.unpack(file.read(PIECE.size))[1:])
        # The header of a new writing is there before its first piece; any other difference is a changed byte.
        mine = head if first == head or (first[0] + 1) % 2**32 == head[0] else first
        place, n = HEADER.size, 1
        while len(piece := file.read(PIECE.size) if file.seek(place) else b"") == PIECE.size:
            pages, *writing = PIECE.unpack(piece)
            if pages and writing in (mine, head):
                yield n
            place, n = place + PIECE.size + size, n + 1
