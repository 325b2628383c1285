"""Backup and restore, in both databases: every row comes back, every changed byte is noticed, nothing is written over."""

from __future__ import annotations

import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from full_record import NOW, SECRET, rows, rows_at
from unknot.record.backup import Backup, backup, read_backup, restore
from unknot.record.export import export
from unknot.record.secret import Secret
from unknot.record.store import Fact, Store, StoreError, open_store
from unknot.record.verify import verify

pytestmark = pytest.mark.usefixtures("cheap")


@pytest.fixture
def store(full_store: Store) -> Store:
    """The full record, in both databases."""
    return full_store


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
