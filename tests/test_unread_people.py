"""Accounts and clients that cannot be read: nobody is let in for want of them, and no list is shorter without a word."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from damage import changed, flipped
from house import PASSWORD, House, Web
from unknot.record.accounts import Account, Accounts, Settings
from unknot.record.people import appoint
from unknot.record.store import Store, open_store
from unknot.record.whole import DamagedError
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
    changed(store, "documents", f"id = '{house.people['Olga'].id}' and version = 2", "body = replace(body, 'owner', 'Owner')")
    assert web.get("/people").headers["location"].startswith("/sign-in")
    page = web.get("/sign-in")
    assert page.status_code == 200 and "Accounts that cannot be read" in page.text and "--owner-code" in page.text
    assert "Nobody has an account yet" not in page.text
    assert web.post("/sign-in", name="Olga", password=PASSWORD).status_code == 403
    assert other.get("/clients").status_code == 200, "the others go on"
