"""Sessions in words: each file of tests/data/sessions comes to what it says, and the rules of the techniques one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hands import LEFT, RIGHT, K, alternating, holding, prolonged
from unknot.bench.cases import Room, play, read_session, told
from unknot.bench.sessions import plain, plan
from unknot.case.plan import ResolvedLimits
from unknot.case.plan_mapping import as_mapping
from unknot.treat.engine import replay, step
from unknot.treat.event import Event
from unknot.treat.fact import fact_of
from unknot.treat.session import start

FILES = sorted((Path(__file__).parent / "data" / "sessions").glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_session_in_words_comes_to_what_its_file_says(path: Path) -> None:
    case = read_session(path, K)
    played = play(case)
    assert told(played) == case.expect
    assert case.words.endswith(".") and case.title
    stored = [fact_of(json.loads(f.line())) for f in played.facts]
    assert plain(replay(start(case.plan), stored)) == plain(played.session)


def test_every_case_in_words_has_its_file() -> None:
    assert len(FILES) >= 14


# ---------------------------------------------------------------- stop means let go


@pytest.mark.parametrize("by", ["practitioner", "dial", "squeezer", "teacher", "program"])
def test_stop_lets_go_from_anyone_and_stands_until_a_person_says_that_it_goes_on(by: str) -> None:
    room = holding()
    assert room.at(6, "stop", by=by) == ["let_go"]
    for kind in ("next", "begin", "repeat", "recheck"):
        assert room.at(7, kind) == ["stop_stands"]
    for voice in ("program", "dial", "squeezer", "teacher"):
        assert room.at(8, "resume", by=voice) == ["not_by_this_voice"]
    room.at(9, "resume")
    assert room.s.phase == "waiting"


def test_stop_is_heard_in_every_phase_also_after_the_end() -> None:
    room = Room(plan(K, prolonged()))
    assert room.at(0.5, "stop") == ["let_go"] and room.s.phase == "stopped"
    room.at(2, "end")
    assert room.at(3, "stop", by="dial") == ["let_go"] and room.s.phase == "ended"


def test_a_pinch_does_not_lift_a_stop() -> None:
    room = holding()
    room.at(6, "stop")
    assert room.at(7, "symptom", "pinch") == ["let_go"]
    assert room.s.phase == "stopped"


def test_a_symptom_keeps_the_session_stopped_until_screening_has_answered() -> None:
    room = holding(prolonged(), prolonged("2", LEFT))
    assert room.at(6, "symptom", "electric", by="dial") == ["let_go", "electric"]
    assert room.at(7, "resume") == ["screen_first"]
    room.at(8, "revise", data=as_mapping(room.s.plan), by="program")
    assert room.at(8, "resume") == ["screen_first"]
    room.at(8, "revise", "screened", data=as_mapping(room.s.plan), by="program")
    room.at(9, "off")
    room.at(10, "resume")
    assert room.s.phase == "waiting" and room.at(11, "next")[0] == "press"


def test_a_symptom_after_the_end_is_kept_and_screened() -> None:
    room = holding()
    room.at(6, "end")
    assert room.at(20, "symptom", "faint") == ["let_go", "faint"]


# ---------------------------------------------------------------- the ceiling


def test_above_the_ceiling_the_hand_eases_waits_and_goes_on() -> None:
    room = holding()
    assert room.at(6, "rate", 6.1)[0] == "ease"
    assert (
        room.s.phase == "easing" and room.at(7, "same") == ["number_first"] and room.at(7, "more") == ["number_first"]
    )
    assert room.at(8, "rate", 5) == ["hold"]
    assert room.at(9, "more") == ["no_more"]


def test_two_above_the_ceiling_the_hand_lets_go() -> None:
    assert holding().at(6, "rate", 8) == ["let_go"]
    assert holding().at(6, "rate", 7.9)[0] == "ease"


def test_the_same_complaint_by_a_second_voice_is_no_second_complaint_but_later_it_is() -> None:
    room = holding()
    room.at(6, "rate", 7)
    assert room.at(7, "rate", 7, by="dial") == ["ease"] and room.s.phase == "easing"
    assert room.at(10, "rate", 6.5) == ["let_go"] and room.outcome() == "above"


def test_nobody_answers_after_easing_and_the_hand_lets_go() -> None:
    room = holding()
    room.at(6, "rate", 7)
    assert room.to(10.9) == [] and room.to(11) == ["let_go"]
    assert room.outcome() == "silent"


def test_one_voice_does_not_overrule_another_that_has_not_come_down() -> None:
    room = holding()
    room.at(6, "rate", 7, by="dial")
    assert room.at(9.5, "rate", 4) == [] and room.s.phase == "easing"
    assert room.to(11) == ["let_go"] and room.outcome() == "above"


def test_the_lowered_ceiling_of_a_limit_holds() -> None:
    limits = ResolvedLimits(4.0, 4.0, 90.0, 300.0, 90.0, (), ())
    room = holding(prolonged(limits=limits), rating=4)
    assert room.s.ceiling == 4 and room.at(5, "rate", 4.5)[0] == "ease"


def test_too_much_that_is_told_in_the_rest_is_a_breach_too() -> None:
    room = holding(alternating())
    room.to(13)
    assert room.s.phase == "resting"
    assert room.at(14, "rate", 7) == ["let_go"]
    assert room.to(15.5)[0] == "press" and room.lighter()
    room = holding(alternating())
    room.to(13)
    assert room.at(14, "rate", 9) == ["let_go"] and room.outcome() == "above"


def test_a_place_where_it_was_too_much_is_taken_up_one_lower() -> None:
    room = holding()
    room.at(6, "rate", 9)
    room.at(7, "off")
    room.at(8, "repeat")
    assert room.s.ceiling == 5


def test_when_the_voice_takes_over_the_dial_has_no_say_any_more() -> None:
    room = holding()
    room.at(5, "dial_joined", by="program")
    room.at(6, "rate", 7, by="dial")
    room.at(7, "hand_over")
    assert room.at(8, "rate", 5) == ["hold"]


# ---------------------------------------------------------------- silence, and no more on it


def test_silence_eases_blocks_more_and_is_no_fault() -> None:
    """Who melts into a long hold and says nothing is lightened for, and the hold goes on to its own end."""
    room = holding()
    assert room.to(15) == ["check"] and room.to(20) == ["ease"]
    assert room.at(21, "more")[0] in ("rating_first", "no_more")
    assert room.to(35) == ["between"] and room.to(40) == ["ease"]
    assert room.to(63.9)[-1] == "ease" and room.to(64) == ["let_go", "end"]
    assert room.outcome() == "no_release"


def test_silence_while_the_band_is_looked_for_lets_go_the_second_time() -> None:
    room = Room(plan(K, prolonged()))
    room.at(1, "next")
    room.at(4, "rate", 2)
    assert room.to(12) == ["ease", "hold"]


def test_after_an_answer_the_silence_is_over() -> None:
    room = holding()
    room.to(20)
    room.at(22, "rate", 4)
    assert room.s.silent == 0 and room.to(35) == ["between"] and room.to(40) == ["ease"]


def test_more_needs_a_rating_of_the_last_ten_seconds() -> None:
    assert holding().at(14, "more")[0] == "more"
    assert holding().at(14.001, "more") == ["rating_first"]
    room = Room(plan(K, prolonged()))
    room.at(1, "next")
    assert room.at(2, "more") == ["rating_first"]


def test_at_the_ceiling_there_is_no_more() -> None:
    assert holding(rating=6).at(6, "more") == ["no_more"]
    assert holding(rating=5.9).at(6, "more")[0] == "more"


def test_nothing_is_raised_while_a_dial_is_lost_until_the_voice_takes_over() -> None:
    for hand_over, word in ((False, "hold"), (True, "more")):
        room = Room(plan(K, prolonged()))
        room.at(0, "dial_joined", by="program")
        room.at(1, "dial_lost", by="program")
        if hand_over:
            room.at(1, "hand_over")
        room.at(2, "next")
        assert room.at(4, "rate", 3)[0] == word


def test_pressure_rises_by_itself_only_below_the_band_and_so_often() -> None:
    room = Room(plan(K, prolonged()))
    room.at(1, "next")
    words = [room.at(2 + n, "rate", 2)[0] for n in range(4)]
    assert words == ["more", "more", "more", "hold"]


def test_the_hold_is_asked_about_after_a_while_and_late() -> None:
    room = holding(alternating(hold_s=30.0), rating=5)
    assert room.to(15) == ["check"]
    room.at(16, "rate", 5)
    assert room.to(30) == ["between"] and room.at(31, "same") == []
    assert room.to(32) == ["check"] and room.at(33, "rate", 5) == []
    assert room.to(34) == ["let_go"]


# ---------------------------------------------------------------- the dial


def test_a_dial_that_is_lost_eases_is_announced_and_hands_over() -> None:
    room = Room(plan(K, prolonged()))
    room.at(0, "dial_joined", by="program")
    room.at(1, "next")
    room.at(4, "rate", 5, by="dial")
    assert room.at(6, "dial_lost", by="program")[:2] == ["dial_lost", "ease"]
    assert room.at(7, "dial_lost", by="program") == ["no_dial"]
    room.at(8, "hand_over")
    assert room.s.dial == "none" and room.s.phase == "holding"


@pytest.mark.parametrize("word", ["next", "hand_over"])
def test_after_a_dial_was_lost_in_a_rest_nothing_is_pressed_before_a_person_says_so_and_then_more_lightly(
    word: str,
) -> None:
    room = holding(alternating())
    room.at(4.5, "dial_joined", by="program")
    room.at(6, "next")
    room.at(7, "off")
    room.at(7.5, "rate", 5, by="dial")
    assert room.at(8, "dial_lost", by="program") == ["dial_lost"]
    assert room.to(12) == [] and room.s.phase == "resting"
    assert room.at(12, word)[0] == "press"
    assert room.lighter() and room.s.dial == "none"


def test_a_dial_that_comes_back_does_not_press_by_itself_and_a_rest_that_nobody_ends_is_ended() -> None:
    room = holding(alternating())
    room.at(4.5, "dial_joined", by="program")
    room.at(6, "next")
    room.at(7, "rate", 5, by="dial")
    room.at(7.5, "dial_lost", by="program")
    room.to(12)
    room.at(13, "dial_joined", by="program")
    assert room.to(20) == [] and room.s.phase == "resting"
    room.to(120)
    assert (room.s.phase, room.s.why) == ("waiting", "silent")


def test_a_dial_that_is_lost_and_back_before_the_rest_is_over_waits_for_a_word_and_a_number_by_voice_is_one() -> None:
    room = holding(alternating())
    room.at(4.5, "dial_joined", by="program")
    room.at(6, "next")
    room.at(7, "rate", 5, by="dial")
    room.at(7.2, "dial_lost", by="program")
    room.at(7.6, "dial_joined", by="program")
    assert room.to(12) == []
    assert room.at(12.5, "rate", 4, by="dial") == [] and room.s.phase == "resting"
    assert room.at(13, "rate", 4)[0] == "press" and room.lighter()


def test_a_sign_that_nobody_answered_is_answered_after_the_end() -> None:
    room = holding(alternating())
    room.at(6, "symptom", "numb")
    room.at(8, "off")
    room.at(9, "end")
    assert room.s.screen_due
    data = as_mapping(room.s.plan)
    assert room.at(10, "revise", "screened", by="program", data=data) == ["revised"]
    assert not room.s.screen_due
    assert room.at(11, "revise", "screened", by="program", data=data) == ["not_now"]


def test_a_dial_that_is_lost_in_a_recheck_lets_go() -> None:
    room = holding(alternating())
    room.at(4.5, "dial_joined", by="program")
    room.at(6, "next")
    for at, rating in ((7, 5), (18, 3), (30, 3)):
        room.at(at, "rate", rating)
    room.to(34)
    assert room.outcome() == "eased"
    room.at(36, "off")
    room.at(37, "next")
    assert room.s.phase == "rechecking"
    assert room.at(38, "dial_lost", by="program") == ["dial_lost", "let_go"]
    assert room.outcome() == "eased"


def test_a_restart_after_the_end_counts_on_where_the_hand_was_not_said_to_be_off() -> None:
    room = holding(alternating())
    room.at(6, "end")
    assert (room.s.phase, room.s.hands_on) == ("ended", True)
    assert room.at(0, "restarted", 6000.0, by="program", look=False) == ["let_go"]
    room.at(2, "off")
    assert (room.s.phase, room.s.hands_on) == ("ended", False)
    assert room.s.ledger[f"point:{RIGHT}"] == 5000 + 6000 + 2000
    assert room.at(0, "restarted", 6000.0, by="program", look=False) == ["not_now"]


# ---------------------------------------------------------------- time


def test_a_deadline_that_nobody_looked_at_is_noted_at_its_time_and_means_let_go() -> None:
    room = holding()
    assert room.at(100, "next", look=False) == ["let_go", "was_late"]
    due = next(f for f in room.facts if f.kind == "due")
    assert (due.at, due.body["noticed"]) == (15_000, 100_000)
    assert room.s.phase == "waiting" and room.s.ledger[f"point:{RIGHT}"] == 99_000


def test_a_little_late_is_in_time() -> None:
    room = holding()
    assert room.at(15.9, "tick", look=False, by="program") == ["check"]
    assert next(f.at for f in room.facts if f.body.get("word") == "check") == 15_000


@pytest.mark.parametrize("kind", ["next", "rate", "more", "tick"])
def test_a_clock_that_runs_backwards_lets_go(kind: str) -> None:
    assert holding().at(3, kind, look=False, value=5 if kind == "rate" else None) == ["let_go"]


def test_a_symptom_is_not_lost_to_a_clock_that_runs_backwards() -> None:
    room = holding()
    assert room.at(3, "symptom", "faint", look=False) == ["let_go", "let_go", "faint"]
    assert room.s.screen_due


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_reading_that_is_no_number_lets_go_and_says_why(value: float) -> None:
    room = holding()
    assert room.at(6, "rate", value, by="dial") == ["let_go"]
    assert room.s.why == "fail" and next(f for f in room.facts if f.kind == "fail").body["word"] == "reading"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Event(True, "next"), "no_time"),
        (Event(5000.0, "next"), "no_time"),  # type: ignore[arg-type]
        (Event(10**13, "next"), "no_time"),
        (Event(5000, "sing"), "unknown_event"),
        (Event(5000, "next", "ghost"), "unknown_voice"),
        (Event(5000, "more", "teacher"), "not_by_this_voice"),
        (Event(5000, "rate", value=11), "not_a_rating"),
        (Event(5000, "rate", value=True), "not_plain"),
        (Event(5000, "rate", value=10**400), "not_plain"),
        (Event(5000, "rate"), "not_a_rating"),
        (Event(5000, "next", value=float("nan")), "not_plain"),
        (Event(5000, "next", word="x" * 200), "not_plain"),
        (Event(5000, "next", word="\ud800"), "not_plain"),
        (Event(5000, "next", data={"a": float("nan")}), "not_plain"),
        (Event(5000, "next", data={"a": {1, 2}}), "not_plain"),
        (Event(5000, "next", data=[1]), "not_plain"),  # type: ignore[arg-type]
        (Event(5000, "log", word="song"), "unknown_log"),
        (Event(5000, "log", word="talk", data={"text": "x" * 501}), "unknown_log"),
        (Event(5000, "symptom", word="sad"), "unknown_symptom"),
        (Event(5000, "stuck", value=1.5), "not_a_place"),
        (Event(5000, "recheck", data={"tissue": "blue"}), "unknown_recheck"),
        (Event(5000, "revise", data={"applications": []}), "not_a_plan"),
        (Event(5000, "restarted", value=True), "not_plain"),
    ],
)
def test_what_is_no_event_is_refused_and_changes_nothing(event: Event, reason: str) -> None:
    room = holding()
    before = plain(room.s)
    after, facts, effects = step(room.s, event)
    assert [e.word for e in effects] == [reason] and facts == [] and after is room.s and plain(after) == before
