"""What breaks around the store, in both databases: nothing acknowledged is lost, nothing is there by half, and each failure says what to do."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from postgres import Server
from unknot.record import database, place
from unknot.record.store import Fact, Store, StoreError, open_store

WRITER = """
import sys
from unknot.record.store import Fact, open_store
store = open_store(sys.argv[1])
for n in range(int(sys.argv[3])):
    store.append("shared", [Fact(sys.argv[2], {"n": n}), Fact(sys.argv[2], {"n": n})])
"""


def told(error: pytest.ExceptionInfo[StoreError]) -> str:
    return str(error.value)


# ---------------------------------------------------------------- PostgreSQL


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_an_address_may_be_written_plainly(postgres: Server, scheme: str) -> None:
    store = open_store(postgres.database().replace("postgresql", scheme, 1))
    assert store.append("a", [Fact("x", {})]) == 1
    store.close()


def test_of_many_that_open_a_new_database_at_once_one_makes_the_tables(postgres: Server) -> None:
    where = postgres.empty()
    opened: list[Store] = []
    failed: list[Exception] = []

    def open_it() -> None:
        try:
            opened.append(open_store(where))
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert [store.append("a", [Fact("x", {})]) for store in opened] == list(range(1, 7))
    for store in opened:
        store.close()


def test_without_taking_turns_writers_would_overtake_each_other(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the test of many writers is one."""
    monkeypatch.setattr("unknot.record.store.take_turn", lambda connection, names: None)
    store = open_store(postgres.database())
    failed: list[StoreError] = []

    def write() -> None:
        for _ in range(40):
            try:
                store.append("a", [Fact("x", {})])
            except StoreError as error:
                failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed
    store.close()


def test_writers_of_several_streams_never_wait_for_each_other_in_a_ring(place: str) -> None:
    from unknot.record.store import Batch

    store = open_store(place)
    names = ["a", "b", "c"]
    failed: list[StoreError] = []

    def write(turn: int) -> None:
        order = names[turn:] + names[:turn]
        try:
            for n in range(20):
                store.append_all([Batch(name, [Fact("x", {"n": n})]) for name in order])
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(turn,)) for turn in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert [store.last(name) for name in names] == [60, 60, 60]
    store.close()


def test_what_is_truncated_by_hand_is_refused_by_postgresql_too(postgres: Server) -> None:
    from sqlalchemy.exc import IntegrityError

    store = open_store(postgres.database())
    store.append("a", [Fact("x", {})])
    with pytest.raises(IntegrityError, match="only ever added"), store.engine.begin() as connection:
        connection.execute(text("truncate facts"))
    store.close()


def test_writes_are_durable_whatever_the_database_is_set_to(postgres: Server) -> None:
    where = postgres.database()
    name = where.split("/")[3].partition("?")[0]
    postgres.execute("postgres", f"alter database {name} set synchronous_commit = off")
    store = open_store(where)
    with store.engine.connect() as connection:
        assert connection.scalar(text("show synchronous_commit")) == "on"
    store.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("nosuch", "there is no such database"), ("postgres?host=/nowhere", "no PostgreSQL answers")],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    postgres: Server, wrong: str, said: str
) -> None:
    where = postgres.address(wrong) if "?" not in wrong else f"postgresql://me:secret@/{wrong}"
    with pytest.raises(StoreError, match=said) as error:
        open_store(where)
    assert "secret" not in told(error)
    assert place.place_of("postgresql://me:secret@there/x?password=secret") == "there/x"


def test_a_missing_driver_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"unknot\[postgresql\]"):
        open_store("postgresql://me@there/x")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restarted", "crashed"])
def test_postgresql_restarted_under_load_loses_nothing_acknowledged_and_the_store_connects_anew(
    how: signal.Signals,
) -> None:
    server = Server()
    try:
        store = open_store(server.database())
        acknowledged: dict[str, list[int]] = {name: [] for name in "abc"}
        failed: list[str] = []
        over = threading.Event()

        def write(name: str) -> None:
            n = 0
            while not over.is_set():
                try:
                    store.append("shared", [Fact(name, {"n": n}), Fact(name, {"n": n})])
                    acknowledged[name].append(n)
                except StoreError as error:
                    failed.append(str(error))
                    time.sleep(0.02)
                n += 1

        threads = [threading.Thread(target=write, args=(name,)) for name in acknowledged]
        for thread in threads:
            thread.start()
        for _ in range(2):
            time.sleep(0.4)
            server.stop(how)
            server.start()
        before = {name: len(done) for name, done in acknowledged.items()}
        until = time.monotonic() + 20
        while time.monotonic() < until and any(len(acknowledged[n]) <= before[n] for n in acknowledged):
            time.sleep(0.05)
        over.set()
        for thread in threads:
            thread.join(30)
        facts = store.facts("shared")
        assert [f.sequence for f in facts] == list(range(1, len(facts) + 1))
        for name, done in acknowledged.items():
            kept = [f.body["n"] for f in facts if f.kind == name]
            assert len(done) > before[name], "it went on after the restart"
            assert set(done) <= set(kept)
            assert kept == sorted(kept) and kept[::2] == kept[1::2], "nothing by half, nothing twice, in order"
        assert failed
        assert any(database.LOST in words or "cannot be written" in words for words in failed)
        store.close()
    finally:
        server.end()


FULL = """
create function full_disk() returns trigger language plpgsql as
$$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
create constraint trigger full_disk after insert on documents deferrable {when} for each row execute function full_disk()
"""


@pytest.mark.parametrize("when", ["initially immediate", "initially deferred"], ids=["at the row", "at the commit"])
def test_on_a_full_disk_of_postgresql_the_writer_is_told_and_nothing_is_there_by_half(
    postgres: Server, when: str
) -> None:
    store = open_store(postgres.database())
    store.append("a", [Fact("x", {"n": 1})])
    with store.engine.begin() as connection:
        connection.execute(text(FULL.format(when=when)))
    with pytest.raises(StoreError, match="the disk is full") as error, store.together("a"):
        store.append("a", [Fact("x", {"text": "a client's words"})])
        store.put("session", "s", {"text": "a client's words"})
    assert "free some room" in told(error) and "words" not in told(error).replace("in words", "")
    assert [f.body for f in store.facts("a")] == [{"n": 1}] and store.get("session", "s") is None
    with store.engine.begin() as connection:
        connection.execute(text("drop trigger full_disk on documents"))
    assert store.append("a", [Fact("x", {})]) == 2 and store.put("session", "s", {}) == 1
    store.close()


def test_a_postgresql_that_may_only_be_read_is_told_with_what_to_do_and_can_still_be_read(postgres: Server) -> None:
    where = postgres.database()
    store = open_store(where)
    store.append("a", [Fact("x", {"n": 1})])
    store.close()
    name = where.split("/")[3].partition("?")[0]
    postgres.execute("postgres", f"alter database {name} set default_transaction_read_only = on")
    again = open_store(where)
    with pytest.raises(StoreError, match="may only be read") as error, again.together("a"):
        again.append("a", [Fact("x", {"n": 2})])
    assert "make the place writable" in told(error)
    assert [f.body for f in again.facts("a")] == [{"n": 1}]
    again.close()


# ---------------------------------------------------------------- files


def test_two_processes_on_one_file_or_database_lose_nothing(place: str) -> None:
    open_store(place).close()
    running = [subprocess.Popen([sys.executable, "-c", WRITER, place, name, "40"]) for name in ("a", "b")]
    assert [process.wait(60) for process in running] == [0, 0]
    store = open_store(place)
    facts = store.facts("shared")
    assert [f.sequence for f in facts] == list(range(1, 161))
    for name in ("a", "b"):
        assert [f.body["n"] for f in facts if f.kind == name] == [n // 2 for n in range(80)]
    store.close()


def test_a_read_only_disk_is_told_with_what_to_do_and_can_still_be_read(tmp_path: Path) -> None:
    where = tmp_path / "unknot.db"
    store = open_store(where)
    store.append("a", [Fact("x", {"n": 1})])
    store.close()
    from sqlalchemy import event

    read_only = open_store(where)
    read_only.engine.dispose()
    event.listen(read_only.engine, "connect", lambda c, _: c.execute("pragma query_only = on"))
    with pytest.raises(StoreError, match="may only be read") as error:
        read_only.append("a", [Fact("x", {"n": 2})])
    assert "--data" in told(error)
    assert [f.body for f in read_only.facts("a")] == [{"n": 1}]


def damaged(where: Path) -> None:
    """Pages behind the first ones overwritten, as a failing disk leaves them."""
    data = bytearray(where.read_bytes())
    for start in range(4096 * 3, len(data) - 4096, 4096 * 2):
        data[start : start + 2000] = b"\xa5" * 2000
    where.write_bytes(data)


def test_a_damaged_page_is_told_with_the_way_back_and_nothing_wrong_is_shown(tmp_path: Path) -> None:
    where = tmp_path / "unknot.db"
    store = open_store(where)
    for n in range(60):
        store.append(f"s{n}", [Fact("x", {"text": "word " * 300})])
    with store.engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    store.close()
    damaged(where)
    again = open_store(where)
    with pytest.raises(StoreError, match="it is damaged") as error:
        for n in range(60):
            assert [f.body for f in again.facts(f"s{n}")] == [{"text": "word " * 300}]
    assert "unknot record restore" in told(error)
    assert "word word" not in told(error)
    again.close()


@pytest.mark.parametrize(("free", "said"), [(0, "the disk is full"), (10**9, "it is damaged")])
def test_on_a_full_disk_what_sqlite_calls_an_error_of_the_disk_is_no_damage(
    free: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room for the file of its memory SQLite opens no record at all, and says so in the words of a failing disk."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    error = OperationalError("select 1", {}, sqlite3.OperationalError("disk I/O error"))
    found = str(database.in_words(error, str(tmp_path / "unknot.db"), "opened"))
    assert said in found and ("unknot record restore" in found) == (free != 0)


def test_who_waits_too_long_for_another_writer_is_told_so(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_S", 1)
    store, other = open_store(place), open_store(place)
    with store.writing() as connection:
        database.take_turn(connection, ["a"])
        with pytest.raises(StoreError, match="another program keeps it"):
            other.append("a", [Fact("x", {})])
    assert other.append("a", [Fact("x", {})]) == 1
    store.close()
    other.close()
