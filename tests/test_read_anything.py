"""Whatever a case file holds, it is a case or one error with its problems: what cannot be parsed, what is too large, anything at all."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from case_files import HEAD, PAIN, POINT, K, only, problems, read
from unknot.case.model import Case
from unknot.case.read import LARGEST, MOST_ROWS, TABLES, read_bytes, read_file, read_mapping
from unknot.errors import CaseError

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
    assert problems(f"[{table}{'.a' * 2000}]\nx = 1\n")


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


def one_of_two(content: Any) -> bool:
    """Whether it is a case, or an error with at least one problem; anything else goes through."""
    try:
        case = read_mapping(content, "case", K)
    except CaseError as error:
        return bool(error.problems) and all(p.code and p.place for p in error.problems)
    return isinstance(case, Case) and bool(case.pains)


@TRIES
@given(ANYTHING)
def test_any_value_is_a_case_or_an_error_with_problems(content: object) -> None:
    assert one_of_two(content)


@TRIES
@given(CASES)
def test_anything_in_the_tables_of_a_case_is_a_case_or_an_error_with_problems(content: object) -> None:
    assert one_of_two(content)


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
