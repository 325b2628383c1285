"""`unknot treat`: a session conducted with keys, and what the screen says."""

from __future__ import annotations

import pytest

from treat_desk import Desk, three_places
from unknot.bench.sessions import application, plan
from unknot.case.plan import Plan
from unknot.cli.letters import LETTERS, ROWS, large
from unknot.cli.treat_keys import GONE, Held, event_of, parse
from unknot.cli.treat_view import word_of
from unknot.knowledge.load import Knowledge
from unknot.treat.acts import OUTCOMES, TOLD
from unknot.treat.engine import REASONS, replay, step
from unknot.treat.event import LOGGED, MOTION, SYMPTOMS, TISSUE, Event, malformed
from unknot.treat.session import PHASES, start
from unknot.treat.timeline import MARKED
from unknot.words import catalogue


@pytest.fixture
def of(k: Knowledge) -> Plan:
    return three_places(k)


@pytest.fixture
def desk(of: Plan) -> Desk:
    return Desk(of)


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("5", ["5"]), ("T", ["t"]), (" ", ["right"]), ("\r", ["right"]), ("\x1b[C", ["right"]), ("\x1b[D", ["left"]), ("\x1bOD", ["left"]),
        ("\x1b[6~", ["right"]), ("\x1b[5~", ["left"]), ("\x1b", ["escape"]), ("\x03", ["break"]), ("\x1b\x1b", ["escape", "escape"]),
        ("4\x1b[D", ["4", "left"]), ("\x1bx", ["escape", "x"]),
    ],
)  # fmt: skip
def test_what_a_terminal_sends_is_read_as_keys(sent: str, keys: list[str]) -> None:
    assert parse(sent) == keys


def test_a_left_key_that_is_held_stops_and_a_tapped_one_eases_each_time() -> None:
    held = Held()
    taken = [held.seen("left", t) for t in (0.0, 0.5, 0.53, 0.56, 0.59, 0.62)]
    assert taken[0] == "left"
    assert "s" in taken
    tapped = Held()
    assert [tapped.seen("left", t) for t in (0.0, 0.4, 0.8, 1.2, 1.6)] == ["left"] * 5


def test_right_is_a_release_while_it_is_waited_for_and_next_elsewhere(desk: Desk) -> None:
    assert event_of("right", desk.c.session, 0) == ("next", {})
    desk.keys("gb" + "5")
    assert desk.c.session.phase == "holding"
    assert event_of("right", desk.c.session, 0) == ("release", {})
    assert event_of("?", desk.c.session, 0) is None


# ---------------------------------------------------------------- conducting


def test_press_is_shown_after_its_facts_are_stored_and_let_go_before(desk: Desk) -> None:
    desk.keys(" ")
    assert desk.log.order == ["stored", "press"]
    desk.keys("6")
    desk.log.order.clear()
    desk.keys("s")
    assert desk.log.order[:2] == ["stop", "stored"]
    desk.keys("r")
    desk.log.order.clear()
    desk.keys("o ")
    assert desk.log.order[-2:] == ["stored", "press"]
    assert "press" not in desk.log.order[:-1]


def test_a_log_that_cannot_be_written_means_let_go_and_no_press_any_more(desk: Desk) -> None:
    desk.keys(" 6")
    desk.log.full = True
    desk.keys("-")
    assert desk.c.broken
    assert desk.c.session.phase == "stopped"
    assert desk.seen[-1] in ("stop", "let_go")
    before = desk.c.session
    desk.keys("r ")
    assert desk.c.session is before
    assert "cannot be written" in desk.screen()


def test_a_full_disk_at_the_first_press_shows_no_press(desk: Desk) -> None:
    desk.log.full = True
    desk.keys(" ")
    assert "press" not in desk.seen
    assert desk.c.shown.cue == "let_go"
    assert desk.c.session.phase == "stopped"


def test_a_symptom_lets_go_before_it_is_named(desk: Desk) -> None:
    desk.keys(" 6y")
    assert desk.c.session.phase == "stopped"
    assert desk.c.shown.menu is not None
    desk.keys("a")
    assert [f.body["word"] for f in desk.log.facts if f.kind == "symptom"] == ["sharp"]
    assert desk.c.session.screen_due
    assert "Has it gone?" in desk.screen()
    desk.keys("a")
    assert not desk.c.session.screen_due
    assert [a.id for a in desk.c.session.plan.applications] == ["two", "three"]


def test_a_symptom_of_the_whole_person_that_has_gone_leaves_the_plan(desk: Desk) -> None:
    desk.keys(" 6y")
    dizzy = [w for w in SYMPTOMS if w != "pinch"].index("dizzy")
    desk.keys("abcdefghijk"[dizzy] + "a")
    assert len(desk.c.session.plan.applications) == 3
    assert not desk.c.session.screen_due


def test_of_two_symptoms_told_before_an_answer_both_count(desk: Desk) -> None:
    desk.keys(" 6ya")
    assert desk.c.tell("symptom", word="dizzy")
    desk.keys("a")
    assert not desk.c.session.screen_due
    assert [a.id for a in desk.c.session.plan.applications] == ["two", "three"]


def test_a_symptom_that_stays_keeps_the_hand_off(desk: Desk) -> None:
    desk.keys(" 6yab")
    desk.keys("r ")
    assert desk.c.session.phase == "stopped"
    assert desk.c.session.screen_due


def test_numbers_and_stop_keep_their_meaning_while_a_question_stands(desk: Desk) -> None:
    desk.keys(" 6l")
    desk.keys("8")
    assert desk.c.session.phase == "waiting"
    assert [f.body["value"] for f in desk.log.facts if f.kind == "rate"] == [6.0, 8.0]
    other = Desk(desk.plan)
    other.keys(" 6ls")
    assert other.c.session.phase == "stopped"


def test_help_swallows_no_key(desk: Desk) -> None:
    desk.keys(" 6?y")
    assert desk.c.session.phase == "stopped"


def test_a_wrong_key_is_refused_aloud_and_changes_nothing(desk: Desk) -> None:
    desk.keys(" ")
    before, facts = desk.c.session, len(desk.log.facts)
    desk.keys("b", every_ms=1)
    assert desk.c.session is before
    assert len(desk.log.facts) == facts
    assert "Nothing has changed" in desk.screen()


def test_what_was_found_at_a_recheck_is_one_fact(desk: Desk) -> None:
    desk.keys(" 6oc" + "b" + "a" + "b")
    (found,) = [f for f in desk.log.facts if f.kind == "recheck"]
    assert found.body["data"] == {"familiar": False, "tissue": TISSUE[0], "motion": MOTION[1]}


def test_a_terminal_that_is_gone_lets_go_and_leaves(desk: Desk) -> None:
    desk.keys(" 6")
    desk.c.press(GONE)
    assert desk.c.session.phase == "stopped"
    assert desk.c.left


def test_break_stops_first_and_leaves_when_nothing_is_left_to_stop(desk: Desk) -> None:
    desk.keys(" 6\x03")
    assert (desk.c.session.phase, desk.c.left) == ("stopped", False)
    desk.keys("\x03")
    assert desk.c.left


def test_the_session_is_not_left_with_a_hand_on(desk: Desk) -> None:
    desk.keys(" 6q")
    assert not desk.c.left
    desk.keys("oq")
    assert desk.c.left


def test_the_facts_of_a_whole_session_replay_to_the_same_state(desk: Desk) -> None:
    desk.keys(" 6")
    desk.wait(9000)
    desk.keys("4")
    desk.wait(11000)
    desk.keys("4")
    desk.wait(11000)
    desk.keys("oea")
    assert desk.c.session.phase == "ended"
    assert replay(start(desk.plan), desk.log.facts).as_mapping() == desk.c.session.as_mapping()


# ---------------------------------------------------------------- the screen


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 16), (40, 12)])
@pytest.mark.parametrize("keys", ["", " ", " 6", " 7", " 6s", " 6y", "gb5", " 6?", " 6oea", " 6g", " 6l"])
def test_the_screen_fits_and_shows_one_large_word(desk: Desk, keys: str, width: int, height: int) -> None:
    desk.keys(keys)
    lines = desk.screen(width, height).rstrip("\n").split("\n")
    menu = desk.c.shown.menu is not None
    assert menu or len(lines) <= height
    assert max(len(line.rstrip()) for line in lines) <= width


def test_the_large_word_is_that_of_the_cue(desk: Desk) -> None:
    desk.keys(" ")
    assert word_of(desk.c) == "press"
    desk.keys("6")
    assert word_of(desk.c) == "hold"
    desk.keys("7")
    assert word_of(desk.c) == "ease"
    desk.keys("9")
    assert word_of(desk.c) == "let_go"
    desk.keys("o")
    assert word_of(desk.c) == "ready"


def test_letters_are_seven_rows_of_one_width() -> None:
    assert all(len(drawn) == ROWS and len({len(row) for row in drawn}) == 1 for drawn in LETTERS.values())
    for word in ("LET GO", "RECHECK", "STRETCH"):
        rows = large(word, 76)
        assert len(rows) == ROWS
        assert len({len(r) for r in rows}) == 1
        assert len(rows[0]) <= 76
    assert large("RECHECK", 20) == ["RECHECK"]


def test_every_word_of_the_engine_has_words_for_people() -> None:
    words = catalogue()
    wanted = [
        *(f"session_refused.{r}" for r in REASONS), *(f"session_phase.{p}" for p in PHASES),
        *(f"session_end.{o}" for o in (*OUTCOMES, *TOLD.values())), *(f"session_mark.{m}" for m in MARKED),
        *(f"session_choice.{w}" for w in (*LOGGED, *TISSUE, *MOTION, *(s for s in SYMPTOMS if s != "pinch"))),
    ]  # fmt: skip
    assert [key for key in wanted if key not in words] == []


def test_a_clock_that_runs_backwards_lets_go(desk: Desk) -> None:
    desk.keys(" 6")
    desk.time.ms -= 5000
    desk.c.press("5")
    assert desk.c.session.phase == "stopped"


@pytest.mark.parametrize(("now_ms", "place"), [(0, 0.0), (2500, 0.25), (10_000, 1.0), (99_000, 1.0)])
def test_where_the_skin_sticks_is_told_by_how_far_the_stroke_is(k: Knowledge, now_ms: int, place: float) -> None:
    s = start(plan(k, application(k, "1", "skin_rolling", pass_s=10.0)))
    s, _, _ = step(s, Event(0, "next"))
    assert event_of("u", s, now_ms) == ("stuck", {"value": place})
    assert malformed(Event(0, "stuck", value=place)) == ""
