"""A busy day over HTTP, the app killed again and again at random moments: what was acknowledged is there once, nothing is there by half."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from unknot.bench.forks import CAN_FORK, Forks
from unknot.bench.ledger import Attempt, Ledger
from unknot.bench.working_day import AtWork, Client, Clock, busy_day
from unknot.knowledge.load import Knowledge
from unknot.record.store import FILE, Fact, open_store

KILLS = {"sqlite": 34, "postgresql": 6}


@pytest.fixture(scope="module")
def lives() -> Iterator[Forks]:
    """The whole app, warm, for both databases."""
    forks = Forks()
    yield forks
    forks.end()


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork: the kills run where it can")
def test_a_busy_day_of_kills_loses_nothing_and_shows_nothing_by_half(place: str, lives: Forks, k: Knowledge) -> None:
    kills = KILLS["postgresql" if "://" in place else "sqlite"]
    found = busy_day(lives, place, k, kills, 2, 5)
    assert found.good, found
    assert found.acknowledged > 3 * kills
    assert found.amid > kills / 2, "most kills come while somebody waits for an answer"


def test_the_ledger_notices_what_is_lost_doubled_and_halved(tmp_path: Path) -> None:
    store = open_store(tmp_path / FILE)
    lost, twice, half = (f"zq{n:014x}" for n in range(3))
    ledger = Ledger(
        [Attempt("said", lost, 1, acknowledged=True), Attempt("said", twice, 1), Attempt("measured", half, 3)]
    )
    store.append("client:a", [Fact("said", {"text": twice}), Fact("said", {"text": twice})])
    store.append("visit:b", [Fact("measured", {"by": half})])
    store.put("session", "c", {"client": "a"})
    found = ledger.looked_at(store, 0, 0)
    assert found.lost == ("said",) and found.twice == ("said",)
    assert set(found.half) == {"measured: 1 of 3 rows", "session without session_begun or the other way round"}
    assert found.wrong == 1 and not found.good
    store.close()


@pytest.mark.parametrize(
    ("shown", "lost"), [("before", 0), ("asked once", 0), ("asked again", 0), ("nothing of it", 1)]
)
def test_of_a_change_without_an_answer_the_page_shows_what_was_or_what_was_asked_for(
    k: Knowledge, shown: str, lost: int
) -> None:
    ledger = Ledger()
    person = AtWork(Clock(), ledger, k, 1)
    person.c = Client("a-client", label="before", asked=["asked once", "asked again"])
    person._get = lambda _: f"<h1>{shown}</h1>"  # type: ignore[method-assign]
    person._pages()
    assert len(ledger.lost) == lost
