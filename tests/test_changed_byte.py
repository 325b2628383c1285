"""A changed byte is noticed: what is not as it was written is told by its name, is never shown as if it were right, and keeps nobody else out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from damage import changed
from house import House
from unknot.record import database
from unknot.record.audit import Wanted
from unknot.record.backup import backup, restore
from unknot.record.export import export
from unknot.record.lines import as_row
from unknot.record.people import find, named, newest
from unknot.record.secret import Secret
from unknot.record.store import Batch, Fact, Store, StoreError, open_store
from unknot.record.take_in import take_in
from unknot.record.verify import verify
from unknot.record.whole import DamagedError, crc_of
from unknot.web.access import COOKIE

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECRET = Secret(b"a key for the tests")
WORDS = "a client's words"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """Two clients with facts."""
    opened = open_store(place, {"unknot": "0"})
    for ident in ("a", "b"):
        opened.append(f"client:{ident}", [Fact("said", {"text": WORDS, "n": n}) for n in range(3)])
        opened.put("client", ident, {"label": f"Client {ident}", "age": 40.0, "sex": None})
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "sets",
    ["body = replace(body, 'words', 'wordz')", "kind = 'saie'", "at = replace(at, '20', '21')", "schema = 2", "versions = '{}'", "crc = crc + 1"],
)  # fmt: skip
def test_a_fact_that_was_changed_is_told_by_its_name_and_the_others_are_read(store: Store, sets: str) -> None:
    changed(store, "facts", "stream = 'client:a' and sequence = 2", sets)
    with pytest.raises(DamagedError) as error:
        store.facts("client:a")
    told = str(error.value)
    assert "client:a, fact 2" in told and "record restore" in told and "words" not in told
    with pytest.raises(DamagedError):
        store.facts_of(["client:b", "client:a"])
    assert len(store.facts("client:b")) == 3
    assert store.append_all([Batch("client:b", [Fact("said", {})])]) == [4]
    found = verify(store)
    assert found.wrong >= 1 and any(p.place == "client:a 2" for p in found.problems)
    assert not any("words" in str(p) for p in found.problems)


def test_a_document_that_was_changed_is_told_and_no_older_version_stands_in_for_it(store: Store) -> None:
    store.put("client", "a", {"label": "Client a, renamed", "age": 41.0, "sex": None}, over=1)
    assert [p.label for p in newest(store)] == ["Client b", "Client a, renamed"]
    changed(store, "documents", "id = 'a' and version = 2", "body = replace(body, '41', '14')")
    for read in (
        lambda: store.get("client", "a"),
        lambda: store.get("client", "a", 2),
        lambda: store.some("client", ["b", "a"]),
    ):
        with pytest.raises(DamagedError, match="client a, version 2"):
            read()
    first = store.get("client", "a", 1)
    assert first is not None and first.body["age"] == 40.0
    assert [d.id for d in store.all("client")] == ["b"]
    told = {p.id: (p.label, p.age) for p in newest(store)}
    assert told["a"] == ("(cannot be read: damaged)", None) and told["b"] == ("Client b", 40.0)
    assert named(store, ["a"])["a"].age is None
    assert [p.id for p in find(store, "client")] == ["b"], "no name is found by what it may not be"


def test_bytes_that_are_no_text_any_more_are_told_by_the_row_too(tmp_path: Path) -> None:
    store = open_store(tmp_path / "u.db")
    store.append("client:a", [Fact("said", {"text": WORDS}), Fact("said", {})])
    store.put("client", "a", {"label": WORDS})
    for table in ("facts", "documents"):
        where = "sequence = 1" if table == "facts" else "id = 'a'"
        changed(store, table, where, "body = cast(x'7b22' || x'ff' || x'227d' as text)")
    for read in (lambda: store.facts("client:a"), lambda: store.get("client", "a")):
        with pytest.raises(DamagedError) as error:
            read()
        assert "client:a, fact 1" in str(error.value) or "client a, version 1" in str(error.value)
    assert store.facts("client:a", 1)[0].sequence == 2, "texts are read as ever afterwards"
    assert {"client:a 1", "client a version 1"} <= {p.place for p in verify(store).problems}
    store.close()


def test_a_fact_that_is_missing_in_the_middle_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path / "u.db")
    store.append("client:a", [Fact("x", {}) for _ in range(3)])
    with sqlite3.connect(tmp_path / "u.db") as file:
        file.execute("drop trigger facts_no_delete")
        file.execute("delete from facts where sequence = 2")
    with pytest.raises(DamagedError, match="of whose 3 facts 2 are there"):
        store.facts("client:a")
    store.close()


def test_a_backup_of_a_damaged_record_keeps_the_damage_known(store: Store, tmp_path: Path) -> None:
    changed(store, "facts", "stream = 'client:a' and sequence = 2", "kind = 'saie'")
    made = backup(store, tmp_path / "one.backup", SECRET, NOW)
    assert made.damaged == 1 and made.facts == 6
    found = restore(tmp_path / "one.backup", str(tmp_path / "again.db"), SECRET)
    assert [p.place for p in found.problems] == ["client:a 2"]


def test_an_export_marks_what_is_damaged_no_table_shows_it_and_an_import_keeps_it_known(
    store: Store, tmp_path: Path
) -> None:
    store.put("account", "x", {"name": "Olga", "role": "owner", "hashed": "secret", "disabled": False, "passkeys": []})
    changed(store, "facts", "stream = 'client:a' and sequence = 2", "kind = 'saie'")
    changed(store, "documents", "id = 'x'", "body = replace(body, '{', '[')")
    made = export(store, tmp_path / "out", ("json", "csv"), NOW)
    assert made.damaged == 2 and (made.facts, made.documents) == (6, 3)
    rows = [json.loads(line) for line in (tmp_path / "out/json/facts.jsonl").read_text().splitlines()]
    assert [r["sequence"] for r in rows if r.get("damaged")] == [2]
    assert "secret" not in "".join(p.read_text() for p in (tmp_path / "out").rglob("*.jsonl"))
    assert "saie" not in (tmp_path / "out/csv/facts.csv").read_text()
    again = open_store(tmp_path / "again.db")
    take_in(again, tmp_path / "out")
    assert {p.place for p in verify(again).problems} == {"client:a 2", "account x version 1"}
    assert len(again.facts("client:b")) == 3
    again.close()


def test_a_row_without_a_checksum_is_refused_by_the_database(store: Store) -> None:
    columns = "stream, sequence, kind, schema, at, body, versions"
    with pytest.raises(Exception, match=r"checksum|null value"), store.engine.begin() as connection:
        connection.exec_driver_sql(f"insert into facts ({columns}) values ('s', 1, 'x', 1, 't', '{{}}', '{{}}')")


def test_the_page_of_a_damaged_client_says_so_and_all_others_are_shown_and_a_damaged_sign_in_lets_nobody_in(
    tmp_path: Path, plan_of_one: Any
) -> None:
    house = House(tmp_path, plan_of_one)
    olga, store = house.web("Olga"), house.doors.store()
    pia_token = house.doors.sign_ins.begin(house.people["Pia"].id, "test")
    made = [olga.post("/clients", label=f"Vera V. {n}").headers["location"].split("/")[2] for n in range(2)]
    for ident in made:
        olga.get(f"/clients/{ident}")
        visit = next(f.body["visit"] for f in store.facts(f"client:{ident}") if f.kind == "visit_opened")
        store.append(f"visit:{visit}", [Fact("measured", {"text": "x"})])
    changed(store, "documents", f"kind = 'client' and id = '{made[0]}'", "body = replace(body, 'Vera', 'Xera')")
    told = olga.get(f"/clients/{made[0]}", headers={"accept": "text/html"})
    assert told.status_code == 422 and f"client {made[0]}, version 1" in told.text and "Xera" not in told.text
    assert "Vera V. 1" in olga.get(f"/clients/{made[1]}").text
    third = olga.post("/clients", label="Wim W.").headers["location"].split("/")[2]
    store.append(f"client:{third}", [Fact("said", {"text": "x"})])
    changed(store, "facts", f"stream = 'client:{third}'", "schema = 7")
    page = olga.get(f"/clients/{third}", headers={"accept": "text/html"}).text
    assert "<p>Of the client Wim W., fact 1 is not what was written there. Nothing of it is shown" in page
    assert "<code>unknot record verify</code>" in page and third not in page and "Nothing was entered here" in page
    fred = house.web("Fred").get("/nowhere", headers={"accept": "text/html"}).text
    assert 'href="/clients"' in fred and 'href="/practice"' not in fred, "the head is that of who asks"
    for path in ("/clients", "/day"):
        page = olga.get(path)
        assert page.status_code == 200 and "Vera V. 1" in page.text and "Xera" not in page.text, path
    assert "cannot be read: damaged" in olga.get("/clients").text
    changed(store, "facts", f"stream = 'visit:{visit}' and sequence = 1", "at = replace(at, '20', '21')")
    assert "cannot be read: damaged" in olga.get("/day").text
    one = house.doors.sign_ins.of(house.people["Pia"].id)[0]
    changed(store, "documents", f"kind = 'sign_in' and id = '{one.id}' and version = {one.version}", "schema = 7")
    web = house.web()
    web.http.cookies.set(COOKIE, pia_token)
    assert web.get("/clients").headers["location"].startswith("/sign-in") and web.get("/sign-in").status_code == 200


def test_a_damaged_row_of_the_trail_is_told_in_its_place_and_hides_no_other(tmp_path: Path, plan_of_one: Any) -> None:
    house = House(tmp_path, plan_of_one)
    olga, store = house.web("Olga"), house.doors.store()
    olga.get(f"/clients/{house.client}")
    last = store.last("audit")
    where = f"stream = 'audit' and sequence = {last - 1}"
    changed(store, "facts", where, f"body = replace(body, '{house.people['Pia'].id}', 'Mallory')")
    for asked in ("", f"?client={house.client}", "?act=change"):
        page = olga.get(f"/audit{asked}")
        assert page.status_code == 200 and "Mallory" not in page.text, asked
        assert f"Row {last - 1} is damaged" in page.text and "unknot record verify" in page.text, asked
    shown = [e.sequence for e in house.doors.audit.read(Wanted())[0]]
    assert shown == list(range(store.last("audit"), 0, -1)), "each in its place, the damaged one too"
    assert {p.place for p in verify(store).problems} == {f"audit {last - 1}"}
    for one in house.doors.sign_ins.of(house.people["Olga"].id):
        changed(store, "documents", f"kind = 'sign_in' and id = '{one.id}' and version = {one.version}", "schema = 7")
    assert house.web("Pia").get("/me").status_code == 200 and house.web("Olga").get("/people").status_code == 200


def test_a_record_from_before_checksums_gets_them_all_and_its_guards_back(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "HEAD", "0003")
    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0003"))
    old = database.engine_of(place, None)
    if "://" in place:  # the tests' databases are copies of one that is lifted already
        with old.begin() as connection:
            connection.execute(text("drop schema public cascade; create schema public"))
    database.lift(old, place)
    with old.begin() as connection:
        for n in range(1, 2502):
            values = {"n": n, "body": json.dumps({"text": f"Ö {n}"}, ensure_ascii=False)}
            connection.execute(
                text("insert into facts values ('client:a', :n, 'said', 1, '2026', :body, '{}')"), values
            )
        connection.execute(
            text("insert into documents values ('client', 'a', 1, 1, '2026-01-01', '{\"label\":\"A\"}', '{}')")
        )
    old.dispose()
    monkeypatch.undo()
    store = open_store(place)
    assert len(store.facts("client:a")) == 2501 and store.get("client", "a") is not None
    assert [p for p in verify(store).problems if not p.given.startswith("its time")] == []
    with pytest.raises(Exception, match="only ever added"), store.engine.begin() as connection:
        connection.exec_driver_sql("update facts set kind = 'x'")
    store.close()


def test_a_row_of_an_older_backup_gets_its_checksum_and_a_newer_one_keeps_its_own() -> None:
    row = ["facts", "s", 1, "said", 1, "2026-01-01", "{}", "{}"]
    assert as_row(row, "x")[1]["crc"] == crc_of(row[1:])
    assert as_row([*row, 7], "x")[1]["crc"] == 7
    for odd in (row[:-1], [*row, 7, 8], [*row, "7"]):
        with pytest.raises(StoreError):
            as_row(odd, "x")
