"""That nothing is missing among the rows that were found: a second index of SQLite counts them, apart from the one that found them.

A changed byte in an index hides a row, and the checksum of a row that is not found says nothing. Sequences and versions run from 1 without a gap, so
the last one is how many there are. Two indexes lie in pages of their own; one damaged byte changes what one of them says. PostgreSQL cannot be told
which index to use; it has checksums of its pages (docs/decisions/0014-a-changed-byte-is-noticed.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from unknot.record.database import is_postgresql
from unknot.record.whole import DamagedError, damaged

T = TypeVar("T")
FACTS_BY, DOCUMENTS_BY = "facts_counted", "documents_counted"
"""The second indexes: of facts by stream, of documents by kind and id."""
AT_ONCE = 500
"""Names in one query."""


def astray_streams(connection: Connection, lasts: Mapping[str, int]) -> dict[str, int]:
    """Those streams of which the second index counts other facts than as many as the sequence of the last that was found (0 for none), and how many."""
    if is_postgresql(connection):
        return {}
    names, counted = list(lasts), dict[str, int]()
    for some in _parts(names):
        query = (
            f"select stream, count(*) from facts indexed by {FACTS_BY} where stream in ({_marks(some)}) group by stream"
        )
        counted |= {str(name): int(n) for name, n in connection.exec_driver_sql(query, tuple(some))}
    return {name: counted.get(name, 0) for name in names if counted.get(name, 0) != lasts[name]}


def check_streams(connection: Connection, lasts: Mapping[str, int]) -> None:
    """Raises DamagedError for the first of some streams of which facts are hidden."""
    for name, counted in astray_streams(connection, lasts).items():
        raise hidden(name, "facts", lasts[name], counted)


def newest_fact(connection: Connection, stream: str) -> int:
    """The sequence of the fact of a stream that was written last, as the second index finds it; 0 for none, and on PostgreSQL."""
    if is_postgresql(connection):
        return 0
    query = f"select sequence from facts indexed by {FACTS_BY} where stream = ? order by rowid desc limit 1"
    return int(connection.exec_driver_sql(query, (stream,)).scalar() or 0)


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
        counted |= {(str(kind), str(ident)): int(n) for kind, ident, n in connection.exec_driver_sql(query, told)}
    return {name: counted.get(name, 0) for name, version in versions.items() if counted.get(name, 0) != version}


def check_documents(connection: Connection, versions: Mapping[tuple[str, str], int]) -> None:
    """Raises DamagedError for the first of some documents of which versions are hidden."""
    for (kind, ident), counted in astray_documents(connection, versions).items():
        raise hidden(f"{kind} {ident}", "versions", versions[kind, ident], counted)


def counted_between(connection: Connection, kind: str, low: str, high: str, most: int = -1) -> dict[str, int] | None:
    """How many versions the second index counts of each document of a kind, with an id from `low` to below `high`, the newest ids first.

    None where there is no second index: PostgreSQL.
    """
    if is_postgresql(connection):
        return None
    query = f"{_COUNT} kind = ? and id >= ? and id < ? group by id order by id desc limit ?"
    return {str(ident): int(n) for _, ident, n in connection.exec_driver_sql(query, (kind, low, high, most))}


def hidden(name: str, what: str, found: int, counted: int) -> DamagedError:
    """The message about something of whose rows (`what`: facts, versions) not all are found; either index may be the one that lacks some."""
    return damaged(f"{name}, of whose {max(found, counted)} {what} {min(found, counted)} are there,")


_COUNT = f"select kind, id, count(*) from documents indexed by {DOCUMENTS_BY} where"


def _marks(some: Sequence[object]) -> str:
    return ",".join("?" * len(some))


def _parts(names: Sequence[T], most: int = AT_ONCE) -> list[Sequence[T]]:
    return [names[n : n + most] for n in range(0, len(names), most)]
