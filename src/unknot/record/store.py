"""The store: facts are appended and read in order, documents get new versions. One SQLite file by default, PostgreSQL by URL.

SQLite runs with write-ahead logging and full synchronous writes, so that what was committed survives a power cut (docs/decisions/0009-facts-and-documents.md).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from unknot.errors import Problem, UnknotError
from unknot.record.schema import DOCUMENTS, FACTS, HEAD

FILE = "unknot.db"
ALLOWED = "a file or a folder that can be written, or postgresql+psycopg://..."
ELSEWHERE = "name another place with --data, or make this one writable"
WAIT_S = 10
"""How long a write waits for another one."""


class StoreError(UnknotError):
    """The store cannot be opened, read or written. Nothing was lost that had been stored before."""

    code = "store"


class OvertakenError(StoreError):
    """Somebody else has written in between."""

    code = "overtaken"


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


def default_place() -> Path:
    """The file in the user's data folder."""
    return user_data_path("unknot", appauthor=False) / FILE


def place_of(where: str | Path | None) -> str:
    """A place as it may be shown: without the password of an address."""
    return str(where or default_place()).split("@")[-1]


def is_there(where: str | Path | None) -> bool:
    """Whether something has been stored at a place already; a database behind an address is taken to be there."""
    return "://" in str(where) or _file(where).exists()


def check_place(where: str | Path | None) -> None:
    """That something can be kept at a place: a store is opened, and where there is none yet, none is left behind.

    Raises StoreError that says what is in the way.
    """
    try:
        if is_there(where):
            file = _file(where)  # beside it SQLite keeps its log, so the folder must be writable too
            if "://" not in str(where) and not (os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK)):
                raise StoreError([_problem(str(file), "it or its folder cannot be written", ELSEWHERE, ALLOWED)])
            open_store(where).close()
        else:
            _try_folder(_file(where).parent)
    except OSError as error:
        raise StoreError([_no_place(where, error)]) from error


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


def _file(where: str | Path | None) -> Path:
    """The file of a place that is no address; a folder holds one."""
    place = Path(where or default_place())
    return place / FILE if place.is_dir() else place


def _no_place(where: str | Path | None, error: OSError) -> Problem:
    in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
    reason = "a file stands where a folder is needed" if in_the_way else error.strerror or "it cannot be written"
    return _problem(str(where or default_place()), f"cannot be made: {reason}", ELSEWHERE, ALLOWED)


class Store:
    """One database. Made by `open_store`."""

    def __init__(self, engine: Engine, place: str, versions: Mapping[str, str]) -> None:
        self.engine = engine
        self.place = place
        self.versions = dict(versions)

    def append(self, stream: str, facts: Sequence[Fact], *, after: int | None = None) -> int:
        """Append facts in one transaction; the sequence of the last.

        `after` is the sequence that the writer has seen. Raises OvertakenError when the stream has grown since, StoreError when it cannot be written.
        """
        if not facts:
            return self.last(stream) if after is None else after
        return self.append_all([Batch(stream, facts, after)])[0]

    def append_all(self, batches: Sequence[Batch]) -> list[int]:
        """Append to several streams in one transaction, all of it or nothing; the last sequence of each. Raises as `append` does."""
        with self._writing() as connection:
            return [self._append(connection, batch) for batch in batches]

    def _append(self, connection: Connection, batch: Batch) -> int:
        last = _last(connection, batch.stream)
        if batch.after is not None and last != batch.after:
            raise OvertakenError([_problem(self.place, "somebody else has written in between", "look at it again")])
        rows = [
            {
                "stream": batch.stream, "sequence": last + 1 + i, "kind": fact.kind, "schema": fact.schema,
                "at": fact.at or _now(), "body": as_json(fact.body), "versions": as_json(fact.versions or self.versions),
            }
            for i, fact in enumerate(batch.facts)
        ]  # fmt: skip
        connection.execute(insert(FACTS), rows)
        return last + len(rows)

    def last(self, stream: str) -> int:
        """The sequence of the last fact, 0 when there is none."""
        with self._reading() as connection:
            return _last(connection, stream)

    def facts(
        self, stream: str, after: int = 0, *, until: int = 0, kind: str = "", holding: Sequence[str] = ()
    ) -> list[Fact]:
        """The facts of a stream behind `after`, in order: up to `until`, of one kind, with certain texts in them, where these are named."""
        narrower = [FACTS.c.sequence <= until] if until else []
        narrower += [FACTS.c.kind == kind] if kind else []
        narrower += [FACTS.c.body.contains(text, autoescape=True) for text in holding]
        with self._reading() as connection:
            rows = connection.execute(
                select(FACTS)
                .where(FACTS.c.stream == stream, FACTS.c.sequence > after, *narrower)
                .order_by(FACTS.c.sequence)
            )
            return [Fact(r.kind, json.loads(r.body), r.schema, r.sequence, r.at, json.loads(r.versions)) for r in rows]

    def put(self, kind: str, ident: str, body: Mapping[str, Any], *, over: int = 0, schema: int = 1) -> int:
        """A new version of a document over version `over` (0: a new one). Raises OvertakenError when that is not its newest."""
        with self._writing() as connection:
            row = {
                "kind": kind, "id": ident, "version": over + 1, "schema": schema, "at": _now(), "body": as_json(body),
                "versions": as_json(self.versions),
            }  # fmt: skip
            newest = connection.scalar(
                select(func.max(DOCUMENTS.c.version)).where(DOCUMENTS.c.kind == kind, DOCUMENTS.c.id == ident)
            )
            if (newest or 0) != over:
                raise OvertakenError([_problem(self.place, f"this {kind} has changed since", "look at it again")])
            connection.execute(insert(DOCUMENTS), [row])
            return over + 1

    def get(self, kind: str, ident: str, version: int = 0) -> Document | None:
        """A document in its newest version, or in the one that is named; None when there is none."""
        named = [DOCUMENTS.c.version == version] if version else []
        with self._reading() as connection:
            row = connection.execute(
                select(DOCUMENTS)
                .where(DOCUMENTS.c.kind == kind, DOCUMENTS.c.id == ident, *named)
                .order_by(DOCUMENTS.c.version.desc())
                .limit(1)
            ).first()
        return (
            None if row is None else Document(row.kind, row.id, row.version, json.loads(row.body), row.schema, row.at)
        )

    def all(self, kind: str) -> list[Document]:
        """The newest versions of all documents of a kind, newest id first."""
        newest = (
            select(DOCUMENTS.c.id, func.max(DOCUMENTS.c.version).label("version"))
            .where(DOCUMENTS.c.kind == kind)
            .group_by(DOCUMENTS.c.id)
            .subquery()
        )
        with self._reading() as connection:
            rows = connection.execute(
                select(DOCUMENTS)
                .join(newest, (DOCUMENTS.c.id == newest.c.id) & (DOCUMENTS.c.version == newest.c.version))
                .where(DOCUMENTS.c.kind == kind)
                .order_by(DOCUMENTS.c.id.desc())
            ).all()
        return [Document(r.kind, r.id, r.version, json.loads(r.body), r.schema, r.at) for r in rows]

    def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._guarded("written"), self.engine.execution_options(writing=True).begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._guarded("read"), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise OvertakenError(
                [_problem(self.place, "somebody else has written in between", "look at it again")]
            ) from error
        except SQLAlchemyError as error:
            # the driver's own words without the statement: its values are a client's
            cause = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
            todo = "free some room, or check that the place can be written"
            raise StoreError([_problem(self.place, f"cannot be {what}: {cause}", todo)]) from None


def open_store(where: str | Path | None = None, versions: Mapping[str, str] | None = None) -> Store:
    """The store at a path or URL (the user's data folder when not given), made or lifted to the newest schema when needed.

    Raises StoreError with the place when it cannot be opened or is newer than this program.
    """
    place = str(where or default_place())
    engine = _engine(place)
    try:
        _lift(engine, place)
    except SQLAlchemyError as error:
        cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        raise StoreError(
            [_problem(place, f"cannot be opened: {cause}", "check it, or name another place with --data", ALLOWED)]
        ) from None
    return Store(engine, place, versions or {})


def _engine(place: str) -> Engine:
    if "://" in place:
        try:
            return create_engine(place, pool_pre_ping=True, hide_parameters=True)
        except (SQLAlchemyError, ImportError) as error:
            missing = f"{error.name} is not installed" if isinstance(error, ImportError) else "no such kind of store"
            raise StoreError(
                [_problem(place, missing, "check it, or name another place with --data", ALLOWED)]
            ) from None
    try:
        path = _file(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StoreError([_no_place(place, error)]) from error
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": WAIT_S}, hide_parameters=True)
    event.listen(engine, "connect", _pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """A writer takes its turn at once; a reader takes none and never waits."""
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _pragmas(connection: Any, _: object) -> None:
    """Every connection: durable writes, and transactions that begin when SQLAlchemy says so."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lift(engine: Engine, place: str) -> None:
    """Run what migrations are missing. Alembic takes a second to load, so only then."""
    with engine.connect() as connection:
        known = inspect(connection).has_table("alembic_version")
        now = connection.scalar(text("select version_num from alembic_version")) if known else None
    if now == HEAD:
        return
    if now is not None and str(now) > HEAD:
        raise StoreError([_problem(place, f"written by a newer Unknot (schema {now})", "update Unknot")])
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.execution_options(writing=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _last(connection: Connection, stream: str) -> int:
    return int(connection.scalar(select(func.max(FACTS.c.sequence)).where(FACTS.c.stream == stream)) or 0)


def _problem(place: str, given: str, todo: str, allowed: str = "") -> Problem:
    return Problem("store", place_of(place), given, allowed, todo)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def as_json(value: Any) -> str:
    """One value, one text: keys in order, no NaN. Raises ValueError for what JSON cannot hold."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
