"""What was worked out and is kept: never stale, never of somebody who was erased, never in the way; and the labels in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from unknot.body.coverage import drawn
from unknot.case.read import read_mapping
from unknot.knowledge.load import knowledge
from unknot.record import derived
from unknot.record.backup import count
from unknot.record.derived import DRAWING, forget, keep, kept, put
from unknot.record.drawn import coloured, under_of
from unknot.record.erase import erase
from unknot.record.look import looking
from unknot.record.people import find
from unknot.record.schema import DERIVED
from unknot.record.screening import Desk
from unknot.record.store import Store, StoreError, open_store
from unknot.record.verify import verify

K = knowledge()
ON = date(2026, 3, 2)


def body(*points: tuple[int, int]) -> dict[str, Any]:
    stroke = {"figure": "female", "view": "back", "atlas": 1, "width": 40, "intensity": 6, "points": [list(p) for p in points]}  # fmt: skip
    return {"format": 1, "stroke": [stroke]}


SMALL, LARGE = body((300, 300), (320, 400)), body((300, 300), (320, 400), (420, 420), (300, 500))


@pytest.fixture
def two(place: str) -> Iterator[tuple[Store, Store]]:
    """The same record, opened by two programs."""
    one, other = open_store(place), open_store(place)
    yield one, other
    one.close()
    other.close()


def rows(store: Store) -> list[tuple[str, str, str]]:
    with store.reading() as connection:
        return [(r.kind, r.id, r.body) for r in connection.execute(select(DERIVED).order_by(DERIVED.c.id))]


def test_a_drawing_is_worked_out_once_and_anew_when_anybody_drew_on(two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    one, other = two
    one.put("drawing", "v", SMALL)
    first = coloured(one, ["v", "none"], K)
    assert list(first) == ["v"] and first["v"].pains == drawn(read_mapping(SMALL, "v", K).strokes)
    assert [r[:2] for r in rows(other)] == [("drawing", "v")]
    with monkeypatch.context() as patched:
        patched.setattr("unknot.record.drawn.drawn", lambda strokes: pytest.fail("worked out again"))
        assert coloured(other, ["v"], K) == first
    other.put("drawing", "v", LARGE, over=1)
    for store in (one, other, one):
        assert coloured(store, ["v"], K)["v"].pains == drawn(read_mapping(LARGE, "v", K).strokes) != first["v"].pains
    assert len(rows(one)) == 1
    with looking():
        assert coloured(one, ["v"], K)["v"].pains != first["v"].pains
        one.put("drawing", "v", SMALL, over=2)
        assert coloured(one, ["v"], K) == first
    other.put("drawing", "broken", {"format": 1, "stroke": "?"})
    assert coloured(one, ["broken"], K)["broken"].lines == 0


def test_a_row_of_other_code_other_knowledge_or_another_hand_is_as_good_as_none(two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    store, _ = two
    store.put("drawing", "v", SMALL)
    store.put("drawing", "w", SMALL)
    coloured(store, ["v", "w"], K)
    assert len(kept(store, DRAWING, {"v": 1, "w": 1}, under_of(K))) == 2
    assert not kept(store, DRAWING, {"v": 2}, under_of(K)) and not kept(store, DRAWING, {"v": 1}, "other knowledge")
    with monkeypatch.context() as patched:
        patched.setattr(derived, "code", lambda: "other code")
        assert not kept(store, DRAWING, {"v": 1}, under_of(K))
    with store.writing() as connection:
        connection.execute(update(DERIVED).where(DERIVED.c.id == "v").values(body='{"lines":0,"pains":[],"centres":[]}'))  # fmt: skip
        connection.execute(insert(DERIVED), [{"kind": "drawing", "id": "gone", "mark": "m", "body": "b", "proof": derived.proof_of("m", "b")}])  # fmt: skip
        moved = select(DERIVED.c.mark).where(DERIVED.c.id == "w").scalar_subquery()
        connection.execute(update(DERIVED).where(DERIVED.c.id == "gone").values(mark=moved))
    assert list(kept(store, DRAWING, {"v": 1, "w": 1, "gone": 1}, under_of(K))) == ["w"]
    assert coloured(store, ["v"], K)["v"].lines == 1, "worked out anew, and kept in its place"
    with store.writing() as connection:
        connection.execute(update(DERIVED).where(DERIVED.c.id == "v").values(body="x"))
    found = verify(store)
    assert found.wrong == 0 and [r[:2] for r in rows(store)] == [("drawing", "w")], "what is damaged or of nobody goes"


def test_what_was_worked_out_of_somebody_is_erased_with_them_and_not_kept_afterwards(two: tuple[Store, Store]) -> None:
    store, other = two
    desk = Desk(store, K)
    client, stays = (desk.new_client(name, 40.0, "female") for name in ("Anna", "Berta"))
    visit, of_others = (desk.visit_of(c.id, ON) for c in (client, stays))
    for one in (visit, of_others):
        store.put("drawing", one.id, SMALL)
    coloured(other, [visit.id, of_others.id], K)
    with store.reading() as connection:
        counted = count(connection)
    assert len(rows(store)) == 2
    erase(store, client.id)
    assert [r[1] for r in rows(store)] == [of_others.id]
    keep(other, DRAWING, {visit.id: (1, "late"), of_others.id: (1, "late")}, under_of(K))
    assert [r[1:] for r in rows(store)] == [(of_others.id, "late")]
    with store.writing() as connection:
        forget(connection, [of_others.id])
    with store.reading() as connection:
        assert count(connection) < counted and not rows(store), "a backup counts and holds none of it"


def test_what_was_taken_back_leaves_nothing_that_was_worked_out(two: tuple[Store, Store]) -> None:
    one, other = two
    one.put("drawing", "v", SMALL)
    with pytest.raises(ZeroDivisionError), one.together("v"):
        one.put("drawing", "v", LARGE, over=1)
        assert coloured(one, ["v"], K)["v"].pains == drawn(read_mapping(LARGE, "v", K).strokes)
        raise ZeroDivisionError
    other.put("drawing", "v", {**SMALL, "stroke": [{**SMALL["stroke"][0], "intensity": 9}]}, over=1)
    assert {p.intensity for p in coloured(one, ["v"], K)["v"].pains} == {9.0}


def test_where_nothing_can_be_written_a_page_does_not_wait_and_nothing_is_kept(tmp_path: Path) -> None:
    one, other = open_store(tmp_path / "unknot.db"), open_store(tmp_path / "unknot.db")
    one.put("drawing", "v", SMALL)
    with other.writing() as connection:
        connection.execute(text("select 1"))
        begun = time.monotonic()
        assert coloured(one, ["v"], K)["v"].lines == 1
        assert time.monotonic() - begun < 5, "less than a writer waits"
    assert not rows(one)
    with pytest.raises(ZeroDivisionError), one.together("v"):
        assert coloured(one, ["v"], K)["v"].lines == 1
        raise ZeroDivisionError
    assert not rows(one)
    with one.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma busy_timeout").scalar() == 10_000
    coloured(one, ["v"], K)
    assert len(rows(one)) == 1
    with other.writing() as connection:
        put(connection, DRAWING, {"v": (1, "new"), "none": (1, "new")})
    assert [r[1:] for r in rows(one)] == [("v", "new")]
    one.close()
    other.close()


def test_a_letter_finds_what_any_program_has_just_changed(two: tuple[Store, Store]) -> None:
    one, other = two
    mine, theirs = Desk(one, K), Desk(other, K)
    anna = mine.new_client("Anna Ödön", 40.0, "female")
    assert [p.id for p in find(other, "ANN")] == [p.id for p in find(one, "öd ann")] == [anna.id]
    theirs.change_client(replace(anna, label="Berta O'Neil-Gray"))
    assert not find(one, "anna") and [p.label for p in find(one, "gray")] == ["Berta O'Neil-Gray"]
    assert not find(one, "eil") and not find(one, "%") and not find(one, " ")
    with pytest.raises(StoreError), other.together("x"):
        theirs.new_client("Never Kept", 40.0, "female")
        raise StoreError([])
    assert not find(other, "never")
    erase(other, anna.id)
    anew = theirs.new_client("Berta the second", 40.0, "female")
    assert [p.id for p in find(one, "berta")] == [anew.id]
    erase(other, anew.id)
    dora = theirs.new_client("Dora", 40.0, "female")
    assert not find(one, "berta") and [p.id for p in find(one, "dora")] == [dora.id], "as many versions as before"
    for n in range(25):
        theirs.new_client(f"Zoe {n:02d}", 40.0, "female")
    assert [p.label for p in find(one, "zoe")] == [f"Zoe {n:02d}" for n in range(20)]
    assert [p.label for p in find(one, "24 z")] == ["Zoe 24"]
