"""The two databases: SQLite in one file, encrypted where a key is given, and PostgreSQL by an address. How each is opened, lifted and locked.

What either says of a failure is told in words with what to do; a driver's own sentence may hold a value, so only its first line is kept.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from unknot.errors import Problem
from unknot.record.place import ALLOWED, StoreError, UnwrittenError, file_of, is_address, no_place, problem_of
from unknot.record.schema import HEAD
from unknot.record.secret import Secret, connector

WAIT_S = 10
"""How long a write waits for another one, and a connection for the database to answer."""
MOMENT_MS = 20
"""How long somebody waits who would write only to save work later."""
MIGRATING = 0x756E6B6E6F74
"""The lock of PostgreSQL under which one program alone makes or lifts the tables."""
SCHEMES = ("postgresql:", "postgres:", "postgresql+psycopg:")
LOST = "the connection was lost; what was being written at that moment may or may not be kept"
FULL, FREE = "the disk is full", "free some room; what was stored before is safe"
READ_ONLY, WRITABLE = "it may only be read", "make the place writable, or name another with --data"
DAMAGED = "it is damaged"
RESTORE = "stop the app, look at the disk, and take the last backup back into a new place with `unknot record restore`"
NO_ROOM = 2**17
"""Bytes: where less is free, SQLite can no more open the files beside a record, and calls that an error of the disk."""
CAUSES = (
    (("disk is full", "53100", "no space left"), FULL, FREE),
    (("readonly database", "25006", "read-only"), READ_ONLY, WRITABLE),
    (("malformed", "xx001", "xx002", "disk i/o error", "could not decode to utf-8"), DAMAGED, RESTORE),
    (("already exists", "42p07", "42701", "duplicate column"), "it is damaged: what it says of its shape is not what it has", RESTORE),
    (("locked", "55p03", "55006"), "another program keeps it", "wait until that has written, or end it, and try again"),
    (("28p01", "28000", "authentication failed", "no password supplied"), "the database does not let this user in",
     "check user and password in the address"),
    (("3d000", "does not exist"), "there is no such database or user", "make it first, for example with `createdb`"),
    (("connection refused", "no such file or directory", "could not translate host", "failed to resolve", "timeout expired"),
     "no PostgreSQL answers there", "start it, or check the address"),
    (("unable to open database file",), "it or its folder cannot be read and written", "check who owns them; from a disk that may only be read, copy it first"),
    (("57p03", "is starting up", "is shutting down"), "it is just starting or stopping", "try again in a moment"),
    (("57p01", "57p02"), LOST, "look at it again and repeat it; the next try connects anew"),
)  # fmt: skip
"""Words or states of a driver in small letters, what they mean, what to do."""


def engine_of(place: str, secret: Secret | None) -> Engine:
    """How to reach a place. Raises StoreError when it cannot be made or its driver is missing."""
    if not is_address(place):
        return _file_engine(place, secret)
    if secret is not None:
        given = "a key is for a record in a file"
        raise StoreError([problem_of(place, given, "leave the key out; encrypt the disk of the database instead")])
    try:
        if not place.startswith(SCHEMES):
            raise ValueError
        url = make_url(place)
        if url.drivername in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(
            url, pool_pre_ping=True, hide_parameters=True, pool_size=10, max_overflow=20, pool_timeout=WAIT_S,
            connect_args={"connect_timeout": WAIT_S, "keepalives_idle": 30},
        )  # fmt: skip
    except (SQLAlchemyError, ImportError, ValueError) as error:
        missing = f"{error.name} is not installed" if isinstance(error, ImportError) else "no such kind of store"
        todo = "install it with `pip install 'unknot[postgresql]'`" if isinstance(error, ImportError) else "check it"
        raise StoreError([problem_of(place, missing, f"{todo}, or name another place with --data", ALLOWED)]) from None
    event.listen(engine, "connect", settings)
    return engine


def _file_engine(place: str, secret: Secret | None) -> Engine:
    try:
        path = file_of(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        connect: Callable[[], Any] | None = connector(path, secret, WAIT_S)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise StoreError([no_place(place, error)]) from error
    url = URL.create("sqlite", database=str(path.absolute()))  # in parts: in a name neither ? nor % means anything
    if connect is None:
        engine = create_engine(url, connect_args={"timeout": WAIT_S}, hide_parameters=True)
    else:
        from sqlcipher3 import dbapi2

        engine = create_engine(url, module=dbapi2, creator=connect, hide_parameters=True)
    event.listen(engine, "connect", pragmas)
    event.listen(engine, "begin", begin)
    return engine


def begin(connection: Connection) -> None:
    """A writer takes its turn at once; a reader takes none and never waits. Who writes in passing waits a moment at most."""
    options = connection.get_execution_options()
    if not options.get("in_passing"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {MOMENT_MS}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {WAIT_S * 1000}")


def pragmas(connection: Any, _: object) -> None:
    """Every connection to a file: durable writes, and transactions that begin when SQLAlchemy says so."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def settings(connection: Any, _: object) -> None:
    """Every connection to PostgreSQL: durable writes, whatever the server's own setting, and no waiting without end."""
    cursor = connection.cursor()
    for setting in ("synchronous_commit = on", f"lock_timeout = '{WAIT_S}s'", "application_name = 'unknot'"):
        cursor.execute(f"SET {setting}")
    cursor.close()
    connection.commit()


def is_postgresql(connection: Connection) -> bool:
    """Whether it is PostgreSQL; SQLite else."""
    return connection.dialect.name == "postgresql"


def take_turn(connection: Connection, names: Sequence[str]) -> None:
    """Writers of one stream or document go one after the other until each has committed.

    SQLite lets one writer in at a time anyway. PostgreSQL locks each name, always in one order, so that two writers never wait for each other.
    """
    if is_postgresql(connection):
        for name in sorted(set(names)):
            connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def lift(engine: Engine, place: str) -> None:
    """Run what migrations are missing, in one program at a time. Alembic takes a second to load, so only then."""
    with engine.connect() as connection:
        now = _version(connection)
        if is_postgresql(connection) and connection.scalar(text("show server_encoding")) != "UTF8":
            raise StoreError([problem_of(place, "its encoding is not UTF-8", "make the database with encoding UTF8")])
    if now == HEAD:
        return
    if now is not None and now > HEAD:
        todo = "update Unknot; if no newer one ever wrote it, it is damaged: " + RESTORE
        raise StoreError([problem_of(place, f"written by a newer Unknot (schema {now})", todo)])
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.execution_options(writing=True).begin() as connection:
        if is_postgresql(connection):
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    known = inspect(connection).has_table("alembic_version")
    return connection.scalar(text("select version_num from alembic_version")) if known else None


def in_words(error: SQLAlchemyError, place: str, what: str) -> StoreError:
    """What a database says of a failure, in words and with what to do; `what` was to be done (read, written, opened)."""
    return (UnwrittenError if what == "written" else StoreError)([_cause(error, place, what)])


def unreadable(place: str, what: str) -> StoreError:
    """What is said where a text that the database tells of itself is none any more."""
    return StoreError([problem_of(place, f"cannot be {what}: {DAMAGED}", RESTORE)])


def tells_damage(error: StoreError) -> bool:
    """Whether what keeps a record from being read is that it is damaged."""
    return error.code == "damaged" or any(f": {DAMAGED}" in problem.given for problem in error.problems)


def _cause(error: SQLAlchemyError, place: str, what: str) -> Problem:
    if isinstance(error, NoConnectionError):
        cause = "too many are working on it"
        return problem_of(place, f"cannot be {what}: {cause}", "try again in a moment")
    said, state = _said(error)
    if "disk i/o error" in said.lower() and _is_full(place):
        return problem_of(place, f"cannot be {what}: {FULL}", FREE)
    for signs, meaning, todo in CAUSES:
        if any(sign == state or (len(sign) > 5 and sign in said.lower()) for sign in signs):
            words = f"cannot be {what}: {meaning}" + ("" if meaning == LOST else f" ({said})")
            return problem_of(place, words, todo)
    if isinstance(error, DBAPIError) and (error.connection_invalidated or state.startswith("08")):
        return problem_of(place, f"cannot be {what}: {LOST}", "look at it again and repeat it")
    if what == "opened":
        return problem_of(place, f"cannot be opened: {said}", "check it, or name another place with --data", ALLOWED)
    return problem_of(place, f"cannot be {what}: {said}", "check that the place is there and answers")


def unwritable(place: str) -> Problem | None:
    """Why nothing can be written into a file or beside it, as the system says without a write; None where it can be, and for an address."""
    if is_address(place):
        return None
    file = file_of(place)
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return problem_of(place, f"cannot be written: {READ_ONLY}", WRITABLE)
    return problem_of(place, f"cannot be written: {FULL}", FREE) if _is_full(place) else None


def _is_full(place: str) -> bool:
    """Whether nothing more can be written beside a file."""
    try:
        return not is_address(place) and shutil.disk_usage(file_of(place).parent).free < NO_ROOM
    except OSError:
        return False


def _said(error: SQLAlchemyError) -> tuple[str, str]:
    """The driver's own words without the statement and without what was read, since both are a client's; and its state in small letters."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return type(error).__name__, ""
    diagnosis = getattr(error.orig, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or str(error.orig).partition("\n")[0].partition(" with text")[0]
    return said, str(getattr(error.orig, "sqlstate", None) or "").lower()
