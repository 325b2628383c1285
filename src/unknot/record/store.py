"""The store: facts are appended and read in order, documents get new versions. One SQLite file by default, PostgreSQL by URL.

SQLite runs with write-ahead logging and full synchronous writes, so that what was committed survives a power cut (docs/decisions/0009-facts-and-documents.md).
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, Table, and_, func, insert, or_, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from unknot.record.counted import (
    both_between,
    check_documents,
    counted_between,
    hidden,
    is_index_short,
    newest_fact,
    sequence_in,
    stands,
)
from unknot.record.database import (
    MOMENT_MS,
    engine_of,
    in_words,
    is_postgresql,
    lift,
    take_turn,
    unreadable,
    unwritable,
)
from unknot.record.left_log import set_aside
from unknot.record.look import Look, look
from unknot.record.place import ALLOWED, ELSEWHERE, default_place, file_of, is_address, no_place, problem_of
from unknot.record.place import FILE as FILE
from unknot.record.place import OvertakenError as OvertakenError
from unknot.record.place import StoreError as StoreError
from unknot.record.place import UnwrittenError as UnwrittenError
from unknot.record.place import is_there as is_there
from unknot.record.place import place_of as place_of
from unknot.record.recent import Recent
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.secret import Secret
from unknot.record.whole import DamagedError, damaged, is_whole, name_of, read_rows, with_any_text, with_crc

LOG = logging.getLogger(__name__)
T = TypeVar("T")
LAST = chr(0x10FFFF)
"""Behind every letter, so behind every id."""
ROWS_AT_ONCE = 1000
"""Rows that are held in memory while the whole store is read."""
DOCUMENTS_AT_ONCE = 50
"""Documents, since each may be a photograph of half a megabyte."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened. `sequence` and `at` are set by the store when 0 and empty."""

    kind: str
    body: dict[str, Any]
    schema: int = 1
    sequence: int = 0
    at: str = ""
    versions: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts of one stream that are appended together behind the sequence `after`."""

    stream: str
    facts: Sequence[Fact]
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The newest version of something that can be edited."""

    kind: str
    id: str
    version: int
    body: dict[str, Any]
    schema: int
    at: str


def check_place(where: str | Path | None, secret: Secret | None = None) -> None:
    """That something can be kept at a place: a store is opened, and where there is none yet, none is left behind.

    Raises StoreError that says what is in the way.
    """
    try:
        if is_there(where):
            file = file_of(where)  # beside it SQLite keeps its log, so the folder must be writable too
            if not is_address(where) and not (os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK)):
                raise StoreError([problem_of(str(file), "it or its folder cannot be written", ELSEWHERE, ALLOWED)])
            open_store(where, secret=secret).close()
        else:
            _try_folder(file_of(where).parent)
    except OSError as error:
        raise StoreError([no_place(where, error)]) from error


def _try_folder(folder: Path) -> None:
    """Write a file without a name there; folders that were made for it go again."""
    made = [above for above in (folder, *folder.parents) if not above.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    finally:
        for above in made:
            with suppress(OSError):
                above.rmdir()


class Store:
    """One database. Made by `open_store`."""

    def __init__(self, engine: Engine, place: str, versions: Mapping[str, str]) -> None:
        self.engine = engine
        self.place = place
        self.versions = dict(versions)
        self._recent: Recent[Fact] = Recent()
        self._joined = threading.local()

    def append(self, stream: str, facts: Sequence[Fact], *, after: int | None = None) -> int:
        """Append facts in one transaction; the sequence of the last.

        `after` is the sequence that the writer has seen. Raises OvertakenError when the stream has grown since, StoreError when it cannot be written.
        """
        if not facts:
            return self.last(stream) if after is None else after
        return self.append_all([Batch(stream, facts, after)])[0]

    def append_all(self, batches: Sequence[Batch]) -> list[int]:
        """Append to several streams in one transaction, all of it or nothing; the last sequence of each. Raises as `append` does."""
        with self.writing() as connection:
            take_turn(connection, [batch.stream for batch in batches])
            return [self.add(connection, batch) for batch in batches]

    def add(self, connection: Connection, batch: Batch) -> int:
        """Append inside a transaction that others take part in; the last sequence."""
        if (now := look()) is not None:
            now.forget_stream((self, batch.stream))
        last = _last(connection, batch.stream)
        if batch.after is not None and last != batch.after:
            raise OvertakenError([problem_of(self.place, "somebody else has written in between", "look at it again")])
        rows = [
            with_crc(FACTS, {
                "stream": batch.stream, "sequence": last + 1 + i, "kind": fact.kind, "schema": fact.schema,
                "at": fact.at or _now(), "body": as_json(fact.body), "versions": as_json(fact.versions or self.versions),
            })
            for i, fact in enumerate(batch.facts)
        ]  # fmt: skip
        connection.execute(insert(FACTS), rows)
        return last + len(rows)

    def last(self, stream: str) -> int:
        """The sequence of the last fact, 0 when there is none; within a look, of the last that was seen."""
        if (now := look()) is not None and (self, stream) in now.streams.of:
            return len(now.streams.of[self, stream])
        with self.reading() as connection:
            return _last(connection, stream)

    def facts(
        self, stream: str, after: int = 0, *, until: int = 0, kind: str = "", holding: Sequence[str] = ()
    ) -> list[Fact]:
        """The facts of a stream behind `after`, in order: up to `until`, of one kind, with certain texts in them, where these are named."""
        if not (after or until or kind or holding):
            return self.facts_of([stream])[stream]
        last = self.lasts([stream]).get(stream, 0)  # tells whether the last ones are hidden
        if missing := self._missing(stream, after, min(until or last, last)):
            with self.reading() as connection:
                if (
                    sequence_in(stands(connection, [stream]), stream) >= last
                ):  # less where somebody has erased it meanwhile
                    raise hidden(stream, "facts", last, last - len(missing))
        return [fact_in(row) for row in self._some_of(stream, after, until, kind, holding)]

    def each_of(
        self, stream: str, after: int, *, until: int, kind: str = "", holding: Sequence[str] = ()
    ) -> list[tuple[int, Fact | None]]:
        """As `facts`, each with its sequence; None in the place of one that is damaged or cannot be found.

        Nothing is shown of such a one, and it hides no other. `until` is the last at most.
        """
        rows = self._some_of(stream, after, until, kind, holding)
        found = {row.sequence: fact_in(row) if is_whole(row) else None for row in rows}
        found |= dict.fromkeys(self._missing(stream, after, until))
        return sorted(found.items(), key=lambda one: one[0])

    def _missing(self, stream: str, after: int, until: int) -> list[int]:
        """Sequences of a stream behind `after` as far as `until`, which is the last at most, of which no fact is found."""
        where = (FACTS.c.stream == stream, FACTS.c.sequence > after, FACTS.c.sequence <= until)
        with self.reading() as connection:
            if until <= after or connection.scalar(select(func.count()).where(*where)) == until - after:
                return []
            there = set(connection.scalars(select(FACTS.c.sequence).where(*where)))
        return [n for n in range(after + 1, until + 1) if n not in there]

    def _some_of(self, stream: str, after: int, until: int, kind: str, holding: Sequence[str]) -> Sequence[Row[Any]]:
        """The rows of a stream's facts that are asked for, in order."""
        narrower = [FACTS.c.sequence <= until] if until else []
        narrower += [FACTS.c.kind == kind] if kind else []
        narrower += [FACTS.c.body.contains(text, autoescape=True) for text in holding]
        where = (FACTS.c.stream == stream, FACTS.c.sequence > after, *narrower)
        with self.reading() as connection:
            return read_rows(connection, select(FACTS).where(*where).order_by(FACTS.c.sequence))

    def facts_of(self, streams: Sequence[str]) -> dict[str, list[Fact]]:
        """The facts of several streams, each in order: two queries, none but the first for what was read before, none for what this look has seen."""
        now = look()
        seen = now.streams.of if now is not None else {}
        found = {stream: list(seen.get((self, stream), ())) for stream in streams}
        unread = [stream for stream in found if (self, stream) not in seen]
        if unread:
            found |= self._read(unread)
        if now is not None:
            for stream in unread:
                now.streams.keep((self, stream), tuple(found[stream]))
        return found

    def _read(self, streams: Sequence[str]) -> dict[str, list[Fact]]:
        """The facts of streams, from the database where they have grown since."""
        found: dict[str, list[Fact]] = {stream: [] for stream in streams}
        with self.reading() as connection:
            unread, grown = [], stands(connection, streams)
            for stream, mark in grown.items():
                kept = self._recent.of(stream, mark)
                found[stream] = list(kept or ())
                unread += [stream] if kept is None else []
            for some in _parts(unread):
                wanted = select(FACTS).where(FACTS.c.stream.in_(some))
                for row in read_rows(connection, wanted.order_by(FACTS.c.stream, FACTS.c.sequence)):
                    fact = fact_in(row)  # first: a changed name would lead to no stream
                    found.setdefault(row.stream, []).append(fact)
            at_least = {} if is_postgresql(connection) else grown  # there a stream may have been erased since
        for stream in unread:
            last = max([sequence_in(at_least, stream), *(fact.sequence for fact in found[stream][-1:])])
            if last != len(found[stream]):
                raise hidden(stream, "facts", last, len(found[stream]))
            if found[stream] and self._joint() is None:  # what is not committed may still be taken back
                self._recent.keep(stream, _mark(found[stream][-1]), found[stream])
        return {stream: found[stream] for stream in streams}

    def lasts(self, streams: Sequence[str]) -> dict[str, int]:
        """The sequence of the last fact of each stream that has any: one query, none for what this look has seen."""
        now = look() or Look()
        unread = [name for name in streams if (self, name) not in now.streams.of and (self, name) not in now.lasts.of]
        if unread:
            with self.reading() as connection:
                grown = stands(connection, unread)
            for name in unread:
                now.lasts.keep((self, name), sequence_in(grown, name))
        found = {}
        for name in streams:
            seen = now.streams.of.get((self, name))
            found[name] = len(seen) if seen is not None else now.lasts.of[self, name]
        return {name: last for name, last in found.items() if last}

    def put(self, kind: str, ident: str, body: Mapping[str, Any], *, over: int = 0, schema: int = 1) -> int:
        """A new version of a document over version `over` (0: a new one). Raises OvertakenError when that is not its newest."""
        if (now := look()) is not None:
            now.documents.forget((self, kind, ident))
        with self.writing() as connection:
            take_turn(connection, [f"{kind}/{ident}"])
            row = {
                "kind": kind, "id": ident, "version": over + 1, "schema": schema, "at": _now(), "body": as_json(body),
                "versions": as_json(self.versions),
            }  # fmt: skip
            newest = connection.scalar(
                select(func.max(DOCUMENTS.c.version)).where(DOCUMENTS.c.kind == kind, DOCUMENTS.c.id == ident)
            )
            if (newest or 0) != over:
                raise OvertakenError([problem_of(self.place, f"this {kind} has changed since", "look at it again")])
            connection.execute(insert(DOCUMENTS), [with_crc(DOCUMENTS, row)])
            return over + 1

    def get(self, kind: str, ident: str, version: int = 0) -> Document | None:
        """A document in its newest version, or in the one that is named; None when there is none."""
        if not version:
            return self.some(kind, [ident]).get(ident)
        where = (DOCUMENTS.c.kind == kind, DOCUMENTS.c.id == ident, DOCUMENTS.c.version == version)
        with self.reading() as connection:
            rows = read_rows(connection, select(DOCUMENTS).where(*where))
            if not rows:  # then the newest says whether there are so many
                newest = select(func.max(DOCUMENTS.c.version)).where(*where[:2])
                check_documents(connection, {(kind, ident): int(connection.scalar(newest) or 0)})
        return document_of(rows[0]) if rows else None

    def some(self, kind: str, idents: Sequence[str]) -> dict[str, Document]:
        """The newest versions of those documents that there are, by id."""
        return {ident: found for (_, ident), found in self.documents_of([(kind, i) for i in idents]).items()}

    def documents_of(self, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Document]:
        """The newest versions of those documents of several kinds that there are, by (kind, id): one query, none for what this look has seen."""
        now = look()
        seen = now.documents.of if now is not None else {}
        found = {name: seen[self, *name] for name in names if (self, *name) in seen}
        unread = [name for name in dict.fromkeys(names) if name not in found]
        for some in _parts(unread):
            with self.reading() as connection:
                for row in read_rows(connection, _newest(some)):
                    found[row.kind, row.id] = document_of(row)
                check_documents(connection, {name: found[name].version if name in found else 0 for name in some})
            if now is not None:
                for name in some:
                    now.documents.keep((self, *name), found.get(name))
        return {name: one for name in dict.fromkeys(names) if (one := found.get(name)) is not None}

    def versions_of(self, kind: str, idents: Sequence[str]) -> dict[str, int]:
        """The numbers of the newest versions of those documents that there are, by id: from the index alone, none for what this look has seen."""
        now = look()
        seen = now.documents.of if now is not None else {}
        known = {ident: one for ident in idents if (one := seen.get((self, kind, ident))) is not None}
        found = {ident: one.version for ident, one in known.items()}
        for some in _parts([ident for ident in idents if (self, kind, ident) not in seen]):
            where = (DOCUMENTS.c.kind == kind, DOCUMENTS.c.id.in_(some))
            last = select(DOCUMENTS.c.id, func.max(DOCUMENTS.c.version)).where(*where).group_by(DOCUMENTS.c.id)
            with self.reading() as connection:
                found |= {ident: int(version) for ident, version in connection.execute(last) if ident in some}
                check_documents(connection, {(kind, ident): found.get(ident, 0) for ident in some})
        return found

    def all(self, kind: str) -> list[Document]:
        """The newest versions of all documents of a kind, newest id first.

        One that is damaged is left out and logged: a single row must not keep everybody out. Asked for by its id it is told as damaged.
        """
        newest = (
            select(DOCUMENTS.c.id, func.max(DOCUMENTS.c.version).label("version"))
            .where(DOCUMENTS.c.kind == kind)
            .group_by(DOCUMENTS.c.id)
            .subquery()
        )
        with self.reading() as connection:
            rows = read_rows(
                connection,
                select(DOCUMENTS)
                .join(newest, (DOCUMENTS.c.id == newest.c.id) & (DOCUMENTS.c.version == newest.c.version))
                .where(DOCUMENTS.c.kind == kind)
                .order_by(DOCUMENTS.c.id.desc()),
            )
            counted = counted_between(connection, kind, "", LAST)
        return [document_of(row) for row in with_all(rows, kind, counted) if noted(row)]

    def unread(self, kind: str) -> list[str]:
        """The ids of documents of a kind that `all` leaves out, since they are damaged or hidden, in order."""
        with self.reading() as connection:
            found = set(connection.scalars(select(DOCUMENTS.c.id).where(DOCUMENTS.c.kind == kind).distinct()))
            found |= both_between(connection, kind, "", LAST)[0]
        return sorted(found - {document.id for document in self.all(kind)})

    def check_writable(self) -> None:
        """Raises UnwrittenError where nothing can be written beside the file. A file is asked about without a write; a database of its own is not."""
        if (problem := unwritable(self.place)) is not None:
            raise UnwrittenError([problem])

    def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()

    def rows(
        self, connection: Connection, table: Table, note: Callable[[DamagedError], None] | None = None
    ) -> Iterator[Row[Any]]:
        """Every row of a table in the order of its key, a few at a time; past an index that does not find all.

        `note` is told what is wrong with it. Without that, raises DamagedError where rows cannot be read at all.
        """
        reading = connection.execution_options(yield_per=DOCUMENTS_AT_ONCE if table is DOCUMENTS else ROWS_AT_ONCE)
        key = table.primary_key.columns
        try:
            short = is_index_short(connection, table.name)
        except DamagedError as error:
            if note is None:
                raise
            note(error)
            short = False
        if short:
            if note is not None:
                note(damaged(f"what finds the {table.name}"))
            query = f"select {', '.join(table.c.keys())} from {table.name} not indexed order by {', '.join(key.keys())}"
            return iter(reading.execute(text(query).columns(*table.c)))
        return iter(reading.execute(select(table).order_by(*key)))

    @contextmanager
    def together(self, turn: str) -> Iterator[None]:
        """All that this thread writes inside is one transaction: all of it or nothing. What it reads inside sees what it has written.

        Those who name the same `turn` (a client, say) go one after the other. Inside another one it is part of that.
        """
        if self._joint() is not None:
            yield
            return
        with self._guarded("written"), self.engine.execution_options(writing=True).begin() as connection:
            take_turn(connection, [f"together/{turn}"])
            self._joined.connection = connection
            try:
                yield
            finally:
                self._joined.connection = None

    def _joint(self) -> Connection | None:
        """The transaction that this thread has opened for several writes."""
        found: Connection | None = getattr(self._joined, "connection", None)
        return found

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing."""
        joint = self._joint()
        if joint is not None:
            with self._guarded("written"):
                yield joint
            return
        with self._guarded("written"), self.engine.execution_options(writing=True).begin() as connection:
            yield connection

    @contextmanager
    def in_passing(self) -> Iterator[Connection | None]:
        """A transaction for what may as well stay unwritten: None inside another one. Raises StoreError when others keep it waiting for more than a moment."""
        if self._joint() is not None:
            yield None
            return
        with self._guarded("written"), self.engine.execution_options(in_passing=True).begin() as connection:
            if is_postgresql(connection):
                connection.execute(text(f"set local lock_timeout = '{MOMENT_MS}ms'"))
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """What is stored now."""
        joint = self._joint()
        if joint is not None:
            with self._guarded("read"):
                yield joint
            return
        with self._guarded("read"), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The store as it stands at one moment, while others go on writing."""
        with self._guarded("read"), self.engine.connect() as connection:
            if is_postgresql(connection):
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with_any_text(connection)
            try:
                yield connection
            finally:
                with_any_text(connection, off=True)

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise OvertakenError(
                [problem_of(self.place, "somebody else has written in between", "look at it again")]
            ) from error
        except SQLAlchemyError as error:
            raise in_words(error, self.place, what) from None
        except UnicodeDecodeError:
            raise unreadable(self.place, what) from None
        except UnicodeEncodeError:
            given = f"cannot be {what}: a text holds half a character, which no database keeps"
            raise StoreError([problem_of(self.place, given, "type the text anew")]) from None


def open_store(
    where: str | Path | None = None, versions: Mapping[str, str] | None = None, secret: Secret | None = None
) -> Store:
    """The store at a path or URL (the user's data folder when not given), made or lifted to the newest schema when needed.

    `secret` opens an encrypted one, and makes a new one encrypted. Raises StoreError with the place when it cannot be opened, when key and
    file do not belong together, or when it is newer than this program.
    """
    place = str(where or default_place())
    engine = engine_of(place, secret)
    try:
        set_aside(engine, place)
        lift(engine, place)
    except SQLAlchemyError as error:
        engine.dispose()
        raise in_words(error, place, "opened") from None
    except UnicodeDecodeError:
        engine.dispose()
        raise unreadable(place, "opened") from None
    except StoreError:
        engine.dispose()
        raise
    return Store(engine, place, versions or {})


def _last(connection: Connection, stream: str) -> int:
    found = int(connection.scalar(select(func.max(FACTS.c.sequence)).where(FACTS.c.stream == stream)) or 0)
    return max(found, newest_fact(connection, stream))  # one that is hidden has its number all the same


def _newest(names: Sequence[tuple[str, str]]) -> Select[Any]:
    """The newest versions of documents by (kind, id)."""
    by_kind: dict[str, list[str]] = {}
    for kind, ident in names:
        by_kind.setdefault(kind, []).append(ident)
    where = or_(*(and_(DOCUMENTS.c.kind == kind, DOCUMENTS.c.id.in_(idents)) for kind, idents in by_kind.items()))
    if len(names) == 1:
        return select(DOCUMENTS).where(where).order_by(DOCUMENTS.c.version.desc()).limit(1)
    last = (
        select(DOCUMENTS.c.kind, DOCUMENTS.c.id, func.max(DOCUMENTS.c.version).label("version"))
        .where(where)
        .group_by(DOCUMENTS.c.kind, DOCUMENTS.c.id)
        .subquery()
    )
    same = [DOCUMENTS.c[name] == last.c[name] for name in ("kind", "id", "version")]
    return select(DOCUMENTS).join(last, and_(*same))


def document_of(row: Row[Any]) -> Document:
    """A row of documents. Raises DamagedError when it is not what was written."""
    if not is_whole(row):
        raise damaged(name_of(row))
    return Document(row.kind, row.id, row.version, json.loads(row.body), row.schema, row.at)


def with_all(rows: Sequence[Row[Any]], kind: str, counted: Mapping[str, int] | None) -> list[Row[Any]]:
    """Those of the newest rows of documents of one kind of which no newer version is hidden, as the second index counts them. Others are logged."""
    if counted is None:
        return list(rows)
    found = {row.id: int(row.version) for row in rows}
    astray = {ident for ident in found.keys() | counted.keys() if found.get(ident, 0) != counted.get(ident, 0)}
    for ident in sorted(astray):
        LOG.error("left out, since versions of it cannot be found: %s %s", kind, ident)
    return [row for row in rows if row.id not in astray]


def noted(row: Row[Any]) -> bool:
    """Whether a row of documents is whole; one that is not is logged by its name."""
    whole = is_whole(row)
    if not whole:
        LOG.error("left out, since it is damaged: %s", name_of(row))
    return whole


def fact_in(row: Row[Any]) -> Fact:
    """A row of facts. Raises DamagedError when it is not what was written."""
    if not is_whole(row):
        raise damaged(name_of(row))
    return Fact(row.kind, json.loads(row.body), row.schema, row.sequence, row.at, dict(_versions(row.versions)))


@lru_cache(maxsize=64)
def _versions(text: str) -> dict[str, str]:
    """What many facts say alike."""
    found: dict[str, str] = json.loads(text)
    return found


def _mark(last: Fact) -> str:
    return f"{last.sequence} {last.at}"


def _parts(names: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at once as a query takes."""
    return (names[n : n + ROWS_AT_ONCE // 2] for n in range(0, len(names), ROWS_AT_ONCE // 2))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def as_json(value: Any) -> str:
    """One value, one text: keys in order, no NaN. Raises ValueError for what JSON cannot hold."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
