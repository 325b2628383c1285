"""What pressure counts: a restart, the ledger of both sides and of techniques that share a place, and what is kept free for the recheck."""

from __future__ import annotations

import pytest

from hands import LEFT, RIGHT, K, alternating, holding, prolonged
from unknot.bench.cases import Room
from unknot.bench.sessions import application, plan
from unknot.case.plan import ResolvedLimits
from unknot.treat.engine import step
from unknot.treat.event import Event
from unknot.treat.session import Before, start

# ---------------------------------------------------------------- restart and the ledger


def test_after_a_restart_the_gap_counts_and_a_person_says_that_it_goes_on() -> None:
    room = holding()
    assert room.at(0, "restarted", 7000, look=False, by="program") == ["let_go"]
    assert (room.s.epoch, room.s.phase, room.s.ledger[f"point:{RIGHT}"]) == (2, "stopped", 10_000)
    assert room.s.elapsed(0) == 10_000


def test_a_gap_that_nobody_knows_uses_up_the_place() -> None:
    room = holding()
    room.at(0, "restarted", look=False, by="program")
    room.at(1, "off")
    room.at(2, "resume")
    assert room.at(3, "repeat") == ["had_enough"] and room.at(3, "next") == ["nothing_left"]


def test_a_gap_before_the_session_began_is_none_of_its_length() -> None:
    room = Room(plan(K, prolonged()))
    room.at(0, "restarted", 600_000, look=False, by="program")
    assert room.s.elapsed(5) == 0
    s, _, _ = step(start(plan(K, prolonged()), Before(spent=5_000)), Event(0, "restarted", "program", 600_000))
    assert s.elapsed(5) == 5_000


def test_the_ledger_counts_until_letting_go_was_acknowledged_also_past_the_end() -> None:
    room = holding()
    room.at(6, "end")
    assert room.s.hands_on
    room.at(9, "off")
    assert room.s.ledger[f"point:{RIGHT}"] == 8_000 and not room.s.hands_on
    room.to(30)
    assert room.s.ledger["session"] == 8_000


def test_both_sides_count_when_both_are_pressed() -> None:
    both = alternating("1", RIGHT, both=True)
    room = holding(both, prolonged("2", LEFT))
    room.at(10, "park")
    room.at(11, "off")
    assert room.s.ledger[f"point:{LEFT}"] == room.s.ledger[f"point:{RIGHT}"] == 10_000
    assert room.s.ledger["site:scapula.body@left"] == 10_000 and room.s.ledger["session"] == 10_000
    assert room.s.left(room.s.plan.applications[1], room.s.now) == 90_000
    assert room.s.ledger["hand:thumb"] == 10_000 and room.s.ledger["hand:wrist"] == 5_000


def test_what_one_side_had_leaves_less_for_both() -> None:
    room = holding(alternating("1", LEFT), alternating("2", RIGHT, both=True))
    room.at(12, "off")
    assert room.s.left(room.s.plan.applications[1], room.s.now) <= 120_000 - 4_000 - 11_000


def test_two_techniques_on_one_place_share_its_total() -> None:
    room = holding(alternating(), prolonged("2"))
    room.at(12, "off")
    room.at(13, "begin", application="2")
    assert room.s.limit_at == 13_000 + 90_000
    assert room.s.left(room.s.plan.applications[1], 13_000 + 80_000) <= 120_000 - 4_000 - 11_000 - 80_000


def test_a_stretch_has_an_account_of_its_own() -> None:
    room = holding(application(K, "1", "stretch", RIGHT), rating=2)
    room.at(20, "off")
    assert room.s.ledger[f"stretch:{RIGHT}"] == 19_000 and f"point:{RIGHT}" not in room.s.ledger


def test_the_week_comes_in_and_grows() -> None:
    s = start(plan(K, prolonged()), Before({f"week:{RIGHT}": 60_000}))
    s, _, _ = step(s, Event(1000, "next"))
    s, _, _ = step(s, Event(3000, "off"))
    assert s.ledger[f"week:{RIGHT}"] == 62_000


def test_the_session_has_a_length() -> None:
    limits = ResolvedLimits(6.0, 5.0, 90.0, 300.0, 1.0, (), ())
    room = Room(plan(K, alternating(limits=limits), alternating("2", LEFT, limits=limits)))
    room.at(1, "next")
    room.at(4, "rate", 5)
    room.at(10, "off")
    assert room.at(59, "begin", application="2") == ["session_over"]
    assert room.s.left(room.s.plan.applications[0], 41_000) == 20_000


def test_the_recheck_is_kept_free_and_given_after_the_limit() -> None:
    room = holding(prolonged(point_s=30.0, hold_s=30.0))
    assert "let_go" in room.to(27) and room.outcome() == "limit"
    room.at(27, "off")
    assert room.at(28, "next")[0] == "recheck"
    assert room.to(32)[-1] == "let_go" and room.s.ledger[f"point:{RIGHT}"] == 30_000


@pytest.mark.parametrize("off", [True, False])
def test_a_word_above_the_ceiling_at_the_recheck_is_a_breach_while_the_hand_is_still_on(*, off: bool) -> None:
    room = holding(prolonged(point_s=30.0, hold_s=30.0))
    room.to(27)
    room.at(27, "off")
    room.at(28, "next")
    room.to(32)
    if off:
        room.at(33, "off")
    told = room.at(33.5, "recheck", 9.0, data={"tissue": "softer"})
    kinds = [f.kind for f in room.facts]
    assert ("breach" in kinds, "let_go" in told) == (not off, not off)
    assert room.s.rechecked and room.s.phase == "waiting"


def test_what_cuts_a_recheck_short_does_not_undo_the_work() -> None:
    for kind in ("stop", "off", "park"):
        room = holding(prolonged(point_s=30.0, hold_s=30.0))
        room.to(27)
        room.at(27, "off")
        room.at(28, "next")
        room.at(29, kind)
        assert room.outcome() == "limit", kind


def test_after_a_restart_a_dial_counts_as_lost_until_it_is_there_again() -> None:
    room = holding()
    room.at(5, "dial_joined", by="program")
    room.at(0, "restarted", 700, look=False, by="program")
    assert room.s.dial == "lost" and room.s.rating is None


def test_who_is_told_to_let_go_is_not_told_to_press_in_the_same_breath() -> None:
    room = holding(prolonged(point_s=30.0, hold_s=30.0))
    room.at(25, "rate", 5)
    assert room.at(27.5, "repeat", look=False) == ["let_go", "was_late"]
    assert room.s.phase == "ending"


def test_no_cue_asks_for_longer_than_what_is_left() -> None:
    room = holding(prolonged(point_s=30.0, hold_s=30.0))
    room.to(27)
    room.at(28, "off")
    room.at(28, "next")
    asked = [(f.body["word"], f.body["for_ms"]) for f in room.facts if "for_ms" in f.body]
    assert asked == [("press", 26_000), ("hold", 23_000)] and room.s.phase == "waiting"
    room = holding(prolonged(point_s=30.0, hold_s=30.0))
    room.to(27)
    room.at(27, "off")
    room.at(28, "next")
    assert room.effects[-2].body["for_ms"] == 4_000


def test_who_begins_another_place_has_let_go_of_the_last() -> None:
    room = holding(prolonged(), prolonged("2", LEFT))
    room.at(6, "park")
    room.at(8, "begin", application="2")
    room.at(11, "park")
    assert room.s.ledger[f"point:{RIGHT}"] == 7_000 and room.s.ledger[f"point:{LEFT}"] == 3_000
