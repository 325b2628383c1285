"""Erasing: one client wholly (facts, documents, visits, sessions), or one document such as a photograph; also from the file itself.

Of a client one fact without health data is left, of a document the fact that it was there and was taken out.

This is the only place where rows go away. The guards are lifted inside the one transaction that deletes, so that nothing else can slip
through, and no moment exists at which they are gone and the transaction is not there (docs/decisions/0010-the-way-out.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError

from unknot.errors import Problem
from unknot.record.counted import check_documents, check_streams, every_stream
from unknot.record.database import MOMENT_MS, WAIT_S, is_postgresql, take_turn
from unknot.record.derived import forget
from unknot.record.look import look
from unknot.record.place import StoreError
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.store import Batch, Fact, Store
from unknot.record.whole import damaged, is_whole, name_of, read_rows

STREAM = "erasures"
"""Where it is kept that somebody was erased: an id without a name, and how much went."""
AT_ONCE = 50
"""Ids that are looked for in one go."""


@dataclass(frozen=True, slots=True)
class Holding:
    """All that is kept of one client: the ids that are theirs, and how much there is."""

    client: str
    label: str
    ids: frozenset[str]
    streams: tuple[str, ...]
    documents: tuple[tuple[str, str], ...]
    facts: int
    versions: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What went. `compacted`: whether the freed room was given back, too."""

    client: str
    facts: int
    documents: int
    compacted: bool


def holding(store: Store, client: str) -> Holding:
    """What is kept of a client. Raises StoreError when there is none of that id."""
    with store.reading() as connection:
        return _holding(connection, client)


def _holding(connection: Connection, client: str, *, again: bool = False) -> Holding:
    label = "" if again else None
    newest = select(DOCUMENTS).where(DOCUMENTS.c.kind == "client", DOCUMENTS.c.id == client)
    for row in read_rows(connection, newest.order_by(DOCUMENTS.c.version)):
        label = str(_told_in(row).get("label", ""))
    if label is None:
        check_documents(connection, {("client", client): 0})
        raise StoreError(
            [
                Problem(
                    "no_client",
                    "client",
                    "no such client",
                    "an id, or a name as it stands in the list",
                    "look it up in the app",
                )
            ]
        )
    ids, documents = _theirs(connection, client)
    streams = tuple(sorted({s for s in every_stream(connection) if s.partition(":")[2] in ids}))
    facts = sum(store_count(connection, FACTS.c.stream == s) for s in streams)
    versions = sum(
        store_count(connection, (DOCUMENTS.c.kind == kind) & (DOCUMENTS.c.id == ident)) for kind, ident in documents
    )
    return Holding(client, label, frozenset(ids), streams, tuple(sorted(documents)), facts, versions)


def store_count(connection: Connection, where: Any) -> int:
    """Rows of the table that `where` speaks of."""
    return int(connection.scalar(select(func.count()).where(where)) or 0)


def _theirs(connection: Connection, client: str) -> tuple[set[str], set[tuple[str, str]]]:
    """The ids of a client, their visits and their sessions, and every document of theirs or that names one of them as whose it is."""
    ids, documents = {client}, set[tuple[str, str]]()
    new = {client}
    while new:
        found: set[str] = set()
        for stream in [f"{kind}:{ident}" for kind in ("client", "visit") for ident in new]:
            for row in read_rows(connection, select(FACTS).where(FACTS.c.stream == stream)):
                told = _told_in(row)
                found |= {v for v in (told.get("visit"), told.get("session")) if isinstance(v, str)}
        for kind, ident in _named(connection, new):
            documents.add((kind, ident))
            found.add(ident)
        new = found - ids
        ids |= new
    return ids, documents


def _told_in(row: Row[Any]) -> dict[str, Any]:
    """What a row says. Raises DamagedError where it is not as it was written: what it names might stay in the file for good."""
    if not is_whole(row):
        raise damaged(name_of(row))
    told: dict[str, Any] = json.loads(row.body)
    return told


def _named(connection: Connection, ids: set[str]) -> Iterator[tuple[str, str]]:
    """(kind, id) of documents that have one of these ids or say that they belong to one."""
    every = sorted(ids)
    for some in (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE)):
        names = [DOCUMENTS.c.body.contains(f'"{ident}"', autoescape=True) for ident in some]
        for row in read_rows(connection, select(DOCUMENTS).where(or_(DOCUMENTS.c.id.in_(some), *names))):
            told = _told_in(row)
            if row.id in some or any(told.get(key) in some for key in ("client", "visit", "session")):
                yield row.kind, row.id


def erase(store: Store, client: str, why: str = "", *, again: bool = False) -> Erased:
    """Erase a client, in one transaction, and then from the free room of the database. Raises StoreError when there is no such client.

    `again`: of one who was erased already, what somebody has still written in the moment of erasing.
    """
    with store.writing() as connection:
        if not is_postgresql(connection):
            connection.exec_driver_sql("pragma secure_delete = on")
        guards = _lift_guards(connection)  # first: from here on nobody adds anything
        found = _holding(connection, client, again=again)
        _check(connection, found)
        for stream in found.streams:
            connection.execute(delete(FACTS).where(FACTS.c.stream == stream))
        for kind, ident in found.documents:
            connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.kind == kind, DOCUMENTS.c.id == ident))
        forget(connection, sorted(found.ids))
        for guard in guards:
            connection.exec_driver_sql(guard)
        take_turn(connection, [STREAM])
        body = {"client": client, "facts": found.facts, "documents": found.versions, "why": why}
        store.add(connection, Batch(STREAM, [Fact("erased", body)]))
    return Erased(client, found.facts, found.versions, compact(store))


def _check(connection: Connection, found: Holding) -> None:
    """Raises DamagedError where rows are hidden, which would be left in the file."""
    check_streams(connection, found.streams)
    newest = select(func.max(DOCUMENTS.c.version))
    for kind, ident in found.documents:
        version = connection.scalar(newest.where(DOCUMENTS.c.kind == kind, DOCUMENTS.c.id == ident))
        check_documents(connection, {(kind, ident): int(version or 0)})


def erased(store: Store) -> set[str]:
    """The ids of clients that were erased here."""
    return {str(f.body["client"]) for f in store.facts(STREAM)}


def _lift_guards(connection: Connection) -> list[str]:
    """Take the guards off, inside the transaction; what puts them back."""
    if is_postgresql(connection):
        for table in ("facts", "documents"):
            connection.execute(text(f"alter table {table} disable trigger {table}_only_added"))
        return [f"alter table {table} enable trigger {table}_only_added" for table in ("facts", "documents")]
    query = "select name, sql from sqlite_master where type = 'trigger' and name like '%_no_delete'"
    rows = connection.execute(text(query)).all()
    for row in rows:
        connection.exec_driver_sql(f"drop trigger {row.name}")
    return [str(row.sql) for row in rows]


def take_out(store: Store, kind: str, ident: str, left: Batch) -> bool:
    """Take one document out in all its versions, in one transaction with the facts that are left of it. Raises StoreError.

    Its bytes are overwritten with nothing. False when the log, or PostgreSQL's table, still holds them since somebody else works on it just now.
    """
    if (now := look()) is not None:
        now.documents.forget((store, kind, ident))
    where = (DOCUMENTS.c.kind == kind) & (DOCUMENTS.c.id == ident)
    with store.writing() as connection:
        if not is_postgresql(connection):
            connection.exec_driver_sql("pragma secure_delete = on")
        guards = _lift_guards(connection)
        there = store_count(connection, where) > 0
        if there:
            connection.execute(delete(DOCUMENTS).where(where))
            forget(connection, [ident])
            take_turn(connection, [left.stream])
            store.add(connection, left)
        for guard in guards:
            connection.exec_driver_sql(guard)
    return not there or compact(store, anew=False)


def compact(store: Store, *, anew: bool = True) -> bool:
    """Write the database anew without what was freed, and empty its log; False when somebody else works on it just now.

    Not `anew`: a file whose freed pages are empty already keeps them, and nobody waits for it longer than a moment.
    """
    try:
        with store.engine.connect() as connection:
            if is_postgresql(connection):
                connection.rollback()
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                for table in ("facts", "documents", "derived") if anew else ("documents",):
                    alone.execute(text(f"vacuum full {table}"))
                return True
            connection.rollback()
            held = connection.connection.driver_connection
            if held is None:
                return False
            if anew:
                held.execute("vacuum")
                return _log_emptied(held)
            held.execute(f"pragma busy_timeout = {MOMENT_MS}")
            try:
                return _log_emptied(held)
            finally:
                held.execute(f"pragma busy_timeout = {WAIT_S * 1000}")
    except SQLAlchemyError:
        return False
    except Exception as error:
        if type(error).__name__ != "OperationalError":  # the driver's own, of either kind: the erasing itself is done
            raise
        return False


def _log_emptied(held: Any) -> bool:
    return not held.execute("pragma wal_checkpoint(truncate)").fetchone()[0]


def clients_called(store: Store, name: str) -> list[str]:
    """Ids of clients that have this id, or are called so."""
    return [d.id for d in store.all("client") if name in (d.id, d.body.get("label"))]


def told_apart(store: Store, idents: Sequence[str]) -> str:
    """Clients of one name, each with its id, age, how often they came and when last."""
    found = []
    for ident in idents:
        client = store.get("client", ident)
        on = sorted(f.body["on"] for f in store.facts(f"client:{ident}") if f.kind == "visit_opened")
        age = f"{client.body['age']:g} years, " if client and client.body.get("age") is not None else ""
        came = f"{len(on)} visit{'s' if len(on) > 1 else ''}, the last on {on[-1]}" if on else "no visit"
        found.append(f"{ident} ({age}{came})")
    return "; ".join(found)
