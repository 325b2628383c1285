"""The pages of virtual trials: what was kept is listed and shown with its pictures, doses and assumptions; what is no trial is not."""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from unknot.cli import app as command
from unknot.errors import UnknotError
from unknot.knowledge.load import Knowledge, knowledge
from unknot.rehearse import figures, trial_kept
from unknot.rehearse.trial import OUTCOMES, Measured, run_trial
from unknot.rehearse.trial_file import Trial, trial_of
from unknot.rehearse.trial_table import Effect, Result, results
from unknot.web.app import create_app
from unknot.web.rights import may, row_of

ARMS = [
    {"name": "none <b>", "clients": 6, "pressure": "none", "hold_s": 2},
    {"name": "press", "clients": 6, "hold_s": 3, "times": 2, "rises": 2, "rest_s": 1, "stretches": 2, "visits": 2},
    {"name": "by cues", "clients": 2, "technique": "stretch"},
]  # fmt: skip


@pytest.fixture(scope="module")
def k() -> Knowledge:
    return knowledge()


@pytest.fixture(scope="module")
def trial(k: Knowledge) -> Trial:
    return trial_of({"format": 1, "name": "Two & three", "after_days": [1], "arm": ARMS}, "small", k)


@pytest.fixture(scope="module")
def measured(trial: Trial) -> list[Measured]:
    return run_trial(trial)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def kept(k: Knowledge, folder: Path, trial: Trial, measured: list[Measured]) -> trial_kept.Kept:
    return trial_kept.keep(trial_kept.folder_of(folder / "unknot.db"), trial, measured, k, date(2026, 3, 4))


@pytest.fixture(scope="module")
def web(kept: trial_kept.Kept, folder: Path) -> TestClient:
    return TestClient(create_app(hosts=["testserver"], data=folder / "unknot.db"))


def test_what_is_kept_is_read_as_it_was_and_the_same_trial_takes_its_own_place(
    k: Knowledge, folder: Path, trial: Trial, measured: list[Measured], kept: trial_kept.Kept
) -> None:
    where = folder / "trials"
    assert trial_kept.one(where, kept.id) == kept
    assert re.fullmatch(r"two-three\.[0-9a-f]{8}", kept.id)
    trial_kept.keep(where, trial, measured, k, date(2026, 3, 4))
    assert trial_kept.every(where) == [kept]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1, "id": "x.00000000"}', "null", '"x"'])
def test_a_file_that_is_no_result_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.00000000.json").write_text(text)
    assert trial_kept.every(tmp_path) == []
    assert trial_kept.one(tmp_path, "x.00000000") is None


def test_a_result_of_another_format_is_left_out_and_the_newest_stands_first(
    tmp_path: Path, kept: trial_kept.Kept, folder: Path
) -> None:
    body = json.loads((folder / "trials" / f"{kept.id}.json").read_text())
    for ident, more in (
        ("a.00000000", {"on": "2026-01-01"}),
        ("b.00000000", {"on": "2026-02-01"}),
        ("c.00000000", {"format": 2}),
    ):
        (tmp_path / f"{ident}.json").write_text(json.dumps(body | {"id": ident} | more))
    assert [found.id for found in trial_kept.every(tmp_path)] == ["b.00000000", "a.00000000"]


def test_no_address_leads_out_of_the_folder(web: TestClient, folder: Path) -> None:
    (folder / "secret.00000000.json").write_text("{}")
    for ident in ("../secret.00000000", "..%2Fsecret.00000000", "nothing", "x.zzzzzzzz"):
        assert web.get(f"/rehearse/{ident}").status_code == 404


def test_a_folder_that_cannot_be_written_is_told(
    k: Knowledge, tmp_path: Path, trial: Trial, measured: list[Measured]
) -> None:
    (tmp_path / "trials").write_text("a file")
    with pytest.raises(UnknotError, match="folder that can be written"):
        trial_kept.keep(tmp_path / "trials", trial, measured, k, date(2026, 3, 4))


def test_the_list_leads_to_each_trial_and_an_empty_one_says_how_to_run_one(
    web: TestClient, kept: trial_kept.Kept, tmp_path: Path
) -> None:
    listed = web.get("/rehearse").text
    assert f'href="/rehearse/{kept.id}"' in listed and "3 arms, 14 virtual clients" in listed
    empty = TestClient(create_app(hosts=["testserver"], data=tmp_path / "unknot.db")).get("/rehearse").text
    assert "No trial has been kept yet" in empty and "--keep" in empty
    assert not (tmp_path / "unknot.db").exists()  # who only looks does not get a store made for it


def test_a_trial_shows_its_doses_its_pictures_its_figures_and_what_was_assumed(
    web: TestClient, kept: trial_kept.Kept
) -> None:
    page = web.get(f"/rehearse/{kept.id}").text
    for words in (
        "no pressure", "at the pain threshold for 3 s, 2 times with 1 s between, raised 2 times; 2 stretches of 45 s; 2 visits, every 7 days",
        "by cues", "of them are assumed", "Seed 1", kept.knowledge, "Pain of the complaint", "Motion that is lost",
    ):  # fmt: skip
        assert words in page, words
    assert "none &lt;b&gt;" in page and "<b>" not in page.split("</header>")[1]
    assert page.count("<svg") == 4 * len(OUTCOMES)
    assert "<style" not in page  # the policy of the page forbids it
    safe = page.split('class="safe"')[1]
    assert safe.count("–") == 4  # fixed doses have neither words nor a ceiling
    assert ".study" in web.get("/study.css").text


def test_pictures_tell_in_words_what_they_show_and_know_arms_by_their_marks(measured: list[Measured]) -> None:
    rows = results(measured)
    for outcome in OUTCOMES:
        for width in (figures.WIDTH, figures.NARROW):
            for drawn in (figures.over_time(rows, outcome, width=width), figures.forest(rows, outcome, width=width)):
                root = ElementTree.fromstring(drawn)
                label = root.get("aria-label", "")
                assert "press, after: " in label and " to " in label
                assert float(root.get("width", "0")) == width
                texts = [n for n in root.iter() if n.tag.endswith("text")]
                assert all(0 <= float(n.get("x", "-1")) <= width for n in texts)
    shapes = {figures._mark(n, 0, 0) for n in range(4)}
    assert len(shapes) == 4
    assert figures.forest([r for r in rows if r.arm == "press"], OUTCOMES[0]) != ""
    assert figures.forest([r for r in rows if r.against_first is None], OUTCOMES[0]) == ""


def test_names_and_times_have_room_however_many_there_are() -> None:
    nothing = Effect(0.5, 0.0, 1.0)
    times = ["visit 2", "after", *(f"day {n}" for n in range(1, 11))]
    rows = [Result(f"arm {n}", when, OUTCOMES[0], 9, 1.0, 1.0, nothing, None) for n in range(24) for when in times]
    for width in (figures.WIDTH, figures.NARROW):
        root = ElementTree.fromstring(figures.over_time(rows, OUTCOMES[0], width=width))
        texts = [n for n in root.iter() if n.tag.endswith("text")]
        names = sorted(float(n.get("y", "0")) for n in texts if (n.text or "").startswith("arm"))
        assert len(names) == 24 and names[0] > 0 and names[-1] <= float(root.get("height", "0"))
        assert all(b - a >= figures.NAME for a, b in pairwise(names))
        aslant = [float(n.get("transform", "").split("(")[1].split()[0]) for n in texts if (n.text or "") in times]
        assert len(aslant) >= 6 and all(abs(a - b) >= figures.ASLANT for a, b in pairwise(aslant))


def test_students_may_look_at_trials_and_the_front_desk_may_not() -> None:
    for path in ("/rehearse", "/rehearse/a.00000000"):
        row, _ = row_of("GET", path)
        assert row is not None
        assert [may(role, row.right) for role in ("owner", "practitioner", "student", "front")] == [
            True,
            True,
            True,
            False,
        ]


def test_the_command_keeps_its_result_for_the_app(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text('format = 1\n[[arm]]\nname = "a"\nclients = 3\npressure = "none"\nhold_s = 1\n')
    asked = ["rehearse", "trial", str(file), "--workers", "1", "--keep", "--data", str(tmp_path / "unknot.db")]
    told = CliRunner().invoke(command, asked)
    assert told.exit_code == 0, told.output
    (path,) = (tmp_path / "trials").glob("t.*.json")
    assert f"/rehearse/{path.stem}" in told.output
    assert json.loads(path.read_text())["trial"]["arms"][0]["name"] == "a"
