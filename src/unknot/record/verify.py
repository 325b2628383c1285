"""Verifying a record: every row is read again, its numbering and its content are checked, and every session is played again from its facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from unknot.errors import Problem, UnknotError
from unknot.record.database import is_postgresql
from unknot.record.lines import Progress, count, quiet
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.sessions import KIND as SESSION
from unknot.record.sessions import Sessions
from unknot.record.store import ROWS_AT_ONCE, Store

MOST_TOLD = 100
RESTORE = "keep this record as it is and take the last backup back into a new place with `unknot record restore`"
GUARDS = {"facts_no_update", "facts_no_delete", "documents_no_update", "documents_no_delete"}
GUARDS_OF_POSTGRESQL = {"facts_only_added", "documents_only_added"}


@dataclass(slots=True)
class Verified:
    """What was read, and everything that is not as it should be; of very many problems the first hundred."""

    facts: int = 0
    documents: int = 0
    streams: int = 0
    sessions: int = 0
    wrong: int = 0
    problems: list[Problem] = field(default_factory=list)

    def note(self, place: str, given: str, todo: str = RESTORE) -> None:
        self.wrong += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(Problem("damaged", place, given, "", todo))


def verify(store: Store, told: Progress = quiet) -> Verified:
    """Read all of it. Raises StoreError only when it cannot be read at all."""
    found = Verified()
    with store.snapshot() as connection:
        total = count(connection)
        sessions: list[str] = []
        for row in _told(_facts(store, connection, found), told, total):
            _check(found, f"{row.stream} {row.sequence}", row)
        for row in _told(_documents(store, connection, found), told, total):
            _check(found, f"{row.kind} {row.id} version {row.version}", row)
            if row.kind == SESSION and row.version == 1:
                sessions.append(row.id)
        _guards(connection, found)
        _of_the_file(connection, found)
    _sessions(store, found, sessions)
    return found


def _told(rows: Iterable[Row[Any]], told: Progress, total: int) -> Iterator[Row[Any]]:
    for n, row in enumerate(rows, 1):
        if n % ROWS_AT_ONCE == 0:
            told(n, total)
        yield row


def _facts(store: Store, connection: Connection, found: Verified) -> Iterator[Row[Any]]:
    """Every fact; that each stream is numbered from 1 without a gap is noted on the way."""
    stream, last = "", 0
    for row in store.rows(connection, FACTS):
        if row.stream != stream:
            stream, last = row.stream, 0
            found.streams += 1
        if row.sequence != last + 1:
            found.note(stream, f"fact {row.sequence} follows on {last}: {row.sequence - last - 1} are missing")
        last = row.sequence
        found.facts += 1
        yield row


def _documents(store: Store, connection: Connection, found: Verified) -> Iterator[Row[Any]]:
    """Every version of every document; that they are numbered from 1 without a gap is noted on the way."""
    of: tuple[str, str] = ("", "")
    last = 0
    for row in store.rows(connection, DOCUMENTS):
        if (row.kind, row.id) != of:
            of, last = (row.kind, row.id), 0
        if row.version != last + 1:
            found.note(f"{row.kind} {row.id}", f"version {row.version} follows on {last}")
        last = row.version
        found.documents += 1
        yield row


def _check(found: Verified, place: str, row: Row[Any]) -> None:
    """That a row can be understood. Its content is never told."""
    for name in ("body", "versions"):
        try:
            fits = isinstance(json.loads(getattr(row, name)), dict)
        except (ValueError, TypeError, RecursionError):
            fits = False
        if not fits:
            found.note(place, f"its {name} cannot be read")
    try:
        datetime.fromisoformat(row.at)
    except (ValueError, TypeError):
        found.note(place, "its time cannot be read")
    if not (isinstance(row.schema, int) and row.schema >= 1):
        found.note(place, "the number of its shape cannot be read")


def _guards(connection: Connection, found: Verified) -> None:
    """That the database still refuses to change or delete."""
    if is_postgresql(connection):
        query = "select tgname from pg_trigger where not tgisinternal and tgenabled <> 'D'"
        missing = GUARDS_OF_POSTGRESQL - set(connection.scalars(text(query)))
    else:
        missing = GUARDS - set(connection.scalars(text("select name from sqlite_master where type = 'trigger'")))
    for name in sorted(missing):
        found.note(name, "the guard against changing and deleting is gone", "find out who took it away; " + RESTORE)


def _of_the_file(connection: Connection, found: Verified) -> None:
    """What the database says of its own pages. PostgreSQL checks them itself when it has checksums."""
    if is_postgresql(connection):
        return
    for said in connection.exec_driver_sql("pragma integrity_check(10)").scalars():
        if said != "ok":
            found.note("the file", f"its pages are damaged: {str(said)[:200]}")


def _sessions(store: Store, found: Verified, idents: list[str]) -> None:
    """Every session is played again, and every stream of a session has one."""
    sessions = Sessions(store)
    for ident in idents:
        found.sessions += 1
        try:
            sessions.stands(ident)
        except (UnknotError, ValueError, KeyError, TypeError) as error:
            code = error.code if isinstance(error, UnknotError) else type(error).__name__
            found.note(f"session {ident}", f"its facts do not follow from one another ({code})")
    known = set(idents)
    with store.reading() as connection:
        streams = connection.scalars(select(FACTS.c.stream).where(FACTS.c.stream.like("session:%")).distinct())
        for stream in streams:
            if stream.partition(":")[2] not in known:
                found.note(stream, "there is no session of that id")
