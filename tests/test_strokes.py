"""Strokes of a plan: the first that searches, the gauge beside the discomfort, and a path that was drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from proposing import ON, K, healthy
from unknot.case import plan_mapping
from unknot.case.clearance import Barred
from unknot.case.plan import Application, Route, Wish
from unknot.plan.edit import read_wish
from unknot.plan.gate import PlanError, admit
from unknot.plan.here import treat_here
from unknot.plan.minutes import pressing_s
from unknot.plan.routes import route_mm, route_sites
from unknot.plan.show import wish_as_dict
from unknot.plan.tell import dose_words

# ---------------------------------------------------------------- searching strokes and the gauge


def one(wish: Wish) -> Application:
    (made,) = admit(healthy(), [wish], K, ON, minutes=30).applications
    return made


def test_the_first_stroke_searches_where_nothing_was_found_and_is_quicker() -> None:
    wish = Wish(place="infraspinatus.1@right", technique="muscle_stripping")
    searched, known = one(wish), one(replace(wish, found=True))
    length = searched.path[2]
    assert searched.dose.search_pass_s == pytest.approx(length / K.dose("muscle_stripping", "search_mm_s"), abs=0.1)
    assert searched.dose.stroke_s(1) < searched.dose.stroke_s(2) == searched.dose.pass_s
    assert "the first one searches" in dose_words(searched)
    assert known.dose.search_pass_s == 0
    assert known.dose.stroke_s(1) == known.dose.pass_s
    assert pressing_s(searched) < pressing_s(known)


def test_what_the_finger_found_is_stripped_without_a_search() -> None:
    plan = treat_here("infraspinatus.1@right", healthy(), K, ON, technique="muscle_stripping")
    assert plan.applications[0].dose.search_pass_s == 0


def test_newtons_stand_beside_the_discomfort_and_never_instead_of_it() -> None:
    gauged = one(Wish(place="infraspinatus.1@right", technique="alternating_compression", force_n=25))
    assert gauged.force_n == 25
    assert "discomfort 4 to 6; 25 N on a gauge" in dose_words(gauged)
    assert gauged.dose == one(Wish(place="infraspinatus.1@right", technique="alternating_compression")).dose


@pytest.mark.parametrize("force", [0.0, 61.0, float("nan"), float("inf"), True, "25"])
def test_a_force_that_no_hand_should_use_is_refused(force: Any) -> None:
    with pytest.raises(PlanError, match="force_n"):
        one(Wish(place="infraspinatus.1@right", technique="alternating_compression", force_n=force))


def test_a_plan_of_an_earlier_version_without_them_is_read() -> None:
    plan = admit(healthy(), [Wish(place="infraspinatus.1@right", technique="muscle_stripping", found=True)], K, ON)
    plain = plan_mapping.as_mapping(plan)
    for row in plain["applications"]:
        del row["force_n"], row["dose"]["search_pass_s"]
    assert plan_mapping.plan_of(plain) == plan


# ---------------------------------------------------------------- a path that was drawn


BACK = Route("neutral", "back", ((225, 485), (225, 520), (230, 545)))
SITES = route_sites(BACK)


def rolled(path: Route = BACK, **more: Any) -> Wish:
    return Wish(place=SITES[0], technique="skin_rolling", path=path, **more)


def test_a_drawn_path_is_as_long_as_it_is_on_the_body_and_stays_through_a_plan_file() -> None:
    made = one(rolled())
    assert made.route == BACK
    assert made.path[2] == pytest.approx(route_mm(BACK), abs=0.1)
    assert 50 < made.path[2] < 200
    plan = admit(healthy(), [rolled()], K, ON)
    plain = json.loads(json.dumps(plan_mapping.as_mapping(plan)))
    assert plan_mapping.plan_of(plain) == plan
    assert read_wish(json.loads(json.dumps(wish_as_dict(rolled()))), "wish") == rolled()


def test_a_path_over_a_barred_site_is_refused_by_name() -> None:
    assert len(SITES) > 1
    barred = healthy(barred=(Barred(site=SITES[-1], why="stitches", rule="surgery"),))
    with pytest.raises(PlanError, match="stitches"):
        admit(barred, [rolled()], K, ON)
    assert admit(barred, [replace(rolled(), path=None)], K, ON).applications


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (Route("neutral", "back", ((250, 380),)), "2 to 200"),
        (Route("neutral", "back", ((5, 5), (5, 60))), "leaves the body"),
        (Route("neutral", "back", ((250, 380), (251, 381))), "mm long"),
        (Route("neutral", "back", ((250, 380), (250, 99_999))), "points on the view"),
        (Route("neutral", "inside", ((250, 380), (250, 430))), "figure and a view"),
        (Route("neutral", "front", ((300, 380), (300, 430))), "does not cross"),
    ],
)  # fmt: skip
def test_a_path_that_is_none_is_refused(path: Route, told: str) -> None:
    with pytest.raises(PlanError, match=told):
        admit(healthy(), [rolled(path)], K, ON)


def test_only_strokes_follow_a_path() -> None:
    with pytest.raises(PlanError, match="no strokes along a path"):
        admit(healthy(), [replace(rolled(), technique="alternating_compression")], K, ON)


@pytest.mark.parametrize(
    "path",
    [
        3,
        {"view": "back"},
        {"figure": "neutral", "view": "back", "points": [[1.5, 2]]},
        {"figure": 1, "view": "back", "points": []},
    ],
)
def test_a_path_of_another_shape_is_refused_on_reading(path: Any) -> None:
    with pytest.raises(PlanError):
        read_wish({"place": SITES[0], "technique": "skin_rolling", "path": path}, "wish")
