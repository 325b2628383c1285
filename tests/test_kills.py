"""kill -9 of the server in a hold, at random moments: no acknowledged fact is lost, none stands there twice, and every life begins at let go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import loops
from unknot.bench.app import free_port
from unknot.bench.kills import killed
from unknot.case.plan import Plan
from unknot.record.sessions import Sessions
from unknot.record.store import FILE, open_store

KILLS = 25


class Forks:
    """The server's lives from a program that forks them, so that one costs milliseconds."""

    def __init__(self, *of: str) -> None:
        program = Path(__file__).parent / "killed_server.py"
        self.of = subprocess.Popen(
            [sys.executable, str(program), *of], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.child = 0

    def begin(self, place: str | Path) -> int:
        port = free_port()
        assert self.of.stdin is not None and self.of.stdout is not None
        self.of.stdin.write(f"{place} {port}\n")
        self.of.stdin.flush()
        self.child = int(self.of.stdout.readline())
        return port

    def kill(self) -> None:
        os.kill(self.child, signal.SIGKILL)

    def end(self) -> None:
        self.of.kill()
        self.of.wait()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: the kills run where it can")
def test_a_killed_server_loses_nothing_and_stands_at_let_go(tmp_path: Path, plan_of_many: Plan) -> None:
    store = open_store(tmp_path / FILE)
    session = Sessions(store).begin("c", "v", plan_of_many, [])
    store.close()
    lives = Forks()
    try:
        found = loops.run(killed(lives, tmp_path / FILE, session, KILLS, seed=5))
    finally:
        lives.end()
    assert (found.lost, found.twice, found.not_let_go) == (0, 0, 0)
    assert found.acknowledged > KILLS
    assert found.in_contact > KILLS / 2
