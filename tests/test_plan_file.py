"""The plan file: written once, never trusted; and `unknot plan`, which writes it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from unknot.assess.rank import assess
from unknot.case.plan import FAMILIES, SOURCES, Application, Cut, Dose, Left, Limit, Plan, ResolvedLimits
from unknot.case.plan_mapping import plan_of
from unknot.case.read import read_file, read_mapping
from unknot.cli import main
from unknot.knowledge.load import Knowledge, knowledge
from unknot.plan.gate import PlanError
from unknot.plan.limits import UNITS
from unknot.plan.propose import propose
from unknot.plan.write import KEYS, Planned
from unknot.record.plans import plan_file, read_plan, screening

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "front-of-shoulder.toml"
ON = date(2026, 11, 26)


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The plan file of the example as it is read from a disk."""
    k = knowledge()
    case = read_file(EXAMPLE, k)
    clearance = screening(k)(case, ON, ())
    others = (Limit("hold_s", 8.0, "practitioner", "my habit"),)
    plan, wishes = propose(assess(case, k, next_too=False), case, clearance, k, ON, minutes=20, others=others)
    made = Planned(case=case, wishes=wishes, on=ON, minutes=20, others=others, left=plan.left)
    content: dict[str, Any] = json.loads(json.dumps(plan_file(made, k)))
    return content


def test_a_plan_file_gives_its_plan_back_and_the_case_carries_its_day(whole: dict[str, Any], k: Knowledge) -> None:
    plan = read_plan(whole, k, ON)
    assert set(whole) == set(KEYS) and whole["case"]["today"]["date"] == "2026-11-26"
    assert plan.applications and plan == plan_of(whole["plan"])
    assert all(a.dose.hold_s <= 8 for a in plan.applications)


def test_it_is_read_from_a_file_too(whole: dict[str, Any], k: Knowledge, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    assert read_plan(path, k, ON) == read_plan(whole, k, ON)


def _set(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: Any) -> None:
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = to

    return change


def _drop(*path: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: Any) -> None:
        for key in path[:-1]:
            content = content[key]
        del content[path[-1]]

    return change


PRESS = ("plan", "applications", 1)
NAN = float("nan")
FORGED: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("a missing limit", _drop(*PRESS, "limits", "hold_s"), "plan_differs"),
    ("all limits missing", _drop(*PRESS, "limits"), "plan_differs"),
    ("a NaN as limit", _set(*PRESS, "limits", "discomfort", to=NAN), "plan_differs"),
    ("a limit raised", _set(*PRESS, "limits", "discomfort", to=9), "plan_differs"),
    ("a dose raised", _set(*PRESS, "dose", "hold_s", to=80), "plan_differs"),
    ("true for one", _set("plan", "applications", 0, "dose", "turns", to=True), "plan_differs"),
    ("a place changed by hand", _set(*PRESS, "place", to="soleus.1@left"), "plan_differs"),
    ("an application taken out", lambda c: c["plan"]["applications"].pop(), "plan_differs"),
    ("a NaN in a wish", _set("wishes", 1, "hold_s", to=NAN), "not_finite"),
    ("a NaN of one's own", _set("limits", 0, "value", to=NAN), "not_finite"),
    ("a limit without its number", _drop("limits", 0, "value"), "missing_limit"),
    ("minutes that are none", _set("minutes", to=NAN), "not_finite"),
    ("no answers", _drop("case", "history"), "no_clearance"),
    ("no check of today", _drop("case", "today"), "no_clearance"),
    ("a check of yesterday", _set("case", "today", "date", to="2026-11-25"), "no_clearance"),
    ("a check of always", _set("case", "today", "date", to="today"), "undated"),
    ("an emergency", _set("case", "complaint", "said", to=["crushing chest pain into the left arm and cold sweat"]), "no_clearance"),
    ("a barred site", _set("case", "mark", to=[{"kind": "surgery", "site": "scapula.body@right"}]), "barred"),
    ("a wish on a barred site", _set("wishes", 0, "place", to="neck.throat"), "danger"),
    ("another day", _set("on", to="2026-11-25"), "expired"),
    ("older rules", _set("rules", to="older"), "outdated"),
    ("no plan", _drop("plan"), "missing_part"),
    ("no case", _drop("case"), "missing_part"),
    ("another format", _set("format", to=2), "format"),
    ("a key of one's own", _set("cleared", to=True), "unknown_key"),
    ("a case that is none", _set("case", to={"format": 1, "pain": 3}), "not_rows"),
    ("a licence that is none", _set("licences", to=[3]), "not_words"),
    ("a licence that nobody knows", _set("licences", to=["cake"]), "unknown_licence"),
    ("a wish that is none", _set("wishes", 0, to=3), "not_a_table"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "forge", "code"), FORGED, ids=[f[0] for f in FORGED])
def test_a_forged_or_stale_plan_is_refused_and_says_why(
    whole: dict[str, Any], k: Knowledge, what: str, forge: Callable[[dict[str, Any]], None], code: str
) -> None:
    content = copy.deepcopy(whole)
    forge(content)
    with pytest.raises(PlanError) as caught:
        read_plan(content, k, ON)
    assert code in {p.code for p in caught.value.problems}
    assert all(p.todo for p in caught.value.problems if p.code == code)


def test_the_same_file_is_refused_on_the_next_day(whole: dict[str, Any], k: Knowledge) -> None:
    with pytest.raises(PlanError, match="made for"):
        read_plan(whole, k, ON + timedelta(days=1))


def test_every_difference_is_named_with_its_place(whole: dict[str, Any], k: Knowledge) -> None:
    content = copy.deepcopy(whole)
    content["plan"]["applications"][1]["dose"]["hold_s"] = 80
    content["plan"]["at_hand"] = 90
    with pytest.raises(PlanError) as caught:
        read_plan(content, k, ON)
    assert {p.place for p in caught.value.problems} == {"plan, applications 2, dose, hold_s", "plan, at_hand"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": NaN}', '{"format": 1}', "\xff"])
def test_a_file_that_is_no_plan_is_refused(text: str, k: Knowledge, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(PlanError):
        read_plan(path, k, ON)
    with pytest.raises(PlanError):
        read_plan(tmp_path / "none.json", k, ON)


def test_the_clients_wish_is_read_from_the_case_and_cannot_be_left_out_of_the_file(k: Knowledge) -> None:
    tables = {
        "format": 1, "client": {"age": 46}, "history": {"asked": "all"}, "today": {"asked": "all", "date": ON.isoformat()},
        "finding": [{"point": "infraspinatus.1@right", "tenderness": 6}], "wishes": {"discomfort_max": 3},
    }  # fmt: skip
    case = read_mapping(tables, "gentle", k, needs_pain=False)
    _, wishes = propose(None, case, screening(k)(case, ON, ()), k, ON)
    content = plan_file(Planned(case=case, wishes=wishes, on=ON), k)
    assert max(a.dose.band_high for a in read_plan(content, k, ON).applications) == 3
    with pytest.raises(PlanError, match="band_high") as caught:
        read_plan({**content, "case": {key: v for key, v in content["case"].items() if key != "wishes"}}, k, ON)
    assert {p.code for p in caught.value.problems} == {"plan_differs"}
    worse = replace(case, intake=replace(case.intake, wishes={"hold_s_max": float("inf")}))
    with pytest.raises(PlanError):
        propose(None, worse, screening(k)(worse, ON, ()), k, ON)


# ---------------------------------------------------------------- the command


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["unknot", *arguments])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


Ran = Callable[..., tuple[int, str, str]]


def test_the_command_shows_order_dose_reasons_cuts_minutes_hands_and_what_fell_out(run: Ran) -> None:
    code, out, _ = run("plan", str(EXAMPLE), "--minutes", "9", "--limit", "hold_s=8")
    text = " ".join(out.split())
    assert code == 0
    for words in (
        "of 9 minutes", "On the side, right side up:", "alternating ischemic compression, with: thumb", "6 holds of 8 s with 2.5 s off",
        "discomfort 4 to 6", "it brings the pain that the client knows", "Cut: a hold: 9 s become 8 s (your own limit: your habit)",
        "Then: hand behind the back", "thumb: ", "Left out:", "no time for it",
    ):  # fmt: skip
        assert words in text


def test_its_json_is_the_plan_file_and_so_is_what_it_writes(run: Ran, k: Knowledge, tmp_path: Path) -> None:
    to = tmp_path / "p.json"
    code, out, _ = run("plan", str(EXAMPLE), "--json", "--out", str(to), "--on", "2026-11-26")
    assert code == 0 and json.loads(out) == json.loads(to.read_text(encoding="utf-8"))
    assert read_plan(to, k, ON).applications


def test_a_routine_by_id_and_of_ones_own(run: Ran, tmp_path: Path) -> None:
    code, out, _ = run("plan", str(EXAMPLE), "--routine", "shoulder")
    assert code == 0 and "gliding strokes" in out
    own = tmp_path / "own.toml"
    own.write_text(
        'id = "own"\nname = "own"\nregions = ["scapula"]\nlie = "side"\n[[steps]]\nphase = "points"\ntechnique = "alternating_compression"\n'
    )
    code, out, _ = run("plan", str(EXAMPLE), "--routine", str(own), "--json")
    assert code == 0 and "infraspinatus.1@right/alternating_compression" in out


@pytest.mark.parametrize(
    "options",
    [
        ("--minutes", "nan"), ("--minutes", "-3"), ("--limit", "hold_s"), ("--limit", "size=3"), ("--limit", "hold_s=nan"),
        ("--routine", "wing"), ("--routine", "none.toml"), ("--on", "soon"), ("--on", "2020-01-01"), ("--licence", "all"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_two(run: Ran, options: tuple[str, str], tmp_path: Path) -> None:
    case = tmp_path / "case.toml"
    case.write_text(
        EXAMPLE.read_text(encoding="utf-8").replace('date = "today"', f"date = {date.today()}"), encoding="utf-8"
    )
    more = () if "--on" in options else ("--on", f"{date.today()}")
    assert run("plan", str(case), *more)[0] == 0
    code, out, err = run("plan", str(case), *more, *options)
    assert code == 2 and not out and err


def test_a_case_that_is_not_cleared_has_no_plan(run: Ran) -> None:
    code, out, err = run("plan", str(ROOT / "examples" / "arm-with-lost-reflex.toml"))
    assert code == 2 and not out and "clearance" in err


def test_an_emergency_is_told_before_anything_else_is_asked_for(run: Ran) -> None:
    """The check of this example carries no date: what matters is the emergency."""
    code, out, err = run("plan", str(ROOT / "examples" / "saddle-numbness.toml"))
    assert code == 2 and not out and "emergency" in err and "help is called" in " ".join(err.split())


# ---------------------------------------------------------------- what the documents say


def test_the_page_shows_what_the_command_answers(run: Ran) -> None:
    page = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
    given = re.search(r"`uv run unknot (plan .*?)` answers.*?```text\n(.*?)```", page, re.DOTALL)
    assert given is not None
    arguments = given[1].replace("examples/", f"{ROOT}/examples/").split()
    text = " ".join(run(*arguments)[1].split())
    told = [line.strip().removesuffix("...").strip() for line in given[2].splitlines()]
    assert len([line for line in told if line]) > 15
    assert [line for line in told if " ".join(line.split()) not in text] == []


def test_every_key_of_the_plan_file_is_told() -> None:
    told = set(re.findall(r"`([a-z_]+)`", (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")))
    rows = (Plan, Application, Dose, ResolvedLimits, Cut, Left)
    assert {f.name for row in rows for f in fields(row)} | set(KEYS) <= told
    assert {*SOURCES, *FAMILIES, *UNITS} - told == set()


def test_a_roll_along_a_drawn_path_is_planned_and_read_back(run: Ran, tmp_path: Path) -> None:
    kept = tmp_path / "p.json"
    given = "low_back.lower@left=back:260,460 262,540"
    code, out, err = run("plan", str(ROOT / "examples" / "low-back.toml"), "--roll", given, "--out", str(kept))
    assert code == 0, err
    assert "the drawn path" in out
    file = json.loads(kept.read_text(encoding="utf-8"))
    assert file["wishes"][0]["path"] == {"figure": "neutral", "view": "back", "points": [[260, 460], [262, 540]]}
    assert file["plan"]["applications"][0]["route"] == file["wishes"][0]["path"]
    assert read_plan(kept, knowledge(), date.fromisoformat(file["on"])).applications[0].route is not None
    for wrong in ("", "x", "low_back.lower@left=back:1,2", "low_back.lower@left=back:a,b c,d"):
        assert run("plan", str(ROOT / "examples" / "low-back.toml"), "--roll", wrong)[0] == 2
