"""Every move of a session, in one table: phase, event, condition, next phase, and what is done on the way.

The first row that fits wins. A row without a next phase refuses the event aloud, and nothing changes; so does an event without a row.
Above this table stands one rule of `engine.step`: deadlines that passed come first, at their true time
(docs/decisions/0012-the-session.md).

Families: `rounds` are holds with rests between (alternating compression, a stretch), `release` is a hold until the tissue lets go
(prolonged compression), `passes` are strokes (skin rolling, muscle stripping, gliding).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from unknot.treat.session import ACTIVE, CONTACT, PHASES, Phase

SAME = ""
REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Row:
    """One move. `to` is a phase, SAME, or REFUSE with the reason as its only act; `family` and `when` are empty for always."""

    family: str
    phases: tuple[str, ...]
    event: str
    when: str
    to: str
    do: tuple[str, ...]


def _r(family: str, phases: str | tuple[str, ...], event: str, when: str, to: str, *do: str) -> list[Row]:
    where = tuple(phases.split()) if isinstance(phases, str) else phases
    return [Row(family, where, name, when, to, do) for name in event.split()]


LIVE = tuple(p for p in PHASES if p != "ended")
OFF = ("waiting", "resting", "between", "ending", "stopped")
HOLDS = "pressing holding rising"
GIVING_WAY = ("pressing", "holding", "rising", "stroking", "halting")

TABLE: tuple[Row, ...] = tuple(
    row
    for rows in (
        # ---- stop means let go, from anyone, in every phase
        _r("", "ended", "stop", "", SAME, "still_off"),
        _r("", "ended", "off", "hands_on", SAME, "acknowledge"),
        _r("", ("stopped", "ended"), "symptom", "is_pinch", SAME, "still_off"),
        _r("", "ended", "symptom", "", SAME, "still_off", "rescreen"),
        _r("", LIVE, "stop", "", "stopped", "let_go", "close_stop"),
        _r("", LIVE, "symptom", "is_pinch", "waiting", "let_go", "close_pinch"),
        _r("", LIVE, "symptom", "", "stopped", "let_go", "close_symptom", "rescreen"),
        _r("", LIVE, "fail", "", "stopped", "let_go", "close_fail"),
        _r("", "ended", "restarted", "hands_on", SAME, "still_off"),
        _r("", LIVE, "restarted", "", "stopped", "let_go", "close_restarted"),
        _r("", LIVE, "late", "", "waiting", "let_go", "close_late"),
        _r("", LIVE, "end", "", "ended", "let_go", "close_end", "finish"),
        _r("", "stopped", "resume", "screen_due", REFUSE, "screen_first"),
        _r("", "stopped", "resume", "", "waiting", "resumed"),
        _r("", "stopped", "begin next repeat recheck", "", REFUSE, "stop_stands"),

        # ---- the plan may change under way; the devices of the room may come and go
        _r("", ACTIVE, "revise", "current_changed", "waiting", "let_go", "close_changed", "revised"),
        _r("", LIVE, "revise", "", SAME, "revised"),
        _r("", "ended", "revise", "screen_due", SAME, "revised"),
        _r("", LIVE, "dial_joined", "", SAME, "dial_joined"),
        _r("", "pressing rising", "dial_lost", "dial_is_there", "holding", "dial_lost", "ease", "hold", "ask_now"),
        _r("", ("holding", "stroking", "halting"), "dial_lost", "dial_is_there", SAME, "dial_lost", "ease", "ask_now"),
        _r("", "easing", "dial_lost", "dial_is_there", SAME, "dial_lost", "ease"),
        _r("", "rechecking", "dial_lost", "dial_is_there", "ending", "dial_lost", "let_go", "recheck_done"),
        _r("", ("resting", "between"), "dial_lost", "dial_is_there", SAME, "dial_lost", "lighter_next"),
        _r("", ("waiting", "ending", "stopped"), "dial_lost", "dial_is_there", SAME, "dial_lost", "lighter_next"),
        _r("", LIVE, "dial_lost", "", REFUSE, "no_dial"),
        _r("", ("resting", "between"), "hand_over", "word_awaited", SAME, "handed_over", "decide"),
        _r("", LIVE, "hand_over", "", SAME, "handed_over"),
        _r("", LIVE, "log", "", SAME),
        _r("", CONTACT, "off", "", "waiting", "let_go", "acknowledge", "close_as_told"),
        _r("", ACTIVE, "skip", "can_skip_another", SAME, "skipped"),
        _r("", ACTIVE, "skip", "is_another", REFUSE, "no_such_application"),
        _r("", CONTACT, "park pause skip", "", "waiting", "let_go", "close_as_told"),
        _r("", ("resting", "between"), "park pause skip", "", "waiting", "close_as_told"),
        _r("", ("waiting", "ending"), "skip", "can_skip", SAME, "skipped"),
        _r("", "ending", "park pause skip", "", "waiting", "left_behind"),
        _r("", OFF, "off", "hands_on", SAME, "acknowledge"),

        # ---- hands off, waiting for a person's word
        _r("", ("waiting", "ending"), "next", "hands_on", SAME, "acknowledge"),
        _r("", "ending", "next", "may_recheck", "rechecking", "recheck"),
        _r("", "ending", "next", "", "waiting", "left_behind"),
        _r("", ("waiting", "ending"), "next", "none_left", REFUSE, "nothing_left"),
        _r("", ("waiting", "ending"), "begin repeat", "no_such", REFUSE, "no_such_application"),
        _r("", ("waiting", "ending"), "begin repeat", "taken_up_enough", REFUSE, "taken_up_enough"),
        _r("", ("waiting", "ending"), "begin repeat", "session_over", REFUSE, "session_over"),
        _r("", ("waiting", "ending"), "begin repeat", "had_enough", REFUSE, "had_enough"),
        _r("", ("waiting", "ending"), "begin next repeat", "is_passes", "stroking", "take_up", "stroke"),
        _r("", ("waiting", "ending"), "begin next repeat", "", "pressing", "take_up", "press"),
        _r("", ("waiting", "ending"), "recheck", "above_under_hand", "waiting", "rechecked", "breach", "still_off"),
        _r("", ("waiting", "ending"), "recheck", "has_current", "waiting", "rechecked"),

        # ---- the ceiling, whatever is done
        _r("", CONTACT, "rate", "far_above", "waiting", "rated", "breach", "let_go", "close_above"),
        _r("", "rechecking", "rate", "above", "ending", "rated", "breach", "let_go", "recheck_done"),
        _r("", "easing", "rate", "just_eased", SAME, "noted", "breach", "ease"),
        _r("", "easing", "rate", "above", "waiting", "rated", "breach", "let_go", "close_above"),
        _r("", "halting", "rate", "above", "easing", "rated", "breach", "wait_back", "go_on", "ease", "ask_now"),
        _r("", GIVING_WAY, "rate", "above", "easing", "rated", "breach", "wait_back", "ease", "ask_now"),
        _r("", ("resting", "between"), "rate", "far_above", "waiting", "rated", "breach", "let_go", "close_above"),
        _r("", ("resting", "between"), "rate", "above_and_rest_over", SAME, "rated_round", "breach", "still_off", "lighter_next", "rest_again"),
        _r("", ("resting", "between"), "rate", "above", SAME, "rated_round", "breach", "still_off", "lighter_next"),
        _r("", ("waiting", "ending", "stopped"), "rate", "above_under_hand", SAME, "rated", "breach", "still_off"),
        _r("", "easing", "rate", "overruled", SAME, "noted"),
        _r("passes", "easing", "rate", "", "stroking", "rated", "stroke_on"),
        _r("release", "easing", "rate", "", "holding", "rated", "based", "hold_on"),
        _r("rounds", "easing", "rate", "", "holding", "rated", "hold_on"),
        _r("", "easing", "answer_due", "overruled_now", "waiting", "let_go", "close_above"),
        _r("", "easing", "answer_due", "", "waiting", "let_go", "close_silent"),
        _r("", "easing", "less ease", "", SAME, "ease"),
        _r("", "easing", "same more", "", REFUSE, "number_first"),
        _r("", "rechecking", "limit_due", "", "ending", "let_go", "recheck_done"),
        _r("rounds", ("pressing", "holding", "easing"), "limit_due", "place_has_more", "resting", "let_go", "round_done"),
        _r("", CONTACT, "limit_due", "", "ending", "let_go", "close_limit"),

        # ---- less is always given
        _r("", "pressing rising", "less ease", "", "holding", "ease", "hold", "ask_now"),
        _r("", ("holding", "stroking", "halting"), "less ease", "", SAME, "ease", "ask_now"),
        _r("", "rechecking", "less ease", "", "ending", "let_go", "recheck_done"),
        _r("", (*GIVING_WAY, "easing"), "referral", "referred_before", "waiting", "let_go", "close_referral"),
        _r("", "pressing rising", "referral", "", "holding", "referred", "ease", "hold", "ask_now"),
        _r("", GIVING_WAY, "referral", "", SAME, "referred", "ease", "ask_now"),
        _r("", "easing", "referral", "", SAME, "referred", "ease"),
        _r("", "rechecking", "referral", "", "ending", "referred", "let_go", "recheck_done"),
        _r("", ("resting", "between"), "referral", "referred_before", "waiting", "let_go", "close_referral"),
        _r("", ("resting", "between"), "referral", "", SAME, "referred", "lighter_next"),
        _r("", "pressing rising", "same", "", "holding", "answered", "hold"),
        _r("", GIVING_WAY, "same", "", SAME, "answered"),
        _r("", ("resting", "between"), "less ease", "rest_over", SAME, "lighter_next", "answered", "decide"),
        _r("", OFF, "less ease", "has_current", SAME, "lighter_next", "answered"),
        _r("", ("resting", "between"), "same", "rest_over", SAME, "answered", "decide"),
        _r("", OFF, "same", "", SAME, "answered"),

        # ---- silence never means more
        _r("", "pressing rising", "answer_due", "silent_before", "waiting", "let_go", "close_silent"),
        _r("", "pressing rising", "answer_due", "", "holding", "silence", "ease", "hold"),
        _r("", ("holding", "stroking", "halting"), "answer_due", "", SAME, "silence", "ease"),
        _r("", ("holding", "stroking"), "ask_due", "", SAME, "ask"),

        # ---- pressing and rising: looking for the working band
        _r("", "rising", "rate", "eased_by_this", "ending", "rated", "let_go", "close_eased"),
        _r("", "pressing rising", "rate", "in_band", "holding", "rated", "based", "hold"),
        _r("", "pressing rising", "rate", "may_raise_on_this", SAME, "rated", "more", "ask_rise"),
        _r("", "pressing rising", "rate", "", "holding", "rated", "based", "hold"),
        _r("", "pressing rising", "next", "", "holding", "hold"),
        _r("", "pressing rising holding", "more", "may_raise", SAME, "more", "ask_rise"),
        _r("", HOLDS, "more", "stale", REFUSE, "rating_first"),
        _r("", HOLDS, "more", "", REFUSE, "no_more"),

        # ---- holding until the tissue lets go
        _r("release", "holding", "rate", "eased_by_this", "ending", "rated", "let_go", "close_eased"),
        _r("release", "holding", "rate", "released_and_used", "ending", "rated", "let_go", "close_turns"),
        _r("release", "holding", "rate", "released_and_below", "rising", "rated", "more_turn", "ask_rise"),
        _r("release", "holding", "rate", "released", SAME, "rated", "wait_again"),
        _r("release", "holding", "rate", "top_not_eased", SAME, "rated", "lighten"),
        _r("release", "holding", "rate", "", SAME, "rated", "based"),
        _r("release", "holding", "release next", "", SAME, "release", "ask_now"),
        _r("release", ("pressing", "rising"), "release", "", "holding", "hold", "release", "ask_now"),
        _r("release", "easing", "release", "", SAME, "release"),
        _r("release", "holding", "top_due", "at_top", SAME, "lighten", "ask_now"),
        _r("release", "holding", "top_due", "", SAME, "watch_top"),
        _r("release", ("holding", "easing"), "phase_due", "", "ending", "let_go", "close_no_release"),

        # ---- rounds: hold, let go for a moment, press again
        _r("rounds", "holding", "rate", "", SAME, "rated", "based"),
        _r("rounds", "holding", "next", "", "resting", "let_go", "round_done"),
        _r("rounds", ("holding", "easing"), "phase_due", "", "resting", "let_go", "round_done"),
        _r("rounds", "resting", "rate", "rest_over", SAME, "rated_round", "decide"),
        _r("rounds", "resting", "rate", "", SAME, "rated_round"),
        _r("rounds", "resting", "phase_due", "rest_over", "waiting", "let_go", "close_silent"),
        _r("rounds", "resting", "phase_due", "is_asked", SAME, "rest_ends"),
        _r("rounds", "resting", "phase_due", "", SAME, "rest_ends", "decide"),
        _r("rounds", "resting", "answer_due", "rest_over", SAME, "silence", "decide"),
        _r("rounds", "resting", "answer_due", "", SAME, "silence"),
        _r("rounds", "resting", "next", "hands_on", SAME, "acknowledge"),
        _r("rounds", "resting", "next", "word_awaited", SAME, "by_voice", "decide"),
        _r("rounds", "resting", "next more", "", REFUSE, "resting"),
        _r("", ("resting", "between"), "decide", "not_back", "waiting", "close_above"),
        _r("rounds", "resting", "decide", "eased", "ending", "close_eased"),
        _r("rounds", "resting", "decide", "worse_twice", "ending", "close_worse"),
        _r("rounds", "resting", "decide", "flat", "ending", "close_flat"),
        _r("rounds", "resting", "decide", "turns_used", "ending", "close_turns"),
        _r("rounds", "resting", "decide", "no_time", "ending", "close_limit"),
        _r("rounds", "resting", "decide", "silent_twice", "waiting", "close_silent"),
        _r("rounds", "resting", "decide", "word_due", SAME, "wait_word"),
        _r("rounds", "resting", "decide", "no_base", "pressing", "next_turn", "press"),
        _r("rounds", "resting", "decide", "", "holding", "next_turn", "press_same", "hold"),

        # ---- passes: strokes from end to end, halts on what they meet
        _r("passes", "stroking", "rate", "", SAME, "rated"),
        _r("passes", "stroking", "halt", "can_halt", "halting", "halt"),
        _r("passes", "halting", "rate", "", SAME, "rated"),
        _r("passes", "halting", "phase_due next release", "", "stroking", "go_on"),
        _r("passes", ("stroking", "easing"), "phase_due", "", "between", "let_go", "round_done"),
        _r("passes", "stroking", "next", "", "between", "let_go", "round_done"),
        _r("passes", ("stroking", "halting", "between"), "stuck", "", SAME),
        _r("passes", ("stroking", "halting"), "more", "", REFUSE, "no_more"),
        _r("passes", "between", "rate", "rest_over", SAME, "rated_round", "decide"),
        _r("passes", "between", "rate", "", SAME, "rated_round"),
        _r("passes", "between", "phase_due", "is_asked", SAME, "rest_ends"),
        _r("passes", "between", "phase_due", "rest_over", "waiting", "let_go", "close_silent"),
        _r("passes", "between", "phase_due", "is_silent", SAME, "rest_ends", "wait_word"),
        _r("passes", "between", "phase_due", "", SAME, "rest_ends", "decide"),
        _r("passes", "between", "answer_due", "rest_over", SAME, "silence", "wait_word"),
        _r("passes", "between", "answer_due", "", SAME, "silence"),
        _r("passes", "between", "next", "hands_on", SAME, "acknowledge"),
        _r("passes", "between", "next", "is_asked", REFUSE, "number_first"),
        _r("passes", "between", "next", "", SAME, "by_voice", "decide"),
        _r("passes", "between", "decide", "worse_twice", "ending", "close_worse"),
        _r("passes", "between", "decide", "turns_used", "ending", "close_turns"),
        _r("passes", "between", "decide", "no_time", "ending", "close_limit"),
        _r("passes", "between", "decide", "word_due", SAME, "wait_word"),
        _r("passes", "between", "decide", "", "stroking", "next_turn", "stroke"),

        # ---- the recheck: same place, same pressure
        _r("", "rechecking", "rate", "", "ending", "rated", "let_go", "recheck_done"),
        _r("", "rechecking", "phase_due next recheck", "", "ending", "let_go", "recheck_done"),
        _r("", "rechecking", "same more", "", REFUSE, "number_first"),
        _r("", ("waiting", "ending", "stopped"), "rate", "", SAME, "rated"),
    )
    for row in rows
)  # fmt: skip


@cache
def rows(family: str, phase: Phase, event: str) -> tuple[Row, ...]:
    """The rows that can fit, in order."""
    return tuple(r for r in TABLE if r.event == event and phase in r.phases and r.family in ("", family))
