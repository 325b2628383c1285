"""That nothing is missing among the rows that were found: a second index of SQLite counts them, apart from the one that found them.

A changed byte in an index hides a row, and the checksum of a row that is not found says nothing. Sequences and versions run from 1 without a gap, so
the last one is how many there are. Two indexes lie in pages of their own; one damaged byte changes what one of them says. PostgreSQL cannot be told
which index to use; it has checksums of its pages (docs/decisions/0014-a-changed-byte-is-noticed.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from unknot.record.database import is_postgresql
from unknot.record.schema import FACTS
from unknot.record.whole import DamagedError, damaged

T = TypeVar("T")
FACTS_BY, DOCUMENTS_BY = "facts_counted", "documents_counted"
"""The second indexes: of facts by stream, of documents by kind and id."""
FACTS_FIRST, DOCUMENTS_FIRST = "sqlite_autoindex_facts_1", "sqlite_autoindex_documents_1"
"""The indexes of the keys, as SQLite calls them."""
FIRST = {"facts": FACTS_FIRST, "documents": DOCUMENTS_FIRST}
SECOND = {"facts": FACTS_BY, "documents": DOCUMENTS_BY}
AT_ONCE = 500
"""Names in one query."""


def stands(connection: Connection, streams: Sequence[str]) -> dict[str, str]:
    """How far each stream that has any facts has grown: the sequence of its last one and when that was stored.

    Raises DamagedError for a stream of which either index counts other facts than as many as the sequence of the last one that was found.
    """
    found = {}
    for some in _parts(streams):
        for stream, last, at, *counts in (_last_ones if is_postgresql(connection) else _last_and_counted)(
            connection, some
        ):
            if counts != [last or 0] * 2:
                every = [last or 0, *counts]
                raise hidden(stream, "facts", max(every), min(every))
            if last:
                found[str(stream)] = f"{last} {at}"
    return found


def sequence_in(stands: Mapping[str, str], stream: str) -> int:
    """The sequence of the last fact of a stream, 0 when it has none."""
    return int(stands.get(stream, "0").partition(" ")[0])


def check_streams(connection: Connection, streams: Sequence[str]) -> None:
    """Raises DamagedError for the first of some streams of whose facts any are hidden."""
    stands(connection, streams)


def _last_and_counted(connection: Connection, streams: Sequence[str]) -> Sequence[Sequence[Any]]:
    """(stream, its last sequence by the index that finds it, when that was stored, how many facts the second index counts, how many the first)."""
    query = (
        f"with named(stream) as (values {','.join(['(?)'] * len(streams))}) select named.stream, last.sequence, last.at, "
        f"(select count(*) from facts indexed by {FACTS_BY} where stream = named.stream), "
        f"(select count(*) from facts indexed by {FACTS_FIRST} where stream = named.stream) from named left join facts as last "
        "on last.rowid = (select rowid from facts where stream = named.stream order by sequence desc limit 1)"
    )
    return _rows(connection, query, tuple(streams))


def _last_ones(connection: Connection, streams: Sequence[str]) -> Sequence[Sequence[Any]]:
    """The same of PostgreSQL, where the last sequence stands for how many there are."""
    last = (
        select(FACTS.c.stream, func.max(FACTS.c.sequence).label("sequence"))
        .where(FACTS.c.stream.in_(streams))
        .group_by(FACTS.c.stream)
        .subquery()
    )
    where = (FACTS.c.stream == last.c.stream) & (FACTS.c.sequence == last.c.sequence)
    wanted = select(
        FACTS.c.stream, FACTS.c.sequence, FACTS.c.at, *[FACTS.c.sequence.label(name) for name in ("counted", "found")]
    )
    return connection.execute(wanted.join(last, where)).all()


def every_stream(connection: Connection) -> set[str]:
    """The names of all streams that either index finds."""
    if is_postgresql(connection):
        return set(connection.scalars(select(FACTS.c.stream).distinct()))
    queries = (f"select distinct stream from facts indexed by {by}" for by in (FACTS_FIRST, FACTS_BY))
    return {str(row[0]) for query in queries for row in _rows(connection, query, ())}


def is_index_short(connection: Connection, table: str) -> bool:
    """Whether an index of all facts or all documents counts other rows than there are, so that who wants all of them reads without it.

    Raises DamagedError when the table has fewer rows than an index names: then some cannot be read at all.
    """
    if is_postgresql(connection) or table not in SECOND:
        return False
    ways = ("not indexed", f"indexed by {FIRST[table]}", f"indexed by {SECOND[table]}")
    # a sum, since SQLite counts by whichever index is the smallest, whatever is named
    there, *counted = (int(_rows(connection, f"select sum(1) from {table} {way}", ())[0][0] or 0) for way in ways)
    if there < max(counted):
        raise damaged(f"{table}, of whose {max(counted)} rows {there} are there,")
    return counted != [there, there]


def newest_fact(connection: Connection, stream: str) -> int:
    """The sequence of the fact of a stream that was written last, as the second index finds it; 0 for none, and on PostgreSQL."""
    if is_postgresql(connection):
        return 0
    query = f"select sequence from facts indexed by {FACTS_BY} where stream = ? order by rowid desc limit 1"
    return next((int(row[0]) for row in _rows(connection, query, (stream,))), 0)


def astray_documents(connection: Connection, versions: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Those documents, by (kind, id), of which the second index counts other versions than as many as the newest that was found (0 for none), and how many."""
    if is_postgresql(connection):
        return {}
    counted: dict[tuple[str, str], int] = {}
    for some in _parts(list(versions)):
        parts: dict[str, list[str]] = {}
        for kind, ident in some:
            parts.setdefault(kind, []).append(ident)
        query = " union all ".join(f"{_COUNT} kind = ? and id in ({_marks(ids)}) group by id" for ids in parts.values())
        told = tuple(one for kind, ids in parts.items() for one in (kind, *ids))
        counted |= {(str(kind), str(ident)): int(n) for kind, ident, n in _rows(connection, query, told)}
    return {name: counted.get(name, 0) for name, version in versions.items() if counted.get(name, 0) != version}


def check_documents(connection: Connection, versions: Mapping[tuple[str, str], int]) -> None:
    """Raises DamagedError for the first of some documents of which versions are hidden."""
    for (kind, ident), counted in astray_documents(connection, versions).items():
        raise hidden(f"{kind} {ident}", "versions", versions[kind, ident], counted)


def counted_between(
    connection: Connection, kind: str, low: str, high: str, most: int = -1, by: str = DOCUMENTS_BY
) -> dict[str, int] | None:
    """How many versions an index counts of each document of a kind, with an id from `low` to below `high`, the newest ids first.

    None where there is no second index: PostgreSQL.
    """
    if is_postgresql(connection):
        return None
    query = (
        f"select id, count(*) from documents indexed by {by} where kind = ? and id >= ? and id < ? "
        "group by id order by id desc limit ?"
    )
    return {str(ident): int(n) for ident, n in _rows(connection, query, (kind, low, high, most))}


def both_between(connection: Connection, kind: str, low: str, high: str, most: int = -1) -> tuple[set[str], set[str]]:
    """The ids of documents that either index finds, as `counted_between`; and those of which the two count otherwise. None on PostgreSQL."""
    one, other = (
        counted_between(connection, kind, low, high, most, by) or {} for by in (DOCUMENTS_FIRST, DOCUMENTS_BY)
    )
    every = one.keys() | other.keys()
    return every, {ident for ident in every if one.get(ident) != other.get(ident)}


def hidden(name: str, what: str, found: int, counted: int) -> DamagedError:
    """The message about something of whose rows (`what`: facts, versions) not all are found; either index may be the one that lacks some."""
    return damaged(f"{name}, of whose {max(found, counted)} {what} {min(found, counted)} are there,")


_COUNT = f"select kind, id, count(*) from documents indexed by {DOCUMENTS_BY} where"


def _marks(some: Sequence[object]) -> str:
    return ",".join("?" * len(some))


def _parts(names: Sequence[T], most: int = AT_ONCE) -> list[Sequence[T]]:
    return [names[n : n + most] for n in range(0, len(names), most)]


def _rows(connection: Connection, query: str, told: tuple[object, ...]) -> Sequence[Sequence[Any]]:
    """What a query finds in the transaction. By the driver itself: each page asks some times, and this takes a fifth of the time."""
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    try:
        rows: Sequence[Sequence[Any]] = driver.execute(query, told).fetchall()
    except driver.Error:  # asked once more, it comes as the errors of all others do
        return connection.exec_driver_sql(query, told).all()
    return rows
