"""The bench of the record on a tiny practice: what is made up is a whole record, and every page of it comes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from serving import served
from unknot.bench import busy
from unknot.bench.pages import FIND, LEFT_OUT, PAGES, Page, asked
from unknot.bench.records import Made, generate, patterns
from unknot.knowledge.load import knowledge
from unknot.record.ahead import ahead
from unknot.record.derived import SESSION, stale
from unknot.record.erase import erase
from unknot.record.people import came_on, find
from unknot.record.screening import Desk
from unknot.record.store import Fact, Store, open_store
from unknot.record.verify import verify
from unknot.web.app import create_app
from unknot.web.rights import table

K = knowledge()
ON = date(2026, 3, 2)


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path, Made]]:
    """Twenty clients and their visits."""
    place = tmp_path_factory.mktemp("practice") / "unknot.db"
    store = open_store(place)
    made = generate(store, 20, 60, 1, ON, patterns(K, ON, 1, 3))
    found = verify(store)
    assert found.wrong == 0, found.problems
    assert (found.facts, found.documents, found.sessions) == (made.facts, made.documents, len(made.sessions))
    yield store, place, made
    store.close()


def test_a_practice_made_up_by_chance_is_a_whole_record(practice: tuple[Store, Path, Made]) -> None:
    store, _, made = practice
    assert len(made.clients) == 20 and len(made.visits) >= 60 and made.sessions
    assert set(made.here) <= {client for client, _ in came_on(store, ON)}
    for client, visit in made.visits:
        assert visit in {v.id for v in Desk(store, K).visits(client)}
    assert made.clients[0] in {p.id for p in find(store, made.labels[0])}


def test_people_at_work_get_every_page(practice: tuple[Store, Path, Made]) -> None:
    store, place, made = practice
    ahead(store, K, ON)
    grown = {ident: store.last(f"session:{ident}") for ident in made.sessions}
    assert stale(store, SESSION, grown) == [], "every session was worked out ahead"
    app = create_app(data=place, today=lambda: ON)
    with served(app) as address:
        port = int(address.rpartition(":")[2])
        device = busy.device_of(port, made)
        one = busy.alone(port, made, 1, device, times=1)
        times, failed = busy.at_work(port, made, busy.Work(3, 0.1, 1, (0.0, 0.02), least=1), device)
    assert failed == 0 and set(one) == set(times) == set(asked(made)) == set(PAGES)


def test_the_bench_asks_for_every_address_of_the_app_or_says_why_not() -> None:
    looked_at = {row.pattern for key, row in table().items() if key.startswith("GET ")}
    assert looked_at == {*PAGES, *LEFT_OUT} - {FIND} and not set(PAGES) & set(LEFT_OUT)
    deck = busy.Deck({"/a": Page("/a", 2), "/b": Page("/b")}, random.Random(1))
    assert sorted(deck.next() for _ in range(6)) == ["/a", "/a", "/a", "/a", "/b", "/b"] and deck.dealt == 2


def test_facts_that_were_read_before_grow_with_what_others_write_and_go_with_the_client(tmp_path: Path) -> None:
    store, other = open_store(tmp_path / "unknot.db"), open_store(tmp_path / "unknot.db")
    store.put("client", "a", {"label": "A", "age": None, "sex": None})
    store.append("client:a", [Fact("said", {"text": "one", "by": "client"})])
    assert len(store.facts("client:a")) == 1
    other.append("client:a", [Fact("said", {"text": "two", "by": "client"})])
    assert [f.body["text"] for f in store.facts("client:a")] == ["one", "two"]
    assert store.facts_of(["client:a", "client:b"]) == {"client:a": other.facts("client:a"), "client:b": []}
    assert store.lasts(["client:a", "client:b"]) == {"client:a": 2}
    erase(other, "a", "")
    assert store.facts("client:a") == [], "what was erased is given out no more"
    store.close()
    other.close()


def test_memory_of_a_command_is_its_own_and_not_that_of_whoever_starts_it(tmp_path: Path) -> None:
    open_store(tmp_path / "unknot.db").close()
    ballast = b"x" * (700 << 20)
    del ballast
    ran = busy._run("verify", ["verify", "--data", str(tmp_path / "unknot.db")], None)
    assert ran.peak_mib is not None and 20 < ran.peak_mib < 400
