"""The reader of case files: a case, or one error with every problem and its place, and never anything else."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from unknot.case.model import Case, corrected
from unknot.case.read import LARGEST, MOST_ROWS, TABLES, read_bytes, read_file, read_mapping
from unknot.errors import CaseError, Problem
from unknot.knowledge.load import Knowledge, knowledge

K: Knowledge = knowledge()
PAIN = '[[pain]]\nsite = "shoulder.front@right"\n'
HEAD = "format = 1\n" + PAIN
POINT = "infraspinatus.1@right"


def read(text: str | bytes) -> Case:
    data = text.encode("utf-8") if isinstance(text, str) else text
    return read_bytes(data, "case", K)


def problems(text: str | bytes) -> tuple[Problem, ...]:
    """The problems of a case that is refused, each complete."""
    with pytest.raises(CaseError) as caught:
        read(text)
    told = caught.value.problems
    assert told and all(p.code and p.place and p.given for p in told)
    assert all(str(p) in str(caught.value) for p in told)
    return told


def only(text: str | bytes) -> Problem:
    """The one problem of a case that has one."""
    told = problems(text)
    assert len(told) == 1, told
    return told[0]


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


# What cannot be parsed


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" * 10_000_000, "too_large"),
        (b"{" * 10_000_000, "too_large"),
        (b"shoulder hurts", "not_toml"),
        (b"format = \n", "not_toml"),
        (b"format = 1\nformat = 1\n", "not_toml"),
        (b"format = 1\x00", "not_toml"),
        (b"{", "not_toml"),
        (b'{"format": 1,}', "not_toml"),
        (b"\xff\xfe\x00", "not_text"),
        (b"format = 1 # \xe9", "not_text"),
        ("format = 1".encode("utf-16"), "not_text"),
        (b'{"a":' * 30_000, "not_toml"),
        (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "not_toml"),
        (b'{"format": 1, "pain": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "not_toml"),
        (b"pain = " + b"[" * 100_000, "not_toml"),
        (b'{"format": 1, "pain": [{"where": "left knee \\ud800"}]}', "not_text"),
        (b'{"format": 1, "\\udc00": 1}', "not_text"),
        (b"format = 1" + b"0" * 5000, "not_toml"),
    ],
    ids=[
        "10 MB",
        "10 MB of braces",
        "prose",
        "no value",
        "key twice",
        "nul",
        "brace",
        "comma",
        "bytes",
        "latin-1",
        "utf-16",
        "deep",
        "deep and closed",
        "deep rows",
        "deep toml",
        "half a pair",
        "half a pair as a key",
        "5000 digits",
    ],
)
def test_what_cannot_be_parsed_is_one_problem(data: bytes, code: str) -> None:
    problem = only(data)
    assert problem.code == code
    assert problem.allowed and problem.todo and len(problem.given) < 300


def test_what_is_just_small_enough_is_still_read() -> None:
    assert read(HEAD + "#" * (LARGEST - len(HEAD))).pains
    assert only(HEAD + "#" * (LARGEST - len(HEAD) + 1)).code == "too_large"


@pytest.mark.parametrize("table", ["pain", "client.age", "format", "history.fever", "finding", "complaint.said"])
def test_a_key_of_many_parts_is_refused_like_any_other(table: str) -> None:
    problems(f"[{table}{'.a' * 2000}]\nx = 1\n")


def test_more_rows_than_a_case_has_are_refused() -> None:
    assert only("format = 1\n" + PAIN * (MOST_ROWS + 1)).code == "too_many"


def test_words_longer_than_anyone_says_are_refused() -> None:
    assert only(HEAD + f'[complaint]\nsaid = "{"a" * 501}"\n').code == "too_long"


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(CaseError) as caught:
            read_file(path, K)
        assert [(p.code, p.place) for p in caught.value.problems] == [("unreadable", str(path))]


@pytest.mark.parametrize("content", [None, 3, "text", [], [{"format": 1}], True])
def test_a_value_that_is_no_table_is_no_case(content: object) -> None:
    with pytest.raises(CaseError) as caught:
        read_mapping(content, "case", K)
    assert [p.code for p in caught.value.problems] == ["not_a_case"]


# Anything at all

WORDS = st.sampled_from(
    [*TABLES, "age", "sex", "site", "where", "intensity", "quality", "coverage", "weeks", "worse_with", "neuro", "habits", "said", "denied",
     "point", "muscle", "root", "spot", "test", "result", "visit", "corrects", "side", "tenderness", "twitch", "fever", "weak", "@", "",
     "shoulder.front@right", "neck.throat", "left knee", POINT, "infraspinatus", "C7@left", "slr@left", "positive", "yes", "left"]
)  # fmt: skip
TEXT = WORDS | st.text(max_size=12)
NUMBERS = st.integers() | st.sampled_from([0, 1, 5, 10, 11, 10**400, -(10**400)]) | st.floats()
LEAVES = st.none() | st.booleans() | NUMBERS | TEXT | st.dates() | st.just(datetime.time(1))
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
SIGNS = [
    "tenderness",
    "twitch",
    "weak",
    "painful_motion",
    "reflex_changed",
    "result",
    "visit",
    "corrects",
    "said",
    "side",
]


def rows(required: dict[str, st.SearchStrategy[Any]], optional: list[str]) -> st.SearchStrategy[Any]:
    return st.lists(st.fixed_dictionaries(required, optional=dict.fromkeys(optional, ANYTHING)), max_size=3) | ANYTHING


CASES = st.fixed_dictionaries(
    {"format": st.just(1) | ANYTHING, "pain": rows({"site": WORDS}, ["intensity", "quality", "coverage"]) | rows({"where": TEXT}, ["intensity"])},
    optional={
        "client": st.fixed_dictionaries({}, optional=dict.fromkeys(["age", "sex"], ANYTHING)) | ANYTHING,
        "complaint": st.fixed_dictionaries({}, optional=dict.fromkeys(["weeks", "worse_with", "said"], ANYTHING)) | ANYTHING,
        "finding": rows({}, ["point", "muscle", *SIGNS]) | rows({"test": st.just("slr@left")}, SIGNS) | rows({"point": st.just(POINT)}, SIGNS),
        "history": st.dictionaries(TEXT, ANYTHING, max_size=4) | ANYTHING,
        "today": ANYTHING,
    },
)  # fmt: skip
TRIES = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def one_of_two(content: Any) -> None:
    """A case, or an error with at least one problem; anything else goes through."""
    try:
        case = read_mapping(content, "case", K)
    except CaseError as error:
        assert error.problems and all(p.code and p.place for p in error.problems)
    else:
        assert isinstance(case, Case) and case.pains


@TRIES
@given(ANYTHING)
def test_any_value_is_a_case_or_an_error_with_problems(content: object) -> None:
    one_of_two(content)


@TRIES
@given(CASES)
def test_anything_in_the_tables_of_a_case_is_a_case_or_an_error_with_problems(content: object) -> None:
    one_of_two(content)


@TRIES
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass"))
    | ANYTHING.map(lambda v: json.dumps(v, default=str).encode())
)
def test_any_bytes_are_a_case_or_an_error_with_problems(data: bytes) -> None:
    for is_json in (None, True, False):
        try:
            case = read_bytes(data, "case", K, is_json=is_json)
        except CaseError as error:
            assert error.problems
        else:
            assert isinstance(case, Case)


def test_a_key_that_stands_twice_in_json_is_refused_and_no_pain_vanishes() -> None:
    twice = b'{"format": 1, "pain": [{"site": "neck.throat", "site": "face.chin"}]}'
    problem = only(twice)
    assert problem.code == "not_toml" and "stands twice" in problem.given
