"""On a full disk, or one that may only be read, every page on which something can be kept says that nothing new is, by one rule."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from house import House
from unknot.record import sign_ins
from unknot.web.rights import table

NO_PAGE = re.compile(
    r"\.(pdf|txt|toml|json)$|/waiting$|/places$|/pass$|/pictures$|/photos/|/letter|^/$|/rehearse|^/example|/api/|/watch$"
)
"""Papers, fragments and pages that keep nothing."""


def pages(house: House) -> list[str]:
    """The addresses of all pages of the practice, taken from the table of rights."""
    rows = [
        row.pattern
        for address, row in table().items()
        if address.startswith("GET ") and row.right not in ("open", "code", "map")
    ]
    return [house.at(one) for one in rows if not NO_PAGE.search(one) and "{visit}" not in one]


def told(text: str) -> int:
    """How often a page says that nothing new is kept."""
    return text.count("nothing new is kept")


def test_every_page_that_can_write_says_once_that_nothing_is_kept_and_a_clients_own_before_they_fill_it_in(
    tmp_path: Path, plan_of_one: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "WRITE_EACH_S", 3600)
    house = House(tmp_path, plan_of_one)
    store, web, phone = house.doors.store(), house.web("Olga"), house.web()
    phone.post("/q", code=house.doors.codes.give("form", house.client))
    assert "cannot be kept" not in phone.get("/mine/ask").text
    every = [f"/clients/{house.client}", *pages(house)]
    assert len(every) > 18 and {
        "/people",
        "/audit",
        f"/clients/{house.client}/map",
        f"/sessions/{house.session}",
    } <= set(every)
    assert [path for path in ("/people", every[0]) if told(web.get(path).text)] == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    assert told(web.get("/people").text) == 1, "a page that leaves no row asks the system, before anything was tried"
    monkeypatch.undo()
    query_only = [True]
    store.engine.dispose()
    event.listen(store.engine, "checkout", lambda c, *_: c.execute(f"pragma query_only = {int(query_only[0])}"))
    shown = {path: web.get(path) for path in every}
    assert {path: reply.status_code for path, reply in shown.items() if reply.status_code not in (200, 303)} == {}
    assert {
        path: told(reply.text) for path, reply in shown.items() if reply.status_code == 200 and told(reply.text) != 1
    } == {}
    page = phone.get("/mine/ask").text
    assert page.count("What you enter here cannot be kept just now. Please tell the practice.") == 1 and not told(page)
    query_only[0] = False
    assert told(web.get("/people").text) == 0, "what waited was kept"
