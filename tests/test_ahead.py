"""What pages need is worked out ahead: those expected today first, resting while people ask, going on where a killed program ended."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select

from damage import flipped
from late import until
from unknot.body.atlas import atlas
from unknot.knowledge.load import knowledge
from unknot.record import derived
from unknot.record.ahead import RESTS_S, Listening, ahead
from unknot.record.derived import stale
from unknot.record.drawn import coloured, under_of
from unknot.record.people import appoint
from unknot.record.schema import DERIVED
from unknot.record.screening import Desk
from unknot.record.store import Fact, Store, open_store
from unknot.web import warm
from unknot.web.ahead import Ahead
from unknot.web.app import create_app
from unknot.web.page import Page

K = knowledge()
ON = date(2026, 3, 2)
STROKE = {"figure": "female", "view": "back", "atlas": 1, "width": 40, "intensity": 6, "points": [[300, 300], [320, 400]]}  # fmt: skip


@pytest.fixture
def practice(place: str) -> Iterator[Store]:
    """Three clients who drew long ago; the first of them is expected."""
    store = open_store(place)
    desk = Desk(store, K)
    for n, label in enumerate(("first", "second", "third")):
        client = desk.new_client(label, 40.0, "female").id
        store.put("drawing", desk.visit_of(client, date(2025, 1, 1 + n)).id, {"format": 1, "stroke": [STROKE]})
        if n == 0:
            appoint(store, client, ON, "09:00")
    yield store
    store.close()


def drawings(store: Store) -> dict[str, int]:
    return {d.id: d.version for d in store.all("drawing")}


def kept(store: Store) -> list[tuple[str, str]]:
    with store.reading() as connection:
        return [(r.kind, r.id) for r in connection.execute(select(DERIVED))]


def test_after_an_update_all_is_worked_out_anew_those_expected_first_and_a_killed_program_is_gone_on_with(practice: Store, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    class KilledError(Exception):
        pass

    def rest() -> None:
        if len(kept(practice)) >= 2:
            raise KilledError

    with pytest.raises(KilledError):
        ahead(practice, K, ON, rest)
    first = min(drawings(practice))
    assert sorted(kept(practice)) == [("drawing", first), ("ranking", first)], "who is expected comes first"
    assert ahead(practice, K, ON) == 2 and len(kept(practice)) == 6
    assert ahead(practice, K, ON, lambda: pytest.fail("there is nothing to do")) == 0
    monkeypatch.setattr(derived, "code", lambda: "an update")
    under = under_of(K)
    assert len(stale(practice, derived.DRAWING, drawings(practice), under)) == 3
    ahead(practice, K, ON)
    for kind in (derived.DRAWING, derived.RANKING):
        assert stale(practice, kind, drawings(practice), under) == []
    monkeypatch.setattr("unknot.record.drawn.drawn", lambda strokes: pytest.fail("a page worked it out"))
    assert len(coloured(practice, list(drawings(practice)), K)) == 3


def test_it_rests_while_people_ask_and_ends_when_the_app_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESTS_S, b"r", 0.2)
    reads, writes = os.pipe()
    gone: list[bool] = []
    with FileIO(reads) as pipe:
        listening = Listening(pipe, lambda: gone.append(True))
        os.write(writes, b"r")
        while not listening.until:
            time.sleep(0.001)
        listening.rest()
        assert time.monotonic() >= listening.until
        os.close(writes)
        assert until(lambda: gone)


def test_the_program_beside_the_app_works_things_out_and_leaves_nothing_behind_when_the_app_ends(tmp_path: Path) -> None:  # fmt: skip
    place = tmp_path / "unknot.db"
    store = open_store(place)
    store.put("drawing", "v", {"format": 1, "stroke": [STROKE]})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive, send

    with Ahead(app, place, None, 0.0) as served:
        end = time.monotonic() + 60
        while len(kept(store)) < 2 and time.monotonic() < end:
            served.tell(b"x")
            time.sleep(0.02)
        assert sorted(kept(store)) == [("drawing", "v"), ("ranking", "v")]
        process = served.process
    assert process is not None and process.returncode == 0 and served.process is None
    served.tell(b"r")
    with Ahead(app, tmp_path / "none.db", None, 0.0) as served:
        served._later.join()
        assert served.process is None, "where nothing is stored there is nothing to do"
    store.close()


def test_a_byte_of_an_index_that_no_page_notices_is_found_by_the_program_beside_the_app_and_told_on_every_page(tmp_path: Path) -> None:  # fmt: skip
    place = tmp_path / "unknot.db"
    with closing(open_store(place)) as store:
        store.append("client:0190-a", [Fact("said", {"text": "well", "by": "client"})])
        with store.writing() as connection:
            connection.execute(
                insert(DERIVED), {"kind": "session", "id": "0190-a", "mark": "m", "body": "b", "proof": "p"}
            )
    place = flipped(place, "sqlite_autoindex_derived_1", b"session0190-a", 0, tmp_path / "damaged.db")
    with closing(open_store(place)) as store:
        assert len(store.facts("client:0190-a")) == 1, "reading does not notice what concerns no fact and no document"
    app = create_app(data=place)
    told = threading.Event()
    with Ahead(app, place, None, 0.0, damaged=told.set):
        assert told.wait(60)
    app.state.page.damage = place.name
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as web:
        for address in ("/clients", "/", "/day"):
            assert "The record is damaged (damaged.db)" in web.get(address).text


def test_what_a_first_page_needs_is_loaded_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "BETWEEN_S", 0.0)
    page = Page(K)
    warm.warm(page)
    loaded = {name for _, name in page.templates.cache} if page.templates.cache is not None else set()
    assert set(page.templates.list_templates()) <= loaded
    before = atlas().sheet.cache_info().misses
    atlas().sheet("female", "back")
    assert atlas().sheet.cache_info().misses == before
