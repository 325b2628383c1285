"""The conditions of the table: questions about a session and an event, by name. None of them changes anything."""

from __future__ import annotations

from collections.abc import Callable

from unknot.case.plan import Application
from unknot.case.plan_mapping import plan_of
from unknot.treat.event import Event
from unknot.treat.session import AGAIN, LEAST_MS, PRESSURE, Session, ms, visit_of

Condition = Callable[[Session, Event], bool]
EASING_MS = 3000
"""So long a hand takes to ease: what is said of the same pressure meanwhile is no second complaint."""
TOP = 0.5
"""A rating within this of the ceiling is at the top of the band."""
NO_RECHECK = ("skipped", "above", "worse")
"""After these the place is left in peace."""


def _rating(e: Event) -> float:
    assert e.value is not None  # `event.malformed` has seen it
    return float(e.value)


def target(s: Session, e: Event) -> Application | None:
    """The application that an event wants to begin."""
    if e.kind == "next":
        return s.following()
    return s.find(e.application or s.current)


# ---------------------------------------------------------------- ratings


def far_above(s: Session, e: Event) -> bool:
    return _rating(e) >= s.ceiling + s.plan.manner.let_go_above


def above(s: Session, e: Event) -> bool:
    return _rating(e) > s.ceiling


def just_eased(s: Session, e: Event) -> bool:
    """Above the ceiling still, in the moment in which the hand is easing: the same complaint, perhaps by another voice."""
    within = s.answer_at is not None and s.answer_at - s.now > ms(s.plan.manner.answer_s) - EASING_MS
    return above(s, e) and within


def above_under_hand(s: Session, e: Event) -> bool:
    return s.hands_on and above(s, e)


def above_and_rest_over(s: Session, e: Event) -> bool:
    return s.rest_over and above(s, e)


def overruled_now(s: Session, e: Event) -> bool:
    """Somebody spoke of less, but the voice that said too much has not come down."""
    return bool(s.voices) and s.voices[-1][1] <= s.ceiling


def loudest(s: Session, e: Event) -> float:
    """The highest young word of all voices, this one included."""
    young = s.now - ms(s.plan.manner.fresh_s)
    return max([_rating(e), *(value for by, value, at in s.voices if by != e.by and at >= young)])


def in_band(s: Session, e: Event) -> bool:
    return min(s.application.dose.band_low, s.ceiling) <= _rating(e) <= s.ceiling


def overruled(s: Session, e: Event) -> bool:
    """Another voice has just said more than the ceiling."""
    young = s.now - ms(s.plan.manner.fresh_s)
    return any(by != e.by and value > s.ceiling and at >= young for by, value, at in s.voices)


def clearly_less(s: Session, value: float) -> bool:
    return s.base is not None and value <= s.base - s.plan.manner.clear_change


def counts(s: Session) -> bool:
    """Whether a rating now is another one than the last, not the same tapped twice: after a rise it is."""
    return s.rating is None or s.now - s.rated_at >= LEAST_MS or s.asked == "rise"


def eased_by_this(s: Session, e: Event) -> bool:
    return clearly_less(s, loudest(s, e)) and counts(s) and s.clear + 1 >= s.plan.manner.clear_times


def at_top(s: Session, e: Event) -> bool:
    """The discomfort was rated again in this hold, stands at the top of the band and has not eased at all; a question that waits comes first."""
    told = s.rating is not None and s.rated_at > s.held_at and not s.asked
    return told and s.base is not None and s.rating is not None and s.rating > s.ceiling - TOP and s.rating >= s.base


def top_not_eased(s: Session, e: Event) -> bool:
    """The answer to the check of a hold: at the top of the band still, and not eased at all."""
    value, late = loudest(s, e), s.now - s.held_at >= ms(s.plan.manner.check_s)
    return late and s.base is not None and value > s.ceiling - TOP and value >= s.base


def _unhindered(s: Session) -> bool:
    least = s.limit_at is None or s.limit_at - s.now >= LEAST_MS
    return least and not s.lower and s.referrals == 0 and s.dial != "lost"


def may_raise(s: Session, e: Event) -> bool:
    """On the word *more*: only with a fresh rating below the ceiling, nothing against it, and a rise left."""
    enough = s.steps >= s.plan.manner.steps or s.asked == "rise"
    return s.fresh() and s.rating is not None and s.rating < s.ceiling and not enough and _unhindered(s)


def may_raise_on_this(s: Session, e: Event) -> bool:
    """A rating below the band, just given: the hand may rise."""
    below = loudest(s, e) < min(s.application.dose.band_low, s.ceiling)
    return below and s.steps < s.plan.manner.steps and _unhindered(s)


def released_and_used(s: Session, e: Event) -> bool:
    return s.released and s.turn >= s.application.dose.turns


def released_and_below(s: Session, e: Event) -> bool:
    return s.released and may_raise_on_this(s, e)


# ---------------------------------------------------------------- rounds and strokes


def flat(s: Session, e: Event) -> bool:
    """Round after round and nothing changed under the pressure; a stretch is not measured by that."""
    if s.application.verb not in PRESSURE:
        return False
    manner, last = s.plan.manner, s.rounds[-s.plan.manner.flat_turns :]
    enough = s.turn >= s.application.dose.turns_least and len(last) >= manner.flat_turns
    return enough and s.clear == 0 and max(last) - min(last) < manner.flat_within


def place_has_more(s: Session, e: Event) -> bool:
    """The hold has come to its end, not the place to its own: the work goes on after a rest."""
    return not no_time(s, e)


def no_time(s: Session, e: Event) -> bool:
    return s.left(s.application, s.now) < LEAST_MS


# ---------------------------------------------------------------- taking up


def no_such(s: Session, e: Event) -> bool:
    return target(s, e) is None


def taken_up_enough(s: Session, e: Event) -> bool:
    found = target(s, e)
    return found is not None and s.taken_up.get(visit_of(found), 0) >= s.plan.manner.returns


def session_over(s: Session, e: Event) -> bool:
    found = target(s, e)
    return found is not None and s.time_left(found, s.now) < LEAST_MS


def had_enough(s: Session, e: Event) -> bool:
    found = target(s, e)
    return found is None or s.left(found, s.now) < LEAST_MS


def is_passes(s: Session, e: Event) -> bool:
    found = target(s, e)
    return found is not None and found.family == "passes"


def can_skip(s: Session, e: Event) -> bool:
    found = s.find(e.application) if e.application else s.following()
    return found is not None and s.outcomes.get(found.id, "paused") in (*AGAIN, "parked", "skipped")


def is_another(s: Session, e: Event) -> bool:
    """Another application is named than the one at hand."""
    return e.application not in ("", s.current)


def can_skip_another(s: Session, e: Event) -> bool:
    return is_another(s, e) and can_skip(s, e)


def can_halt(s: Session, e: Event) -> bool:
    return s.application.dose.hold_s > 0 and s.left(s.application, s.now) >= LEAST_MS


def may_recheck(s: Session, e: Event) -> bool:
    found = s.find(s.current)
    if found is None or s.rechecked or found.verb not in PRESSURE:
        return False
    fits = s.left(found, s.now, recheck=True) >= ms(found.dose.recheck_s)
    return fits and s.outcomes.get(s.current, "") not in NO_RECHECK


def current_changed(s: Session, e: Event) -> bool:
    """The application at hand is another one, or none, in the new plan."""
    now = next((a for a in plan_of(e.data).applications if a.id == s.current), None)
    return now != s.find(s.current)


CONDITIONS: dict[str, Condition] = {
    "": lambda s, e: True,
    "far_above": far_above,
    "above": above,
    "just_eased": just_eased,
    "above_under_hand": above_under_hand,
    "above_and_rest_over": above_and_rest_over,
    "overruled_now": overruled_now,
    "in_band": in_band,
    "overruled": overruled,
    "eased_by_this": eased_by_this,
    "at_top": at_top,
    "top_not_eased": top_not_eased,
    "not_back": lambda s, e: s.not_back,
    "may_raise": may_raise,
    "may_raise_on_this": may_raise_on_this,
    "stale": lambda s, e: not s.fresh(),
    "released": lambda s, e: s.released,
    "released_and_used": released_and_used,
    "released_and_below": released_and_below,
    "rest_over": lambda s, e: s.rest_over,
    "is_asked": lambda s, e: bool(s.asked),
    "is_silent": lambda s, e: s.silent > 0,
    "silent_before": lambda s, e: s.silent >= 1,
    "silent_twice": lambda s, e: s.silent >= 2,
    "referred_before": lambda s, e: s.referrals >= 1,
    "eased": lambda s, e: s.clear >= s.plan.manner.clear_times and s.turn >= s.application.dose.turns_least,
    "worse_twice": lambda s, e: s.worse >= 2,
    "flat": flat,
    "turns_used": lambda s, e: s.turn >= s.application.dose.turns,
    "no_time": no_time,
    "place_has_more": place_has_more,
    "no_base": lambda s, e: s.base is None,
    "hands_on": lambda s, e: s.hands_on,
    "has_current": lambda s, e: bool(s.current),
    "screen_due": lambda s, e: s.screen_due,
    "none_left": lambda s, e: s.following() is None,
    "no_such": no_such,
    "taken_up_enough": taken_up_enough,
    "had_enough": had_enough,
    "is_passes": is_passes,
    "session_over": session_over,
    "can_skip": can_skip,
    "is_another": is_another,
    "can_skip_another": can_skip_another,
    "can_halt": can_halt,
    "may_recheck": may_recheck,
    "current_changed": current_changed,
    "word_due": lambda s, e: s.word_due,
    "word_awaited": lambda s, e: s.rest_over and not s.asked and s.phase_at is not None,
    "dial_is_there": lambda s, e: s.dial == "joined",
    "is_pinch": lambda s, e: e.word == "pinch",
}
