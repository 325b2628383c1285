"""The reader of case files: a case, or one error with every problem and its place, and never anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from case_files import HEAD, PAIN, POINT, K, only, problems, read
from unknot.case.model import corrected
from unknot.case.read import read_file, read_mapping
from unknot.errors import CaseError


def pain(line: str) -> str:
    return f"format = 1\n[[pain]]\n{line}\n"


def finding(*lines: str) -> str:
    return "[[finding]]\n" + "\n".join(lines) + "\n"


def point(*lines: str) -> str:
    return finding(f'point = "{POINT}"', *lines)


# What is read


def test_a_whole_case_is_read_as_its_values() -> None:
    case = read(
        'format = 1\n[client]\nage = 46\nsex = "woman"\n[[pain]]\nsite = "shoulder.front@right"\nintensity = 7.5\nquality = "aching"\ncoverage = 0.5\n'
        '[complaint]\nweeks = 6\nworse_with = ["reaching back"]\n'
        + point("tenderness = 8", "taut_band = true", "visit = 2026-03-02")
        + '[history]\nanticoagulant = "no"\nsaid = "whiplash"\ndenied = ["fever"]\n[today]\nfever = "no"\n'
    )
    assert (case.client.age, case.client.sex) == (46.0, "female")
    assert [(p.site, p.intensity, p.quality, p.coverage) for p in case.pains] == [
        ("shoulder.front@right", 7.5, ("ache",), 0.5)
    ]
    assert (case.complaint.weeks, case.complaint.worse_with) == (6.0, ("reaching back",))
    assert [(f.kind, f.on, f.signs, f.visit) for f in case.findings] == [
        ("point", POINT, {"tenderness": 8.0, "taut_band": True}, "2026-03-02")
    ]
    assert (case.history.answers, case.history.said, case.history.denied) == (
        {"anticoagulant": "no"},
        ("whiplash",),
        ("fever",),
    )
    assert case.kept == {"today": {"fever": "no"}}
    assert case.intake.today == {"fever": "no"} and case.intake.answers == {"anticoagulant": "no"}


def test_json_is_read_as_toml_is() -> None:
    content = {"format": 1, "pain": [{"site": "shoulder.front@right", "intensity": 7}]}
    assert read(json.dumps(content)) == read(HEAD + "intensity = 7\n")


def test_a_file_is_read_under_its_own_name_and_by_its_ending(tmp_path: Path) -> None:
    (tmp_path / "anna.toml").write_text(HEAD, "utf-8")
    (tmp_path / "bert.JSON").write_text('{"format": 1, "pain": [{"where": "front of both knees"}]}', "utf-8")
    assert read_file(tmp_path / "anna.toml", K).name == "anna"
    bert = read_file(tmp_path / "bert.JSON", K)
    assert (bert.name, [p.site for p in bert.pains]) == ("bert", ["knee.front@left", "knee.front@right"])


def test_a_word_for_a_quality_that_is_not_known_is_listed_and_is_no_error() -> None:
    case = read(HEAD + 'quality = ["ache", "qqqq"]\n')
    assert case.pains[0].quality == ("ache",)
    assert case.not_understood == ("qqqq",)


def test_findings_of_several_visits_stand_beside_each_other() -> None:
    case = read(HEAD + point('visit = "1"', "tenderness = 8") + point('visit = "2"', "tenderness = 2"))
    assert [(f.visit, f.signs["tenderness"]) for f in corrected(case.findings)] == [("1", 8.0), ("2", 2.0)]


def test_a_correction_is_allowed_and_takes_the_place_of_the_earlier_sign() -> None:
    case = read(HEAD + point("tenderness = 8", "twitch = true") + point("tenderness = 2", "corrects = true"))
    assert [f.signs for f in corrected(case.findings)] == [{"twitch": True}, {"tenderness": 2.0}]


def test_a_side_may_stand_in_a_key_of_its_own() -> None:
    assert read(HEAD + finding('point = "infraspinatus.1"', 'side = "right"', "twitch = true")).findings[0].on == POINT


# Places


def test_an_unknown_site_is_refused_with_near_ids() -> None:
    problem = only(pain('site = "shoulder.frnt@right"'))
    assert (problem.code, problem.place) == ("unknown_site", "pain 1, site")
    assert "shoulder.frnt" in problem.given and "shoulder.front" in problem.allowed


@pytest.mark.parametrize(
    ("site", "given", "allowed"),
    [
        ("shoulder.front@middle", "middle", "shoulder.front@left"),
        ("shoulder.front@RIGHT", "RIGHT", "shoulder.front@right"),
        ("shoulder.front@", "''", "shoulder.front@left"),
        ("shoulder.front@right@left", "right@left", "shoulder.front@right"),
        ("shoulder.front", "has no side", "shoulder.front@left or shoulder.front@right"),
        ("neck.throat@left", "has no side", "neck.throat"),
    ],
)
def test_a_side_that_is_wrong_or_missing_or_too_much_is_refused(site: str, given: str, allowed: str) -> None:
    problem = only(pain(f'site = "{site}"'))
    assert (problem.code, problem.place) == ("wrong_side", "pain 1, site")
    assert given in problem.given and allowed in problem.allowed


@pytest.mark.parametrize("value", ["7", "true", "[]", "{}", "1979-05-27", "nan"])
@pytest.mark.parametrize("key", ["site", "where"])
def test_a_place_that_is_not_text_is_refused(key: str, value: str) -> None:
    problem = only(pain(f"{key} = {value}"))
    assert (problem.code, problem.place) == ("not_text", f"pain 1, {key}")


def test_site_and_where_in_one_pain_are_refused() -> None:
    problem = only(pain('site = "knee.front@left"\nwhere = "front of the left knee"'))
    assert (problem.code, problem.place) == ("no_site", "pain 1")
    assert "both" in problem.given


def test_a_pain_without_a_place_is_refused() -> None:
    problem = only(pain("intensity = 5"))
    assert (problem.code, problem.place) == ("no_site", "pain 1")
    assert "neither" in problem.given


@pytest.mark.parametrize(
    ("where", "code", "offered"),
    [
        ("front of the knee", "missing_side", "knee.front@left"),
        ("left shoulder", "ambiguous_place", "shoulder.front"),
        ("the quux", "unknown_place", "names of places"),
        ("", "not_text", "words"),
    ],
)
def test_words_for_a_place_that_are_not_clear_are_asked_back(where: str, code: str, offered: str) -> None:
    problem = only(pain(f'where = "{where}"'))
    assert (problem.code, problem.place) == (code, "pain 1, where")
    assert offered in problem.allowed


@pytest.mark.parametrize("text", ["format = 1\n", "format = 1\npain = []\n", '{"format": 1, "pain": []}'])
def test_a_case_without_pain_is_refused(text: str) -> None:
    problem = only(text)
    assert (problem.code, problem.place) == ("no_pain", "pain")


# Numbers


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("12", "out_of_range"),
        ("-0.001", "out_of_range"),
        ("10.000001", "out_of_range"),
        ("0", "no_pain"),
        ("-0.0", "no_pain"),
        ("nan", "not_finite"),
        ("inf", "not_finite"),
        ("-inf", "not_finite"),
        ("1e999", "not_finite"),
        ("1" + "0" * 400, "not_finite"),
        ("-1" + "0" * 400, "not_finite"),
        ('"strong"', "not_a_number"),
        ('"7"', "not_a_number"),
        ("true", "not_a_number"),
        ("[7]", "not_a_number"),
        ("1979-05-27", "not_a_number"),
    ],
)
def test_an_intensity_that_is_no_number_above_0_up_to_10_is_refused(value: str, code: str) -> None:
    problem = only(HEAD + f"intensity = {value}\n")
    assert problem.code == code
    assert problem.place.startswith("pain 1")
    assert "10" in problem.allowed and problem.todo
    assert len(problem.given) < 100


@pytest.mark.parametrize("number", ["10" * 200, "f" * 10_000], ids=["400 digits", "10000 digits"])
@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        (HEAD + "intensity = ", "\n", "pain 1, intensity"),
        (PAIN + "[client]\nage = ", "\n", "client, age"),
        (PAIN + "[client]\nsex = ", "\n", "client, sex"),
        ("format = 1\n[[pain]]\nsite = ", "\n", "pain 1, site"),
        (HEAD + "[[finding]]\ntwitch = true\npoint = ", "\n", "finding 1, point"),
        (HEAD + '[[finding]]\ntest = "slr@left"\nresult = ', "\n", "finding 1, result"),
        (HEAD + "[history]\nfever = ", "\n", "history, fever"),
        (HEAD + "[complaint]\nsaid = ", "\n", "complaint, said"),
    ],
)
def test_a_huge_whole_number_anywhere_is_refused_at_its_place(before: str, after: str, place: str, number: str) -> None:
    text = before + "0x" + number + after
    text = text if text.startswith("format") else "format = 1\n" + text
    assert only(text).place == place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEAD + "[client]\nage = 121\n", "client, age"),
        (HEAD + "[client]\nage = nan\n", "client, age"),
        (HEAD + "[complaint]\nweeks = -1\n", "complaint, weeks"),
        (HEAD + "[complaint]\nweeks = inf\n", "complaint, weeks"),
        (HEAD + "coverage = 1.01\n", "pain 1, coverage"),
        (HEAD + point("tenderness = 11"), "finding 1, tenderness"),
        (HEAD + point("tenderness = nan"), "finding 1, tenderness"),
    ],
)
def test_a_number_out_of_its_range_is_refused_at_its_place(text: str, place: str) -> None:
    assert place in [p.place for p in problems(text)]


def test_nan_in_json_is_refused_as_a_number() -> None:
    problem = only('{"format": 1, "pain": [{"site": "shoulder.front@right", "intensity": NaN}]}')
    assert (problem.code, problem.place) == ("not_finite", "pain 1, intensity")


# Findings


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("twitch = true", "twitch = false"),
        ("tenderness = 8", "tenderness = 2"),
        ("tenderness = true", "tenderness = 3"),
        ("taut_band = false", "taut_band = true"),
    ],
)
def test_one_sign_told_both_ways_on_one_visit_is_refused(first: str, second: str) -> None:
    problem = only(HEAD + point('visit = "1"', first) + point('visit = "1"', second))
    assert problem.code == "contradiction"
    assert POINT in problem.place and first.split()[0] in problem.given
    assert "corrects = true" in problem.todo


def test_one_test_with_both_results_on_one_visit_is_refused() -> None:
    text = HEAD + "".join(finding('test = "slr@left"', f'result = "{result}"') for result in ("positive", "negative"))
    assert only(text).code == "contradiction"


def test_the_same_sign_told_twice_alike_is_no_contradiction() -> None:
    assert len(read(HEAD + point("tenderness = 8") * 2).findings) == 2


@pytest.mark.parametrize("sign", ["familiar_pain = true", "jump = true"])
def test_a_place_that_is_not_tender_yet_hurts_is_refused(sign: str) -> None:
    assert only(HEAD + point("tenderness = 0", sign)).code == "contradiction"


@pytest.mark.parametrize(
    ("kind", "ident", "near"),
    [
        ("point", "infraspinatus.9@right", "infraspinatus."),
        ("muscle", "infraspinatu@right", "infraspinatus"),
        ("root", "C9@right", "C"),
        ("test", "sl@left", "slr"),
    ],
)
def test_an_unknown_id_of_a_finding_is_refused_with_near_ids(kind: str, ident: str, near: str) -> None:
    told = problems(
        HEAD + finding(f'{kind} = "{ident}"', 'result = "positive"' if kind == "test" else "", 'said = "sore"')
    )
    assert [(p.code, p.place) for p in told] == [(f"unknown_{kind}", f"finding 1, {kind}")]
    assert ident.split("@")[0] in told[0].given and near in told[0].allowed


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('point = "infraspinatus.1"', "wrong_side"),
        ('muscle = "infraspinatus@up"', "wrong_side"),
        ('root = "C7"', "wrong_side"),
        ('muscle = "sphincter_ani@left"', "wrong_side"),
        ('spot = "shoulder.front"', "wrong_side"),
        ('spot = "shoulder.frnt@left"', "unknown_site"),
        ('point = "infraspinatus.1@right"\nmuscle = "infraspinatus@right"', "no_place"),
        ("tenderness = 4", "no_place"),
    ],
)
def test_the_place_of_a_finding_must_be_one_and_have_its_side(line: str, code: str) -> None:
    told = problems(HEAD + finding(line))
    assert code in [p.code for p in told]
    assert all(p.place.startswith("finding 1") for p in told)


@pytest.mark.parametrize(
    ("lines", "code", "place"),
    [
        (["twitch = 1"], "not_yes_no", "finding 1, twitch"),
        (['twitch = "yes"'], "not_yes_no", "finding 1, twitch"),
        ([], "no_sign", "finding 1"),
        (["visit = 3", "twitch = true"], "not_a_visit", "finding 1, visit"),
        (['corrects = "yes"', "twitch = true"], "not_yes_no", "finding 1, corrects"),
        (["said = [3]", "twitch = true"], "not_words", "finding 1, said"),
    ],
)
def test_a_sign_or_visit_that_is_not_of_its_kind_is_refused(lines: list[str], code: str, place: str) -> None:
    first, *rest = problems(HEAD + point(*lines))
    assert (first.code, first.place) == (code, place)
    assert [p.code for p in rest if p.code != "no_sign"] == []


@pytest.mark.parametrize(
    "result",
    [
        "",
        'result = "maybe"',
        "result = true",
        "result = 1",
        "result = []",
        "result = {}",
    ],
)
def test_a_test_without_a_result_is_refused(result: str) -> None:
    problem = only(HEAD + finding('test = "slr@left"', result))
    assert (problem.code, problem.place) == ("no_result", "finding 1, result")


# Tables and keys


@pytest.mark.parametrize(
    ("text", "place", "key", "near"),
    [
        ("[complant]\nweeks = 3\n", "case", "complant", "complaint"),
        ("[[pane]]\nx = 1\n", "case", "pane", "pain"),
        ("[client]\nages = 3\n", "client", "ages", "age"),
        ("[complaint]\nweek = 3\n", "complaint", "week", "weeks"),
        (point("tendernes = 3", "twitch = true"), "finding 1", "tendernes", "tenderness"),
        (finding('test = "slr@left"', 'result = "negative"', "reslt = 3"), "finding 1", "reslt", "result"),
    ],
)
def test_an_unknown_table_or_key_is_named_with_the_nearest_known_one(
    text: str, place: str, key: str, near: str
) -> None:
    problem = only(HEAD + text)
    assert (problem.code, problem.place) == ("unknown_key", place)
    assert repr(key) in problem.given and near in problem.allowed and repr(near) in problem.todo


def test_an_unknown_key_that_is_like_none_is_to_be_taken_out() -> None:
    assert only(HEAD + "zzz = 1\n").todo == "take it out"


@pytest.mark.parametrize(
    "line", ["", "format = 2\n", 'format = "1"\n', "format = true\n", "format = nan\n", "format = []\n"]
)
def test_another_format_than_1_is_refused(line: str) -> None:
    problem = only(line + PAIN)
    assert (problem.code, problem.place) == ("format", "format")


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("client = 3\n", "not_a_table", "client"),
        ("complaint = [1]\n", "not_a_table", "complaint"),
        ('history = "none"\n', "not_a_table", "history"),
        ("finding = 3\n", "not_rows", "finding"),
        ("finding = [3]\n", "not_rows", "finding"),
        ("finding = {}\n", "not_rows", "finding"),
    ],
)
def test_a_table_that_is_none_is_refused(text: str, code: str, place: str) -> None:
    problem = only("format = 1\n" + text + PAIN)
    assert (problem.code, problem.place) == (code, place)


def test_two_sides_that_differ_in_one_finding_are_refused() -> None:
    assert only(HEAD + point('side = "left"', "twitch = true")).place.startswith("finding 1")


def test_a_pain_that_covers_nothing_is_refused() -> None:
    assert only(HEAD + "coverage = 0\n").place.startswith("pain 1")


def test_one_site_with_two_intensities_is_refused() -> None:
    assert only(HEAD + "intensity = 3\n" + PAIN + "intensity = 8\n").place.startswith("pain")


def test_a_byte_order_mark_before_the_text_is_no_problem() -> None:
    assert read(b"\xef\xbb\xbf" + HEAD.encode()) == read(HEAD)


def test_half_a_surrogate_pair_in_tables_is_refused() -> None:
    with pytest.raises(CaseError):
        read_mapping({"format": 1, "pain": [{"site": "neck.throat"}], "complaint": {"said": ["\ud800"]}}, "case", K)


@pytest.mark.parametrize(
    ("line", "place"), [('sex = "x"', "client, sex"), ("sex = 3", "client, sex"), ("sex = []", "client, sex")]
)
def test_a_sex_that_is_not_known_is_refused(line: str, place: str) -> None:
    assert only(HEAD + f"[client]\n{line}\n").place == place


@pytest.mark.parametrize("value", ['"maybe"', "true", "1", "[]", "{}"])
def test_an_answer_that_is_not_yes_no_or_unknown_is_refused(value: str) -> None:
    problem = only(HEAD + f"[history]\nfever = {value}\n")
    assert (problem.code, problem.place) == ("not_an_answer", "history, fever")


@pytest.mark.parametrize("key", ["worse_with", "neuro", "habits", "said"])
@pytest.mark.parametrize("value", ["3", "[3]", "[[]]", "{}", "true"])
def test_words_that_are_not_text_are_refused(key: str, value: str) -> None:
    problem = only(HEAD + f"[complaint]\n{key} = {value}\n")
    assert (problem.code, problem.place) == ("not_words", f"complaint, {key}")


def test_all_problems_are_told_at_once_each_with_its_place() -> None:
    told = problems(
        'format = 3\nzzz = 1\n[client]\nage = 200\nsex = "x"\n[[pain]]\nsite = "nowhere"\nintensity = 12\n[[pain]]\nsite = "neck.throat"\n'
        'where = "x"\n[complaint]\nweeks = nan\n'
        + point("twitch = 3")
        + finding('test = "nope@left"', 'result = "x"')
        + '[history]\nfever = "x"\n'
    )
    assert sorted(p.place for p in told if p.code != "no_sign") == sorted(
        ["format", "case", "client, age", "client, sex", "pain 1, site", "pain 1, intensity", "pain 2", "complaint, weeks",
         "finding 1, twitch", "finding 2, test", "finding 2, result", "history, fever"]
    )  # fmt: skip
