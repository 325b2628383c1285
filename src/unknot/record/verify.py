"""Verifying a record: every row is read again, its numbering and its content are checked, and every session is played again from its facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, literal, select, text, true, tuple_

from unknot.errors import Problem, UnknotError
from unknot.record.database import is_postgresql
from unknot.record.derived import drop_damaged
from unknot.record.left_log import logs_aside
from unknot.record.lines import Progress, count, quiet
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.sessions import KIND as SESSION
from unknot.record.sessions import kept_of, played
from unknot.record.store import DOCUMENTS_AT_ONCE, ROWS_AT_ONCE, Store
from unknot.record.whole import DamagedError, is_whole, read_rows

MOST_TOLD = 100
FACTS_AT_ONCE = 20_000
"""Facts of sessions that wait to be played again."""
RESTORE = "keep this record as it is and take the last backup back into a new place with `unknot record restore`"
LOOK = "look at the disk, then at which of the last visits and notes are missing, and write them down again; then move it away"
GUARDS = {"facts_no_update", "facts_no_delete", "documents_no_update", "documents_no_delete", "facts_checked", "documents_checked"}  # fmt: skip
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

    def hidden(self, error: DamagedError) -> None:
        """Rows of a table are missing, or what finds them does not find all."""
        for problem in error.problems:
            self.note(problem.place, problem.given)


def verify(store: Store, told: Progress = quiet) -> Verified:
    """Read all of it, once: sessions are played again as their facts come by. Raises StoreError only when it cannot be read at all."""
    found = Verified()
    drop_damaged(store)
    with store.snapshot() as connection:
        total = count(connection)
        again = _Again(connection, found)
        for row in _told(_facts(store, connection, found), told, total):
            again.fact(row, _check(found, f"{row.stream} {row.sequence}", row))
        for row in _told(_documents(store, connection, found), told, total):
            body = _check(found, f"{row.kind} {row.id} version {row.version}", row)
            if row.kind == "client" and body is not None and not (isinstance(body.get("label"), str) and body["label"]):
                found.note(f"client {row.id} version {row.version}", "it has no name")
            if row.kind == SESSION and row.version == 1:
                found.sessions += 1
                again.begun(row.id)
        again.play()
        _guards(connection, found)
        _of_the_file(store.place, connection, found)
    return found


def _told(rows: Iterable[Row[Any]], told: Progress, total: int) -> Iterator[Row[Any]]:
    for n, row in enumerate(rows, 1):
        if n % ROWS_AT_ONCE == 0:
            told(n, total)
        yield row


def _facts(store: Store, connection: Connection, found: Verified) -> Iterator[Row[Any]]:
    """Every fact; that each stream is numbered from 1 without a gap is noted on the way."""
    stream, last = "", 0
    for row in store.rows(connection, FACTS, found.hidden):
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
    for row in store.rows(connection, DOCUMENTS, found.hidden):
        if (row.kind, row.id) != of:
            of, last = (row.kind, row.id), 0
        if row.version != last + 1:
            found.note(f"{row.kind} {row.id}", f"version {row.version} follows on {last}")
        last = row.version
        found.documents += 1
        yield row


def _check(found: Verified, place: str, row: Row[Any]) -> dict[str, Any] | None:
    """That a row can be understood; its content, which is never told, None where it cannot be read."""
    if not is_whole(row):
        found.note(place, "it is not what was written there")
    body = _mapping(row.body)
    if body is None:
        found.note(place, "its body cannot be read")
    if not _is_mapping(row.versions):
        found.note(place, "its versions cannot be read")
    try:
        datetime.fromisoformat(row.at)
    except (ValueError, TypeError):
        found.note(place, "its time cannot be read")
    if not (isinstance(row.schema, int) and row.schema >= 1):
        found.note(place, "the number of its shape cannot be read")
    return body


def _mapping(text: Any) -> dict[str, Any] | None:
    try:
        told = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


@lru_cache(maxsize=256)
def _is_mapping(text: Any) -> bool:
    """What very many rows say alike."""
    return _mapping(text) is not None


def _guards(connection: Connection, found: Verified) -> None:
    """That the database still refuses to change or delete."""
    if is_postgresql(connection):
        query = "select tgname from pg_trigger where not tgisinternal and tgenabled <> 'D'"
        missing = GUARDS_OF_POSTGRESQL - set(connection.scalars(text(query)))
    else:
        missing = GUARDS - set(connection.scalars(text("select name from sqlite_master where type = 'trigger'")))
    for name in sorted(missing):
        found.note(name, "the guard against changing and deleting is gone", "find out who took it away; " + RESTORE)


def _of_the_file(place: str, connection: Connection, found: Verified) -> None:
    for said in damage_of(connection):
        found.note("the file", f"its pages are damaged: {said[:200]}")
    for log in logs_aside(place):
        found.note(log.name, "what was written last before the program ended hard is in it, and cannot be read", LOOK)


def damage_of(connection: Connection) -> list[str]:
    """What the database says of its own pages and of what finds the rows in them. PostgreSQL checks its pages itself when it has checksums."""
    if is_postgresql(connection):
        return []
    said = connection.exec_driver_sql("pragma integrity_check(10)").scalars()
    return [str(one) for one in said if one != "ok"]


def is_any_unlike(store: Store, rest: Callable[[], None]) -> bool:
    """Whether any row, of all facts and documents, is not as it was written. A few at a time, so that nobody waits and no log grows; before each few it rests.

    It ends at the first. Raises StoreError when the record cannot be read.
    """
    for table, most in ((FACTS, ROWS_AT_ONCE), (DOCUMENTS, DOCUMENTS_AT_ONCE)):
        key = table.primary_key.columns
        wanted = select(table).order_by(*key).limit(most)
        rows: Sequence[Row[Any]] = ()
        while True:
            rest()
            after = tuple_(*key) > tuple_(*(literal(rows[-1]._mapping[c]) for c in key)) if rows else true()
            with store.reading() as connection:
                rows = read_rows(connection, wanted.where(after))
            if not all(map(is_whole, rows)):
                return True
            if not rows:
                break
    return False


class _Again:
    """Plays sessions again, some at a time, as the facts of each come by; the memory is that of the few that wait."""

    def __init__(self, connection: Connection, found: Verified) -> None:
        self.connection = connection
        self.found = found
        self.waiting: dict[str, list[dict[str, Any] | None]] = {}
        """Session to its facts; None is one that cannot be read."""
        self.held = 0
        self.known: set[bytes] = set()
        """Sessions that have come by, in few bytes each."""

    def fact(self, row: Row[Any], body: dict[str, Any] | None) -> None:
        """One fact in the order of the streams."""
        kind, _, ident = row.stream.partition(":")
        if kind != SESSION:
            return
        if ident not in self.waiting:
            if self.held >= FACTS_AT_ONCE:
                self.play()
            self.waiting[ident] = []
        self.waiting[ident].append(body)
        self.held += 1

    def begun(self, ident: str) -> None:
        """A session that has a document; it may have no facts."""
        if _short(ident) not in self.known and ident not in self.waiting:
            self.waiting[ident] = []
            self.held += 1
        if self.held >= FACTS_AT_ONCE:
            self.play()

    def play(self) -> None:
        """All that wait."""
        idents = list(self.waiting)
        for start in range(0, len(idents), ROWS_AT_ONCE // 2):
            some = idents[start : start + ROWS_AT_ONCE // 2]
            where = (DOCUMENTS.c.kind == SESSION, DOCUMENTS.c.id.in_(some))
            rows = self.connection.execute(select(DOCUMENTS).where(*where).order_by(DOCUMENTS.c.version))
            kept = {row.id: row for row in rows}
            for ident in some:
                self._one(ident, kept.get(ident))
                self.known.add(_short(ident))
        self.waiting, self.held = {}, 0

    def _one(self, ident: str, row: Row[Any] | None) -> None:
        if row is None:
            self.found.note(f"session:{ident}", "there is no session of that id")
            return
        try:
            bodies = [body for body in self.waiting[ident] if body is not None]
            if len(bodies) < len(self.waiting[ident]):
                raise ValueError("a fact cannot be read")
            played(kept_of(ident, json.loads(row.body), row.at), bodies)
        except (UnknotError, ValueError, KeyError, TypeError) as error:
            code = error.code if isinstance(error, UnknotError) else type(error).__name__
            self.found.note(f"session {ident}", f"its facts do not follow from one another ({code})")


def _short(ident: str) -> bytes:
    return hashlib.blake2b(ident.encode(), digest_size=16).digest()
