"""Virtual trials: the same for any number of workers, refused in one message where the file is wrong, with right intervals."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from lethal import dies_once, lethal_jobs
from unknot.cli import app
from unknot.knowledge.load import Knowledge, knowledge
from unknot.rehearse import portions
from unknot.rehearse import trial as trials
from unknot.rehearse.clinic import RehearseError, client, muscle_at
from unknot.rehearse.portions import worked
from unknot.rehearse.published import STUDIES, Compared
from unknot.rehearse.trial import Measured, run_trial
from unknot.rehearse.trial_file import Trial, read_trial, trial_of
from unknot.rehearse.trial_table import mean_effect, quantile_t, results, smd

EXAMPLE = Path(__file__).parent.parent / "docs/trials/threshold-or-more.toml"
ARMS = [
    {"name": "sham", "clients": 30, "pressure": "none", "hold_s": 60}, {"name": "press", "clients": 30, "hold_s": 60, "visits": 2},
    {"name": "cues", "clients": 6, "technique": "prolonged_compression", "visits": 2, "every_days": 3},
]  # fmt: skip
runner = CliRunner()


@pytest.fixture(scope="module")
def k() -> Knowledge:
    return knowledge()


@pytest.fixture(scope="module")
def small(k: Knowledge) -> Trial:
    return trial_of({"format": 1, "seed": 3, "after_days": [1, 7], "arm": ARMS}, "small", k)


@pytest.fixture(scope="module")
def measured(k: Knowledge, small: Trial) -> list[Measured]:
    return run_trial(small)


def test_a_trial_is_the_same_again_and_whoever_works_it_out_in_whatever_portions(
    k: Knowledge, small: Trial, measured: list[Measured], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "CHUNK", 7)
    assert run_trial(small) == measured


@pytest.fixture(scope="module")
def short(k: Knowledge) -> Trial:
    return trial_of({"format": 1, "arm": [{"name": "a", "clients": 9, "hold_s": 2}]}, "short", k)


def in_order(found: Iterable[tuple[int, list[Measured]]]) -> list[Measured]:
    return [row for _, rows in sorted(found) for row in rows]


def test_a_process_that_is_killed_in_the_middle_of_a_trial_changes_nothing(short: Trial, tmp_path: Path) -> None:
    jobs = lethal_jobs(short, tmp_path)
    assert in_order(worked(dies_once, jobs, workers=2)) == run_trial(short)
    assert (tmp_path / "1").exists()


def test_a_worker_of_a_cluster_that_is_killed_in_the_middle_of_a_trial_changes_nothing(
    short: Trial, tmp_path: Path
) -> None:
    import distributed

    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        jobs = lethal_jobs(short, tmp_path)
        assert in_order(worked(dies_once, jobs, cluster=address)) == run_trial(short)
        assert (tmp_path / "1").exists()
        assert run_trial(short, cluster=address) == run_trial(short)


def test_when_process_after_process_dies_the_rest_is_worked_out_here(
    short: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dying:
        """A pool whose workers die at once."""

        begun = 0

        def __init__(self, *args: Any, **more: Any) -> None:
            Dying.begun += 1

        def __enter__(self) -> Dying:
            return self

        def __exit__(self, *args: object) -> None:
            pass

        def submit(self, work: Any, job: Any) -> Any:
            raise BrokenProcessPool

    monkeypatch.setattr(portions, "ProcessPoolExecutor", Dying)
    jobs = [(short, 0, 3 * n, 3 * n + 3) for n in range(3)]
    assert in_order(worked(trials.portion, jobs, workers=2)) == run_trial(short)
    assert Dying.begun == portions.POOLS


@pytest.mark.parametrize("workers", [{}, {"one": 1}])
def test_a_cluster_that_nobody_works_on_any_more_is_given_up(
    workers: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("LOST_S", 0.2), ("LOOKS_S", 0.01), ("ASKS_S", 0.02)):
        monkeypatch.setattr(portions, name, seconds)
    looks = iter([False] * 60 + [True])
    client = SimpleNamespace(nthreads=lambda: workers)

    class Coming:
        left = 1

        def is_empty(self) -> bool:
            return not self.left

        def has_ready(self) -> bool:
            return next(looks)

        def __next__(self) -> str:
            self.left = 0
            return "done"

    if workers:
        assert list(portions._done(client, Coming())) == ["done"]
    else:
        with pytest.raises(TimeoutError):
            list(portions._done(client, Coming()))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense://nowhere", "tls://127.0.0.1:1"])
def test_a_cluster_that_does_not_answer_is_told_in_one_message(
    short: Trial, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import distributed

    monkeypatch.setattr(portions, "CONNECT_S", 0.2)
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: pytest.fail("nobody is there"))
    with pytest.raises(RehearseError) as error:
        run_trial(short, cluster=address)
    assert [(p.code, p.place) for p in error.value.problems] == [("no_cluster", "--cluster")]


def test_a_cluster_of_another_version_is_refused(short: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other versions may give other digits."""

    class Client:
        def __init__(self, *args: Any, **more: Any) -> None:
            pass

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *args: object) -> None:
            pass

        def wait_for_workers(self, *args: Any, **more: Any) -> None:
            pass

        def run(self, function: Any) -> Any:
            return {"tcp://there": {**function(), "numpy": "0.1"}}

    async def answers(_address: str) -> None:
        pass

    import distributed

    monkeypatch.setattr(distributed, "Client", Client)
    monkeypatch.setattr(portions, "_answers", answers)
    with pytest.raises(RehearseError) as error:
        run_trial(short, cluster="there:8786")
    assert [(p.code, p.given) for p in error.value.problems] == [("other_version", "numpy 0.1")]


def test_every_client_is_measured_before_after_and_later(measured: list[Measured]) -> None:
    assert len(measured) == 66 * 4 + 36
    assert list(dict.fromkeys(m.when for m in measured)) == ["before", "after", "day 1", "day 7", "visit 2"]
    assert {m.arm for m in measured if m.when == "visit 2"} == {"press", "cues"}
    assert len({m.client for m in measured}) == 66
    assert all(m.threshold_kgcm2 > 0 and 0 <= m.evoked_0_10 <= 10 for m in measured)


def test_pressing_does_more_than_nothing_and_no_touch_changes_nothing(measured: list[Measured]) -> None:
    def left(arm: str) -> float:
        return float(np.mean([m.contracted for m in measured if m.arm == arm and m.when == "after"]))

    assert left("sham") == 1.0
    assert left("press") < 0.8
    assert left("cues") < 0.9


def test_the_table_holds_means_changes_and_effects(measured: list[Measured]) -> None:
    rows = results(measured)
    assert len(rows) == 5 * (3 * 4 + 2)
    assert list(dict.fromkeys(r.when for r in rows)) == ["before", "visit 2", "after", "day 1", "day 7"]
    row = next(r for r in rows if (r.arm, r.when, r.outcome) == ("press", "after", "threshold_kgcm2"))
    assert row.change is not None
    assert row.against_first is not None
    assert row.change.low < row.change.value < row.change.high
    assert row.against_first.value > 0.3
    assert all(r.against_first is None for r in rows if r.arm == "sham" or r.when in ("before", "visit 2"))


def test_intervals_are_those_of_the_books() -> None:
    books = {
        1: 12.706,
        2: 4.303,
        3: 3.182,
        4: 2.776,
        5: 2.571,
        7: 2.365,
        15: 2.131,
        30: 2.042,
        120: 1.980,
        200: 1.972,
        201: 1.972,
    }
    assert {n: round(quantile_t(n), 3) for n in books} == books
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    effect = mean_effect(values)
    assert (effect.value, effect.low, effect.high) == pytest.approx((4.5, 2.452, 6.548), abs=0.005)
    g = smd(values + 1, values)
    assert g.value == pytest.approx(0.40825 * (1 - 3 / 55), abs=1e-4)
    assert smd(np.ones(3), np.ones(3)).value == 0


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"technique": "juggling"}, "unknown_technique", "arm 1, technique"),
        ({"technique": "gliding"}, "unknown_technique", "arm 1, technique"),
        ({"hold_s": -5}, "out_of_range", "arm 1, hold_s"),
        ({"hold_s": float("nan")}, "not_finite", "arm 1, hold_s"),
        ({"clients": None}, "empty", "arm 1, clients"),
        ({"clients": 0}, "out_of_range", "arm 1, clients"),
        ({"times": 1.5}, "not_whole", "arm 1, times"),
        ({"pressure": "hard"}, "unknown_choice", "arm 1, pressure"),
        ({"stretches": -1}, "out_of_range", "arm 1, stretches"),
        ({"dose": 3}, "unknown_key", "arm 1, dose"),
        ({"technique": "prolonged_compression", "hold_s": 20}, "contradiction", "arm 1"),
        ({"technique": False}, "unknown_technique", "arm 1, technique"),
        ({"pressure": ["none"]}, "unknown_choice", "arm 1, pressure"),
        ({"name": 5}, "not_text", "arm 1, name"),
        ({"name": " "}, "empty", "arm 1, name"),
        ({"name": "a" * 81}, "too_long", "arm 1, name"),
        ({"name": "a\x1b[31mb"}, "hidden_character", "arm 1, name"),
        ({"name": "a\nb"}, "hidden_character", "arm 1, name"),
    ],
)
def test_a_wrong_trial_is_refused_in_one_message(k: Knowledge, change: dict[str, Any], code: str, place: str) -> None:
    arm = {key: value for key, value in {"name": "a", "clients": 10, **change}.items() if value is not None}
    with pytest.raises(RehearseError) as error:
        trial_of({"format": 1, "arm": [arm]}, "wrong", k)
    assert [(p.code, p.place) for p in error.value.problems] == [(code, place)]


def test_a_trial_without_arms_of_another_format_or_of_an_unknown_point_tells_all_at_once(k: Knowledge) -> None:
    with pytest.raises(RehearseError) as error:
        trial_of({"format": 2, "point": "nowhere", "holds": "both", "seed": -1}, "wrong", k)
    assert {p.place for p in error.value.problems} == {"format", "point", "holds", "seed", "arm"}


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"point": ["trapezius.upper.1"]}, "unknown_point", "point"),
        ({"point": {"id": 1}}, "unknown_point", "point"),
        ({"format": True}, "format", "format"),
        ({"name": ["words"]}, "not_text", "name"),
        ({"after_days": [7, 1, 7.0]}, "twice", "after_days"),
        ({"after_days": [1.0000001, 1.0000002]}, "twice", "after_days"),  # both are told as day 1
        ({"after_days": [-1, -2]}, "out_of_range", "after_days"),
        ({"after_days": list(range(1, 26))}, "too_many", "after_days"),
        ({"arm": [{"name": f"{n}", "clients": 2} for n in range(25)]}, "too_many", "arm"),
        ({"arm": [{"clients": 2}, 5]}, "not_rows", "arm 2"),
        ({"seed": 2**63}, "out_of_range", "seed"),
        ({"seed": 0.5}, "not_whole", "seed"),
        ({"point": "sternalis.1", "arm": [{"clients": 2, "technique": "stretch"}]}, "barred", "arm 1, technique"),
    ],
)
def test_what_cannot_be_is_refused_before_anybody_is_treated(
    k: Knowledge, change: dict[str, Any], code: str, place: str
) -> None:
    with pytest.raises(RehearseError) as error:
        trial_of({"format": 1, "arm": [{"clients": 2}], **change}, "wrong", k)
    assert {(p.code, p.place) for p in error.value.problems} == {(code, place)}


def test_any_whole_seed_is_taken_as_it_is(k: Knowledge) -> None:
    for seed in (2**53 + 1, 2**63 - 1):
        assert trial_of({"format": 1, "seed": seed, "arm": [{"clients": 2}]}, "seeds", k).seed == seed


def test_nobody_is_taken_into_a_trial_whom_screening_would_not_let_be_treated(k: Knowledge, small: Trial) -> None:
    lives = [trials._cohort(k, small, 0, number) for number in range(60)]
    assert any(client(k, small.seed, number).absolute for number in range(60))
    assert not any(one.absolute or one.yes for one in lives)
    assert all(muscle_at(k, f"{small.point}@right") in one.person.active for one in lives)


def test_a_name_is_shown_as_it_was_written_and_a_place_for_parquet_is_tried_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.toml"
    file.write_text('format = 1\nname = "[/b]"\n[[arm]]\nname = "[/x] press [30 s]"\nclients = 2\nhold_s = 1\n')
    told = runner.invoke(app, ["rehearse", "trial", str(file), "--workers", "1"])
    assert told.exit_code == 0 and "[/x] press [30 s]" in told.output
    monkeypatch.setattr(trials, "run_trial", lambda *_, **__: pytest.fail("worked before it was known where to write"))
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file" / "t.parquet"):
        assert isinstance(runner.invoke(app, ["rehearse", "trial", str(file), "--parquet", str(place)]).exception, RehearseError)  # fmt: skip


def test_the_command_tells_its_table_and_leaves_parquet(k: Knowledge, tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text(
        'format = 1\n[[arm]]\nname = "a"\nclients = 4\nhold_s = 2\n[[arm]]\nname = "b"\nclients = 4\npressure = "none"\n'
    )
    kept = tmp_path / "t.parquet"
    told = runner.invoke(app, ["rehearse", "trial", str(file), "--workers", "1", "--json", "--parquet", str(kept)])
    assert told.exit_code == 0, told.output
    assert {r["arm"] for r in json.loads(told.stdout)["results"]} == {"a", "b"}
    import pyarrow.parquet as pq

    assert pq.read_table(kept).num_rows == 16
    assert "Pressure threshold" in runner.invoke(app, ["rehearse", "trial", str(file), "--workers", "1"]).output


def test_the_example_is_a_trial(k: Knowledge) -> None:
    assert len(read_trial(EXAMPLE, k).arms) == 5


def test_every_study_names_a_source_and_can_be_compared(k: Knowledge) -> None:
    from unknot.rehearse.truth_parameters import tables

    own = {row["id"] for row in tables("truth_parameters.toml")["truth_source"]}
    assert {s.source for s in STUDIES} <= own | set(k.sources)
    study = next(s for s in STUDIES if s.source == "fryer2005")
    assert isinstance(study.compare(run_trial(study.trial(20, 1, k))), Compared)
