"""A log that a killed program left beside the record: what cannot be read of it is kept and told, and one that is whole is no matter."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from unknot.record.left_log import HEADER, PIECE, SIZE, logs_aside
from unknot.record.secret import Secret
from unknot.record.store import Fact, StoreError, open_store
from unknot.record.verify import verify
from unknot.web.ahead import Ahead

WRITTEN = 20
KILLED = f"""
import os, signal, sys
from unknot.record.secret import Secret
from unknot.record.store import Fact, open_store
store = open_store(sys.argv[1], secret=Secret(bytes.fromhex(sys.argv[2])) if sys.argv[2] else None)
for n in range({WRITTEN}):
    store.append("client:x", [Fact("answered", {{"n": n}})])
os.kill(os.getpid(), signal.SIGKILL)
"""
SECRET = Secret(b"a key for the tests")


@pytest.fixture(scope="module", params=["", SECRET.value.hex()], ids=["plain", "encrypted"])
def killed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Secret | None]]:
    """A record whose program was killed after twenty commits, with the log that it left; and its key."""
    place = tmp_path_factory.mktemp("killed") / "unknot.db"
    subprocess.run([sys.executable, "-c", KILLED, str(place), request.param], check=False, timeout=120)
    assert Path(f"{place}-wal").stat().st_size > 50_000
    yield place, SECRET if request.param else None


def copied(killed: Path, into: Path, **flips: int) -> Path:
    """A copy of the record and its log; in the log the byte `at` is changed, or all from `cut` on is gone."""
    place = into / "unknot.db"
    shutil.copy(killed, place)
    log = bytearray(Path(f"{killed}-wal").read_bytes())
    if "at" in flips:
        log[flips["at"]] ^= 1
    shutil.copy(f"{killed}-wal", f"{place}-wal")  # with who may read it
    Path(f"{place}-wal").write_bytes(log[: flips.get("cut", len(log))])
    return place


def pieces(log: Path) -> int:
    return (log.stat().st_size - HEADER.size) // (PIECE.size + SIZE)


@pytest.mark.parametrize("where", ["page", "size", "writing", "of a piece", "piece two thirds on"])
def test_a_changed_byte_in_the_log_is_told_and_the_log_is_kept_before_anything_is_written_over_it(
    killed: tuple[Path, Secret | None], tmp_path: Path, where: str
) -> None:
    log = Path(f"{killed[0]}-wal")
    whole = PIECE.size + SIZE
    later = HEADER.size + pieces(log) * 2 // 3 * whole
    at = {
        "page": later + PIECE.size + 99,
        "size": 10,
        "writing": 17,
        "of a piece": later + 9,
        "piece two thirds on": later + 1,
    }[where]
    place = copied(killed[0], tmp_path, at=at)
    damaged = Path(f"{place}-wal").read_bytes()
    store = open_store(place, secret=killed[1])
    assert store.last("client:x") < WRITTEN, "it is lost indeed"
    store.append("client:x", [Fact("answered", {})])
    kept = logs_aside(str(place))
    assert [one.read_bytes() for one in kept] == [damaged] and kept[0].stat().st_mode & 0o077 == 0
    found = verify(store)
    assert found.wrong == 1 and found.problems[0].place == kept[0].name and "visits" in found.problems[0].todo
    store.close()
    open_store(place, secret=killed[1]).close()
    assert logs_aside(str(place)) == kept, "once"


@pytest.mark.parametrize("behind", [0, 1, 7, 4000, 4119])
def test_a_log_that_is_whole_or_was_torn_in_its_last_commit_by_a_power_cut_is_no_matter(
    killed: tuple[Path, Secret | None], tmp_path: Path, behind: int
) -> None:
    length = Path(f"{killed[0]}-wal").stat().st_size
    place = copied(killed[0], tmp_path, cut=length - behind)
    store = open_store(place, secret=killed[1])
    assert store.last("client:x") == WRITTEN - (behind > 0)
    assert logs_aside(str(place)) == [] and verify(store).wrong == 0
    store.close()


def test_while_others_write_and_begin_their_log_anew_none_is_taken_for_damaged(tmp_path: Path) -> None:
    place = tmp_path / "unknot.db"
    first = open_store(place)
    for n in range(60):
        first.append("a", [Fact("x", {"n": n})])
        if n % 20 == 19:
            with first.engine.connect() as connection:
                connection.exec_driver_sql("pragma wal_checkpoint(restart)")
        open_store(place).close()
    first.close()
    assert logs_aside(str(place)) == []


def test_a_log_that_cannot_be_kept_keeps_the_record_shut(
    killed: tuple[Path, Secret | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    place = copied(killed[0], tmp_path, at=pieces(Path(f"{killed[0]}-wal")) * SIZE // 2)
    before = Path(f"{place}-wal").read_bytes()
    monkeypatch.setattr("unknot.record.left_log.shutil.copy", full)
    with pytest.raises(StoreError, match="No space left"):
        open_store(place, secret=killed[1])
    assert [one.read_bytes() for one in logs_aside(str(place))] == [before], "nothing of it is gone"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["unknot.db", "unknot.db-wal-damaged"]


def test_the_app_says_so_as_long_as_the_log_lies_there(killed: tuple[Path, Secret | None], tmp_path: Path) -> None:
    place = copied(killed[0], tmp_path, at=pieces(Path(f"{killed[0]}-wal")) * SIZE // 2)
    open_store(place, secret=killed[1]).close()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive, send

    told = threading.Event()
    with Ahead(app, place, killed[1], 0.0, damaged=told.set):
        assert told.wait(60)
