"""The command line: what each verb prints, what it refuses, and with which exit code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from unknot import __version__
from unknot.assess.picture import case_picture
from unknot.assess.rank import assess
from unknot.body.draw import ALARM, svg
from unknot.case.ranking import Refer, ReferReason
from unknot.case.read import read_mapping
from unknot.cli import main
from unknot.cli.know import KINDS
from unknot.knowledge.load import Knowledge, knowledge

GOOD = 'format = 1\n[[pain]]\nsite = "shoulder.front@right"\nintensity = 7\n[[finding]]\npoint = "infraspinatus.1@right"\nfamiliar_pain = true\n[history]\nasked = "all"\n[today]\ndate = "today"\nasked = "all"\n[client]\nage = 46\n'
BAD = 'format = 1\n[[pain]]\nsite = "shoulder.frnt@right"\nintensity = 12\n'
KEYS = {"case", "points", "other", "press_next", "unexplained", "not_understood", "refer"}
POINT_KEYS = {"id", "muscle", "side", "probability", "explains", "against", "why"}
OTHER_KEYS = {"id", "kind", "probability", "action"}
HEAVY = ("numba", "scipy", "fastapi", "sqlalchemy")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `unknot` in this process, as its entry point does."""

    def unknot(*words: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["unknot", *map(str, words)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return unknot


def process(*words: str | Path, flags: tuple[str, ...] = ()) -> Done:
    """Runs the installed `unknot` as a process of its own."""
    command = [sys.executable, *flags, str(Path(sys.executable).with_name("unknot")), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good cases and one bad one between them, and a file that is no case."""
    (tmp_path / "anna.toml").write_text(GOOD, "utf-8")
    (tmp_path / "bad.toml").write_text(BAD, "utf-8")
    (tmp_path / "carl.json").write_text('{"format": 1, "pain": [{"where": "right heel"}]}', "utf-8")
    (tmp_path / "notes.txt").write_text("not a case", "utf-8")
    return tmp_path


def flat(text: str) -> str:
    """Text without the line breaks of a narrow page."""
    return " ".join(text.split())


# assess, as processes


def test_one_file_is_ranked_for_people(folder: Path) -> None:
    done = process("assess", folder / "anna.toml")
    assert (done.code, done.err) == (0, "")
    assert "anna" in done.out and "front of the shoulder" in done.out
    assert "infraspinatus.1@right" in done.out and "Press next" in done.out
    assert "not a diagnosis" in flat(done.out)


def test_one_bad_case_among_many_leaves_the_others_answered(folder: Path) -> None:
    done = process("assess", folder, "--json")
    assert done.code == 2
    assert [answer["case"] for answer in done.lines] == ["anna", "carl"]
    assert "bad: 2 problems" in done.err and "shoulder.frnt" in done.err and "12 is out of range" in done.err
    assert "bad" not in [answer["case"] for answer in done.lines] and "frnt" not in done.out


def test_assessing_one_file_loads_no_heavy_module(folder: Path) -> None:
    done = process("assess", folder / "anna.toml", "--json", flags=("-X", "importtime"))
    assert done.code == 0 and done.lines[0]["points"]
    loaded = {
        line.rpartition("|")[2].strip().split(".")[0]
        for line in done.err.splitlines()
        if line.startswith("import time:")
    }
    assert {"unknot", "numpy", "typer"} <= loaded
    assert loaded.isdisjoint(HEAVY)


def test_another_address_than_this_machine_is_refused() -> None:
    done = process("--host", "0.0.0.0", "--no-browser")
    assert (done.code, done.out) == (2, "")
    assert "'0.0.0.0' is not this machine alone" in done.err
    assert "127.0.0.1" in done.err and "--host" in done.err


def test_the_version_is_printed() -> None:
    assert process("--version") == Done(0, f"unknot {__version__}\n", "")


# assess


def test_json_has_one_object_with_the_keys_of_the_design(run: Run, folder: Path) -> None:
    (answer,) = run("assess", folder / "anna.toml", "--json").lines
    assert answer.keys() >= KEYS
    assert answer["case"] == "anna"
    assert answer["points"][0]["id"] == "infraspinatus.1@right"
    assert all(point.keys() >= POINT_KEYS for point in answer["points"])
    assert answer["other"] and all(other.keys() >= OTHER_KEYS for other in answer["other"])
    assert answer["refer"].keys() == {"needed", "urgency", "reasons"}
    assert answer["press_next"] and all(0 <= press["probability_yes"] <= 1 for press in answer["press_next"])


def test_several_files_give_a_line_each_in_their_order(run: Run, folder: Path) -> None:
    done = run("assess", folder / "carl.json", folder / "anna.toml", "--json")
    assert done.code == 0
    assert [answer["case"] for answer in done.lines] == ["carl", "anna"]


def test_a_folder_gives_its_case_files_by_name_and_leaves_other_files_alone(run: Run, folder: Path) -> None:
    (folder / "bad.toml").unlink()
    done = run("assess", folder, "--json")
    assert (done.code, done.err) == (0, "")
    assert [answer["case"] for answer in done.lines] == ["anna", "carl"]


def test_points_of_one_muscle_stand_together_and_the_likeliest_muscle_first(run: Run, folder: Path) -> None:
    (answer,) = run("assess", folder / "anna.toml", "--json").lines
    muscles = [(p["muscle"], p["side"]) for p in answer["points"][:20]]
    assert muscles == sorted(muscles, key=muscles.index)
    chances = [p["muscle_probability"] for p in answer["points"] if p["muscle_probability"] is not None]
    assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize("top", [1, 3])
def test_top_says_how_many_points_are_shown(run: Run, folder: Path, top: int) -> None:
    done = run("assess", folder / "anna.toml", "--top", str(top), "--no-next")
    assert done.code == 0
    assert sum("@right" in line for line in done.out.splitlines()) == top


@pytest.mark.parametrize("top", ["0", "-1", "1001", "many"])
def test_a_top_that_is_no_number_of_points_is_refused(run: Run, folder: Path, top: str) -> None:
    done = run("assess", folder / "anna.toml", "--top", top)
    assert (done.code, done.out) == (2, "")
    assert "--top" in done.err


def test_explain_tells_one_point_in_full(run: Run, folder: Path) -> None:
    done = run("assess", folder / "anna.toml", "--explain", "infraspinatus.1@right")
    assert done.code == 0
    told = flat(done.out)
    assert "infraspinatus.1@right" in told and knowledge().points["infraspinatus.1"].find[:30] in told
    assert "odds times" in told and "brings the pain the client knows" in told
    assert "infraspinatus.2" not in told


def test_explain_as_json_is_that_point_alone(run: Run, folder: Path) -> None:
    (answer,) = run("assess", folder / "anna.toml", "--explain", "infraspinatus.1", "--json").lines
    assert (answer["case"], answer["id"]) == ("anna", "infraspinatus.1@right")
    assert {move["of"] for move in answer["moved"]} >= {"drawing", "finding"}


@pytest.mark.parametrize(
    ("ident", "given"),
    [
        ("infraspinatus.99", "there is no point or explanation 'infraspinatus.99'"),
        ("soleus.1@right", "'soleus.1@right' is less likely than all that is listed"),
    ],
)
def test_explaining_what_is_not_in_the_ranking_is_refused_with_what_is(
    run: Run, folder: Path, ident: str, given: str
) -> None:
    done = run("assess", folder / "anna.toml", "--explain", ident)
    assert (done.code, done.out) == (2, "")
    assert given in done.err
    assert "allowed: infraspinatus.1@right" in done.err and "use an id of the ranking" in done.err


def test_no_next_leaves_out_what_to_press_next(run: Run, folder: Path) -> None:
    done = run("assess", folder / "anna.toml", "--no-next")
    assert done.code == 0 and "infraspinatus.1@right" in done.out
    assert "Press next" not in done.out


def test_no_next_changes_nothing_else(run: Run, folder: Path) -> None:
    (full,) = run("assess", folder / "anna.toml", "--json").lines
    (short,) = run("assess", folder / "anna.toml", "--json", "--no-next").lines
    assert full.pop("press_next") and not short.pop("press_next")
    assert short == full


def test_bad_input_is_refused_with_what_was_given_what_is_allowed_and_what_to_do(run: Run, folder: Path) -> None:
    done = run("assess", folder / "bad.toml")
    assert (done.code, done.out) == (2, "")
    assert "pain 1, site: there is no region 'shoulder.frnt'" in done.err
    assert "allowed: shoulder.front" in done.err and "use one of these ids" in done.err
    assert "pain 1, intensity: 12 is out of range" in done.err
    assert "allowed: a number from 0 to 10" in done.err and "leave it out" in done.err
    assert "Traceback" not in done.err


def test_a_missing_file_is_refused(run: Run, folder: Path) -> None:
    done = run("assess", folder / "none.toml")
    assert (done.code, done.out) == (2, "")
    assert "none.toml" in done.err and "check the path" in done.err


def test_a_missing_file_among_others_leaves_them_answered(run: Run, folder: Path) -> None:
    done = run("assess", folder / "none.toml", folder / "anna.toml", "--json")
    assert done.code == 2
    assert [answer["case"] for answer in done.lines] == ["anna"]
    assert "none.toml" in done.err


def test_a_folder_without_cases_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing", "utf-8")
    done = run("assess", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert (
        str(tmp_path) in flat(done.err).replace(" ", "")
        and "no case file in it" in done.err
        and "name another folder" in done.err
    )


def test_assess_without_a_file_is_refused(run: Run) -> None:
    done = run("assess")
    assert (done.code, done.out) == (2, "")
    assert "CASE" in done.err.upper()


def test_square_brackets_in_what_was_said_are_printed_as_they_are(run: Run, folder: Path) -> None:
    (folder / "anna.toml").write_text(GOOD + '[complaint]\nsaid = ["zzz [bold]qqq[/bold] [/]"]\n', "utf-8")
    done = run("assess", folder / "anna.toml")
    assert (done.code, done.err) == (0, "")
    assert "zzz [bold]qqq[/bold] [/]" in flat(done.out)


def test_an_emergency_stands_above_the_points(run: Run) -> None:
    done = run("assess", Path(__file__).parents[1] / "examples" / "saddle-numbness.toml")
    assert done.code == 0
    assert 0 < done.out.index("Emergency") < done.out.index("trigger point")


def test_in_an_emergency_nothing_is_offered_to_press(run: Run) -> None:
    done = run("assess", Path(__file__).parents[1] / "examples" / "saddle-numbness.toml")
    assert "Press next" not in done.out


def test_a_picture_tells_its_warning_in_full_and_how_weak_a_drawing_is(run: Run, tmp_path: Path) -> None:
    assert (
        run(
            "assess", Path(__file__).parents[1] / "examples" / "saddle-numbness.toml", "--svg", tmp_path / "map.svg"
        ).code
        == 0
    )
    told = re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "map.svg").read_text("utf-8"))
    assert "must see the person within hours." in " ".join(told)
    assert "A drawing alone is weak evidence" in " ".join(told)
    assert max(map(len, told)) < 130


def test_a_picture_of_an_emergency_says_to_press_nothing_above_every_emergency(k: Knowledge) -> None:
    case = read_mapping({"format": 1, "pain": [{"where": "left shin"}]}, "case", k)
    several = (
        ReferReason("rule:a", "numb between the legs", "emergency"),
        ReferReason("rule:b", "a thing that can wait", "refer"),
        ReferReason("ranking", "a leg without pulse", "emergency"),
    )
    ranking = assess(case, k)
    told = svg(case_picture(case, replace(ranking, refer=Refer(True, "emergency", several)), k))
    assert re.search(f"fill='{ALARM}'[^>]*>Emergency: press nothing.<", told)
    heading, first, second = map(told.index, ("Emergency: press nothing.", "Numb between", "A leg without pulse"))
    assert heading < first < second
    assert "can wait" not in told and "First:" not in told
    told = svg(case_picture(case, replace(ranking, refer=Refer(True, "refer", several[1:2])), k))
    assert "First: a thing that can wait" in told and "Emergency" not in told


def test_pictures_that_would_lie_over_one_another_or_over_a_case_are_refused(run: Run, folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "anna.toml").write_text(GOOD, "utf-8")
    done = run("assess", folder / "anna.toml", folder / "more" / "anna.toml", "--svg", folder / "out")
    assert done.code == 2 and "anna" in done.err and not (folder / "out").exists()
    done = run("assess", folder / "anna.toml", "--svg", folder / "more" / "anna.toml")
    assert done.code == 2 and "no picture" in done.err
    assert (folder / "more" / "anna.toml").read_text("utf-8") == GOOD


def test_an_empty_folder_among_files_leaves_them_answered(run: Run, folder: Path) -> None:
    (folder / "empty").mkdir()
    done = run("assess", folder / "anna.toml", folder / "empty", "--json")
    assert done.code == 2 and "no case file in it" in done.err
    assert [answer["case"] for answer in done.lines] == ["anna"]


# know


@pytest.mark.parametrize(
    ("kind", "ident", "key"),
    [
        ("muscle", "soleus", "points"),
        ("point", "infraspinatus.1", "find"),
        ("region", "foot.heel", "sent_from"),
        ("root", "S1", "advice"),
        ("entrapment", "morton", "advice"),
        ("origin", "heart", "action"),
        ("source", "magee2014", "named_by"),
    ],
)
def test_know_shows_one_record_for_people_and_as_json(run: Run, kind: str, ident: str, key: str) -> None:
    (record,) = run("know", kind, ident, "--json").lines
    assert record["id"] == ident and record[key]
    done = run("know", kind, ident)
    assert done.code == 0
    assert ident in done.out and flat(str(record.get("name") or record["title"])) in flat(done.out)


@pytest.mark.parametrize(("kind", "ident"), [("origin", "heart"), ("source", "magee2014")])
def test_know_says_in_json_which_kind_of_record_it_is(run: Run, kind: str, ident: str) -> None:
    (record,) = run("know", kind, ident, "--json").lines
    assert record["kind"] == kind


@pytest.mark.parametrize("kind", KINDS)
def test_know_refuses_an_id_that_nothing_carries(run: Run, kind: str) -> None:
    done = run("know", kind, "zzz_nothing")
    assert (done.code, done.out) == (2, "")
    assert f"there is no {kind} 'zzz_nothing'" in done.err
    assert "allowed:" in done.err and "unknot know search WORDS" in done.err


def test_know_suggests_ids_that_are_near(run: Run) -> None:
    done = run("know", "muscle", "infraspinatu")
    assert done.code == 2 and "infraspinatus" in done.err.split("allowed:")[1]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("outer elbow", ("region", "elbow.outer")),
        ("infraspinatus", ("muscle", "infraspinatus")),
        ("carpal tunnel", ("entrapment", "carpal_tunnel")),
        ("migraine", ("origin", "migraine")),
        ("L5", ("root", "L5")),
        ("Travell", ("source", "travell1992")),
    ],
)
def test_search_finds_what_words_name_among_the_first_two(run: Run, words: str, found: tuple[str, str]) -> None:
    (answer,) = run("know", "search", *words.split(), "--json").lines
    assert found in [(row["kind"], row["id"]) for row in answer[:2]]
    assert found[1] in run("know", "search", *words.split()).out


@pytest.mark.parametrize(("words", "ident"), [("infraspinatus", "infraspinatus"), ("deep calf muscle", "soleus")])
def test_search_puts_the_muscle_of_that_very_name_first(run: Run, words: str, ident: str) -> None:
    (answer,) = run("know", "search", *words.split(), "--json").lines
    assert (answer[0]["kind"], answer[0]["id"]) == ("muscle", ident)


def test_search_shows_as_many_as_are_asked_for(run: Run) -> None:
    (answer,) = run("know", "search", "knee", "--json", "--top", "4").lines
    assert len(answer) == 4 and len({(row["kind"], row["id"]) for row in answer}) == 4


def test_search_that_finds_nothing_is_refused(run: Run) -> None:
    done = run("know", "search", "zzzqqq")
    assert (done.code, done.out) == (2, "")
    assert "'zzzqqq'" in done.err and "try other words" in done.err


def test_know_check_finds_every_rule_kept(run: Run) -> None:
    done = run("know", "check")
    assert done.code == 0, done.out
    assert "All rules hold" in done.out and f"{len(knowledge().muscles)} muscles" in flat(done.out)


# the rest


@pytest.mark.parametrize(
    "words", [("nonsense",), ("know", "nonsense"), ("--nonsense",), ("assess", "--nonsense", "x.toml")]
)
def test_a_verb_or_option_that_does_not_exist_is_refused_by_name(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert "nonsense" in done.err


@pytest.mark.parametrize("port", ["70000", "-1", "nonsense"])
def test_a_port_that_is_none_is_refused(run: Run, port: str) -> None:
    done = run("--port", port, "--no-browser")
    assert (done.code, done.out) == (2, "")
    assert "--port" in done.err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org", ""])
def test_every_address_that_others_could_reach_is_refused(run: Run, host: str) -> None:
    done = run("--host", host, "--no-browser")
    assert (done.code, done.out) == (2, "")
    assert repr(host) in done.err and "127.0.0.1" in done.err


@pytest.mark.parametrize("named", [("--cert",), ("--key",), ("--cert", "--key")])
def test_a_certificate_without_lan_is_refused_and_nothing_is_served(run: Run, named: tuple[str, ...]) -> None:
    done = run(*(part for option in named for part in (option, "some.pem")), "--no-browser")
    assert (done.code, done.out) == (2, "")
    assert f"{' and '.join(named)}: named without --lan" in done.err and "add --lan, or leave" in done.err


def test_help_names_every_verb(run: Run) -> None:
    done = run("--help")
    assert done.code == 0
    assert all(verb in done.out for verb in ("assess", "know", "bench"))


def test_many_files_are_answered_in_order_on_all_cores_and_a_bad_one_is_told(folder: Path) -> None:
    many = folder / "many"
    many.mkdir()
    for i in range(70):
        site = "nowhere" if i == 33 else "neck.throat"
        (many / f"c{i:02}.toml").write_text(f'format = 1\n[[pain]]\nsite = "{site}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "unknot", "assess", str(many), "--json", "--no-next"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2 and "nowhere" in done.stderr
    assert [json.loads(one)["case"] for one in done.stdout.splitlines()] == [f"c{i:02}" for i in range(70) if i != 33]
