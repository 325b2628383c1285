"""Encryption at rest: nothing readable in any file, one key opens it, and every wrong one is told in one message."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from unknot.record import secret as keys
from unknot.record.secret import Secret, key_file, make_key_file, new_cost, passphrase
from unknot.record.store import Fact, StoreError, open_store

WORDS = "Zebedee Quillfeather said something private"
SECRET = Secret(b"correct horse battery")


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guess that costs little, so that the tests are quick."""
    monkeypatch.setattr(keys, "new_cost", lambda: replace(new_cost(), passes=1, lanes=1, memory_kib=64))


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """An encrypted record with something in it."""
    path = tmp_path / "unknot.db"
    store = open_store(path, secret=SECRET)
    store.append("a", [Fact("said", {"text": WORDS})])
    store.put("client", "1", {"label": WORDS})
    store.close()
    return path


def test_no_file_of_an_encrypted_record_holds_anything_readable(where: Path) -> None:
    store = open_store(where, secret=SECRET)
    store.append("a", [Fact("said", {"text": WORDS})] * 50)
    files = sorted(where.parent.iterdir())
    assert {"unknot.db", "unknot.db-wal", "unknot.db-salt"} <= {f.name for f in files}
    whole = b"".join(f.read_bytes() for f in files)
    assert (where.parent / "unknot.db-wal").stat().st_size > 10_000
    for part in (b"Zebedee", b"private", b"CREATE TABLE", b"SQLite format", b"facts_no_delete"):
        assert part not in whole
    assert [f.body["text"] for f in store.facts("a")] == [WORDS] * 51
    store.close()


def test_the_same_words_stand_readable_in_a_record_without_a_key(tmp_path: Path) -> None:
    """So that the test above is one."""
    store = open_store(tmp_path / "plain.db")
    store.append("a", [Fact("said", {"text": WORDS})])
    assert b"Zebedee" in b"".join(f.read_bytes() for f in tmp_path.iterdir())
    store.close()


def test_it_is_as_durable_as_one_without_a_key(where: Path) -> None:
    store = open_store(where, secret=SECRET)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
        assert "cipher" not in str(connection.exec_driver_sql("pragma cipher_integrity_check").fetchall())
    store.close()


@pytest.mark.parametrize(
    ("given", "said"), [(None, "it is encrypted"), (Secret(b"another one entirely"), "the key does not open it")]
)
def test_without_its_key_it_stays_shut_and_as_it_is(where: Path, given: Secret | None, said: str) -> None:
    before = where.read_bytes()
    with pytest.raises(StoreError, match=said) as error:
        open_store(where, secret=given)
    assert len(error.value.problems) == 1
    assert "horse" not in str(error.value) and "another" not in str(error.value)
    assert where.read_bytes() == before


def test_a_record_that_is_not_encrypted_is_not_opened_with_a_key(tmp_path: Path) -> None:
    open_store(tmp_path / "plain.db").close()
    with pytest.raises(StoreError, match="not encrypted, but a key was given") as error:
        open_store(tmp_path / "plain.db", secret=SECRET)
    assert "backup" in str(error.value)
    assert not (tmp_path / "plain.db-salt").exists()


def test_a_client_is_erased_from_an_encrypted_record_and_it_is_verified(where: Path) -> None:
    from unknot.record.erase import erase
    from unknot.record.verify import verify

    store = open_store(where, secret=SECRET)
    store.append("client:1", [Fact("said", {"text": WORDS})])
    done = erase(store, "1")
    assert (done.facts, done.documents, done.compacted) == (1, 1, True)
    assert verify(store).wrong == 0
    store.close()
    open_store(where, secret=SECRET).close()
    assert b"SQLite" not in where.read_bytes()


def test_a_killed_writer_loses_nothing_acknowledged(where: Path) -> None:
    program = (
        "import sys\nfrom unknot.record.secret import Secret\nfrom unknot.record.store import Fact, open_store\n"
        f"store = open_store(sys.argv[1], secret=Secret({SECRET.value!r}))\n"
        "for n in range(100000):\n    store.append('s', [Fact('x', {'n': n}), Fact('x', {'n': n})])\n    print(n, flush=True)\n"
    )
    running = subprocess.Popen([sys.executable, "-c", program, str(where)], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    told = -1
    while told < 30:
        told = int(running.stdout.readline())
    running.kill()
    rest = running.stdout.read().split()
    running.wait(10)
    store = open_store(where, secret=SECRET)
    kept = [f.body["n"] for f in store.facts("s")]
    assert kept == [n // 2 for n in range(len(kept))]
    assert len(kept) % 2 == 0 and len(kept) >= 2 * (int(rest[-1]) if rest else told) + 2
    store.close()


def test_the_app_works_on_an_encrypted_record_and_does_not_start_without_its_key(where: Path) -> None:
    from fastapi.testclient import TestClient

    from unknot.record.store import check_place
    from unknot.web.app import create_app

    app = create_app(["testserver"], where, secret=SECRET)
    assert WORDS in TestClient(app).get("/clients").text
    check_place(where, SECRET)
    with pytest.raises(StoreError, match="it is encrypted"):
        check_place(where)


def test_a_lost_salt_file_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    where = tmp_path / "unknot.db"
    store = open_store(where, secret=SECRET)
    store.append("a", [Fact("said", {"text": WORDS})])
    store.close()
    (tmp_path / "unknot.db-salt").unlink()
    again = open_store(where, secret=SECRET)
    assert again.last("a") == 1
    again.close()


@pytest.mark.parametrize(
    "written", ["", "[]", "{}", "nonsense", '{"salt": "zz"}', json.dumps({"salt": "0" * 32, "memory_kib": 2**40})]
)
def test_a_salt_that_cannot_be_read_is_told(where: Path, written: str) -> None:
    where.with_name("unknot.db-salt").write_text(written)
    with pytest.raises(StoreError, match="salt cannot be read"):
        open_store(where, secret=SECRET)


def test_a_key_file_is_made_once_and_opens_what_it_was_made_for(tmp_path: Path) -> None:
    make_key_file(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    with pytest.raises(StoreError, match="already"):
        make_key_file(tmp_path / "key")
    open_store(tmp_path / "unknot.db", secret=key_file(tmp_path / "key")).close()
    open_store(tmp_path / "unknot.db", secret=key_file(tmp_path / "key")).close()


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="too short"):
        passphrase("short")
    with pytest.raises(StoreError, match="unknot record key"):
        key_file(tmp_path / "none")
    (tmp_path / "small").write_text("x")
    with pytest.raises(StoreError, match="no key"):
        key_file(tmp_path / "small")


def test_a_key_is_not_for_an_address() -> None:
    with pytest.raises(StoreError, match="record in a file"):
        open_store("postgresql://me@there/x", secret=SECRET)


def test_a_missing_library_is_named_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    with pytest.raises(StoreError, match=r"unknot\[encryption\]"):
        open_store(tmp_path / "unknot.db", secret=SECRET)
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_never_shown() -> None:
    assert "horse" not in repr(SECRET) and "horse" not in str(SECRET)
