"""The plan under way: parked places, a new plan in the middle of the work, and a log that cannot be changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hands import LEFT, RIGHT, K, alternating, holding, prolonged
from unknot.bench.sessions import plain, plan
from unknot.case.plan import Plan, ResolvedLimits
from unknot.case.plan_mapping import as_mapping
from unknot.treat.engine import replay, step
from unknot.treat.event import Event
from unknot.treat.session import Session, SessionError, start

# ---------------------------------------------------------------- the plan under way


def test_a_parked_place_comes_back_after_the_others() -> None:
    room = holding(alternating(), alternating("2", LEFT))
    room.at(6, "park")
    room.at(7, "off")
    room.at(8, "next")
    assert room.s.current == "2"
    room.at(9, "skip")
    room.at(10, "off")
    room.at(11, "next")
    assert room.s.current == "1"


def test_of_parked_places_the_one_that_waits_longest_comes_first() -> None:
    room = holding(alternating(), alternating("2", LEFT))
    taken = [room.s.current]
    for n in range(4):
        room.at(6 + 10 * n, "park")
        room.at(7 + 10 * n, "off")
        room.at(8 + 10 * n, "next")
        taken.append(room.s.current)
    assert taken == ["1", "2", "1", "2", "1"]


def test_another_one_can_be_skipped_without_touching_the_hold() -> None:
    room = holding(alternating(), alternating("2", LEFT))
    assert room.at(6, "skip", application="2") == [] and room.s.phase == "holding"
    assert room.outcome("2") == "skipped"
    assert room.at(7, "skip", application="9") == ["no_such_application"]


def test_a_new_plan_lets_go_where_the_work_at_hand_has_changed_and_counts_on() -> None:
    room = holding(prolonged(), prolonged("2", LEFT))
    new = plan(K, prolonged("2", LEFT))
    assert room.at(6, "revise", data=as_mapping(new))[0] == "let_go"
    assert room.s.current == "" and room.s.hands_on
    room.at(9, "off")
    assert room.s.ledger[f"point:{RIGHT}"] == 8_000


def test_a_new_plan_that_changes_nothing_here_lets_the_hold_go_on() -> None:
    room = holding(prolonged(), prolonged("2", LEFT))
    assert room.at(6, "revise", data=as_mapping(plan(K, prolonged()))) == ["revised"]
    assert room.s.phase == "holding"


def test_an_outcome_does_not_pass_to_other_work_of_the_same_name() -> None:
    room = holding(prolonged())
    room.at(6, "skip")
    room.at(7, "revise", data=as_mapping(plan(K, prolonged("1", LEFT))))
    assert room.outcome() == "" and room.s.following() is not None


def test_a_new_plan_with_a_dose_above_its_limit_is_refused() -> None:
    made = as_mapping(plan(K, prolonged()))
    made["applications"][0]["limits"]["discomfort"] = 4.0
    assert holding().at(6, "revise", data=made) == ["not_a_plan"]


def test_a_lower_ceiling_of_a_new_plan_holds_for_the_recheck() -> None:
    room = holding(prolonged(point_s=30.0, hold_s=30.0))
    room.to(27)
    low = ResolvedLimits(4.0, 4.0, 90.0, 300.0, 90.0, (), ())
    room.at(28, "revise", data=as_mapping(plan(K, prolonged(point_s=30.0, hold_s=30.0, limits=low))))
    assert room.s.ceiling == 4


@pytest.mark.parametrize("kind", ["twice", "over", "none", "no_hold"])
def test_a_plan_that_cannot_be_carried_out_does_not_begin(kind: str) -> None:
    a = prolonged()
    wrong: dict[str, Plan] = {
        "twice": plan(K, a, a),
        "over": plan(K, replace(a, limits=replace(a.limits, point_s=10.0))),
        "none": plan(K),
        "no_hold": plan(K, replace(a, dose=replace(a.dose, hold_s=0))),
    }
    with pytest.raises(SessionError):
        start(wrong[kind])


# ---------------------------------------------------------------- the log


def test_a_log_that_was_changed_is_refused() -> None:
    room = holding()
    room.at(6, "off")
    first = start(plan(K, prolonged()))
    assert plain(replay(first, room.facts)) == plain(room.s)
    for number, fact in enumerate(room.facts):
        forged = [*room.facts]
        forged[number] = replace(fact, body={**fact.body, "value": 1})
        if not fact.is_input:
            with pytest.raises(SessionError):
                replay(first, forged)
        with pytest.raises(SessionError):
            replay(first, [f for f in room.facts if f is not fact])


def test_a_fact_is_not_changed_by_who_told_the_event() -> None:
    data = {"text": ["warm", "towel"]}
    s: Session = start(plan(K, prolonged()))
    s, facts, _ = step(s, Event(0, "log", word="heat", data=data))
    data["text"].append("cold")
    assert facts[0].body["data"] == {"text": ["warm", "towel"]}
