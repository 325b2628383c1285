"""What is changed in a plan: each edit gives a new one or is refused, and routines are kept and read back."""

from __future__ import annotations

from typing import Any

import pytest

from proposing import LATERAL, ON, K, case_of, found, healthy
from unknot.case.clearance import Barred
from unknot.case.plan import Wish
from unknot.knowledge.technique import Routine, RoutineStep
from unknot.plan.edit import Change, changed_wishes, edited, read_change
from unknot.plan.gate import PlanError, admit
from unknot.plan.order import must_precede
from unknot.plan.propose import by_routine
from unknot.plan.routine import as_mapping, read_routine

# ---------------------------------------------------------------- routines


NECK = Routine(
    id="mine", name="my shoulder", regions=("shoulder", "scapula"), lie="side", why="", sources=(),
    steps=(
        RoutineStep(phase="warm", technique="gliding", on=("scapula.body", "shoulder.top"), minutes=3),
        RoutineStep(phase="points", technique="alternating_compression", on=()),
        RoutineStep(phase="finish", technique="gliding", on=("scapula.body",), minutes=1),
        RoutineStep(phase="stretch", technique="stretch", on=()),
    ),
)  # fmt: skip


def test_a_routine_holds_the_clients_own_points_between_its_glides() -> None:
    case = case_of(found("infraspinatus.1@left", 6), found("soleus.1@left", 7))
    plan, wishes = by_routine(NECK, None, case, healthy(), K, ON, minutes=60)
    assert [a.verb for a in plan.applications] == ["glide", "glide", "press", "glide", "stretch"]
    assert {a.place.partition("@")[2] for a in plan.applications} == {"left"}
    assert plan.applications[0].dose.pass_s == 90
    assert admit(healthy(), wishes, K, ON, minutes=60).applications == plan.applications


def test_a_step_of_a_routine_that_is_not_allowed_is_left_out_and_told() -> None:
    case = case_of(found("infraspinatus.1@left", 6))
    plan, _ = by_routine(NECK, None, case, healthy(barred=(Barred("shoulder.top@left", "r", "sore"),)), K, ON)
    assert "sore" in next(row.why for row in plan.left if row.place == "shoulder.top@left")


def test_a_routine_is_kept_as_plain_values_and_read_back() -> None:
    assert read_routine(as_mapping(NECK), K) == NECK
    for routine in K.routines.values():
        assert read_routine(as_mapping(routine), K) == routine


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"lie": "hanging"}, {"lie"}), ({"steps": []}, {"not_rows"}), ({"colour": "red"}, {"unknown_key"}),
        ({"regions": ["wing"]}, {"unknown_region"}), ({"name": ""}, {"not_words"}),
        ({"steps": [{"phase": "after", "technique": "thrust", "on": ["wing"], "minutes": float("nan"), "contact": "foot"}]},
         {"unknown_phase", "unknown_technique", "unknown_place", "not_finite", "unknown_contact"}),
        ({"steps": ["glide"]}, {"not_a_table"}),
    ],
)  # fmt: skip
def test_a_routine_that_cannot_be_read_is_refused_with_every_problem(change: dict[str, Any], codes: set[str]) -> None:
    with pytest.raises(PlanError) as caught:
        read_routine({**as_mapping(NECK), **change}, K)
    assert {p.code for p in caught.value.problems} == codes
    with pytest.raises(PlanError):
        read_routine("neck", K)


# ---------------------------------------------------------------- edits


THREE = tuple(
    Wish(place=p, technique=t)
    for p, t in (
        ("infraspinatus.1@left", "alternating_compression"), ("infraspinatus.2@left", "alternating_compression"),
        ("soleus.1@left", "prolonged_compression"),
    )
)  # fmt: skip
FIRST = "infraspinatus.1@left/alternating_compression"


def test_each_change_gives_a_new_plan_at_once() -> None:
    def plan(content: dict[str, Any]) -> list[tuple[str, str, str]]:
        made = edited(healthy(), THREE, read_change(content), K, ON)
        return [(a.place, a.technique, a.contact) for a in made.plan.applications]

    assert [p for p, *_ in plan({"do": "move", "id": FIRST, "at": 2})][2] == "infraspinatus.1@left"
    assert len(plan({"do": "remove", "id": FIRST})) == 2
    assert plan({"do": "technique", "id": FIRST, "to": "muscle_stripping"})[0][1] == "muscle_stripping"
    assert plan({"do": "contact", "id": FIRST, "to": "knuckle"})[0][2] == "knuckle"
    added = {"do": "add", "at": 0, "wish": {"place": "shoulder.top@left", "technique": "gliding"}}
    assert plan(added)[0][:2] == ("shoulder.top@left", "gliding")


def test_a_number_above_what_is_allowed_is_cut_and_the_cut_says_by_whom() -> None:
    made = edited(healthy(), THREE, read_change({"do": "numbers", "id": FIRST, "numbers": {"hold_s": 60}}), K, ON)
    assert [(c.name, c.before, c.source) for c in made.cuts] == [("hold_s", 60, "technique")]
    assert made.plan.applications[0].dose.hold_s == K.doses["alternating_compression.hold_s"].high
    back = edited(
        healthy(), made.wishes, read_change({"do": "numbers", "id": FIRST, "numbers": {"hold_s": None}}), K, ON
    )
    assert back.plan.applications[0].dose.hold_s == K.dose("alternating_compression", "hold_s")


def test_what_a_change_pushes_out_of_the_time_is_told() -> None:
    change = read_change({"do": "numbers", "id": FIRST, "numbers": {"turns": 8}})
    minutes = edited(healthy(), THREE, Change(do="move", id=FIRST, at=0), K, ON).plan.minutes
    made = edited(healthy(), THREE, change, K, ON, minutes=minutes)
    assert made.fell_out and made.plan.minutes <= minutes


def test_a_satellite_before_its_key_is_allowed_and_said() -> None:
    pair = next(
        (a, b) for a in LATERAL for b in LATERAL
        if a != b and f"{a}@left" in must_precede([f"{a}@left", f"{b}@left"], K)[f"{b}@left"] and "soleus" in a
    )  # fmt: skip
    wishes = [Wish(place=f"{p}@left", technique="alternating_compression") for p in pair[::-1]]
    assert any("before its key" in text for text in admit(healthy(), wishes, K, ON).proposals)


def test_skin_rolling_after_oil_is_said() -> None:
    wishes = [
        Wish(place="scapula.body@left", technique="gliding"),
        Wish(place="infraspinatus.1@left", technique="skin_rolling"),
    ]
    assert any("dry" in text for text in admit(healthy(), wishes, K, ON).proposals)
    assert not any("dry" in text for text in admit(healthy(), wishes[::-1], K, ON).proposals)


@pytest.mark.parametrize(
    "content",
    [
        {"do": "burn"}, "move", {"do": "move", "id": FIRST}, {"do": "move", "id": FIRST, "at": 9}, {"do": "remove", "id": "x"},
        {"do": "contact", "id": FIRST, "to": "foot"}, {"do": "technique", "id": FIRST, "to": "thrust"}, {"do": "add"},
        {"do": "add", "wish": {"place": "", "technique": "gliding"}}, {"do": "add", "wish": 3}, {"do": "move", "id": 3},
        {"do": "numbers", "id": FIRST, "numbers": {"hold_s": float("nan")}}, {"do": "numbers", "id": FIRST, "numbers": {"size": 1}},
        {"do": "numbers", "id": FIRST, "numbers": {"turns": 2.5}}, {"do": "numbers", "id": FIRST, "numbers": {"rest_s": 0}},
        {"do": "numbers", "id": FIRST, "numbers": 4}, {"do": "lie", "id": FIRST, "to": "supine"}, {"do": "move", "id": FIRST, "at": True},
        {"do": "add", "wish": {"place": "neck.throat", "technique": "gliding"}},
        {"do": "add", "wish": {"place": "soleus.1@left", "technique": "gliding", "use": float("nan")}},
        {"do": "add", "wish": {"place": "soleus.1@left", "technique": "gliding", "hold_s": "long"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_change_that_makes_no_sense_is_refused_and_the_old_plan_stands(content: Any) -> None:
    with pytest.raises(PlanError):
        edited(healthy(), THREE, read_change(content), K, ON)
    assert changed_wishes(THREE, Change(do="move", id=FIRST, at=0))[0] == list(THREE)
