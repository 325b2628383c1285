"""The store: what was written stays as it was, whatever breaks; what holds now is a fold of it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from unknot.case.intake import Approval, Marked, Override
from unknot.knowledge.load import knowledge
from unknot.record.ids import uuid7
from unknot.record.schema import DERIVED, DOCUMENTS, FACTS, HEAD, TRIES
from unknot.record.screening import Desk, Visit
from unknot.record.store import Fact, OvertakenError, Store, StoreError, check_place, open_store
from unknot.screen.about import About

K = knowledge()
ON = date(2026, 11, 26)
WRITER = """
import sys
from unknot.record.store import Fact, open_store
store = open_store(sys.argv[1])
for n in range(100000):
    store.append("s", [Fact("counted", {"n": n}), Fact("counted", {"n": n})])
    print(n, flush=True)
"""


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """An empty store, in both databases."""
    opened = open_store(place, {"unknot": "test"})
    yield opened
    opened.close()


@pytest.fixture
def in_file(tmp_path: Path) -> Store:
    """An empty store in a file, for what concerns files alone."""
    return open_store(tmp_path / "unknot.db", {"unknot": "test"})


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, K)


def opened_visit(desk: Desk, on: date = ON) -> Visit:
    return desk.visit_of(desk.new_client("A", 40, "female").id, on)


# ---------------------------------------------------------------- facts and documents


def test_facts_come_back_in_order_with_their_versions(store: Store) -> None:
    assert store.append("a", [Fact("x", {"n": 1}), Fact("y", {"n": 2})]) == 2
    assert store.append("a", [Fact("z", {"n": 3})], after=2) == 3
    found = store.facts("a")
    assert [(f.sequence, f.kind, f.body["n"]) for f in found] == [(1, "x", 1), (2, "y", 2), (3, "z", 3)]
    assert all(f.versions == {"unknot": "test"} and f.at for f in found)
    assert store.facts("a", after=2) == found[2:] and store.last("b") == 0


@pytest.mark.parametrize("table", ["facts", "documents"])
@pytest.mark.parametrize("verb", ["update {} set body = '{{}}'", "delete from {}"])
def test_the_database_itself_refuses_to_change_or_delete(store: Store, table: str, verb: str) -> None:
    store.append("a", [Fact("x", {})])
    store.put("client", "1", {"label": "A"})
    with pytest.raises(IntegrityError, match="only ever added"), store.engine.begin() as connection:
        connection.execute(text(verb.format(table)))
    assert len(store.facts("a")) == 1 and store.get("client", "1") is not None


def test_who_writes_over_somebody_elses_facts_is_told_and_nothing_is_written(store: Store) -> None:
    store.append("a", [Fact("x", {})])
    with pytest.raises(OvertakenError):
        store.append("a", [Fact("late", {})], after=0)
    store.put("client", "1", {"label": "A"})
    with pytest.raises(OvertakenError):
        store.put("client", "1", {"label": "B"})
    assert [f.kind for f in store.facts("a")] == ["x"]
    found = store.get("client", "1")
    assert found is not None and found.body == {"label": "A"}


def test_every_version_of_a_document_is_kept_and_the_newest_is_found(store: Store) -> None:
    store.put("client", "1", {"v": 1})
    store.put("client", "1", {"v": 2}, over=1)
    store.put("client", "2", {"v": 9})
    assert [(d.id, d.version, d.body["v"]) for d in store.all("client")] == [("2", 1, 9), ("1", 2, 2)]
    with store.engine.connect() as connection:
        assert connection.execute(text("select count(*) from documents where id = '1'")).scalar() == 2


def test_a_value_that_json_cannot_hold_is_refused_before_anything_is_written(store: Store) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.append("a", [Fact("x", {"n": float("nan")})])
    assert store.last("a") == 0


def test_the_stored_shape_is_pinned() -> None:
    assert HEAD == "0005"
    assert [(c.name, str(c.type), c.primary_key) for c in FACTS.columns] == [
        ("stream", "VARCHAR(80)", True), ("sequence", "INTEGER", True), ("kind", "VARCHAR(40)", False),
        ("schema", "INTEGER", False), ("at", "VARCHAR(40)", False), ("body", "TEXT", False), ("versions", "TEXT", False), ("crc", "BIGINT", False),
    ]  # fmt: skip
    assert [(c.name, str(c.type), c.primary_key) for c in TRIES.columns] == [
        ("key", "VARCHAR(40)", True), ("wrong", "INTEGER", False), ("last", "DOUBLE", False), ("until", "DOUBLE", False),
    ]  # fmt: skip
    assert [c.name for c in DOCUMENTS.columns if c.primary_key] == ["kind", "id", "version"]
    assert [(c.name, c.primary_key) for c in DERIVED.columns] == [
        ("kind", True), ("id", True), ("mark", False), ("body", False), ("proof", False),
    ]  # fmt: skip


def test_the_migration_makes_the_tables_that_the_code_reads(store: Store) -> None:
    with store.engine.connect() as connection:
        for table in (FACTS, DOCUMENTS, DERIVED):
            found = inspect(connection).get_columns(table.name)
            assert [(c["name"], str(c["type"]).partition(" COLLATE")[0]) for c in found] == [
                (column.name, str(column.type)) for column in table.columns
            ]
        indexes = {
            i["name"]: i["column_names"] for t in ("facts", "documents") for i in inspect(connection).get_indexes(t)
        }
        second = {"facts_counted": ["stream"], "documents_counted": ["kind", "id"]}
        assert indexes == (second if connection.dialect.name == "sqlite" else {})


def test_writes_are_durable_and_logged_ahead(in_file: Store) -> None:
    with in_file.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2


def test_a_store_of_a_newer_program_is_refused(store: Store, place: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StoreError, match="newer Unknot"):
        open_store(place)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\1" * 500])
def test_a_file_that_is_no_store_is_refused_with_its_place_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"other\.db"):
        open_store(path)
    assert path.read_bytes() == content


def test_a_folder_as_place_gets_the_file_and_one_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    open_store(tmp_path / "folder").append("a", [Fact("x", {})])
    assert (tmp_path / "folder" / "unknot.db").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--data"):
        open_store(tmp_path / "file" / "below" / "unknot.db")


@pytest.mark.parametrize("name", ["what?.db", "100%20.db", "a#b&c=d.db", ":memory:", "file:x.db?mode=ro"])
def test_a_record_is_in_the_file_of_its_name_whatever_stands_in_it(tmp_path: Path, name: str) -> None:
    with contextlib.chdir(tmp_path):
        first = open_store(name)
        first.append("a", [Fact("x", {"n": 1})])
        first.close()
        again = open_store(tmp_path / name)
    assert [f.body for f in again.facts("a")] == [{"n": 1}]
    again.close()
    assert [p.name for p in tmp_path.iterdir()] == [name] and (tmp_path / name).stat().st_mode & 0o077 == 0


def test_the_start_refuses_a_place_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "unknot.db"
    program = "from unknot.cli import main; main()"
    command = [sys.executable, "-c", program, "--no-browser", "--port", "0", "--data", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and done.stdout == ""
    told = " ".join(done.stderr.split())
    for part in ("a file stands where a folder is needed", "allowed: a file or a folder that can be written", "--data"):
        assert part in told
    assert "file/unknot.db" in done.stderr.replace("\n", "")


def test_a_place_is_tried_and_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_place(tmp_path / "new" / "deep" / "unknot.db")
    assert list(tmp_path.iterdir()) == [], "who only draws gets no store"
    (tmp_path / "notes.txt").write_text("not a database")
    with pytest.raises(StoreError, match=r"notes\.txt: cannot be opened"):
        check_place(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "not a database"
    for other in ("nosuch", "mysql", "sqlite"):
        with pytest.raises(StoreError, match=r"no such kind of store.*postgresql://") as caught:
            check_place(f"{other}://me:secret@there/x")
        assert "secret" not in str(caught.value) and "pip install" not in str(caught.value)
    open_store(tmp_path).close()
    check_place(tmp_path)
    monkeypatch.setattr("os.access", lambda path, mode: False)  # a folder's owner may be root, who may write everywhere
    with pytest.raises(StoreError, match="cannot be written"):
        check_place(tmp_path)


def test_only_its_owner_may_read_the_file(in_file: Store, tmp_path: Path) -> None:
    assert (tmp_path / "unknot.db").stat().st_mode & 0o077 == 0


def test_half_a_character_is_refused_in_words(store: Store) -> None:
    with pytest.raises(StoreError, match="half a character"):
        store.append("a", [Fact("said", {"text": "a\ud83d"})])
    assert store.facts("a") == []


def test_no_value_of_a_client_stands_in_an_error(in_file: Store) -> None:
    in_file.close()
    Path(in_file.place).unlink()
    Path(in_file.place).mkdir()
    with pytest.raises(StoreError) as caught:
        in_file.append("a", [Fact("said", {"text": "a very private sentence"})])
    assert "private" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


# ---------------------------------------------------------------- what breaks


def test_after_a_kill_every_fact_that_was_told_to_be_stored_is_there_and_none_is_half_there(place: str) -> None:
    open_store(place).close()
    running = subprocess.Popen([sys.executable, "-c", WRITER, place], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    told = -1
    started = time.monotonic()
    while told < 40 and time.monotonic() - started < 60:
        told = int(running.stdout.readline())
    running.send_signal(signal.SIGKILL)
    rest = running.stdout.read().split()
    running.wait(10)
    told = int(rest[-1]) if rest else told
    facts = open_store(place).facts("s")
    assert len(facts) >= 2 * (told + 1) and len(facts) % 2 == 0
    assert [f.sequence for f in facts] == list(range(1, len(facts) + 1))
    assert [f.body["n"] for f in facts] == [n // 2 for n in range(len(facts))]


def test_on_a_full_disk_the_writer_is_told_and_what_was_stored_stays(in_file: Store) -> None:
    in_file.append("a", [Fact("x", {"n": 1})])
    with in_file.engine.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar()
    in_file.close()

    from sqlalchemy import event

    event.listen(in_file.engine, "connect", lambda c, _: c.execute(f"pragma max_page_count = {pages}"))
    with pytest.raises(StoreError, match="full") as caught:
        in_file.append("a", [Fact("x", {"text": "y" * 100_000})])
    assert "free some room" in str(caught.value)
    assert [f.body for f in in_file.facts("a")] == [{"n": 1}]


def test_two_writers_at_once_lose_nothing_and_leave_no_gap(store: Store, place: str) -> None:
    def write(name: str) -> None:
        own = open_store(place)
        for n in range(30):
            own.append("shared", [Fact(name, {"n": n})])

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    facts = store.facts("shared")
    assert [f.sequence for f in facts] == list(range(1, 91))
    assert all([f.body["n"] for f in facts if f.kind == name] == list(range(30)) for name in "abc")


# ---------------------------------------------------------------- ids


@given(st.integers(0, (1 << 48) - 1), st.binary(min_size=10, max_size=10))
@settings(deadline=None)
def test_an_id_is_a_version_7_uuid_that_sorts_by_its_time(ms: int, chance: bytes) -> None:
    made = uuid.UUID(uuid7(ms, chance))
    assert made.version == 7 and made.variant == uuid.RFC_4122
    assert made.int >> 80 == ms
    assert ms == 0 or uuid7(ms - 1, b"\xff" * 10) < str(made)


# ---------------------------------------------------------------- what screening keeps


def test_the_last_answer_counts_and_the_first_is_kept(desk: Desk) -> None:
    visit = opened_visit(desk)
    desk.answer(visit, {"anticoagulant": "no"}, "client")
    desk.answer(visit, {"anticoagulant": "yes"}, "practitioner")
    assert desk.intake(visit).answers["anticoagulant"] == "yes"
    told = [f.body["answer"] for f in desk.store.facts(f"client:{visit.client}") if f.kind == "answered"]
    assert told == ["no", "yes"]


def test_todays_answers_and_consent_belong_to_the_visit_and_the_history_to_the_client(desk: Desk) -> None:
    first = opened_visit(desk)
    area = next(iter(K.consent_areas))
    desk.answer(first, {"anticoagulant": "yes", "fever": "no"}, "client")
    desk.consent(first, area, "yes", "client: A")
    second = desk.visit_of(first.client, ON + timedelta(days=7))
    assert second.came_before and not first.came_before
    intake = desk.intake(second)
    assert intake.answers == {"anticoagulant": "yes"} and not intake.today and not intake.consents
    assert desk.visit_of(first.client, ON) == first


def test_marks_approvals_and_overrides_come_back_as_they_were_told(desk: Desk) -> None:
    visit = opened_visit(desk)
    mark = Marked("surgery", figure="female", view="back", at=(300, 500), radius_mm=30, said="spine")
    ident = desk.mark(visit, mark, "client")
    gone = desk.mark(visit, Marked("skin", site="knee.front@left"), "client")
    desk.unmark(visit, gone, "client")
    approval = Approval(
        "Dr", ON, "yes", ON + timedelta(days=90), ("anticoagulant",), "gentle", "fine", {"hold_s_max": 10.0}
    )
    desk.approve(visit, approval)
    rule = next(r.id for r in K.screens.values() if r.lifted_by == "practitioner")
    desk.override(visit, Override(rule, "P", "because"))
    intake = desk.intake(visit)
    assert intake.marks == (mark,) and desk.marks(visit) == {ident: mark}
    assert intake.approvals == (approval,) and intake.overrides == (Override(rule, "P", "because"),)


def test_an_override_of_an_absolute_rule_is_refused_and_leaves_no_fact(desk: Desk) -> None:
    visit = opened_visit(desk)
    for rule in (r for r in K.screens.values() if r.lifted_by != "practitioner"):
        with pytest.raises(StoreError, match="cannot be lifted"):
            desk.override(visit, Override(rule.id, "P", "because"))
    assert not [f for f in desk.store.facts(f"visit:{visit.id}") if f.kind == "overridden"]


def test_a_clearance_is_kept_once_and_again_when_it_changes(desk: Desk) -> None:
    visit = opened_visit(desk)
    of = About(age=40)

    def kept() -> int:
        return sum(f.kind == "cleared" for f in desk.store.facts(f"visit:{visit.id}"))

    desk.clearance(visit, of)
    assert kept() == 0, "looking is no screening"
    desk.answer(visit, {"cancer": "no"}, "client")
    desk.clearance(visit, of)
    desk.clearance(visit, of)
    assert kept() == 1
    desk.answer(visit, {"anticoagulant": "yes"}, "client")
    assert desk.clearance(visit, of).outcome != "go"
    assert kept() == 2


def test_an_old_no_is_asked_again_and_an_old_yes_stays(desk: Desk) -> None:
    visit = opened_visit(desk)
    warning = next(q.id for q in K.questions.values() if q.group == "warning" and not q.after)
    desk.answer(visit, {warning: "no", "anticoagulant": "yes", "cancer": "no"}, "client")
    told = date.fromisoformat(desk.store.facts(f"client:{visit.client}")[-1].at[:10])
    for days, wanted in (
        (29, {warning, "anticoagulant", "cancer"}),
        (40, {"anticoagulant", "cancer"}),
        (400, {"anticoagulant"}),
    ):
        later = desk.visit_of(visit.client, told + timedelta(days=days))
        assert set(desk.intake(later).answers) == wanted


def test_words_of_the_client_count_after_a_no_to_the_whole_page_until_they_are_denied_singly(desk: Desk) -> None:
    visit = opened_visit(desk)
    desk.answer(visit, {"anticoagulant": "no"}, "client")
    desk.say(visit, "I take Eliquis", "client")
    assert "anticoagulant" in {r.rule for r in desk.clearance(visit, About(age=40)).reasons}
    desk.answer(visit, {"anticoagulant": "no"}, "client", singly=True)
    assert "anticoagulant" not in {r.rule for r in desk.clearance(visit, About(age=40)).reasons}


def test_words_say_their_symptoms_without_any_drawing(desk: Desk) -> None:
    visit = opened_visit(desk)
    desk.say(visit, "I am numb between my legs", "client")
    of = desk.about(desk.client(visit.client), visit)
    assert "saddle_numbness" in of.symptoms
    assert desk.clearance(visit, of).outcome == "emergency"


def test_new_words_after_a_single_no_are_asked_back_again(desk: Desk) -> None:
    visit = opened_visit(desk)
    desk.say(visit, "I take Eliquis", "client")
    desk.answer(visit, {"anticoagulant": "no"}, "client", singly=True)
    assert "anticoagulant" in desk.intake(visit).confirmed
    desk.say(visit, "I'm on Xarelto now", "client")
    assert "anticoagulant" not in desk.intake(visit).confirmed
    assert "anticoagulant" in {r.rule for r in desk.clearance(visit, About(age=40)).reasons}
