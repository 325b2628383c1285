"""`unknot record`: what each verb prints, what it asks, and that bad input is told in one message with exit code 2."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from unknot.cli import main
from unknot.record.database import in_words
from unknot.record.store import Fact, Store, open_store

PROGRAM = "from unknot.cli import main; main()"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`unknot record ...` in this process, with nobody at the keyboard."""

    def running(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["unknot", "record", *map(str, arguments)])
        monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        return Done(code, told.out, " ".join(told.err.split()))

    for name in ("UNKNOT_DATA", "UNKNOT_PASSPHRASE", "UNKNOT_BACKUP_PASSPHRASE", "UNKNOT_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return running


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """A small record."""
    store = open_store(tmp_path / "unknot.db")
    store.put("client", "0190-a", {"label": "Anna", "age": 40, "sex": "female"})
    store.put("client", "0190-b", {"label": "Berta", "age": 41, "sex": "female"})
    store.append("client:0190-a", [Fact("said", {"text": "my shoulder", "by": "client"})])
    store.close()
    return tmp_path / "unknot.db"


def test_a_record_goes_out_and_comes_back_with_keys_in_files(run: Run, where: Path, tmp_path: Path) -> None:
    assert run("key", tmp_path / "k1").code == run("key", tmp_path / "k2").code == 0
    made = run("backup", tmp_path / "b", "--data", where, "--seal-key", tmp_path / "k1", "--json")
    assert made.code == 0 and json.loads(made.out)["facts"] == 1
    back = tmp_path / "back.db"
    options = ("--data", back, "--key-file", tmp_path / "k2")
    restored = run("restore", tmp_path / "b", "--seal-key", tmp_path / "k1", *options)
    assert restored.code == 0 and "all as it should be" in restored.out
    assert b"Anna" not in back.read_bytes()
    verified = run("verify", *options, "--json")
    assert json.loads(verified.out) == {
        "facts": 1, "documents": 2, "streams": 1, "sessions": 0, "wrong": 0, "problems": [], "place": str(back),
    }  # fmt: skip
    assert run("verify", "--data", back).code == 2
    assert run("export", tmp_path / "out", *options, "--format", "json").code == 0
    new = run("import", tmp_path / "out", "--data", tmp_path / "new.db", "--json")
    assert json.loads(new.out)["clients"] == 2


def test_papers_that_are_missing_from_an_export_are_told_and_the_rest_stands(
    run: Run, where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unknot.record.export import Printed
    from unknot.web import papers

    plain = run("export", tmp_path / "plain", "--data", where, "--format", "json")
    assert plain.code == 0 and "come with --pdf" in plain.out
    monkeypatch.setattr(papers, "papers_of", lambda *_: lambda *_: Printed(3, 2))
    done = run("export", tmp_path / "out", "--data", where, "--format", "json", "--pdf", "--json")
    assert done.code == 2 and "2 papers could not be made" in done.err and "papers.csv" in done.err
    assert json.loads(done.out)["papers"] == {"written": 3, "failed": 2}
    assert (tmp_path / "out" / "json" / "manifest.json").exists()


def test_the_place_may_stand_before_the_verb(
    where: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNKNOT_DATA", "")  # put back when the test is over
    monkeypatch.setattr(sys, "argv", ["unknot", "--data", str(where), "record", "verify", "--json"])
    with pytest.raises(SystemExit, match="0"):
        main()
    assert json.loads(capsys.readouterr().out)["documents"] == 2


def test_passphrases_come_from_the_environment(
    run: Run, where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNKNOT_BACKUP_PASSPHRASE", "the backup's words")
    assert run("backup", tmp_path / "b", "--data", where).code == 0
    monkeypatch.setenv("UNKNOT_PASSPHRASE", "the record's words")
    assert run("restore", tmp_path / "b", "--data", tmp_path / "shut.db").code == 0
    assert run("verify", "--data", tmp_path / "shut.db").code == 0
    monkeypatch.setenv("UNKNOT_PASSPHRASE", "other words here")
    wrong = run("verify", "--data", tmp_path / "shut.db")
    assert wrong.code == 2 and wrong.err.startswith("This cannot be done") and "the key does not open it" in wrong.err
    assert "words" not in wrong.err.replace("in words", "")


def test_erasing_says_first_what_may_have_to_be_kept_and_is_not_done_unasked(run: Run, where: Path) -> None:
    asked = run("erase", "Anna", "--data", where)
    assert asked.code == 2 and "--yes" in asked.err
    assert "may require you to keep" in asked.out and "Backups and exports" in asked.out
    done = run("erase", "Anna", "--yes", "--data", where, "--json")
    assert json.loads(done.out) == {"client": "0190-a", "facts": 1, "documents": 1, "compacted": True}
    assert b"Anna" not in b"".join(f.read_bytes() for f in where.parent.glob("unknot.db*"))
    store = open_store(where)  # a page that was sent in the very moment of erasing
    store.append("client:0190-a", [Fact("said", {"text": "Anna came late"})])
    store.close()
    again = run("erase", "0190-a", "--yes", "--data", where)
    assert again.code == 0 and "erased already. What was still there: 1 fact and 0" in again.out
    assert b"Anna" not in b"".join(f.read_bytes() for f in where.parent.glob("unknot.db*"))


def test_two_clients_of_one_name_are_told_apart_before_one_is_erased(run: Run, where: Path) -> None:
    with closing(open_store(where)) as store:
        store.put("client", "0190-c", {"label": "Anna", "age": 61, "sex": "female"})
        opened = {"visit": "0190-v", "on": "2026-03-02", "came_before": False}
        store.append("client:0190-c", [Fact("visit_opened", opened)])
    done = run("erase", "Anna", "--yes", "--data", where)
    assert done.code == 2
    assert "0190-a (40 years, no visit)" in done.err
    assert "0190-c (61 years, 1 visit, the last on 2026-03-02)" in done.err


def test_the_key_of_a_backup_that_does_not_fit_is_asked_for_by_its_own_option(
    run: Run, where: Path, tmp_path: Path
) -> None:
    for name in ("a.key", "b.key"):
        assert run("key", tmp_path / name).code == 0
    assert run("backup", tmp_path / "b", "--seal-key", tmp_path / "a.key", "--data", where).code == 0
    done = run("restore", tmp_path / "b", "--seal-key", tmp_path / "b.key", "--data", tmp_path / "new.db")
    assert done.code == 2 and "--seal-key" in done.err and "--key-file" not in done.err


def test_a_huge_file_taken_for_a_key_is_refused_and_not_read_to_its_end(run: Run, where: Path, tmp_path: Path) -> None:
    with (tmp_path / "disk.img").open("wb") as file:
        file.truncate(1 << 36)  # with holes: it takes no room, and nobody could hold it
    done = run("backup", tmp_path / "b", "--seal-key", tmp_path / "disk.img", "--data", where)
    assert done.code == 2 and "131072 or more bytes are no key" in done.err


def test_clients_come_in_from_csv(run: Run, where: Path, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("name,age\nClara,50\nAnna,40\n")
    done = run("import", tmp_path / "c.csv", "--data", where)
    assert done.code == 0 and "Taken in: 1 client," in done.out and "says the same: 1 (line 3)." in done.out


def test_what_leaves_comes_in_or_goes_by_a_command_stands_in_the_trail(run: Run, where: Path, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("name\nClara\n")
    run("key", tmp_path / "k")
    run("backup", tmp_path / "b", "--data", where, "--seal-key", tmp_path / "k")
    run("export", tmp_path / "out", "--data", where, "--format", "json")
    run("import", tmp_path / "c.csv", "--data", where)
    run("erase", "Anna", "--yes", "--data", where)
    assert run("export", tmp_path / "out", "--data", where).code == 2
    store = open_store(where)
    rows = [(f.kind, f.body["who"], f.body["what"], f.body["client"]) for f in store.facts("audit")]
    store.close()
    assert rows == [
        ("look", "this machine", "unknot record backup", ""), ("look", "this machine", "unknot record export", ""),
        ("change", "this machine", "unknot record import", ""), ("change", "this machine", "unknot record erase", "0190-a"),
    ]  # fmt: skip


def test_a_command_whose_row_in_the_trail_cannot_be_written_says_so_and_nothing_waits(
    run: Run, where: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Store, *_: object) -> int:
        failure = sqlite3.OperationalError("database or disk is full")
        raise in_words(OperationalError("", {}, failure), self.place, "written")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "append", full)
        done = run("export", tmp_path / "out", "--data", where, "--format", "json")
        assert done.code == 0 and "readable by anybody" in done.out and (tmp_path / "out/json").is_dir()
        for told in (" ".join(done.out.split()), done.err):
            assert "The owner will not see this in the trail: its row cannot be written: the disk is full" in told
            assert "Write down what was done and when" in told
        told = run("export", tmp_path / "two", "--data", where, "--format", "json", "--json")
        assert "the disk is full" in json.loads(told.out)["not_in_trail"] and "not see this in the trail" in told.err
    told = run("export", tmp_path / "three", "--data", where, "--format", "json", "--json")
    assert "not_in_trail" not in json.loads(told.out) and not told.err and not caplog.records


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "--data", "{new}"), "there is no record"),
        (("verify", "--data", "{empty}"), "the file is empty"),
        (("backup", "{tmp}/b", "--data", "{new}"), "there is no record"),
        (("backup", "{tmp}/b", "--data", "{db}"), "UNKNOT_BACKUP_PASSPHRASE"),
        (("backup", "{tmp}/b", "--data", "{db}", "--seal-key", "{tmp}/none"), "unknot record key"),
        (("restore", "{tmp}/none", "--data", "{new}"), "no such file"),
        (("restore", "{db}", "--data", "{new}", "--seal-key", "{key}"), "it is no backup"),
        (("export", "{tmp}", "--data", "{db}"), "already"),
        (("export", "{tmp}/o", "--data", "{db}", "--format", "xml"), "json, csv, parquet"),
        (("import", "{tmp}/none", "--data", "{new}"), "no export"),
        (("import", "{tmp}/none.csv", "--data", "{new}"), "No such file"),
        (("erase", "Nobody", "--yes", "--data", "{db}"), "no such client"),
        (("key", "{db}"), "already"),
        (("verify", "--data", "{db}", "--passphrase"), "nobody can be asked here"),
        (("verify", "--data", "{db}", "--key-file", "{key}"), "not encrypted"),
        (("verify", "--data", "postgresql://me:secret@localhost:1/x"), "no PostgreSQL answers"),
    ],
)
def test_bad_input_is_one_message_with_exit_code_2_and_leaves_nothing(
    run: Run, where: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "key").write_text("0123456789abcdef0123456789abcdef")
    (tmp_path / "empty.db").touch()
    before = sorted(p.name for p in tmp_path.iterdir())
    names = {
        "tmp": tmp_path,
        "db": where,
        "new": tmp_path / "new.db",
        "key": tmp_path / "key",
        "empty": tmp_path / "empty.db",
    }
    done = run(*(a.format(**names) for a in arguments))
    assert done.code == 2 and said in done.err, done.err
    assert "Traceback" not in done.err and "secret" not in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_damaged_record_is_told_with_the_way_back(run: Run, where: Path) -> None:
    store = open_store(where)
    for n in range(60):
        store.append(f"s{n}", [Fact("x", {"text": "word " * 300})])
    with store.engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    store.close()
    data = bytearray(where.read_bytes())
    for start in range(4096 * 5, len(data) - 4096, 4096 * 3):
        data[start : start + 2000] = b"\xa5" * 2000
    where.write_bytes(data)
    done = run("verify", "--data", where)
    assert done.code == 2 and "damaged" in done.err and "unknot record restore" in done.err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a terminal of its own")
def test_a_passphrase_is_asked_twice_and_never_shown(where: Path, tmp_path: Path) -> None:
    import pty

    words = b"a very long passphrase"
    child, terminal = pty.fork()
    if child == 0:
        for name in ("UNKNOT_BACKUP_PASSPHRASE", "UNKNOT_PASSPHRASE"):
            os.environ.pop(name, None)
        command = [sys.executable, "-c", PROGRAM, "record", "backup", str(tmp_path / "b"), "--data", str(where)]
        os.execv(sys.executable, command)
    told, asked = b"", 0
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            told += os.read(terminal, 1024)
        except OSError:
            break
        if told.count(b": ") > asked and told.rstrip(b" ").endswith(b":"):
            asked = told.count(b": ")
            time.sleep(0.1)
            os.write(terminal, words + b"\n")
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, told
    assert words not in told and b"read back and proved" in told
    assert asked >= 2


def test_a_language_is_checked_before_it_is_added_and_bad_files_are_one_message(run: Run, tmp_path: Path) -> None:
    new = tmp_path / "cy.toml"
    assert run("language", new, "--new").code == 0
    again = run("language", new, "--new")
    assert again.code == 2 and "something is there already" in again.err
    unsaid = run("language", new)
    assert unsaid.code == 2 and "language.code" in unsaid.err and unsaid.out == ""
    told = new.read_text().replace('code = ""', 'code = "cy"').replace('name = ""', 'name = "Cymraeg"')
    new.write_text(told)
    whole = run("language", new, "--json")
    found = json.loads(whole.out)
    assert whole.code == 0 and found["missing"] == [] and len(found["same"]) == found["total"], (
        "all of it is English yet"
    )
    lines = [line for line in told.splitlines() if not line.startswith('"muscle.infraspinatus"')]
    new.write_text("\n".join(line.replace('"your left"', '"{x}"') for line in lines) + '\n"no.such" = "x"\n')
    part = run("language", new)
    assert part.code == 1 and "muscle.infraspinatus  infraspinatus" in part.out and "draw.left  your left" in part.out
    assert "(2)" in part.out and "no.such" in part.out
    (tmp_path / "latin.toml").write_bytes(b"\xe9")
    for bad, said in (("none.toml", "No such file"), (".", "directory"), ("latin.toml", "UTF-8")):
        wrong = run("language", tmp_path / bad)
        assert wrong.code == 2 and said in wrong.err and "Traceback" not in wrong.err
