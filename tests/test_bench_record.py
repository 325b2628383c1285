"""The bench of the record on a tiny practice: what is made up is a whole record, and every page of it comes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from unknot.bench import busy
from unknot.bench.records import generate, patterns
from unknot.knowledge.load import knowledge
from unknot.record.people import came_on, find
from unknot.record.screening import Desk
from unknot.record.store import open_store
from unknot.record.verify import verify

K = knowledge()
ON = date(2026, 3, 2)


def test_a_practice_made_up_by_chance_is_a_whole_record(tmp_path: Path) -> None:
    known = patterns(K, ON, 1, 4)
    store = open_store(tmp_path / "unknot.db")
    made = generate(store, 20, 60, 1, ON, known)
    found = verify(store)
    assert found.wrong == 0, found.problems
    assert (found.facts, found.documents, found.sessions) == (made.facts, made.documents, len(made.sessions))
    assert len(made.clients) == 20 and len(made.visits) >= 60 and made.sessions
    assert {client for client, _ in came_on(store, ON)} == set(made.here)
    for client, visit in made.visits:
        assert visit in {v.id for v in Desk(store, K).visits(client)}
    assert made.clients[0] in {p.id for p in find(store, made.labels[0])}
    store.close()


def test_people_at_work_get_every_page(tmp_path: Path) -> None:
    work = busy.Work(3, 0.5, 1, (0.0, 0.05))
    found = busy.measure(K, str(tmp_path / "unknot.db"), tmp_path, 20, 40, work, lambda _: None, ways=False)
    assert found.failed == 0
    assert {row.page for row in found.pages} == set(busy.WEIGHTS)
    assert all(row.alone_ms > 0 for row in found.pages) and sum(row.asked for row in found.pages) > 0
