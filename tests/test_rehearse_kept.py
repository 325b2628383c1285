"""Compiled code that is kept from one process to the next: read when all that it depends on is the same, made anew when not."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unknot.rehearse import truth_kept as kept
from unknot.rehearse.truth_compiled import compiled


def doubled(x: Any) -> Any:
    return x * 2


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "folder", lambda: tmp_path)
    return tmp_path


def hits(function: Any) -> int:
    return sum(function.stats.cache_hits.values())


def test_what_was_compiled_once_is_read_by_whoever_comes_next(place: Path) -> None:
    first, second = compiled(doubled), compiled(doubled)
    assert (first(2.5), hits(first)) == (5.0, 0)
    assert (second(2.5), hits(second)) == (5.0, 1)
    assert {path.stat().st_mode & 0o077 for path in place.iterdir()} == {0}


def test_code_for_other_types_is_another_file(place: Path) -> None:
    """Numba's own index lets two processes that write at once give a file of one type the name of another."""
    for given in (1.5, 3, np.ones(2)):
        compiled(doubled)(given)
    assert len(list(place.iterdir())) == 3
    again = compiled(doubled)
    assert (again(1.5), again(3), again(np.ones(2)).tolist(), hits(again)) == (3.0, 6, [2.0, 2.0], 3)


def test_damaged_code_is_not_run_but_made_anew(place: Path) -> None:
    compiled(doubled)(2.5)
    (path,) = place.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]):
        path.write_bytes(damaged)
        again = compiled(doubled)
        assert (again(2.5), hits(again)) == (5.0, 0)
        mended = compiled(doubled)
        assert (mended(2.5), hits(mended)) == (5.0, 1)


def test_a_folder_that_vanishes_or_none_at_all_keeps_nothing_from_working(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(place)
    assert compiled(doubled)(2.5) == 5.0
    monkeypatch.setattr(kept, "folder", lambda: None)
    assert compiled(doubled)(3) == 6


def test_the_folder_is_closed_to_others_and_one_that_is_not_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "user_cache_path", lambda *_, **__: tmp_path)
    place = kept.folder.__wrapped__()
    assert place is not None and place.stat().st_mode & 0o777 == 0o700
    place.chmod(0o770)
    assert kept.folder.__wrapped__() is None
    monkeypatch.setattr(kept, "user_cache_path", lambda *_, **__: place / "file")
    (place / "file").write_text("no folder")
    assert kept.folder.__wrapped__() is None


def test_code_of_versions_that_nobody_uses_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "user_cache_path", lambda *_, **__: tmp_path)
    old, young = tmp_path / "compiled" / "old", tmp_path / "compiled" / "young"
    for version in (old, young):
        version.mkdir(parents=True)
        (version / "piece.bin").write_bytes(b"code")
    os.utime(old, (0, time.time() - 40 * 86_400))
    assert kept.folder.__wrapped__() is not None
    assert not old.exists() and young.exists()


@pytest.mark.parametrize("name", ["truth_pain.py", "truth_powers.py", "data/truth_parameters.toml"])
def test_another_model_is_another_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "rehearse"
    shutil.copytree(kept.HERE, copy)
    monkeypatch.setattr(kept, "HERE", copy)
    before = kept.made_of.__wrapped__()
    assert before == kept.made_of()
    (copy / name).write_text((copy / name).read_text() + "\n")
    assert kept.made_of.__wrapped__() != before
