"""Accounts and clients that cannot be read: nobody is let in for want of them, and no list is shorter without a word."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from damage import changed, flipped
from house import PASSWORD, House
from unknot.record.accounts import Account, Accounts, Settings
from unknot.record.looks import alike
from unknot.record.names import unread_clients
from unknot.record.people import appoint, newest, unread_on
from unknot.record.store import open_store
from unknot.record.whole import DamagedError
from unknot.web.app import create_app
from unknot.web.codes import Codes
from unknot.web.serve import Serving, _owner_unread

INDEXES = ("sqlite_autoindex_documents_1", "documents_counted")


def practice(place: Path, *people: tuple[str, Any]) -> None:
    """A record with accounts that can sign in, by name and role."""
    with closing(open_store(place)) as store:
        for name, role in people:
            Accounts(store).keep(Account(f"id-{name}", name, role, "hash"))


def spoiled(place: Path, name: str) -> None:
    """A byte of an account is changed."""
    with closing(open_store(place)) as store:
        changed(store, "documents", f"id = 'id-{name}'", "body = replace(body, 'hash', 'hush')")


def started(place: Path, *, owner_code: bool = False) -> tuple[bool, str]:
    """What the start with --lan finds and announces about an owner."""
    told: list[str] = []
    how = Serving(data=str(place), lan=True, owner_code=owner_code)
    return _owner_unread(how, Codes(time.monotonic), told.append), "\n".join(told)


def test_a_first_start_gives_a_code_and_one_with_an_owner_gives_none(tmp_path: Path) -> None:
    unread, told = started(tmp_path / "none.db")
    assert not unread and "The code for an owner" in told
    practice(tmp_path / "u.db", ("Olga", "owner"))
    assert started(tmp_path / "u.db") == (False, "")


@pytest.mark.parametrize("how", ["row", *INDEXES])
def test_no_code_is_given_where_the_account_that_cannot_be_read_may_be_the_owners(tmp_path: Path, how: str) -> None:
    place = tmp_path / "u.db"
    practice(place, ("Olga", "owner"))
    if how == "row":
        spoiled(place, "Olga")
    else:
        place = flipped(place, how, b"accountid-Olga", 0, tmp_path / "flipped.db")
    unread, told = started(place)
    assert unread and "The code for an owner" not in told
    assert "unknot record restore" in told and "--owner-code" in told and "Olga" not in told
    assert "The code for an owner" in started(place, owner_code=True)[1], "who sits at the machine has a way"
    with closing(open_store(place)) as store, pytest.raises(DamagedError):
        Accounts(store).keep_settings(Settings(here_too=True))


def test_a_damaged_account_beside_a_whole_owner_keeps_nobody_out(tmp_path: Path) -> None:
    place = tmp_path / "u.db"
    practice(place, ("Olga", "owner"), ("Pia", "practitioner"))
    spoiled(place, "Pia")
    assert started(place) == (False, "")
    with closing(open_store(place)) as store:
        assert Accounts(store).has_owner() and Accounts(store).unread() == ["id-Pia"]


def test_whose_account_is_damaged_is_let_in_nowhere_and_told_so(tmp_path: Path, plan_of_one: Any) -> None:
    house = House(tmp_path, plan_of_one)
    store = house.doors.store()
    web, other = house.web("Olga"), house.web("Pia")
    changed(
        store,
        "documents",
        f"id = '{house.people['Olga'].id}' and version = 2",
        "body = replace(body, 'owner', 'Owner')",
    )
    assert web.get("/people").headers["location"].startswith("/sign-in")
    page = web.get("/sign-in")
    assert page.status_code == 200 and "Accounts that cannot be read" in page.text and "--owner-code" in page.text
    assert "Nobody has an account yet" not in page.text
    assert web.post("/sign-in", name="Olga", password=PASSWORD).status_code == 403
    assert other.get("/clients").status_code == 200, "the others go on"


def test_a_practitioners_lists_say_how_many_clients_cannot_be_read(tmp_path: Path, plan_of_one: Any) -> None:
    house = House(tmp_path, plan_of_one)
    store, pia = house.doors.store(), house.web("Pia")
    today = date.today()
    lost = pia.post("/clients", label="Lotte Los", age="50").headers["location"].split("/")[2]
    appoint(store, lost, today, "09:00")
    found = pia.post("/find", typed="l").text
    assert "Lotte Los" in found and "cannot be read" not in found
    for page in ("/clients", "/day"):
        assert "Lotte Los" in pia.get(page).text and "cannot be read" not in pia.get(page).text
    changed(store, "documents", f"kind = 'client' and id = '{lost}'", "body = replace(body, 'Los', 'Las')")
    for page in (pia.get("/clients"), pia.get("/day")):
        assert "cannot be read, since" in page.text or "cannot be read: 1" in page.text
        assert ": 1. " in page.text and lost not in page.text and "Zoe Zimt" in pia.get("/clients").text
    assert "who cannot be read, since the record is damaged: 1." in pia.post("/find", typed="zoe").text
    owner = house.web("Olga")
    assert lost in owner.get("/clients").text and "Missing in this list" not in owner.get("/day").text, (
        "shown as damaged"
    )


@pytest.mark.parametrize("how", ["row", *INDEXES])
def test_clients_that_cannot_be_read_are_counted_from_the_first_look_on(tmp_path: Path, how: str) -> None:
    place = tmp_path / "u.db"
    with closing(open_store(place)) as store:
        for ident in ("a1", "c3"):
            store.put("client", ident, {"label": f"Label {ident}", "age": None, "sex": None, "treated_by": ["x"]})
        assert unread_clients(store) == set() and newest(store, of="x")
        if how == "row":
            changed(store, "documents", "id = 'a1'", """body = replace(body, '"x"', '"y"')""")
    if how != "row":
        place = flipped(place, how, b"clienta1", 0, tmp_path / "flipped.db")
    with closing(open_store(place)) as store:
        assert {"a1", "c3"} >= {p.id for p in newest(store, of="x")} >= {"c3"} and "a1" in unread_clients(store)
        store.put("client", "d4", {"label": "New", "age": None, "sex": None, "treated_by": ["x"]})
        assert "a1" in unread_clients(store), "still, when others have come"


def test_an_appointment_that_cannot_be_read_is_counted_on_its_day(tmp_path: Path) -> None:
    on = date(2026, 3, 2)
    with closing(open_store(tmp_path / "u.db")) as store:
        for client in ("a1", "c3"):
            appoint(store, client, on, "09:00")
        assert unread_on(store, on) == 0
        changed(store, "documents", "kind = 'appointment' and body like '%a1%'", "body = replace(body, '09', '10')")
        assert (unread_on(store, on), unread_on(store, date(2026, 3, 3))) == (1, 0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Pacey", "\u0420\u0430\u0441\u0435\u0443", True), ("Eva Koch", "\u0395va Koch", True), ("BOB", "\u0412\u041e\u0412", True),
        ("Bob", "Bod", False), ("\u0418\u0432\u0430\u043d", "Ivan", False), ("Ren\u00e9", "Rene", False), ("anna  b", "Anna B", True),
    ],
)  # fmt: skip
def test_names_of_other_letters_that_look_the_same_are_alike_and_no_others(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same and alike(other, one) is same


def test_a_client_whose_name_looks_like_another_ones_is_asked_about_first(tmp_path: Path) -> None:
    app = create_app(data=tmp_path / "u.db")
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as web:
        for label in ("Pacey", "Pacey"):
            assert web.post("/clients", data={"label": label}, follow_redirects=False).status_code == 303, (
                "the same name is nothing odd"
            )
        asked = web.post("/clients", data={"label": "\u0420\u0430\u0441\u0435\u0443", "age": "30"})
        assert (
            asked.status_code == 409
            and "looks the same" in asked.text
            and 'name="another"' in asked.text
            and 'value="30"' in asked.text
        )
        made = web.post(
            "/clients", data={"label": "\u0420\u0430\u0441\u0435\u0443", "another": "yes"}, follow_redirects=False
        )
        assert made.status_code == 303
