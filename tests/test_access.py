"""Who may see the record: every address of the app against no account, the wrong role and somebody else's client."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from house import EVERY, GUARDED, SECRET, House, Web, asked
from unknot.knowledge.load import knowledge as load_knowledge
from unknot.record.accounts import AccountError, Accounts, Settings
from unknot.record.audit import HERE, STREAM, Wanted
from unknot.record.store import open_store
from unknot.web.access import FORM_COOKIE
from unknot.web.rights import MAY, row_of, table

# ---------------------------------------------------------------- every address


def test_the_app_has_addresses_and_the_walk_finds_those_of_included_routers() -> None:
    assert len(EVERY) > 60 and {"GET /clients/{client}", "WS /dial/ws", "GET /static/{path}", "GET /audit"} <= set(
        EVERY
    )


def test_every_address_of_the_app_stands_in_the_table_of_rights_and_no_other_does() -> None:
    assert set(EVERY) == set(table())


def test_an_address_finds_its_own_row_and_carries_nothing_but_ids(house: House) -> None:
    rows = {address: row_of(address.split()[0], house.at(address.split()[1]))[0] for address in EVERY}
    assert [a for a, row in rows.items() if row is None or row.pattern != a.split()[1]] == []
    named = {name for address in EVERY for name in re.findall(r"\{(\w+)", address)}
    assert named <= {"client", "session", "visit", "account", "version", "number", "name", "path", "trial"}


def test_without_an_account_nothing_is_answered(house: House) -> None:
    web = house.web()
    for address in GUARDED:
        if address.startswith("WS"):
            assert web.socket(house.at(address.split()[1])) == "websocket.close", address
            continue
        reply = asked(web, house, address)
        assert reply.status_code == 401 or reply.headers.get("location", "").startswith("/sign-in"), address
        assert "Zoe" not in reply.text and SECRET not in reply.text, address


@pytest.mark.parametrize("name", ["Paul", "Fred", "Stu"])
def test_who_does_not_treat_a_client_learns_nothing_of_them(name: str, house: House) -> None:
    """The wrong role, and another practitioner: on no page the words of the client; the name only for the front desk."""
    web, role = house.web(name), house.people[name].role
    for address in GUARDED:
        house.heal()
        method, pattern = address.split()
        if method == "WS":
            assert web.socket(house.at(pattern)) == "websocket.close", address
            continue
        reply = asked(web, house, address)
        assert SECRET not in reply.text and (name == "Fred" or "Zoe" not in reply.text), address
        led = reply.headers.get("location", "") in ("/clients", f"/clients/{house.client}/who")
        if table()[address].right not in MAY[role]:
            assert reply.status_code == 403 or led, address
        elif re.search(r"\{(client|session)\}", pattern) and role != "front":
            assert reply.status_code == 403, address


def test_who_treats_a_client_and_the_owner_see_them(house: House) -> None:
    for typed in ("Zoe", "zimt"):
        assert "Zoe" not in house.web("Paul").post("/find", typed=typed).text
        assert "Zoe" in house.web("Pia").post("/find", typed=typed).text
    house.app.state.searched.write()  # now, so that no row of it comes between those of another test
    for name in ("Pia", "Olga"):
        web = house.web(name)
        assert SECRET in web.get(f"/clients/{house.client}").text
        assert "Zoe Zimt" in web.get("/clients").text
        assert web.socket(f"/sessions/{house.session}/ws") == "websocket.accept"
    assert "Zoe" not in house.web("Paul").get("/clients").text


def test_a_client_in_a_form_is_guarded_as_one_in_an_address(house: House) -> None:
    fields = {"site": "shoulder.front@right", "client": house.client, "age": "40"}
    for name, status in (("Paul", 403), ("Stu", 403), ("Pia", 200)):
        assert house.web(name).post("/", **fields).status_code == status, name


def test_who_asks_for_the_head_of_a_page_gets_what_get_answers_without_content_with_the_same_rights_and_one_look(
    house: House,
) -> None:
    where = f"/clients/{house.client}"
    for name, path in (("Pia", where), ("Paul", where), ("Fred", where), ("Pia", "/audit"), ("", "/q"), ("", where), ("Pia", "/none"),
                       ("Pia", "/static/app.css"), ("Pia", "/day/off")):  # fmt: skip
        web = house.web(name)
        whole, head = web.get(path), web.ask("HEAD", path)
        same = [(a.status_code, a.headers.get("location"), a.headers.get("content-type")) for a in (head, whole)]
        assert same[0] == same[1] and head.content == b"", (name, path)
        assert head.headers.keys() == whole.headers.keys(), (name, path)
    before = house.doors.store().last(STREAM)
    house.web("Pia").ask("HEAD", where)
    rows = house.doors.store().facts(STREAM, before)
    assert [(f.kind, f.body["what"]) for f in rows] == [("look", "/clients/{client}")]


def test_an_address_that_is_not_in_the_table_is_closed_to_all_but_the_owner(house: House) -> None:
    assert house.web("Pia").get("/nowhere").status_code == 403
    assert house.web("Olga").get("/nowhere").status_code == 404


# ---------------------------------------------------------------- roles


def test_the_front_desk_sees_names_and_gives_codes_and_nothing_of_health(house: House) -> None:
    fred = house.web("Fred")
    assert "Zoe Zimt" in fred.get("/clients").text
    assert fred.get(f"/clients/{house.client}").headers["location"] == f"/clients/{house.client}/who"
    coded = fred.post(f"/clients/{house.client}/code")
    assert re.search(r"[A-Z2-9]{5} [A-Z2-9]{5}", coded.text) and SECRET not in coded.text
    for page in (coded, fred.get("/clients"), fred.post("/find", typed="zoe")):
        assert "Zoe" in page.text and "41" not in re.sub(r"[0-9a-f-]{36}", "", page.text), "not even the age"
    house.app.state.searched.write()
    assert fred.get("/").headers["location"] == "/clients"


def test_a_record_is_shared_and_handed_over(house: House) -> None:
    pia, paul = house.web("Pia"), house.web("Paul")
    made = pia.post("/clients", label="Shared S.").headers["location"].split("/")[2]
    here = f"/clients/{made}"
    assert paul.get(here).status_code == 403
    both = {f"by.{house.people[n].id}": "1" for n in ("Pia", "Paul")}
    pia.post(f"{here}/who", **both)
    assert paul.get(here).status_code == 200 and pia.get(here).status_code == 200
    pia.post(f"{here}/person", label="Shared T.")
    assert paul.get(here).status_code == 200, "a new label hands nobody over"
    pia.post(f"{here}/who", **{f"by.{house.people['Paul'].id}": "1"})
    assert pia.get(here).status_code == 403 and paul.get(here).status_code == 200


def test_a_change_of_role_and_a_closed_account_hold_at_once(house: House) -> None:
    olga = house.web("Olga")
    new = house.doors.accounts.new("Nina", "practitioner")
    new = house.doors.accounts.keep(replace(new, hashed="x"))
    nina = Web(house, new.id)
    assert nina.get("/clients").status_code == 200
    olga.post(f"/people/{new.id}", do="role", role="student")
    assert nina.get("/clients").status_code == 403
    olga.post(f"/people/{new.id}", do="disable")
    assert nina.get("/", headers={"accept": "text/html"}).headers["location"].startswith("/sign-in")


def test_the_last_owner_stays_one(tmp_path: Path) -> None:
    accounts = Accounts(open_store(tmp_path / "u.db"))
    with pytest.raises(AccountError, match="owner"):
        accounts.keep_settings(Settings(here_too=True))
    one = accounts.keep(replace(accounts.new("One", "owner"), hashed="x"))
    accounts.new("Two", "owner")  # nobody has come in to it yet
    for changed in (replace(one, role="student"), replace(one, disabled=True), replace(one, hashed="")):
        with pytest.raises(AccountError, match="owner"):
            accounts.keep(changed)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a\u202eb", "hidden_character"), ("Pia\0", "hidden_character"), ("P\u0456a", "mixed_letters"),
        ("Olg\u03b1", "mixed_letters"), ("\u200b\u2800", "no_name"), ("Olga\u200b", "name_taken"), ("\uff30ia", "name_taken"),
        ("\u0420\u0456\u0430", "name_taken"), ("\u03a1\u0399\u0391", "name_taken"), ("PIA", "name_taken"), ("pia\u00a0", "name_taken"),
    ],
)  # fmt: skip
def test_a_name_that_passes_for_another_of_the_practice_or_holds_what_nobody_sees_is_refused(
    name: str, code: str, house: House
) -> None:
    before = len(house.doors.accounts.all())
    with pytest.raises(AccountError) as error:
        house.doors.accounts.new(name, "student")
    assert [p.code for p in error.value.problems] == [code]
    assert error.value.problems[0].place == "Name" and len(house.doors.accounts.all()) == before


def test_names_of_every_script_are_taken_and_found_however_they_are_spaced(tmp_path: Path) -> None:
    accounts = Accounts(open_store(tmp_path / "u.db"))
    names = ("Пётр Маслов", "Ελένη Παππά", "José Ångström-O’Neil", "王小明", "علی\u200cرضا", "Anna Маслова", "Zoë 2")
    for name in names:
        assert accounts.new(name, "student").name == name
    assert accounts.new("Two  \u00a0 spaces", "student").name == "Two spaces"
    found = accounts.named(" two   spaces ")
    assert found is not None and found.name == "Two spaces"


def test_problems_of_people_name_the_field_as_the_page_does(house: House) -> None:
    olga = house.web("Olga")
    for odd, said in (
        ("0", "0 is out of range"),
        ("nan", "nan is not a finite number"),
        ("x", "'x' is not a number"),
    ):
        page = html.unescape(olga.post("/people/settings", idle_min=odd).text)
        assert f"Lock after so many minutes without a touch: {said} (allowed: a number from 1 to 120)" in page
        assert "Idle_min" not in page
    page = olga.post("/people", name="New", role="").text
    assert "Role: nothing is chosen (allowed: Owner, Practitioner, Front desk, Student). Choose one." in page


@pytest.mark.parametrize(("name", "role"), [("", "owner"), ("x" * 61, "owner"), (" olga ", "owner"), ("New", "king")])
def test_an_account_without_a_name_of_its_own_or_a_role_is_refused(name: str, role: str, house: House) -> None:
    reply = house.web("Olga").post("/people", name=name, role=role)
    assert reply.status_code == 422 and 'role="alert"' in reply.text


def test_a_clients_own_device_shows_what_it_has_said_and_nothing_else_of_the_record(house: House) -> None:
    """Whoever holds a code, the front desk too, reads no answer that was there before, and turns none into a no."""
    pia, fred, made = house.web("Pia"), house.web("Fred"), house.doors.codes
    label = pia.post("/clients", label="Own D.", age="41").headers["location"].split("/")[2]
    here = f"/clients/{label}"
    shown = re.search(r'name="shown" value="([^"]+)"', pia.get(f"{here}/ask").text)
    assert shown
    known = shown[1].split()
    pia.post(f"{here}/ask", shown=shown[1], **{f"yes.{known[0]}": "1"})
    pia.post(f"{here}/words", said=f"I have {SECRET}")
    pia.post(f"{here}/marks", kind="surgery", where="front of my right shoulder", said="a plate of old")
    code = re.search(r"([A-Z2-9]{5}) ([A-Z2-9]{5})", fred.post(f"{here}/code").text)
    assert code
    own = house.web()
    own.post("/q", code=code[1] + code[2])
    group = next(q.group for q in load_knowledge().questions.values() if q.id == known[0])
    for path in ("/mine/ask", f"/mine/ask?group={group}", "/mine/words", "/mine/marks", "/mine/consent"):
        page = own.get(path).text
        assert SECRET not in page and "a plate of old" not in page and known[0] not in page, path
        assert not re.search(r"checked|Own D", page), path
    own.post("/mine/ask", shown=shown[1])
    own.post("/mine/words", said="", **{f"confirm.{known[0]}": "no"})
    (mark,) = marks_of(house, label)
    own.post("/mine/marks", remove=mark)
    answers = [f.body for f in house.doors.store().facts(f"client:{label}") if f.kind == "answered"]
    assert [a["answer"] for a in answers if a["question"] == known[0]] == ["yes"] and marks_of(house, label) == [mark]
    own.post("/mine/words", said="my knee is new")
    own.post("/mine/marks", kind="surgery", where="left knee", said="mine")
    assert "mine" in own.get("/mine/marks").text and made.holder(own.http.cookies[FORM_COOKIE]) is not None


def marks_of(house: House, client: str) -> list[str]:
    """The marks of a client that stand."""
    facts = house.doors.store().facts(f"client:{client}")
    gone = {f.body["id"] for f in facts if f.kind == "unmarked"}
    return [f.body["id"] for f in facts if f.kind == "marked" and f.body["id"] not in gone]


def test_nobody_calls_off_an_appointment_of_a_client_whom_somebody_else_treats(house: House) -> None:
    pia = house.web("Pia")
    pia.post("/day", who=house.client, on="2031-01-02", time="10:00")
    found = re.search(r'name="appointment" value="([^"]+)"', pia.get("/day?on=2031-01-02").text)
    assert found and house.web("Paul").post("/day/off", appointment=found[1], on="2031-01-02").status_code == 403
    assert "Zoe" in pia.get("/day?on=2031-01-02").text
    assert house.web("Fred").post("/day/off", appointment=found[1], on="2031-01-02").status_code == 303
    assert "Zoe" not in pia.get("/day?on=2031-01-02").text


# ---------------------------------------------------------------- this machine


@pytest.mark.parametrize("header", ["forwarded", "x-forwarded-for", "x-real-ip", "via"])
def test_who_comes_through_a_proxy_of_this_machine_is_not_at_it(header: str, house: House) -> None:
    here = Web(house, sender=("127.0.0.1", 5000))
    assert here.get("/clients").status_code == 200
    assert here.get("/clients", headers={header: "127.0.0.1"}).headers["location"].startswith("/sign-in")
    assert house.web().get("/clients", headers={header: "127.0.0.1"}).status_code == 303, "nor does it bring anybody in"


def test_on_this_machine_nobody_signs_in_until_the_practice_wants_it(tmp_path: Path, plan_of_one: Any) -> None:
    house = House(tmp_path, plan_of_one)
    here = Web(house, sender=("127.0.0.1", 5000))
    assert SECRET in here.get(f"/clients/{house.client}").text and here.get("/people").status_code == 200
    assert {e.who for e in house.doors.audit.read(Wanted(client=house.client))[0]} >= {HERE}
    assert here.post("/people/settings", idle_min="5", here_too="1").status_code == 303
    assert here.get("/clients").headers["location"].startswith("/sign-in")
    for odd in ("0", "nan", "1e9", "x", ""):
        assert Web(house, house.people["Olga"].id).post("/people/settings", idle_min=odd).status_code == 422


def test_who_is_signed_in_signs_with_their_own_name_and_nobody_elses(house: House) -> None:
    house.web("Olga").post("/practice", name="Mill", practitioner="Olga Owner")
    pia, here = house.web("Pia"), f"/clients/{house.client}"
    store = house.doors.store()
    visit = next(f.body["visit"] for f in store.facts(f"client:{house.client}") if f.kind == "visit_opened")
    page = pia.get(f"{here}/visits/{visit}/note").text
    assert re.search(r'name="name"[^>]*value="Pia" readonly', page)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    told = {"subjective": "s", "objective": "o", "assessment": "a", "plan": "p", "version": version[1], "do": "sign"}
    pia.post(f"{here}/visits/{visit}/note", name="Olga Owner", **told)
    pia.post(f"{here}/visits/{visit}/amend", text="more", by="Olga Owner")
    pia.post(f"{here}/measures", group="wellbeing", by="Olga Owner", **{"v|mood|0||0": "6"})
    kept = store.get("note", visit)
    assert kept is not None and kept.body["signed_by"] == "Pia"
    later = {f.kind: f.body["by"] for f in store.facts(f"visit:{visit}")[-2:]}
    assert later == {"note_amended": "Pia", "measured": "Pia"}
