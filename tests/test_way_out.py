"""The way out of the record and back: backup and restore, verify, export and import, and erasing one client wholly; in both databases."""

from __future__ import annotations

import base64
import csv
import json
import random
import shutil
import sys
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from postgres import Server
from unknot.bench import working_day
from unknot.bench.ledger import MARK
from unknot.knowledge.load import knowledge
from unknot.record import secret as keys
from unknot.record.accounts import Accounts, Passwords
from unknot.record.audit import Audit, Wanted
from unknot.record.backup import Backup, backup, read_backup, restore
from unknot.record.erase import STREAM, erase, erased, holding
from unknot.record.export import export
from unknot.record.ids import uuid7
from unknot.record.lines import TABLES
from unknot.record.look import looking
from unknot.record.note import Notes
from unknot.record.people import newest
from unknot.record.photos import Photos
from unknot.record.reports import cover_of
from unknot.record.screening import Desk, Visit
from unknot.record.secret import Secret, new_cost
from unknot.record.store import Fact, Store, StoreError, open_store
from unknot.record.story import past, story
from unknot.record.tables import FLAT
from unknot.record.take_in import take_in, take_in_clients
from unknot.record.verify import verify
from unknot.web.notes import phrases_of
from unknot.web.papers import papers_of
from unknot.web.practice import practice_of

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import release_record

K = knowledge()
ON = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECRET = Secret(b"correct horse battery")


@pytest.fixture(scope="module", autouse=True)
def cheap() -> Iterator[None]:
    """A guess that costs little, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "new_cost", lambda: replace(new_cost(), passes=1, lanes=1, memory_kib=64))
        yield


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real record in a file; tests take a copy."""
    where = tmp_path_factory.mktemp("filled") / "unknot.db"
    store = open_store(where, {"unknot": "test"})
    release_record.fill(store, K, ON)
    store.close()
    return where


@pytest.fixture(scope="module")
def restored(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A backup of that record, and the file that it was restored to."""
    folder = tmp_path_factory.mktemp("restored")
    store = open_store(filled)
    backup(store, folder / "record.backup", SECRET, NOW)
    store.close()
    restore(folder / "record.backup", folder / "unknot.db", SECRET)
    return folder / "record.backup", folder / "unknot.db"


@pytest.fixture
def sealed(restored: tuple[Path, Path], tmp_path: Path) -> Path:
    """The backup, for a test that may break it."""
    return Path(shutil.copy(restored[0], tmp_path / "record.backup"))


@pytest.fixture
def store(place: str, restored: tuple[Path, Path]) -> Iterator[Store]:
    """The same record, in both databases."""
    if "://" in place:
        restore(restored[0], place, SECRET)
    else:
        shutil.copy(restored[1], place)
    opened = open_store(place, {"unknot": "test"})
    yield opened
    opened.close()


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored, as it lies there."""
    with store.reading() as connection:
        return {
            name: [tuple(r) for r in connection.execute(select(t).order_by(*t.primary_key.columns))]
            for name, t in TABLES.items()
        }


def rows_at(where: Path | str) -> dict[str, list[tuple[Any, ...]]]:
    opened = open_store(where)
    try:
        return rows(opened)
    finally:
        opened.close()


def client_ids(store: Store) -> list[str]:
    return sorted(d.id for d in store.all("client"))


# ---------------------------------------------------------------- backup and restore


def test_a_backup_brings_back_every_row_as_it_was_in_either_database(filled: Path, store: Store) -> None:
    assert rows(store) == rows_at(filled)
    found = verify(store)
    assert found.wrong == 0 and found.sessions == 2 and found.facts == len(rows(store)["facts"])


def test_nothing_readable_stands_in_a_backup(sealed: Path) -> None:
    data = sealed.read_bytes()
    assert data.startswith(b"UNKNOTBK")
    for part in (b"Zebedee", b"anticoagulant", b"facts", b"shoulder"):
        assert part not in data
    assert sealed.stat().st_mode & 0o077 == 0


def test_every_changed_byte_of_a_backup_is_noticed_and_nothing_is_restored(sealed: Path, tmp_path: Path) -> None:
    data = sealed.read_bytes()
    for at in [*range(0, 300, 23), *range(300, len(data), len(data) // 20), len(data) - 1]:
        changed = bytearray(data)
        changed[at] ^= 1
        (tmp_path / "changed").write_bytes(changed)
        with pytest.raises(StoreError):
            restore(tmp_path / "changed", str(tmp_path / "back.db"), SECRET)
        assert not list(tmp_path.glob("back.db*"))


@pytest.mark.parametrize("cut", [1, 3, 10, 500, -4, -1])
def test_a_backup_cut_off_anywhere_is_noticed(sealed: Path, cut: int) -> None:
    sealed.write_bytes(sealed.read_bytes()[:cut])
    with pytest.raises(StoreError):
        read_backup(sealed, SECRET)


def test_chunks_cannot_be_left_out_swapped_or_doubled(tmp_path: Path) -> None:
    import os
    import struct

    from unknot.record.sealed import Sealing, unsealed

    path = tmp_path / "many"
    with Sealing(path, SECRET, {}) as out:
        out.write(os.urandom(300_000))
    data = path.read_bytes()
    start = 12 + struct.unpack(">I", data[8:12])[0]
    chunks = []
    at = start
    while at < len(data):
        size = 4 + struct.unpack(">I", data[at : at + 4])[0]
        chunks.append(data[at : at + size])
        at += size
    assert len(chunks) == 5
    a, b, c, *rest = chunks
    for wrong in ([a, c, *rest], [b, a, c, *rest], [a, a, b, c, *rest], [a, b, c], [a, b, c, *rest, rest[-1]], []):
        path.write_bytes(data[:start] + b"".join(wrong))
        with path.open("rb") as file, pytest.raises(StoreError):
            list(unsealed(file, "many", SECRET))


@pytest.mark.parametrize(
    "content", [b"", b"UNKNOTBK", b"not a backup at all", b"UNKNOTBK\0\0\0\2{}", b"UNKNOTBK\xff\xff\xff\xff"]
)
def test_what_is_no_backup_is_told_in_one_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(StoreError) as error:
        restore(tmp_path / "x", str(tmp_path / "back.db"), SECRET)
    assert len(error.value.problems) == 1 and error.value.problems[0].todo
    assert not list(tmp_path.glob("back.db*"))


def test_a_wrong_key_opens_no_backup(sealed: Path) -> None:
    with pytest.raises(StoreError, match="key does not open"):
        read_backup(sealed, Secret(b"another one entirely"))


def test_a_backup_of_a_newer_form_is_refused(sealed: Path) -> None:
    sealed.write_bytes(sealed.read_bytes().replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(StoreError, match="update Unknot"):
        read_backup(sealed, SECRET)


def test_nothing_is_ever_written_over(store: Store, sealed: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="already"):
        backup(store, sealed, SECRET, NOW)
    before = rows(store)
    with pytest.raises(StoreError, match="rows already"):
        restore(sealed, store.place, SECRET)
    assert rows(store) == before
    with pytest.raises(StoreError, match="No such file"):
        backup(store, tmp_path / "no" / "folder" / "x", SECRET, NOW)
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_made_while_others_write_is_one_moment(store: Store, tmp_path: Path) -> None:
    over = threading.Event()
    other = open_store(store.place)

    def write() -> None:
        n = 0
        while not over.is_set():
            other.append("busy", [Fact("x", {"n": n}), Fact("x", {"n": n})])
            other.put("busy", f"{n:06}", {"n": n})
            n += 1

    thread = threading.Thread(target=write)
    thread.start()
    made: list[Backup] = []
    try:
        for n in range(3):
            time.sleep(0.1)
            made.append(backup(store, tmp_path / f"{n}.backup", SECRET, NOW))
    finally:
        over.set()
        thread.join(30)
    assert made[0].facts < made[1].facts < made[2].facts
    found = restore(tmp_path / "1.backup", str(tmp_path / "back.db"), SECRET)
    assert found.wrong == 0 and found.facts == made[1].facts
    back = open_store(tmp_path / "back.db")
    busy = [f.body["n"] for f in back.facts("busy")]
    assert busy == [n // 2 for n in range(len(busy))] and len(busy) % 2 == 0
    assert 0 <= len(busy) // 2 - len(back.all("busy")) <= 1, "documents are of the same moment as the facts before them"
    back.close()
    other.close()


def test_on_a_full_disk_a_backup_or_export_is_told_as_not_made_and_leaves_nothing(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    store = open_store(filled)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        backup(store, tmp_path / "b", SECRET, NOW)
    with pytest.raises(StoreError, match="No space left"):
        export(store, tmp_path / "b.zip", ["json"], NOW)
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_sees_nothing_of_what_is_written_meanwhile(store: Store) -> None:
    from unknot.record.lines import count

    other = open_store(store.place)
    with store.snapshot() as connection:
        before = count(connection)
        other.append("busy", [Fact("x", {})])
        other.put("busy", "1", {})
        assert count(connection) == before
    with store.snapshot() as connection:
        assert count(connection) == before + 2
    other.close()


def test_a_backup_is_how_a_record_becomes_encrypted(sealed: Path, tmp_path: Path, filled: Path) -> None:
    restore(sealed, str(tmp_path / "shut.db"), SECRET, Secret(b"the key of the record"))
    assert b"Zebedee" not in b"".join(f.read_bytes() for f in tmp_path.glob("shut.db*"))
    opened = open_store(tmp_path / "shut.db", secret=Secret(b"the key of the record"))
    assert rows(opened) == rows_at(filled)
    assert verify(opened).wrong == 0
    opened.close()


def test_memory_is_bounded_whatever_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred rows at a time, so that a small record shows it."""
    for module in ("store", "lines"):
        monkeypatch.setattr(f"unknot.record.{module}.ROWS_AT_ONCE", 100)
    where = tmp_path / "large.db"
    large = open_store(where)
    for n in range(3):
        large.append(f"s{n:02}", [Fact("x", {"text": f"{i} " + "word " * 360}) for i in range(1000)])
    assert where.stat().st_size + where.with_name("large.db-wal").stat().st_size > 5_000_000
    small = open_store(tmp_path / "small.db")  # what is loaded once is not counted
    backup(small, tmp_path / "first", SECRET, NOW)
    export(small, tmp_path / "f", ["json", "csv"], NOW)
    small.close()
    restore(tmp_path / "first", str(tmp_path / "first.db"), SECRET)
    tracemalloc.start()
    try:
        backup(large, tmp_path / "b", SECRET, NOW)
        export(large, tmp_path / "e", ["json", "csv"], NOW)
        large.close()
        restore(tmp_path / "b", str(tmp_path / "back.db"), SECRET)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 3_000_000


# ---------------------------------------------------------------- the papers


def papers_in(folder: Path) -> list[dict[str, str]]:
    with (folder / "papers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def set_as(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, dict[str, Any]]:
    """What was told to the typesetter, by the PDF that came of it."""
    from unknot.web import letter, paper
    from unknot.web.typeset import typeset

    found: dict[bytes, dict[str, Any]] = {}

    def told(template: str, data: dict[str, Any], title: str) -> bytes:
        made = typeset(template, data, title)
        found[made] = data
        return made

    monkeypatch.setattr(paper, "typeset", told)
    monkeypatch.setattr(letter, "typeset", told)
    return found


def test_an_export_holds_each_paper_as_pdf_in_the_folder_of_its_client(
    filled: Path, tmp_path: Path, set_as: dict[bytes, dict[str, Any]]
) -> None:
    store = open_store(filled)
    labels = {d.id: str(d.body["label"]) for d in store.all("client")}
    made = export(store, tmp_path / "out", ["json"], NOW, papers=papers_of(store, ON))
    store.close()
    folder = tmp_path / "out" / "pdf"
    listed = papers_in(folder)
    assert made.papers is not None and (made.papers.written, made.papers.failed) == (15, 0)
    assert {row["file"] for row in listed} == {str(f.relative_to(folder)) for f in folder.rglob("*.pdf")}
    for client, label in labels.items():
        own = [row for row in listed if row["client"] == client]
        assert sorted(row["paper"] for row in own) == ["insurance", "letter", "note", "progress", "sheet"]
        for row in own:
            pdf = (folder / row["file"]).read_bytes()
            data = set_as[pdf]
            assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
            assert label in data.get("about", "") + data.get("client", ""), row
            assert not any(other in str(data) for other in labels.values() if other != label), row
            assert row["file"].startswith(client) and "Zebedee" not in row["file"] and not row["problem"]
    with (tmp_path / "out" / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        explained = [row["column"] for row in csv.DictReader(file) if row["table"] == "papers"]
    assert explained == list(listed[0])


def test_a_paper_that_cannot_be_made_is_told_the_others_are_there_and_nothing_is_stored(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unknot.web import papers

    def refuse(*_: Any, **__: Any) -> Any:
        raise ValueError("words of a client")

    shutil.copy(filled, tmp_path / "copy.db")
    store = open_store(tmp_path / "copy.db")
    store.put("client", "../../=out", {"label": "Outside", "age": 40, "sex": "female"})
    store.put("client", "ill", {"label": "Damaged", "age": 40, "sex": "female", "treated_by": 5})
    desk = Desk(store, K)
    desk.answer(desk.visit_of("../../=out", ON), {"fever": "no"}, "client")
    monkeypatch.setattr(papers, "sheet_of", refuse)
    before = rows(store)
    made = export(store, tmp_path / "out", ["json"], NOW, papers=papers.papers_of(store, ON))
    assert rows(store) == before, "no clearance is kept by who only looks"
    store.close()
    listed = papers_in(tmp_path / "out" / "pdf")
    failed = [(row["paper"], row["problem"]) for row in listed if row["problem"]]
    assert sorted(failed) == [("all", "TypeError"), *[("sheet", "ValueError")] * 4]
    assert made.papers is not None and made.papers.failed == 5 and made.papers.written == len(listed) - 5
    assert not [row for row in listed if "words" in str(row)]
    files = {str(f.relative_to(tmp_path / "out" / "pdf")) for f in tmp_path.rglob("*.pdf")}
    assert files == {row["file"] for row in listed if not row["problem"]}
    assert not [row for row in listed if ".." in row["file"]]


def test_an_export_that_is_cut_off_amid_its_papers_never_stands_under_its_name(filled: Path, tmp_path: Path) -> None:
    from unknot.record.export import Printed
    from unknot.record.lines import Progress

    def full(folder: Path, _: Progress) -> Printed:
        assert not (tmp_path / "out").exists() and folder.parent.name == "out.part"
        raise OSError(28, "No space left on device")

    store = open_store(filled)
    with pytest.raises(StoreError, match="No space left"):
        export(store, tmp_path / "out", ["json"], NOW, papers=full)
    store.close()
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- verify


def changed_by_hand(store: Store, statement: str) -> None:
    """What no program does: the guards taken off, a row changed, the guards back."""
    from unknot.record.database import is_postgresql

    with store.engine.execution_options(writing=True).begin() as connection:
        if is_postgresql(connection):
            for table in TABLES:
                connection.execute(text(f"alter table {table} disable trigger user"))
            connection.execute(text(statement))
            for table in TABLES:
                connection.execute(text(f"alter table {table} enable trigger user"))
            return
        query = "select name, sql from sqlite_master where type = 'trigger'"
        guards = connection.execute(text(query)).all()
        for name, _ in guards:
            connection.execute(text(f"drop trigger {name}"))
        connection.execute(text(statement))
        for _, sql in guards:
            connection.exec_driver_sql(sql)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("delete from facts where sequence = 2 and stream like 'visit:%'", "missing"),
        ("delete from facts where sequence = 4 and stream like 'session:%'", "missing"),
        ("update facts set body = '{' where sequence = 1 and stream like 'client:%'", "body cannot be read"),
        ("update facts set body = '[1]' where sequence = 1 and stream like 'client:%'", "body cannot be read"),
        ("update facts set versions = 'x' where sequence = 1", "versions cannot be read"),
        ("update facts set at = 'yesterday' where sequence = 1", "time cannot be read"),
        ("delete from documents where kind = 'session'", "no session of that id"),
        ("update documents set version = 3 where kind = 'client'", "version 3 follows on 0"),
        ("update documents set body = '{}' where kind = 'session'", "do not follow"),
        ("update documents set body = '{}' where kind = 'client'", "it has no name"),
    ],
)
def test_verify_finds_what_was_changed_by_hand(store: Store, statement: str, said: str) -> None:
    changed_by_hand(store, statement)
    found = verify(store)
    assert found.wrong and any(said in p.given for p in found.problems)
    assert all("restore" in p.todo for p in found.problems)
    assert "Zebedee" not in str(found.problems)


def test_verify_finds_that_the_guards_are_gone(store: Store) -> None:
    from unknot.record.database import is_postgresql

    with store.engine.begin() as connection:
        taken = "facts_only_added on facts" if is_postgresql(connection) else "facts_no_delete"
        connection.execute(text(f"drop trigger {taken}"))
    assert ["guard" in p.given for p in verify(store).problems] == [True]


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


# ---------------------------------------------------------------- export and import


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_an_export_loses_nothing_and_is_taken_back_into_an_empty_place(store: Store, tmp_path: Path, name: str) -> None:
    made = export(store, tmp_path / name, ["json", "csv", "parquet"], NOW)
    assert made.facts == len(rows(store)["facts"]) and made.formats == ("json", "csv", "parquet")
    back = open_store(tmp_path / "back.db")
    found = take_in(back, tmp_path / name)
    assert rows(back) == rows(store)
    assert (found.clients, found.left_out) == (3, 0)
    assert verify(back).wrong == 0
    back.close()
    assert not list(tmp_path.glob("*.part"))


def test_the_tables_of_an_export_are_the_same_in_csv_and_parquet_and_told_in_the_dictionary(
    store: Store, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    made = export(store, tmp_path / "out", ["csv", "parquet"], NOW)
    told = {(r["table"], r["column"]) for r in csv.DictReader((tmp_path / "out" / "dictionary.csv").open())}
    assert told == {(flat.name, column.name) for flat in FLAT for column in flat.columns}
    for flat in FLAT:
        with (tmp_path / "out" / "csv" / f"{flat.name}.csv").open(newline="") as file:
            rows_of_csv = list(csv.reader(file))
        table = pq.read_table(tmp_path / "out" / "parquet" / f"{flat.name}.parquet")
        assert rows_of_csv[0] == table.column_names == [c.name for c in flat.columns]
        assert len(rows_of_csv) - 1 == table.num_rows == made.tables.get(flat.name, 0)
        assert table.num_rows, flat.name
    sessions = pq.read_table(tmp_path / "out" / "parquet" / "session_facts.parquet").to_pylist()
    assert {5.0, 3.0} <= {r["value"] for r in sessions if r["kind"] == "rate"}
    answers = pq.read_table(tmp_path / "out" / "parquet" / "answers.parquet").to_pylist()
    assert ("anticoagulant", "yes") in {(r["question"], r["answer"]) for r in answers}


def test_a_text_that_a_spreadsheet_would_run_is_defused(tmp_path: Path) -> None:
    store = open_store(tmp_path / "x.db")
    store.put("client", "1", {"label": '=HYPERLINK("http://x")', "age": None, "sex": None})
    export(store, tmp_path / "out", ["csv"], NOW)
    row = next(csv.DictReader((tmp_path / "out" / "csv" / "clients.csv").open()))
    assert row["label"].startswith("'=")
    store.close()


def test_new_clients_of_an_export_come_into_a_record_in_use_and_nothing_there_is_touched(
    store: Store, tmp_path: Path
) -> None:
    export(store, tmp_path / "out", ["json"], NOW)
    other = open_store(tmp_path / "other.db", {"unknot": "test"})
    own = release_record.fill(other, K, ON, clients=1)
    before = rows(other)
    found = take_in(other, tmp_path / "out")
    assert (found.clients, found.left_out) == (3, 0)
    after = rows(other)
    assert all(r in after[name] for name in before for r in before[name])
    assert client_ids(other) == sorted([*own, *client_ids(store)])
    assert verify(other).wrong == 0
    theirs = [r for r in after["facts"] if r not in before["facts"]]
    assert theirs == [r for r in rows(store)["facts"] if r[0].partition(":")[0] in ("client", "visit", "session")]
    again = take_in(other, tmp_path / "out")
    assert (again.clients, again.facts, again.left_out) == (0, 0, 3)
    assert rows(other) == after
    erase(other, client_ids(store)[0])
    assert take_in(other, tmp_path / "out").clients == 0, "who was erased stays away"
    other.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "json" / "facts.jsonl").write_text(""),
        lambda folder: (folder / "json" / "facts.jsonl").unlink(),
        lambda folder: (folder / "json" / "manifest.json").write_text("[]"),
        lambda folder: (folder / "json" / "manifest.json").write_text("{"),
        lambda folder: changed_line(folder, lambda row: row.update(sequence=99)),
        lambda folder: changed_line(folder, lambda row: row.update(sequence="1")),
        lambda folder: changed_line(folder, lambda row: row.update(body="text")),
        lambda folder: changed_line(folder, lambda row: row.pop("at")),
        lambda folder: changed_line(folder, lambda row: row.update(more=1)),
        lambda folder: changed_line(folder, lambda row: row["body"].update(more=1)),
    ],
)
def test_a_damaged_export_is_refused_whole(filled: Path, tmp_path: Path, damage: Any) -> None:
    source = open_store(filled)
    export(source, tmp_path / "out", ["json"], NOW)
    source.close()
    damage(tmp_path / "out")
    store = open_store(tmp_path / "new.db")
    with pytest.raises(StoreError) as error:
        take_in(store, tmp_path / "out")
    assert "Zebedee" not in str(error.value)
    assert rows(store) == {"facts": [], "documents": []}
    store.close()


def changed_line(folder: Path, change: Any) -> None:
    path = folder / "json" / "facts.jsonl"
    first, *rest = path.read_text().splitlines()
    row = json.loads(first)
    change(row)
    path.write_text("\n".join([json.dumps(row), *rest]) + "\n")


def test_what_is_no_export_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path / "new.db")
    (tmp_path / "x.zip").write_bytes(b"PK nonsense")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as packed:
        packed.writestr("other.txt", "x")
    for path in (tmp_path / "nowhere", tmp_path / "x.zip", tmp_path / "y.zip", tmp_path):
        with pytest.raises(StoreError, match="no export"):
            take_in(store, path)
    store.close()


def test_clients_come_from_a_csv_file_and_who_is_there_already_is_left_out(store: Store, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(
        "\ufeffName;Age;Sex;Phone\nAnna;41;f;1\nBéla;;;2\n\nZebedee Quillfeather 0;40;male;3\nAnna;41;f;1\n"
    )
    found = take_in_clients(store, tmp_path / "c.csv", NOW)
    assert (found.clients, found.left_out, found.ignored) == (2, 2, ("phone",))
    new = {d.body["label"]: d.body for d in store.all("client")}
    assert new["Anna"] == {"label": "Anna", "age": 41.0, "sex": "female"} and new["Béla"]["age"] is None
    assert verify(store).wrong == 0


def test_clients_of_a_csv_who_are_called_alike_are_all_taken_and_who_is_left_out_is_told_by_line(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "c.csv"
    file.write_text('name,age\nAnna,30\nAnna,60\n"Zebedee\n  Quillfeather 0",40\nAnna,30\n')
    found = take_in_clients(store, file, NOW)
    assert (found.clients, found.left_out, found.lines) == (2, 2, (4, 5))
    assert sorted(d.body["age"] for d in store.all("client") if d.body["label"] == "Anna") == [30, 60]
    file.write_text(file.read_text() + "Anna,7\n")
    again = take_in_clients(store, file, NOW)
    assert (again.clients, again.lines) == (1, (2, 3, 4, 5)), "the same list again brings the new one alone"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('name\nA\n"B\nC', "closing quotation marks"), ("name,age,age\nA,1,2\n", "column age twice"),
        ("name\nA\0B\n", "nobody sees"), ("name\nA\u202eB\n", "nobody sees"),
        ("age,sex\n1,f\n", "no column label"), ("", "no column label"), ("name,age\nA,old\n", "line 2, age"),
        ("name,age\nA,130\n", "line 2, age"), ("name,sex\nA,x\n", "sex"), ("name\n" + "A" * 81, "1 to 80"),
        ("name,age\nA,1\n,5\n", "line 3"),
    ],
)  # fmt: skip
def test_a_csv_that_cannot_be_read_is_told_by_line_and_nobody_comes_in(tmp_path: Path, content: str, said: str) -> None:
    store = open_store(tmp_path / "new.db")
    (tmp_path / "c.csv").write_text(content)
    with pytest.raises(StoreError, match=said):
        take_in_clients(store, tmp_path / "c.csv", NOW)
    assert store.all("client") == []
    store.close()


def test_nothing_that_lets_somebody_in_leaves_with_an_export_and_all_else_comes_back(
    store: Store, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    key = {"id": "PASSKEYID", "key": "PASSKEYPUBLIC", "count": 1, "name": "phone", "added": "2026-11-26"}
    account = {"name": "Ada", "role": "owner", "hashed": "$argon2id$SECRET", "disabled": False, "passkeys": [key]}
    store.put("account", "1", account)
    store.put("sign_in", "SIGNINDIGEST", {"account": "1", "device": "", "began": "", "seen": ""})
    store.put("device", "DEVICEDIGEST", {"client": client_ids(store)[0], "thing": "form", "until": 1})
    store.put("home", client_ids(store)[0], {"client": client_ids(store)[0], "key": "HOMEKEY"})
    export(store, tmp_path / "out", ["json", "csv", "parquet"], NOW)
    whole = b"".join(f.read_bytes() for f in (tmp_path / "out").rglob("*") if f.suffix in (".jsonl", ".csv"))
    whole += b"".join(str(pq.read_table(f).to_pylist()).encode() for f in (tmp_path / "out").rglob("*.parquet"))
    for secret in (b"argon2id", b"PASSKEY", b"SIGNINDIGEST", b"DEVICEDIGEST", b"HOMEKEY"):
        assert secret not in whole, secret
    told = (tmp_path / "out" / "dictionary.csv").read_text()
    assert "passwords, passkeys" in told
    back = open_store(tmp_path / "back.db")
    take_in(back, tmp_path / "out")
    assert rows(back)["facts"] == rows(store)["facts"]
    kinds = ("account", "sign_in", "device", "home")
    kept = [[r for r in rows(s)["documents"] if r[0] not in kinds] for s in (back, store)]
    assert kept[0] == kept[1]
    found = back.get("account", "1")
    assert found is not None and found.body == account | {"hashed": "", "passkeys": []}
    assert verify(back).wrong == 0
    back.close()


# ---------------------------------------------------------------- what a release has left behind

RELEASES = sorted(p for p in release_record.FOLDER.iterdir() if p.is_dir())


@pytest.mark.parametrize("folder", RELEASES, ids=lambda p: p.name)
def test_a_record_of_every_release_is_lifted_and_read_and_its_backup_restored(
    folder: Path, place: str, tmp_path: Path
) -> None:
    shutil.copy(folder / "unknot.db", tmp_path / "old.db")
    old = open_store(tmp_path / "old.db")
    found = verify(old)
    assert found.wrong == 0 and found.sessions == 2 and found.facts > 100
    desk = Desk(old, K)
    for person in newest(old):
        visit = desk.visits(person.id)[0]
        assert desk.intake(visit).answers and desk.intake(visit).said and desk.marks(visit)
    assert sorted(p.label for p in newest(old)) == [f"Zebedee Quillfeather {n}" for n in range(3)]
    restore(folder / "unknot.backup", place, release_record.PASSPHRASE)
    assert rows_at(place) == rows(old)
    old.close()


@pytest.mark.parametrize("folder", [p for p in RELEASES if (p / "practice.db").exists()], ids=lambda p: p.name)
def test_a_practice_of_every_release_is_read_to_its_last_paper(folder: Path, place: str, tmp_path: Path) -> None:
    """Accounts, sign-ins, the trail, notes, measures, appointments, goals, phrases, and that somebody was erased."""
    restore(folder / "practice.backup", place, release_record.PASSPHRASE)
    shutil.copy(folder / "practice.db", tmp_path / "old.db")
    old = open_store(tmp_path / "old.db")
    assert rows_at(place) == rows(old)
    found = verify(old)
    assert found.wrong == 0 and found.sessions == 2 and found.facts > 100
    accounts = Accounts(old)
    assert [(a.role, a.disabled) for a in accounts.all()] == [
        ("owner", False), ("practitioner", False), ("front", False), ("student", True),
    ]  # fmt: skip
    owner = accounts.all()[0]
    assert Passwords().right(owner, working_day.PASSWORD) and accounts.settings().here_too
    assert {d.body["account"] for d in old.all("sign_in")} == {owner.id} and len(erased(old)) == 1
    assert len(Audit(lambda: old).read(Wanted(act="sign_in"))[0]) == 3
    assert sorted(d.body["off"] for d in old.all("appointment")) == [False, True]
    assert practice_of(old).practitioner == "A. Bench" and phrases_of(old) == [("plan", "Rest, warmth and walking.")]
    people = newest(old)
    assert sorted(len(cover_of(old, p.id).goals) for p in people) == [0, 1]
    desk, notes = Desk(old, K), Notes(old)
    for person in people:
        (visit,) = past(desk, person.id)
        told, note = story(desk, person, visit), notes.of(visit.id)
        assert note is not None and note.signed_by and len(notes.amendments(told)) == 1
        assert len(told.measured) == 3 and told.pains and told.sittings[0].found.takings
        assert MARK.search(note.parts["plan"]) and set(MARK.findall(person.label))
    (tmp_path / "pdf").mkdir()
    printed = papers_of(old, ON)(tmp_path / "pdf", lambda *_: None)
    assert (printed.written, printed.failed) == (10, 0)
    old.close()


def test_there_is_one_of_this_version() -> None:
    from unknot import __version__

    assert {p.name for p in (release_record.FOLDER / __version__).glob("*.db")} == {"unknot.db", "practice.db"}
