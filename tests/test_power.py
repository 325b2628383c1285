"""A power cut: what the store has acknowledged is there afterwards, and a session that was under way stands at let go."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from power_cut import Disk, open_on
from unknot.case.plan import Plan
from unknot.record import database
from unknot.record import store as of_store
from unknot.record.sessions import Sessions
from unknot.record.store import Fact, Store, open_store
from unknot.treat.engine import step
from unknot.treat.event import Event


def unsafe(connection: Any, record: object) -> None:
    """The store's own set-up, then without syncs: what must be seen to lose."""
    database.pragmas(connection, record)
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


def kept_after(folder: Path, disk: Disk, stream: str) -> list[int]:
    """What a fresh store finds after the cut."""
    found = open_store(disk.after_the_cut(folder))
    try:
        return [f.body["n"] for f in found.facts(stream)]
    finally:
        found.close()


def write(kept: Store, count: int) -> None:
    for n in range(count):
        kept.append("visit:1", [Fact("n", {"n": n})])


def test_every_acknowledged_fact_survives_a_power_cut(tmp_path: Path) -> None:
    disk = Disk()
    kept = open_on(disk, tmp_path / of_store.FILE)
    for n in range(20):
        kept.append("visit:1", [Fact("n", {"n": n})])
        if n in (0, 7, 19):
            assert kept_after(tmp_path / f"after{n}", disk, "visit:1") == list(range(n + 1))
    kept.close()


def test_without_syncs_the_same_cut_loses_facts(tmp_path: Path) -> None:
    """So that the test above is one: a kill alone would pass with syncing off."""
    disk = Disk()
    kept = open_on(disk, tmp_path / of_store.FILE, pragmas=unsafe)
    write(kept, 20)
    place = disk.after_the_cut(tmp_path / "after")
    assert not place.exists() or len(kept_after(tmp_path / "after2", disk, "visit:1")) < 20
    kept.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_session_cut_anywhere_is_found_as_it_was_acknowledged(tmp_path: Path, seed: int, plan_of_one: Plan) -> None:
    random_ = random.Random(seed)
    disk = Disk()
    kept = open_on(disk, tmp_path / of_store.FILE)
    sessions = Sessions(kept)
    ident = sessions.begin("c", "v", plan_of_one, [])
    session, _ = sessions.stands(ident)
    at, stored = 0, 0
    for _ in range(random_.randint(3, 25)):
        at += random_.randint(200, 4000)
        kind = random_.choice(("next", "rate", "release", "less", "off", "tick"))
        value = float(random_.randint(2, 6)) if kind == "rate" else None
        session, facts, _ = step(session, Event(at, kind, value=value))
        if facts:
            kept.append_all([Sessions.batch(ident, facts)])
            stored = facts[-1].sequence
    found = open_store(disk.after_the_cut(tmp_path / "after"))
    again, _ = Sessions(found).stands(ident)
    assert again.sequence == stored == session.sequence
    assert again.as_mapping() == session.as_mapping()
    found.close()
    kept.close()
