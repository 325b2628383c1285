"""What takes long to work out, kept beside what it follows from. Such a row may go at any time, and is never used once anything has changed.

Its mark is a digest of what it was worked out from: whose it is, how far that had grown, the knowledge and the atlas where they have a say,
and the code that worked it out. A row with another mark is as good as none, and is replaced. The proof is a digest of mark and content, so that
a row that was damaged or tampered with is as good as none, too. Reading never waits for this: where nothing can be written, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from sqlalchemy import Connection, Select, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from unknot.record.database import is_postgresql
from unknot.record.look import Look, look
from unknot.record.place import StoreError
from unknot.record.schema import DERIVED, DOCUMENTS, FACTS
from unknot.record.store import ROWS_AT_ONCE, Store

ROOMS = ("assess", "body", "case", "treat", "record")
"""Rooms whose code has a say in what is kept; a change in any of them makes all rows void."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row. Its id is that of the stream `of:ID` of facts, or of the document of kind `of`, that it follows from."""

    name: str
    table: Literal["facts", "documents"]
    of: str

    def still(self, idents: Sequence[str]) -> Select[Any]:
        """Those of the ids of which there is anything at all: who was erased meanwhile has nothing."""
        if self.table == "facts":
            streams = [f"{self.of}:{ident}" for ident in idents]
            return select(FACTS.c.stream).where(FACTS.c.stream.in_(streams), FACTS.c.sequence == 1)
        return select(DOCUMENTS.c.id).where(
            DOCUMENTS.c.kind == self.of, DOCUMENTS.c.id.in_(idents), DOCUMENTS.c.version == 1
        )


SESSION = Kind("session", "facts", "session")
"""What a session came to, by the session."""
DRAWING = Kind("drawing", "documents", "drawing")
"""What a drawing colours, by the visit."""
RANKING = Kind("ranking", "documents", "drawing")
"""What leads in the ranking of a drawing, by the visit."""


@lru_cache(maxsize=1)
def code() -> str:
    """A digest of the code that works things out, and of the data that lies beside it."""
    found = blake2b(digest_size=16)
    for room in ROOMS:
        for place, file in _files(files("unknot") / room, room):
            found.update(f"{place}\0".encode() + blake2b(file.read_bytes()).digest())
    return found.hexdigest()


def _files(folder: Traversable, place: str) -> Iterator[tuple[str, Traversable]]:
    for one in sorted(folder.iterdir(), key=lambda f: f.name):
        if one.is_dir() and one.name != "__pycache__":
            yield from _files(one, f"{place}/{one.name}")
        elif one.is_file():
            yield f"{place}/{one.name}", one


def mark_of(kind: Kind, ident: str, stands: object, under: str) -> str:
    """The mark of a row: `stands` says how far its source has grown, `under` which knowledge had a say."""
    told = "\0".join((kind.name, ident, str(stands), under, code()))
    return blake2b(told.encode(), digest_size=16).hexdigest()


def proof_of(mark: str, body: str) -> str:
    return blake2b(f"{mark}\0{body}".encode(), digest_size=16).hexdigest()


def kept(store: Store, kind: Kind, stands: Mapping[str, object], under: str = "") -> dict[str, str]:
    """What is kept of some things as they stand now, by id: one query, none for what this look has seen. Those that must be worked out anew are left out."""
    now = look() or Look()
    unread = [ident for ident in stands if (store, kind.name, ident) not in now.derived.of]
    for start in range(0, len(unread), ROWS_AT_ONCE // 2):
        some = unread[start : start + ROWS_AT_ONCE // 2]
        with store.reading() as connection:
            rows = connection.execute(select(DERIVED).where(DERIVED.c.kind == kind.name, DERIVED.c.id.in_(some)))
            read = {row.id: (row.mark, row.body) for row in rows if row.proof == proof_of(row.mark, row.body)}
        for ident in some:
            now.derived.keep((store, kind.name, ident), read.get(ident))
    found: dict[str, str] = {}
    for ident, standing in stands.items():
        mark, body = now.derived.of[store, kind.name, ident] or ("", "")
        if mark == mark_of(kind, ident, standing, under):
            found[ident] = body
    return found


def stale(store: Store, kind: Kind, stands: Mapping[str, object], under: str = "") -> list[str]:
    """Those of some things of which nothing is kept as they stand now, told by the marks alone: a few queries, however many they are."""
    names, marks = list(stands), dict[str, str]()
    for start in range(0, len(names), ROWS_AT_ONCE // 2):
        some = names[start : start + ROWS_AT_ONCE // 2]
        where = (DERIVED.c.kind == kind.name, DERIVED.c.id.in_(some))
        with store.reading() as connection:
            rows = connection.execute(select(DERIVED.c.id, DERIVED.c.mark).where(*where))
            marks |= {row.id: row.mark for row in rows}
    return [ident for ident in names if marks.get(ident) != mark_of(kind, ident, stands[ident], under)]


def keep(store: Store, kind: Kind, made: Mapping[str, tuple[object, str]], under: str = "") -> None:
    """Keep what was worked out: id to (how far its source had grown, the content). Nothing is kept where that cannot be done in a moment."""
    if not made:
        return
    if (now := look()) is not None:
        for ident, (stands, body) in made.items():
            now.derived.keep((store, kind.name, ident), (mark_of(kind, ident, stands, under), body))
    with suppress(StoreError), store.in_passing() as connection:
        if connection is not None:
            put(connection, kind, made, under)


def put(connection: Connection, kind: Kind, made: Mapping[str, tuple[object, str]], under: str = "") -> None:
    """Inside a transaction: rows in place of those that were there, of such things alone as were not erased meanwhile."""
    on_postgresql = is_postgresql(connection)
    if on_postgresql:  # whoever erases holds this lock until all of it is gone
        connection.execute(text("lock table derived in row exclusive mode"))
    there = {str(name).rpartition(":")[2] for name in connection.scalars(kind.still(list(made)))}
    rows = []
    for ident, (stands, body) in made.items():
        mark = mark_of(kind, ident, stands, under)
        row = {"kind": kind.name, "id": ident, "mark": mark, "body": body, "proof": proof_of(mark, body)}
        rows += [row] if ident in there else []
    if rows:
        adding = (postgresql.insert if on_postgresql else sqlite.insert)(DERIVED)
        new = {name: adding.excluded[name] for name in ("mark", "body", "proof")}
        connection.execute(adding.on_conflict_do_update(index_elements=["kind", "id"], set_=new), rows)


def forget(connection: Connection, idents: Sequence[str]) -> None:
    """Take away all that was worked out of these, inside the transaction that erases them; nobody adds any until it has ended."""
    if is_postgresql(connection):
        connection.execute(text("lock table derived in exclusive mode"))
    for start in range(0, len(idents), ROWS_AT_ONCE // 2):
        connection.execute(delete(DERIVED).where(DERIVED.c.id.in_(idents[start : start + ROWS_AT_ONCE // 2])))


def drop_damaged(store: Store) -> int:
    """Take away rows whose content is not what was kept, or whose source is gone; how many. Nothing is lost by it. Raises StoreError when it cannot be read."""
    kinds = {kind.name: kind for kind in (SESSION, DRAWING, RANKING)}
    bad: list[tuple[str, str]] = []
    with store.snapshot() as connection:
        for some in _some(store.rows(connection, DERIVED)):
            there: dict[str, set[str]] = {}
            for name, kind in kinds.items():
                idents = [row.id for row in some if row.kind == name]
                found = connection.scalars(kind.still(idents)) if idents else ()
                there[name] = {str(one).rpartition(":")[2] for one in found}
            bad += [
                (row.kind, row.id)
                for row in some
                if row.id not in there.get(row.kind, set()) or row.proof != proof_of(row.mark, row.body)
            ]
    if bad:
        with suppress(StoreError), store.writing() as connection:
            for kind_name, ident in bad:
                connection.execute(delete(DERIVED).where(DERIVED.c.kind == kind_name, DERIVED.c.id == ident))
    return len(bad)


def _some(rows: Iterator[Any]) -> Iterator[list[Any]]:
    some: list[Any] = []
    for row in rows:
        some.append(row)
        if len(some) == ROWS_AT_ONCE // 2:
            yield some
            some = []
    if some:
        yield some
