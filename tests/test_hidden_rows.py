"""Damage that hides rows from whoever asks for all of them: in copies, in erasing, in the program beside the app, at the opening."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from unknot.knowledge.load import knowledge
from unknot.record.ahead import DAMAGED, head_of
from unknot.record.backup import backup, restore
from unknot.record.erase import erase, holding
from unknot.record.export import export
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.screening import Desk
from unknot.record.secret import Secret
from unknot.record.store import Fact, StoreError, open_store
from unknot.record.verify import is_any_unlike, verify
from unknot.record.whole import DamagedError

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECRET = Secret(b"a key for the tests")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A record of two clients, one visit each, closed."""
    place = tmp_path / "unknot.db"
    with closing(open_store(place)) as store:
        desk = Desk(store, knowledge())
        for label in ("Anna", "Bert"):
            client = desk.new_client(label, 40.0, "female").id
            visit = desk.visit_of(client, date(2026, 3, 2)).id
            store.append(f"visit:{visit}", [Fact("said", {"text": "well"})])
    return place


def client_of(place: Path, label: str = "Anna") -> str:
    with closing(open_store(place)) as store:
        return next(d.id for d in store.all("client") if d.body["label"] == label)


def pages_of(place: Path, name: str) -> tuple[int, list[int]]:
    """Bytes in a page, and where the pages of a table or index begin that hold rows themselves."""
    with closing(sqlite3.connect(place)) as file:
        file.execute("pragma wal_checkpoint(truncate)")
        size = int(file.execute("pragma page_size").fetchone()[0])
        root = int(file.execute("select rootpage from sqlite_master where name = ?", (name,)).fetchone()[0])
    raw = place.read_bytes()
    start = (root - 1) * size
    if raw[start] in (10, 13):
        return size, [start]
    cells = int.from_bytes(raw[start + 3 : start + 5], "big")
    at = [int.from_bytes(raw[start + 12 + 2 * n : start + 14 + 2 * n], "big") for n in range(cells)]
    below = [int.from_bytes(raw[start + a : start + a + 4], "big") for a in at]
    return size, [(page - 1) * size for page in (*below, int.from_bytes(raw[start + 8 : start + 12], "big"))]


def with_fewer(place: Path, name: str) -> None:
    """One bit less in the number of rows that a page says it has."""
    _, pages = pages_of(place, name)
    raw = bytearray(place.read_bytes())
    cells = int.from_bytes(raw[pages[0] + 3 : pages[0] + 5], "big")
    assert cells
    raw[pages[0] + 3 : pages[0] + 5] = (cells ^ (cells & -cells)).to_bytes(2, "big")
    place.write_bytes(raw)


def changed(place: Path, text: bytes, into: bytes) -> None:
    raw = place.read_bytes()
    assert raw.count(text) >= 1
    place.write_bytes(raw.replace(text, into, 1))


# ---------------------------------------------------------------- copies


@pytest.mark.parametrize("name", ["sqlite_autoindex_facts_1", "sqlite_autoindex_documents_1", "facts_counted", "documents_counted"])  # fmt: skip
def test_what_an_index_does_not_find_is_in_every_copy_all_the_same(file: Path, tmp_path: Path, name: str) -> None:
    with closing(open_store(file)) as store, store.reading() as connection:
        whole = [connection.execute(select(t).order_by(*t.primary_key.columns)).all() for t in (FACTS, DOCUMENTS)]
    with_fewer(file, name)
    with closing(open_store(file)) as store:
        found = verify(store)
        assert any("what finds the" in p.given for p in found.problems)
        assert (found.facts, found.documents) == tuple(map(len, whole))
        copied = backup(store, tmp_path / "b", SECRET, NOW)
        assert (copied.facts, copied.documents, copied.damaged) == (len(whole[0]), len(whole[1]), 0)
        assert export(store, tmp_path / "out", ["json"], NOW).facts == len(whole[0])
    again = str(tmp_path / "again.db")
    assert restore(tmp_path / "b", again, SECRET).wrong == 0
    with closing(open_store(again)) as store, store.reading() as connection:
        found_again = [connection.execute(select(t).order_by(*t.primary_key.columns)).all() for t in (FACTS, DOCUMENTS)]
    assert found_again == whole


@pytest.mark.parametrize("name", ["facts", "documents"])
def test_what_its_table_has_lost_is_in_no_copy_that_says_it_is_whole(file: Path, tmp_path: Path, name: str) -> None:
    with_fewer(file, name)
    with closing(open_store(file)) as store:
        for copy in (lambda: backup(store, tmp_path / "b", SECRET, NOW), lambda: export(store, tmp_path / "out", ["json"], NOW)):  # fmt: skip
            with pytest.raises(StoreError, match=r"damaged|not what was written"):
                copy()
        assert sorted(p.name for p in tmp_path.iterdir() if p.suffix not in (".db", ".db-wal", ".db-shm")) == []


# ---------------------------------------------------------------- erasing


def test_who_is_erased_is_read_whole_first(file: Path) -> None:
    client = client_of(file)
    with closing(open_store(file)) as store:
        visit = next(f.body["visit"] for f in store.facts(f"client:{client}") if f.kind == "visit_opened")
    changed(file, f'"visit":"{visit}'.encode(), f'"visit":"{visit[:-1]}{"0" if visit[-1] != "0" else "1"}'.encode())
    with closing(open_store(file)) as store:
        for does in (lambda: erase(store, client), lambda: holding(store, client)):
            with pytest.raises(DamagedError, match=f"client:{client}, fact"):
                does()
        assert len(store.facts(f"visit:{visit}")) >= 1, "nothing went"


def test_a_fact_that_is_no_json_any_more_is_told_when_its_client_is_erased_and_keeps_nobody_else_in(file: Path) -> None:
    clients = [client_of(file, label) for label in ("Anna", "Bert")]
    changed(file, b'"visit":"', b'"visit":#')
    with closing(open_store(file)) as store:
        told = []
        for client in clients:
            try:
                erase(store, client)
            except DamagedError as error:
                told.append(str(error))
        assert len(told) == 1 and "record restore" in told[0]
        assert len(store.all("client")) == 1


def test_who_is_erased_while_somebody_reads_is_not_told_as_damaged(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(file)
    with closing(open_store(file)) as store, closing(open_store(file)) as other:
        lasts = store.lasts

        def erased_meanwhile(streams: list[str]) -> dict[str, int]:
            found = lasts(streams)
            erase(other, client)
            return found

        monkeypatch.setattr(store, "lasts", erased_meanwhile)
        assert store.facts(f"client:{client}", kind="visit_opened") == []


# ---------------------------------------------------------------- the program beside the app


def ends(place: Path) -> int:
    """How the program beside the app ends, with the app there until it does."""
    process = subprocess.Popen([sys.executable, "-m", "unknot.record.ahead"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(head_of(str(place), None, date(2026, 3, 2)))
    process.stdin.flush()
    with process:
        return process.wait(120)


def test_a_row_that_no_page_reads_is_found_unlike_in_both_databases(place: str) -> None:
    with closing(open_store(place)) as store:
        for n in range(2500):
            store.append(f"client:{n % 7}", [Fact("said", {"n": n})] if n % 100 else [Fact("said", {"n": n})] * 3)
        rested: list[None] = []
        assert not is_any_unlike(store, lambda: rested.append(None)) and len(rested) >= 4
        with store.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("alter table facts disable trigger facts_only_added"))
            else:
                connection.execute(text("drop trigger facts_no_update"))
            where = "stream = 'client:6' and sequence = (select max(sequence) from facts where stream = 'client:6')"
            assert connection.execute(text(f"update facts set kind = 'sait' where {where}")).rowcount == 1
        assert is_any_unlike(store, lambda: None)


def rubbish(place: Path) -> None:
    """A page of a table is full of rubbish, and the check of the whole file cannot be made either."""
    size, pages = pages_of(place, "facts")
    raw = bytearray(place.read_bytes())
    raw[pages[0] : pages[0] + size] = os.urandom(1) + bytes([255] * (size - 1))
    place.write_bytes(raw)


def no_text(place: Path) -> None:
    """A name of a trigger, which the file itself tells, is no text any more."""
    changed(place, b"facts_checked", b"facts_\xffhecked")


def a_kind(place: Path) -> None:
    changed(place, b"visit_opened", b"visit_opened"[:-1] + b"e")


@pytest.mark.parametrize("harm", [rubbish, no_text, a_kind])
def test_the_worse_the_damage_the_more_surely_the_program_beside_the_app_says_so(file: Path, harm: Callable[[Path], None]) -> None:  # fmt: skip
    harm(file)
    assert ends(file) == DAMAGED


def test_what_the_file_tells_of_itself_is_told_as_damaged_and_not_as_a_fault_of_the_program(file: Path) -> None:
    no_text(file)
    with pytest.raises(StoreError, match=r"it is damaged.*record restore"):
        open_store(file)


@pytest.mark.parametrize("version", ["0004", "0001", "0007"])
def test_a_changed_number_of_the_shape_leads_to_a_backup(file: Path, version: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("update alembic_version set version_num = ?", (version,))
        connection.commit()
    with pytest.raises(StoreError, match=r"it is damaged.*record restore"):
        open_store(file)
