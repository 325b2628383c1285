"""The trail of looks and changes, and the sockets that stay open for as long as their sign-in."""

from __future__ import annotations

import asyncio
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from house import SECRET, House, Line, Web
from late import until
from unknot.knowledge.load import knowledge
from unknot.record import audit as trail
from unknot.record import sign_ins
from unknot.record.audit import STREAM, UNKNOWN, Audit, Wanted
from unknot.record.screening import Desk
from unknot.record.store import Fact, StoreError, open_store
from unknot.web import access, searched
from unknot.web.app import create_app
from unknot.web.codes import MOST_TRIES
from unknot.web.who import Who

# ---------------------------------------------------------------- an open socket


def test_a_screen_stays_while_hands_are_on_and_locks_when_they_are_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "LOOK_AGAIN_S", 0.0)
    ins, shift = house.doors.sign_ins, [timedelta(0)]
    monkeypatch.setattr(ins, "wall", lambda: datetime.now(UTC) + shift[0])
    line = Line(house, ins.begin(house.people["Pia"].id, "tablet"), house.begin())
    assert line.until(lambda: line.view)
    line.say("event", kind="next", seen=line.view["sequence"])
    line.say("event", kind="rate", value=5)
    assert line.until(lambda: line.view["hands_on"]), line.told
    for _ in range(4):
        shift[0] += timedelta(minutes=9)
        line.say("ping")
        assert not line.until(lambda: line.closed, 0.3), "hands are on: 36 minutes without a tap"
    line.say("event", kind="stop")
    line.say("event", kind="off")
    assert line.until(lambda: not line.view["hands_on"])
    shift[0] += timedelta(minutes=30)
    line.say("ping")
    assert line.until(lambda: line.closed)


def test_a_socket_closes_when_its_sign_in_is_ended(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "LOOK_AGAIN_S", 0.0)
    token = house.doors.sign_ins.begin(house.people["Olga"].id, "tablet")
    line = Line(house, token, house.begin())
    assert line.until(lambda: line.view)
    found = house.doors.sign_ins.find(token)
    assert found is not None
    house.doors.sign_ins.end(found.id)
    assert line.until(lambda: line.closed), "though it says nothing"
    told = line.count
    line.say("event", kind="next", seen=line.view["sequence"])
    time.sleep(0.1)
    assert line.count == told, "and hears nothing more"


def test_a_socket_closes_when_the_client_is_handed_over_and_when_this_machine_asks_for_a_sign_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "LOOK_AGAIN_S", 0.0)
    house.heal()
    line = Line(house, house.doors.sign_ins.begin(house.people["Pia"].id, "tablet"), house.begin())
    assert line.until(lambda: line.view)
    house.web("Olga").post(f"/clients/{house.client}/who", **{f"by.{house.people['Paul'].id}": "1"})
    assert line.until(lambda: line.closed)
    house.heal()
    here = Line(house, "", house.begin(), sender=("127.0.0.1", 5000))
    assert here.until(lambda: here.view)
    now = house.doors.settings()
    house.doors.accounts.keep_settings(replace(now, here_too=True))
    try:
        assert here.until(lambda: here.closed)
    finally:
        now = house.doors.settings()
        house.doors.accounts.keep_settings(replace(now, here_too=False))


# ---------------------------------------------------------------- the trail


def test_every_look_and_every_change_stands_in_the_trail_without_a_name_or_health(house: House) -> None:
    pia, audit = house.web("Pia"), house.doors.audit
    start = house.doors.store().last("audit")
    pia.get(f"/clients/{house.client}")
    pia.post(f"/clients/{house.client}/person", label="Zoe Zimt", age="42")
    house.web("Paul").get(f"/clients/{house.client}")
    pia.get(f"/sessions/{house.session}/end")
    rows = [(f.kind, f.body["who"], f.body["client"]) for f in house.doors.store().facts("audit", start)]
    me, other = house.people["Pia"].id, house.people["Paul"].id
    assert rows == [(a, w, house.client) for a, w in (("look", me), ("change", me), ("refused", other), ("look", me))]
    everything = json.dumps([f.body for f in house.doors.store().facts("audit")])
    assert "Zoe" not in everything and SECRET not in everything and "Pia" not in everything
    entries, _ = audit.read(Wanted(who=other, client=house.client))
    assert entries and {e.who for e in entries} == {other}


def test_the_trail_is_read_page_by_page_without_a_gap_and_by_the_owner_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path / "u.db")
    audit = Audit(lambda: store)
    rows = [{"who": "a" if n % 400 == 0 else "b", "what": "/x", "client": "c"} for n in range(1203)]
    store.append(STREAM, [Fact("look", row) for row in rows])
    seen, before = [], 0
    while True:
        entries, before = audit.read(Wanted(before=before), most=250)
        seen += [e.sequence for e in entries]
        if not before:
            break
    assert seen == list(range(1203, 0, -1))
    assert [e.sequence for e in audit.read(Wanted(who="a"))[0]] == [1201, 801, 401, 1]
    started = time.monotonic()
    assert audit.read(Wanted(before=10**11), most=1)[0][0].sequence == 1203
    assert time.monotonic() - started < 5, "a page behind the end is the first, whatever its number"


def test_a_row_that_the_store_did_not_take_waits_and_comes_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, broken = open_store(tmp_path / "u.db"), [True]

    def opened() -> Any:
        if broken[0]:
            raise StoreError([])
        return store

    audit = Audit(opened)
    audit.note("a", "look", "/first")
    assert "cannot be written now; 1 row waits" in caplog.text
    broken[0] = False
    audit.note("a", "look", "/second")
    assert [e.what for e in audit.read(Wanted())[0]] == ["/second", "/first"]


def test_no_row_of_the_trail_is_dropped_and_what_waits_is_written_when_the_app_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "MOST_WAITING", 3)
    app, broken = create_app(["*"], tmp_path / "u.db"), [True]
    audit, opened = app.state.doors.audit, app.state.doors.audit._store

    def fails() -> Any:
        if broken[0]:
            raise StoreError([])
        return opened()

    audit._store = fails
    for n in range(3):
        audit.note("a", "look", f"/{n}")
    with pytest.raises(StoreError, match="wait"):
        audit.note("a", "look", "/refused")
    broken[0] = False

    async def runs_and_stops() -> None:
        async with app.router.lifespan_context(app):
            pass

    with ThreadPoolExecutor(1) as elsewhere:  # the thread of the tests may have a loop of its own
        elsewhere.submit(asyncio.run, runs_and_stops()).result()
    assert [e.what for e in audit.read(Wanted())[0]] == ["/2", "/1", "/0"]


def test_a_look_at_a_client_writes_nothing_where_nothing_can_be_written_says_so_and_is_noted_later(
    tmp_path: Path, plan_of_one: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "WRITE_EACH_S", 0)
    house, k = House(tmp_path, plan_of_one), knowledge()
    store, web = house.doors.store(), house.web("Olga")
    desk = Desk(store, k)
    person = desk.new_client("Una Offen", 50.0, "female")
    earlier = desk.visit_of(person.id, date.today() - timedelta(days=3))
    desk.answer(earlier, {"anticoagulant": "yes"}, "practitioner")
    kept, read_only = store.lasts([f"client:{person.id}", STREAM]), [True]
    store.engine.dispose()
    event.listen(store.engine, "checkout", lambda c, *_: c.execute(f"pragma query_only = {int(read_only[0])}"))
    for path in ("", "/map", "/ask", "/reports", "/measures"):
        shown = web.get(f"/clients/{person.id}{path}")
        assert shown.status_code == 200, (path, shown.text)
        assert "it may only be read" in shown.text or path == "/map"
    assert "it may only be read" in web.get("/clients").text, "the look at the list waits"
    page = web.get(f"/clients/{person.id}").text
    assert k.questions["anticoagulant"].short in page and "make the place writable" in page
    assert page.count("it may only be read") == 1
    refused = web.post(f"/clients/{person.id}/ask", fever="no", group="today")
    assert refused.status_code == 422 and "cannot be written" in refused.text
    assert store.lasts(list(kept)) == kept
    read_only[0] = False
    assert "may only be read" not in web.get(f"/clients/{person.id}").text and len(desk.visits(person.id)) == 2
    looks = [e.what for e in house.doors.audit.read(Wanted(client=person.id, act="look"))[0]]
    assert len(looks) == 7 and looks.count("/clients/{client}") == 3


def test_looks_at_lists_and_changes_of_the_day_stand_in_the_trail(house: House) -> None:
    fred, me = house.web("Fred"), house.people["Fred"].id
    start = house.doors.store().last("audit")
    fred.get("/clients")
    fred.post("/day", who=house.client, on="2031-02-03", time="9:30")
    found = re.search(r'name="appointment" value="([^"]+)"', fred.get("/day?on=2031-02-03").text)
    assert found
    fred.post("/day/off", appointment=found[1], on="2031-02-03")
    house.web().post("/sign-in", name="Guessed", password="wrong")
    for door in ("/join", "/q", "/d"):
        house.web().post(door, code="AAAAAAAAAA")
    rows = [
        (f.kind, f.body["who"], f.body["what"], f.body["client"]) for f in house.doors.store().facts("audit", start)
    ]
    assert rows == [
        ("look", me, "/clients", ""), ("change", me, "/day", house.client), ("look", me, "/day", ""),
        ("change", me, "/day/off", house.client), ("wrong", UNKNOWN, "", ""),
        *(("wrong", UNKNOWN, door, "") for door in ("/join", "/q", "/d")),
    ]  # fmt: skip
    assert "nobody who is known" in house.web("Olga").get("/audit").text
    start = house.doors.store().last("audit")
    guesses = Web(house, sender=("192.0.2.77", 5000))
    for _ in range(MOST_TRIES + 5):
        guesses.post("/join", code="AAAAAAAAAA")
    assert house.doors.store().last("audit") - start == MOST_TRIES, "a door that is shut looks at no code"


def test_a_search_is_one_row_that_says_how_many_and_never_what_was_typed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    pia, fred, store, found = house.web("Pia"), house.web("Fred"), house.doors.store(), house.app.state.searched
    pia.post("/clients", label="Zara Zimt")
    start = store.last("audit")
    monkeypatch.setattr(searched, "PAUSE_S", 600.0)
    for typed in ("z", "zi", "zim", "", "zo", "zoe", "nobody at all"):
        pia.post("/find", typed=typed)
    fred.post("/find", typed="zoe")
    assert store.last("audit") == start, "no row while somebody types"
    found.write()
    rows = [(f.kind, f.body["who"], f.body["what"], f.body["client"]) for f in store.facts("audit", start)]
    me, other = house.people["Pia"].id, house.people["Fred"].id
    assert sorted(rows) == sorted([
        ("search", me, "/find: 2", ""), ("search", me, "/find: 1", house.client), ("search", me, "/find: 0", ""),
        ("search", other, "/find: 1", house.client),
    ])  # fmt: skip
    assert "names found: 2" in house.web("Olga").get("/audit?act=search").text
    assert house.web("Olga").get("/audit?act=search").text.count("zoe") == 0


def test_a_search_is_noted_after_a_pause_and_also_of_who_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searched, "PAUSE_S", 0.05)
    store, now = open_store(tmp_path / "u.db"), [0.0]
    audit = Audit(lambda: store)
    one, pia = searched.Searched(audit), Who("practitioner", "p")
    one.letter(pia, "a", ["c"])
    assert until(lambda: store.last(STREAM))
    assert [(e.act, e.what, e.client) for e in audit.read(Wanted())[0]] == [("search", "/find: 1", "c")]
    monkeypatch.setattr(searched, "PAUSE_S", 5.0)
    on = searched.Searched(audit, lambda: now[0])
    for n in range(12):
        on.letter(pia, "ab" if n % 2 else "a", [])
        on.write(every=False)
        now[0] += 1
    assert len(audit.read(Wanted())[0]) == 2


def test_the_page_of_the_trail_filters_and_leads_on(house: House) -> None:
    olga = house.web("Olga")
    for _ in range(60):
        house.doors.audit.note(house.people["Fred"].id, "look", "/x", house.client)
    page = olga.get("/audit", params={"by": house.people["Fred"].id, "act": "look"}).text
    assert page.count("<tr>") == 51 and "Zoe Zimt" in page and "before=" in page
    front = house.web("Fred")
    assert front.post("/people/settings", idle_min="7").status_code == 403
    house.doors.audit.note(house.people["Fred"].id, "refused", "/find")
    places = {
        "/clients/{client}": "record", "/clients/{client}/visits/{visit}/note.pdf": "record, visits, note.pdf", "/sessions/{session}/watch": "session, watch",
        "/mine/sheet": "the client&#39;s own page, sheet", "/": "body map", "/clients": "clients", "/q": "the way in by a code",
        "new: front: x": "new: Front desk: x", "unknot record backup": "unknot record backup",
    }  # fmt: skip
    for what in places:
        house.doors.audit.note(house.people["Fred"].id, "look", what)
    told = olga.get("/audit").text
    assert [what for what, said in places.items() if f"<td>{said}</td>" not in told] == []
    refused = olga.get("/audit", params={"act": "refused"}).text
    assert "<td>search for a client</td>" in refused and "names found: <" not in refused
    assert olga.post("/people/settings", idle_min="10").status_code == 303
    assert "locks after 10 minutes; no sign-in on this machine" in olga.get("/audit").text
    older = re.search(r'href="(/audit\?[^"]*before=\d+)"', page)
    assert older and "Fred" in olga.get(older[1].replace("&amp;", "&")).text
