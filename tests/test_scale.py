"""What keeps a large record quick: few queries a page, one look at a time, clients by right in the query, verifying as rows come by."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event

from unknot.bench import busy
from unknot.bench.records import Made, generate, patterns
from unknot.knowledge.load import knowledge
from unknot.record import counted as counting
from unknot.record import folded as folding
from unknot.record import verify as verifying
from unknot.record.folded import folded
from unknot.record.look import looking
from unknot.record.people import find, newest
from unknot.record.schema import DERIVED, DOCUMENTS, FACTS
from unknot.record.screening import Desk
from unknot.record.sessions import Sessions, stream_of
from unknot.record.store import Fact, Store, as_json, open_store
from unknot.record.verify import verify
from unknot.record.whole import crc_of, with_crc
from unknot.web.app import create_app

K = knowledge()
ON = date(2026, 3, 2)
MOST = {
    "client": 36,
    "outcomes": 18,
    "note": 28,
    "plan": 22,
    "end": 19,
    "clients": 15,
    "day": 23,
    "reports": 24,
    "audit": 12,
}
"""Queries of a page in an app that was just started, the door, the trail and the counting by the second index among them."""
FIRST = 14
"""More of them where nothing of the client was ever worked out before."""


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path, Made]]:
    """Six clients, of whom the busiest came a dozen times."""
    place = tmp_path_factory.mktemp("scale") / "unknot.db"
    store = open_store(place)
    made = generate(store, 6, 36, 3, ON, patterns(K, ON, 3, 3))
    yield store, place, made
    store.close()


def test_a_page_asks_the_database_a_few_times_however_often_somebody_came(practice: tuple[Store, Path, Made]) -> None:
    _, place, made = practice
    times = {client: sum(c == client for c, _ in made.visits) for client in made.clients}
    busiest, seldom = max(times, key=times.__getitem__), min(times, key=times.__getitem__)
    assert times[busiest] >= 2 * times[seldom] > 0
    for client in (seldom, busiest):
        visit = next(v for c, v in made.visits if c == client)
        addresses = {
            "client": f"/clients/{client}", "outcomes": f"/clients/{client}/outcomes", "note": f"/clients/{client}/visits/{visit}/note",
            "plan": f"/clients/{made.here[0]}/plan", "end": f"/sessions/{made.sessions[1]}/end", "clients": "/clients", "day": "/day",
            "reports": f"/clients/{client}/reports", "audit": "/audit",
        }  # fmt: skip
        for page, address in addresses.items():
            never, before = _queries(place, address), _queries(place, address)
            assert never <= MOST[page] + FIRST and before <= MOST[page], (page, never, before, times[client])


def _queries(place: Path, address: str) -> int:
    """Of one page in an app that was just started; what is asked once in an app's life is left out."""
    web = TestClient(create_app(data=place, today=lambda: ON), base_url="http://127.0.0.1")
    web.get("/practice")
    return _counted(place, lambda: web.get(address).raise_for_status())


def _counted(place: Path, done: Callable[[], object]) -> int:
    """Queries of a record while something is done, those that go to the driver itself too. An app of another test may ask its own meanwhile."""
    count, driven = 0, counting._rows

    def counted(connection: Connection, _: object, query: str, *more: object) -> None:
        nonlocal count
        mine = connection.engine.url.database == str(place.absolute())
        count += mine and not query.startswith(("BEGIN", "PRAGMA", "pragma"))

    def rows(connection: Connection, query: str, told: tuple[object, ...]) -> Sequence[Sequence[Any]]:
        counted(connection, None, query)
        return driven(connection, query, told)

    event.listen(Engine, "before_cursor_execute", counted)
    counting._rows = rows
    try:
        done()
    finally:
        event.remove(Engine, "before_cursor_execute", counted)
        counting._rows = driven
    return count


def test_what_somebody_else_changed_stands_on_the_next_page(practice: tuple[Store, Path, Made]) -> None:
    store, place, made = practice
    client, session = made.clients[0], made.sessions[2]  # no other test looks at its facts
    desk = Desk(store, K)
    web = TestClient(create_app(data=place, today=lambda: ON), base_url="http://127.0.0.1")
    assert "Renamed elsewhere" not in web.get(f"/clients/{client}").text
    desk.change_client(replace(desk.client(client), label="Renamed elsewhere"))
    assert "Renamed elsewhere" in web.get(f"/clients/{client}").text
    assert "Renamed elsewhere" in web.get("/clients").text
    visit = desk.visit_of(client, ON)
    desk.on_map(visit, ["My neck is on fire tonight"])
    assert "My neck is on fire tonight" in web.get(f"/clients/{client}/visits/{visit.id}/note?form=long").text
    before = folded(store, [session])[session]
    last = store.facts(stream_of(session))[-1]
    store.append(stream_of(session), [Fact("log", {**last.body, "kind": "log", "body": {"word": "note", "data": {"text": "x"}}})])  # fmt: skip
    assert len(folded(store, [session])[session].found.logged) == len(before.found.logged) + 1


def test_a_session_that_was_kept_is_the_one_that_was_folded(practice: tuple[Store, Path, Made]) -> None:
    store, place, made = practice
    with store.writing() as connection:
        connection.execute(DERIVED.delete())
    folding._KEPT.clear()
    first = folded(store, made.sessions)
    with store.reading() as connection:
        assert {r.id for r in connection.execute(DERIVED.select()) if r.kind == "session"} == set(made.sessions)
    other = open_store(place)
    before = _counted(place, lambda: folded(other, made.sessions))
    again = folded(other, made.sessions)
    assert before == 2, "how far they have grown, and what is kept"
    for ident, one in first.items():
        two = again[ident]
        assert repr(two.found) == repr(one.found) and (two.begun, two.ended, two.last) == (
            one.begun,
            one.ended,
            one.last,
        )
        assert two.applications == one.applications and {t.application for t in one.found.takings} <= set(
            two.applications
        )
    other.close()


def test_one_look_sees_one_state_and_what_it_writes_and_the_next_look_sees_all(tmp_path: Path) -> None:
    store, other = open_store(tmp_path / "unknot.db"), open_store(tmp_path / "unknot.db")
    store.append("client:a", [Fact("said", {"text": "one"})])
    store.put("plan", "v", {"n": 1})
    with looking():
        assert len(store.facts("client:a")) == 1 and store.get("plan", "none") is None
        assert store.get("plan", "v").body == {"n": 1}  # type: ignore[union-attr]
        other.append("client:a", [Fact("said", {"text": "two"})])
        other.put("plan", "none", {"n": 9})
        assert len(store.facts("client:a")) == store.last("client:a") == store.lasts(["client:a"])["client:a"] == 1
        assert store.get("plan", "none") is None
        store.append("client:a", [Fact("said", {"text": "three"})])
        store.put("plan", "v", {"n": 2}, over=1)
        assert [f.body["text"] for f in store.facts("client:a")] == ["one", "two", "three"]
        assert store.lasts(["client:a"]) == {"client:a": 3} and store.get("plan", "v").body == {"n": 2}  # type: ignore[union-attr]
    assert store.get("plan", "none").body == {"n": 9}  # type: ignore[union-attr]
    with looking():
        assert store.get("plan", "none").version == 1  # type: ignore[union-attr]
    store.close()
    other.close()


def test_those_whom_one_treats_are_found_among_any_number_of_others(place: str) -> None:
    store = open_store(place)
    mine, others = Desk(store, K, "acc-1"), Desk(store, K, "acc-2")
    first = mine.new_client("Anna the first", 40.0, "female")
    given_away = mine.new_client("Anna given away", 40.0, "female")
    mine.change_client(replace(given_away, treated_by=("acc-2",)))
    others.new_client("acc-1", 40.0, "female")
    body = as_json({"label": "Anna of somebody else", "age": 40.0, "sex": "female", "treated_by": ["acc-2"]})
    row = {
        "kind": "client",
        "version": 1,
        "schema": 1,
        "at": "2026-03-02T10:00:00+00:00",
        "body": body,
        "versions": "{}",
    }
    with store.writing() as connection:
        rows = [with_crc(DOCUMENTS, {**row, "id": f"ffffffff-0000-7000-8000-{n:012x}"}) for n in range(450)]
        connection.execute(DOCUMENTS.insert(), rows)
    assert [p.id for p in find(store, "anna", "acc-1")] == [first.id]
    assert [p.id for p in newest(store, of="acc-1")] == [first.id]
    assert len(find(store, "anna")) == 20 and len(newest(store)) == 50
    assert given_away.id in {p.id for p in find(store, "given away", "acc-2")}
    store.close()


def test_sessions_that_were_tampered_with_are_found_however_few_are_held_at_a_time(
    practice: tuple[Store, Path, Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _, made = practice
    place = tmp_path / "copy.db"
    with sqlite3.connect(place) as copy, store.engine.connect() as connection:
        connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
    with sqlite3.connect(place) as file:
        file.execute("drop trigger facts_no_update")
        file.create_function("crc_of", 7, lambda *values: crc_of(values))  # whoever tampers makes the checksum anew
        told = file.execute("select body from facts where stream = ? and sequence = 4", [stream_of(made.sessions[-1])])
        body = json.loads(told.fetchone()[0])
        body["at"] = body["at"] + 1
        file.execute("update facts set body = ? where stream = ? and sequence = 4", [as_json(body), stream_of(made.sessions[-1])])  # fmt: skip
        file.execute("update facts set crc = crc_of(stream, sequence, kind, schema, at, body, versions) where stream = ?", [stream_of(made.sessions[-1])])  # fmt: skip
        of_none = "insert into facts select 'session:nobody', sequence, kind, schema, at, body, versions, crc_of('session:nobody', sequence, kind, schema, at, body, versions) from facts where stream = ?"
        file.execute(of_none, [stream_of(made.sessions[1])])
        empty = "insert into documents select kind, 'begun-only', 1, schema, at, body, versions, crc_of(kind, 'begun-only', 1, schema, at, body, versions) from documents where kind = 'session' and id = ?"
        file.execute(empty, [made.sessions[1]])
    changed = open_store(place)
    found = []
    for most in (20_000, 1):
        monkeypatch.setattr(verifying, "FACTS_AT_ONCE", most)
        found.append(verify(changed))
    assert found[0].sessions == found[1].sessions == len(made.sessions) + 1
    for one in found:
        places = {p.place for p in one.problems}
        assert {f"session {made.sessions[-1]}", "session:nobody", "facts_no_update"} <= places
        assert one.wrong == found[0].wrong and not any("begun-only" in p for p in places)
    assert Sessions(changed).stands("begun-only")[1] is None
    changed.close()


def test_a_practice_that_is_kept_is_copied_and_never_worked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy, "patterns", lambda k, on, seed: patterns(k, on, seed, 1))
    first = busy._copied(K, tmp_path / "one.db", tmp_path / "kept", 2, 2, 5)
    kept = next((tmp_path / "kept").glob("*.db"))
    as_written = kept.read_bytes()
    store = open_store(tmp_path / "one.db")
    store.append("client:x", [Fact("said", {"text": "work"})])
    store.close()
    assert busy._copied(K, tmp_path / "two.db", tmp_path / "kept", 2, 2, 5) == first
    assert kept.read_bytes() == as_written == (tmp_path / "two.db").read_bytes()
    with open_store(tmp_path / "two.db").reading() as connection:
        assert len(connection.execute(FACTS.select()).all()) == first.facts


def test_the_app_hears_when_the_server_starts_and_stops(tmp_path: Path) -> None:
    with TestClient(create_app(data=tmp_path / "unknot.db"), base_url="http://127.0.0.1") as web:
        assert web.get("/clients").status_code == 200
