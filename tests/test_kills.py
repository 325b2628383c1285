"""kill -9 of the server in a hold, at random moments: no acknowledged fact is lost, none stands there twice, and every life begins at let go."""

from __future__ import annotations

from pathlib import Path

import pytest

import loops
from unknot.bench.forks import CAN_FORK, SOCKETS, Forks
from unknot.bench.kills import killed
from unknot.case.plan import Plan
from unknot.record.sessions import Sessions
from unknot.record.store import FILE, open_store

KILLS = 25


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork: the kills run where it can")
def test_a_killed_server_loses_nothing_and_stands_at_let_go(tmp_path: Path, plan_of_many: Plan) -> None:
    store = open_store(tmp_path / FILE)
    session = Sessions(store).begin("c", "v", plan_of_many, [])
    store.close()
    lives = Forks(SOCKETS)
    try:
        found = loops.run(killed(lives, tmp_path / FILE, session, KILLS, seed=5))
    finally:
        lives.end()
    assert (found.lost, found.twice, found.not_let_go) == (0, 0, 0)
    assert found.acknowledged > KILLS
    assert found.in_contact > KILLS / 2
