"""The rules of each technique, one by one: rounds, the hold until a release, strokes."""

from __future__ import annotations

from typing import Any

from hands import K, alternating, holding, prolonged
from unknot.bench.cases import Room
from unknot.bench.sessions import application, plan
from unknot.case.plan import ResolvedLimits

# ---------------------------------------------------------------- rounds


def rounds(*ratings: float, **told: Any) -> Room:
    """Alternating compression with these ratings, one in each round, until it ends."""
    room = holding(alternating(**told), rating=ratings[0])
    for number, rating in enumerate(ratings):
        end = 13 + 11.5 * number
        if room.s.phase != "holding":
            break
        room.at(end - 2, "rate", rating)
        room.to(end)
        room.to(end + 2.5)
    return room


def test_it_ends_when_clearly_less_was_seen_twice() -> None:
    room = rounds(6, 5, 4, 4)
    assert room.outcome() == "eased" and room.s.turn == 4
    assert rounds(6, 4.5, 4.5, 4.5).outcome() != "eased"


def test_a_clear_change_once_and_back_is_none() -> None:
    assert rounds(6, 4, 5, 4, 5, 4).outcome() == "worse"
    assert rounds(6, 4, 4.9, 4, 5, 4.5).outcome() != "eased"


def test_three_rounds_without_change_are_no_response() -> None:
    room = rounds(5, 5, 5, 5)
    assert room.outcome() == "flat" and room.s.turn == 3


def test_rounds_of_another_pressure_do_not_count_as_unchanged() -> None:
    assert rounds(4, 5, 5, 5).outcome() == ""
    assert rounds(4, 5, 5, 5, 5).outcome() == "flat"


def test_after_a_silent_rest_the_next_round_is_lighter() -> None:
    room = Room(plan(K, alternating()))
    room.at(1, "next")
    room.at(4, "next")
    room.at(12, "same")
    room.to(13)
    assert "press" in room.to(18) and room.lighter()


def test_the_first_round_that_is_worse_is_followed_by_a_lighter_one_and_the_second_by_none() -> None:
    room = rounds(4, 5)
    assert room.s.phase == "holding" and room.lighter()
    assert rounds(4, 5, 6).outcome() == "worse"


def test_too_much_in_two_rounds_is_worse_twice_also_when_it_was_eased() -> None:
    room = holding(alternating())
    room.at(11, "rate", 5)
    room.at(17, "rate", 7)
    room.at(18, "rate", 5)
    assert "press" in room.to(27) and room.s.phase == "pressing" and room.lighter()
    room.at(29, "rate", 5)
    room.at(31, "rate", 7)
    room.at(32, "rate", 5)
    room.to(41)
    assert room.outcome() == "worse"


def test_the_rounds_are_so_many() -> None:
    room = rounds(6, 5.5, 5, 4.5, 4, 5)
    assert room.outcome() == "turns" and room.s.turn == 6


def test_the_rhythm_is_hold_and_rest() -> None:
    room = holding(alternating())
    room.at(11, "rate", 5)
    assert "let_go" in room.to(13) and room.to(15.4) == [] and room.to(15.5) == ["press"]


def test_same_or_less_in_a_rest_that_waits_for_an_answer_goes_on() -> None:
    for word in ("same", "less"):
        room = Room(plan(K, alternating()))
        room.at(1, "next")
        room.at(4, "next")
        room.to(11)
        room.at(12, "same")
        room.to(13)
        assert room.s.asked == "round"
        room.to(15.5)
        assert room.at(16, word)[0] == "press", word


def test_a_new_referral_lightens_and_the_second_stops() -> None:
    room = holding()
    assert room.at(6, "referral")[0] == "ease" and room.at(7, "referral") == ["let_go"]
    assert room.outcome() == "referral"
    room = holding(alternating())
    room.to(13)
    room.at(14, "referral")
    assert "press" in room.to(18) and room.at(19, "referral") == ["let_go"]


# ---------------------------------------------------------------- prolonged


def test_at_the_top_of_the_band_it_is_lightened_after_twelve_seconds_and_rises_again_after_a_release() -> None:
    room = holding(rating=6)
    room.at(14.5, "rate", 6)
    assert room.to(16) == ["ease", "eased"]
    room.at(18, "rate", 5)
    assert room.at(19, "more") == ["no_more"]
    room.at(24, "release")
    assert room.at(25, "rate", 3)[0] == "more"


def test_a_word_for_less_is_not_taken_back_by_a_release() -> None:
    room = holding()
    room.at(6, "less")
    room.at(7, "rate", 4)
    room.at(12, "release")
    assert "more" not in room.at(14, "rate", 3)


def test_below_the_top_nothing_is_lightened() -> None:
    room = holding(rating=5)
    room.at(15.5, "rate", 5)
    assert room.to(16) == []
    room = holding(rating=6)
    room.at(14.5, "rate", 5.8)
    assert room.to(16) == []


def test_at_most_three_rises_and_no_release_in_a_minute_ends() -> None:
    room = holding()
    for at in (10, 20):
        room.at(at, "release")
        room.at(at + 1, "rate", 3.5)
        room.at(at + 3, "rate", 5)
    assert room.s.turn == 3
    room.at(30, "release")
    assert room.at(31, "rate", 3.5) == ["let_go"] and room.outcome() == "turns"
    room = holding()
    for at in (16, 32, 48, 62):
        room.at(at, "rate", 5)
    assert room.to(64) == ["let_go"] and room.outcome() == "no_release"


def test_released_but_still_in_the_band_waits_for_the_next_release() -> None:
    room = holding()
    room.at(10, "release")
    assert room.at(11, "rate", 5) == ["hold"] and room.s.phase_at == 71_000


# ---------------------------------------------------------------- strokes


def test_after_a_silent_stroke_it_waits_for_a_person_and_then_ends() -> None:
    room = Room(plan(K, application(K, "1", "skin_rolling", "infraspinatus@right")))
    room.at(1, "next")
    room.to(16)
    room.to(21)
    assert room.s.phase == "between" and room.to(35) == []
    assert room.to(36) == ["let_go"] and room.outcome() == "silent"


def test_a_halt_is_one_short_hold_and_the_stroke_goes_on_from_there() -> None:
    room = Room(plan(K, application(K, "1", "muscle_stripping", "infraspinatus@right")))
    room.at(1, "next")
    assert room.at(6, "halt") == ["hold"]
    assert room.to(14) == ["stroke"] and room.s.phase_at == 24_000


def test_gliding_stays_below_three_and_is_not_rechecked_by_pressing() -> None:
    room = Room(plan(K, application(K, "1", "gliding", "scapula.body@right")))
    room.at(1, "next")
    assert room.s.ceiling == 3 and room.at(4, "rate", 3.5)[0] == "ease"
    for at in (6, 17, 32, 47, 60):
        room.at(at, "rate", 2)
    room.at(62, "off")
    room.to(65)
    assert room.outcome() == "turns" and room.at(66, "next") == [] and room.s.phase == "waiting"


def test_after_each_rise_it_is_asked_and_without_an_answer_it_is_eased() -> None:
    room = Room(plan(K, prolonged()))
    room.at(1, "next")
    assert room.at(3, "rate", 2) == ["more", "rise"]
    assert room.to(10.9) == [] and room.to(11) == ["ease", "hold"]
    room = holding()
    assert room.at(6, "more") == ["more", "rise"]


def test_after_more_the_discomfort_is_measured_anew() -> None:
    room = holding(alternating(), rating=5)
    room.at(5, "more")
    room.at(7, "rate", 6)
    assert room.s.base == 6 and room.s.rounds == ()


def test_too_much_that_is_told_when_the_rest_is_over_is_followed_by_another_rest_and_a_lighter_round() -> None:
    room = Room(plan(K, alternating()))
    room.at(1, "next")
    room.at(4, "next")
    room.at(12, "same")
    room.to(15.5)
    assert room.s.rest_over and room.at(16, "rate", 7) == ["let_go"]
    assert room.to(18.4) == [] and room.to(18.5)[0] == "press" and room.lighter()


def test_a_slow_first_press_makes_the_first_hold_shorter_and_no_more() -> None:
    """The longest hold counts from the first press: a client who says five after six seconds is not done with the place."""
    room = Room(plan(K, alternating(limits=ResolvedLimits(6.0, 5.0, 12.0, 300.0, 90.0, (), ()))))
    room.at(1, "next")
    room.at(7, "rate", 5)
    room.to(13)
    assert (room.s.phase, room.s.turn) == ("resting", 1)
    room.at(14, "rate", 5)
    room.to(16)
    assert (room.s.phase, room.s.turn) == ("holding", 2)


def test_a_fall_that_the_check_finds_is_not_eased_for() -> None:
    """Six at contact, four when asked after 11 s: it has eased, and the hand holds on."""
    room = holding(prolonged(), rating=6)
    assert room.to(15) == ["check"]
    assert room.at(17, "rate", 4) == [] and room.to(28) == []


def test_what_settles_within_the_first_hold_is_not_yet_the_fall_from_round_to_round() -> None:
    room = holding(alternating(), rating=6)
    room.at(11, "rate", 4)
    room.to(15.5)
    room.at(22, "rate", 4)
    room.to(27)
    assert (room.s.phase, room.s.turn) == ("holding", 3)
    room.at(34, "rate", 4)
    room.to(39)
    assert room.outcome() == "eased"


def test_rounds_that_creep_up_are_worse() -> None:
    pressed = [f.body["lighter"] for f in rounds(4, 4.5, 5, 5.5).facts if f.body.get("word") == "press"]
    assert pressed == [False, False, False, True, False]


def test_who_stays_above_the_ceiling_is_let_go_of_whatever_else_is_said() -> None:
    room = holding(alternating())
    room.at(5, "rate", 7)
    room.at(6, "less", by="dial")
    room.at(8, "less", by="dial")
    assert room.to(10) == ["let_go"] and room.outcome() in ("silent", "above")
    room = holding(alternating())
    room.at(11, "rate", 7)
    for at in (12, 15, 17, 19):
        room.at(at, "less", by="dial")
    assert room.s.phase == "waiting" and room.outcome() in ("silent", "above")


def test_a_glide_is_not_talked_through() -> None:
    room = Room(plan(K, application(K, "1", "gliding")))
    room.at(1, "next")
    assert [w for w in room.to(70) if w in ("check", "between", "round", "ease")] == []
    assert room.outcome() == "turns"


def test_after_each_rise_a_number_counts_also_within_three_seconds() -> None:
    room = holding(prolonged(), rating=5)
    room.at(16, "rate", 5)
    room.at(20, "release")
    for at in (22, 24):
        room.at(at, "rate", 3)
    assert room.outcome() == "eased"
