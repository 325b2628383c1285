"""Verdicts: *changed* is said of pure noise once in twenty times, of a change of twice the published figure nearly always."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unknot.knowledge.load import knowledge
from unknot.record.outcome import Error, against, error_of, in_mean, outcome
from unknot.record.verdicts import sentence

K = knowledge()
DAY = date(2026, 11, 2)
SESSIONS = Path(__file__).parent / "data" / "sessions"
TRAPEZIUS = "trapezius.upper.1@right"


SCALE = replace(K.measures["pain.now"], mdc=2.0, change=1.5, low=-1e9, high=1e9)
ERROR = Error(2.0)


def test_two_points_are_changed_only_beyond_the_published_figure() -> None:
    assert outcome([5, 3], SCALE, ERROR).verdict == "within_error"
    said = outcome([5, 2.9], SCALE, ERROR)
    assert (said.verdict, said.direction, said.matters) == ("changed", "better", True)
    assert outcome([5, 7.1], SCALE, ERROR).direction == "worse"
    assert outcome([5], SCALE, ERROR).verdict == "too_few"
    assert outcome([5, 1], SCALE, Error()).verdict == "error_unknown"
    assert outcome([5, 1], SCALE, Error()).direction == ""


def test_what_is_neither_better_nor_worse_is_never_called_so() -> None:
    cva = K.measures["posture.cva"]
    assert outcome([40, 60], cva, error_of(cva, "", K)).direction == "up"


def test_the_error_of_a_mean_shrinks_by_the_root_of_its_visits() -> None:
    assert [in_mean(n) for n in (2, 3, 5, 6, 8, 9, 40)] == [1, 1, 1, 2, 2, 3, 3]
    assert outcome([5] * 9, SCALE, ERROR).error == pytest.approx(2 / math.sqrt(3))


def test_an_error_that_is_a_share_is_one_of_the_larger_value() -> None:
    assert Error(share=0.38).at(10) == pytest.approx(3.8)
    assert outcome([10, 6.3], SCALE, Error(share=0.38)).verdict == "within_error"
    assert outcome([10, 6.1], SCALE, Error(share=0.38)).verdict == "changed"


def test_the_published_error_of_a_muscle_counts_at_its_points_alone() -> None:
    ppt = K.measures["ppt"]
    assert error_of(ppt, TRAPEZIUS, K).mdc == 47.2
    assert error_of(ppt, "infraspinatus.1@left", K).mdc == 97.9


@pytest.mark.parametrize("visits", [2, 4, 6, 9, 15])
def test_pure_noise_is_called_changed_once_in_twenty_times(visits: int) -> None:
    rng = np.random.default_rng(visits)
    sem, people = 2.0 / (1.96 * math.sqrt(2)), 6000
    noise = rng.normal(5, sem, (people, visits)).tolist()
    rate = sum(outcome(row, SCALE, ERROR).verdict == "changed" for row in noise) / people
    assert rate == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / people))


def test_who_looks_after_each_of_ten_visits_is_misled_at_some_time_in_one_series_of_four() -> None:
    """The page and docs/how/measures.md say so."""
    rng = np.random.default_rng(4)
    rows = rng.normal(5, 2.0 / (1.96 * math.sqrt(2)), (2000, 10)).tolist()
    ever = sum(any(outcome(row[:n], SCALE, ERROR).verdict == "changed" for n in range(2, 11)) for row in rows)
    assert ever / 2000 == pytest.approx(0.27, abs=0.04)


def test_what_varies_from_visit_to_visit_more_than_its_published_error_is_held_to_that() -> None:
    up_and_down = [0.5, 0.5, 0.5, 1.3, 0.5, 1.3, 0.5, 1.3, 0.5, 1.3, 1.3]
    said = outcome(up_and_down, SCALE, Error(share=0.38))
    assert (said.verdict, said.varies) == ("within_error", True)
    assert "varies from visit to visit more than the published error" in sentence(said, SCALE)
    assert outcome(up_and_down[:5], SCALE, Error(0.3)).varies is False, "too few to know"
    steady = outcome([8, 7, 6, 5, 4, 3, 2], SCALE, ERROR)
    assert (steady.verdict, steady.varies) == ("changed", False)
    at_once = outcome([9, 9, 9, 9, 1, 1, 1, 1, 1], SCALE, Error(0.5))
    assert (at_once.verdict, at_once.varies) == ("changed", True), "one great step is a change all the same"


@pytest.mark.parametrize("visits", [6, 12])
def test_chance_alone_seldom_makes_a_series_vary_more_than_its_published_error(visits: int) -> None:
    rng = np.random.default_rng(visits)
    rows = rng.normal(5, 2.0 / (1.96 * math.sqrt(2)), (3000, visits)).tolist()
    assert sum(outcome(row, SCALE, ERROR).varies for row in rows) / 3000 < 0.01


def test_whole_numbers_of_a_scale_are_called_changed_no_oftener() -> None:
    rng = np.random.default_rng(1)
    pain = K.measures["pain.now"]
    error = error_of(pain, "", K)
    sem = (error.mdc or 0) / (1.96 * math.sqrt(2))
    noise = np.clip(np.round(rng.normal(5, sem, (4000, 6))), 0, 10).tolist()
    assert sum(outcome(row, pain, error).verdict == "changed" for row in noise) / 4000 < 0.06


def test_a_change_of_twice_the_published_figure_is_nearly_always_seen() -> None:
    rng = np.random.default_rng(2)
    sem = 2.0 / (1.96 * math.sqrt(2))
    rows = (rng.normal(0, sem, (2000, 6)) + np.array([8, 8, 7, 5, 4, 4])).tolist()
    assert sum(outcome(row, SCALE, ERROR).direction == "better" for row in rows) / 2000 > 0.97


@given(st.lists(st.floats(0, 10), min_size=2, max_size=20), st.floats(-50, 50))
def test_the_verdict_does_not_depend_on_where_the_scale_begins(values: list[float], shift: float) -> None:
    a, b = outcome(values, SCALE, ERROR), outcome([v + shift for v in values], SCALE, ERROR)
    edge = abs(abs(a.difference or 0) - (a.error or 0)) < 1e-6
    assert edge or a.verdict == b.verdict


@given(st.lists(st.floats(0, 10), min_size=2, max_size=20))
def test_backwards_in_time_better_is_worse(values: list[float]) -> None:
    turned = {"better": "worse", "worse": "better", "": ""}
    assert outcome(values[::-1], SCALE, ERROR).direction == turned[outcome(values, SCALE, ERROR).direction]


def test_treated_points_are_set_against_untreated_ones() -> None:
    up, flat = [200.0, 400.0], [200.0, 205.0]
    error = Error(47.2)
    assert against([(up, error)], [(flat, error)]).verdict == "changed"
    assert against([(up, error)], [(up, error)]).verdict == "within_error"
    assert against([(up, error)], [([200.0], error)]).verdict == "too_few"
    assert against([(up, error)], [(flat, Error())]).verdict == "error_unknown"


def test_noise_at_treated_and_untreated_points_differs_once_in_twenty_times() -> None:
    rng = np.random.default_rng(3)
    sem, people = 2.0 / (1.96 * math.sqrt(2)), 6000
    found = 0
    for points in rng.normal(5, sem, (people, 5, 4)).tolist():
        rows = [(row, ERROR) for row in points]
        found += against(rows[:2], rows[2:]).verdict == "changed"
    assert found / people == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / people))
