"""One client or photograph erased, in both databases: nothing of it is left and nothing of the others is touched."""

from __future__ import annotations

import base64
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from full_record import ON, SECRET, client_ids, rows
from postgres import Server
from unknot.record.backup import restore
from unknot.record.erase import STREAM, erase, erased, holding
from unknot.record.ids import uuid7
from unknot.record.lines import TABLES
from unknot.record.look import looking
from unknot.record.photos import Photos
from unknot.record.screening import Visit
from unknot.record.store import Fact, Store, StoreError, open_store
from unknot.record.verify import verify

pytestmark = pytest.mark.usefixtures("cheap")


@pytest.fixture
def store(full_store: Store) -> Store:
    """The full record, in both databases."""
    return full_store


# ---------------------------------------------------------------- erase


def test_erasing_takes_all_of_one_client_and_nothing_of_the_others(store: Store) -> None:
    first, *others = client_ids(store)
    held = holding(store, first)
    before = rows(store)
    done = erase(store, first, "asked for it")
    assert (done.client, done.facts, done.documents, done.compacted) == (first, held.facts, held.versions, True)
    after = rows(store)
    assert held.facts > 50 and held.versions >= 3
    gone = [r for r in before["facts"] if r[0].partition(":")[2] in held.ids]
    assert after["facts"][:0] == [] and len(gone) == held.facts
    left = [r for r in after["facts"] if r[0] != STREAM]
    assert left == [r for r in before["facts"] if r not in gone]
    assert not [r for r in after["documents"] if first in str(r)]
    assert len(after["documents"]) == len(before["documents"]) - held.versions
    assert client_ids(store) == others
    assert erased(store) == {first}
    fact = store.facts(STREAM)[0]
    assert set(fact.body) == {"client", "facts", "documents", "why"}
    assert verify(store).wrong == 0, "the guards are back"
    with pytest.raises(StoreError, match="no such client"):
        erase(store, first)


def test_no_byte_of_an_erased_client_is_left_in_the_file(filled: Path, tmp_path: Path) -> None:
    where = tmp_path / "copy.db"
    shutil.copy(filled, where)
    store = open_store(where)
    label = b"Zebedee Quillfeather 0"
    ident = next(d.id for d in store.all("client") if d.body["label"].encode() == label)
    changed = store.get("client", ident)
    assert changed is not None
    store.put("client", ident, {**changed.body, "age": 41}, over=1)
    assert label in where.read_bytes()
    erase(store, ident)
    store.close()
    whole = b"".join(f.read_bytes() for f in tmp_path.glob("copy.db*"))
    assert label not in whole and b"since the garden, word 0" not in whole
    assert b"Zebedee Quillfeather 1" in whole


def test_no_table_that_the_database_has_keeps_anything_of_an_erased_client(store: Store) -> None:
    """The tables are those that the database itself lists, whatever the code knows of."""
    from sqlalchemy import inspect

    ident = client_ids(store)[0]
    held = holding(store, ident)
    visit = next(s.partition(":")[2] for s in held.streams if s.startswith("visit:"))
    for kind, name, body in (
        ("appointment", "2027-01-01.x", {"client": ident}), ("device", "ab" * 32, {"client": ident}), ("home", ident, {"client": ident}),
        ("likes", ident, {"limits": {}}), ("answered_in", ident, {"client": ident, "language": "cy"}), ("note", visit, {"client": ident, "parts": {"plan": held.label}}), ("came", f"2027.{visit}", {"visit": visit}),
    ):  # fmt: skip
        store.put(kind, name, body)
    store.append("audit", [Fact("look", {"who": "this machine", "what": "/clients/{client}", "client": ident})])
    ids = holding(store, ident).ids
    assert held.ids < ids
    erase(store, ident)
    with store.reading() as connection:
        tables = inspect(connection).get_table_names()
        assert set(TABLES) < set(tables)
        for table in tables:
            for row in connection.execute(text(f"select * from {table}")):
                told = str(tuple(row))
                if table == "facts" and row.stream in (
                    STREAM,
                    "audit",
                ):  # an id without a name: that it was, and who looked
                    told = told.replace(ident, "")
                assert held.label not in told and not [i for i in ids if i in told], (table, told[:80])


def test_no_byte_of_an_erased_client_is_left_in_the_tables_of_postgresql(postgres: Server, sealed: Path) -> None:
    where = postgres.database()
    restore(sealed, where, SECRET)
    store = open_store(where)
    ident = next(d.id for d in store.all("client") if d.body["label"].endswith("0"))
    with store.reading() as connection:
        table = postgres.folder / "data" / str(connection.scalar(text("select pg_relation_filepath('facts')")))

    def within(part: bytes) -> bool:
        return any(part in f.read_bytes() for f in table.parent.iterdir())

    postgres.execute("postgres", "checkpoint")
    assert within(b"Zebedee Quillfeather 0")
    erase(store, ident)
    store.close()
    postgres.execute("postgres", "checkpoint")
    assert not within(b"Zebedee Quillfeather 0") and within(b"Zebedee Quillfeather 1")


def _a_photograph(store: Store) -> tuple[Photos, Visit, list[bytes]]:
    """A kept picture of some twenty pages, and pieces of it as it lies there."""
    ident = client_ids(store)[0]
    visit, photos = Visit(uuid7(), ident, ON, came_before=False), Photos(store)
    scan = b"\xff\xda\0\x02" + random.Random(7).randbytes(80_000).replace(b"\xff", b"x")
    data = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0" + scan + b"\xff\xd9"
    photos.keep(visit, data)
    lies = base64.b64encode(data)
    return photos, visit, [lies[n : n + 40] for n in range(200, len(lies), 999)]


def test_no_byte_of_a_photograph_that_was_taken_out_is_left_in_the_file(filled: Path, tmp_path: Path) -> None:
    where = tmp_path / "copy.db"
    shutil.copy(filled, where)
    store = open_store(where)
    photos, visit, pieces = _a_photograph(store)

    def left() -> int:
        whole = b"".join(f.read_bytes() for f in tmp_path.glob("copy.db*"))
        return sum(piece in whole for piece in pieces)

    assert left() > 90
    assert photos.remove(visit, 0, "A. P.")
    assert left() == 0, "while the app runs"
    other = open_store(where)
    photos, visit, pieces = _a_photograph(store)
    with other.reading() as connection:
        connection.execute(text("select * from facts")).fetchone()
        assert not photos.remove(visit, 0, "A. P."), "somebody reads an older state, which is told"
    other.close()
    store.close()
    assert left() == 0, "once it is closed"


def test_what_is_left_of_a_photograph_is_that_it_was_there_and_who_took_it_out(store: Store) -> None:
    photos, visit, _ = _a_photograph(store)
    with looking():
        kept = store.get("photo", f"{visit.id}.0")
        assert kept is not None
        photos.remove(visit, 0, "A. P.")
        assert photos.of([visit]) == [] and photos.read(visit, 0) is None, "within one look, too"
    photos.remove(visit, 0, "twice"), photos.remove(visit, 4, "none")
    (left,) = photos.taken_out([visit])
    assert left.body == {"photo": 0, "kept": kept.at, "by": "A. P."}
    assert verify(store).wrong == 0, "the guards are back"
    with pytest.raises(StoreError), store.writing() as connection:
        connection.execute(text("delete from documents where kind = 'client'"))


def test_no_byte_of_a_photograph_is_left_in_the_tables_of_postgresql(postgres: Server) -> None:
    where = postgres.database()
    store = open_store(where)
    store.put("client", uuid7(), {"label": "A"})
    photos, visit, pieces = _a_photograph(store)
    with store.reading() as connection:
        folder = (
            postgres.folder / "data" / str(connection.scalar(text("select pg_relation_filepath('facts')")))
        ).parent

    def left() -> int:
        postgres.execute("postgres", "checkpoint")
        whole = b"".join(f.read_bytes() for f in folder.iterdir())
        return sum(piece in whole for piece in pieces)

    assert left() > 90
    photos.remove(visit, 0, "A. P.")
    assert left() == 0
    store.close()


def test_an_erasing_that_fails_leaves_everything_and_the_guards(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client_ids(store)[0]
    before = rows(store)
    with monkeypatch.context() as broken:
        broken.setattr("unknot.record.erase.Batch", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erase(store, first)
    assert rows(store) == before
    assert verify(store).wrong == 0


def test_while_somebody_reads_the_room_is_not_freed_and_that_is_told(
    filled: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("unknot.record.database.WAIT_S", 1)
    where = tmp_path / "copy.db"
    shutil.copy(filled, where)
    store, other = open_store(where), open_store(where)
    with other.reading() as connection:
        connection.execute(text("select * from facts")).fetchone()
        assert not erase(store, client_ids(store)[0]).compacted
    store.close()
    other.close()
