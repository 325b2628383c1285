"""The acts of the table, by name. Each changes the working copy of the session and may add facts and effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from unknot.case.plan import Application
from unknot.case.plan_mapping import plan_of
from unknot.treat.conditions import clearly_less, counts, loudest, target
from unknot.treat.event import SCREENED, Event
from unknot.treat.fact import Effect, EffectKind, Fact
from unknot.treat.session import ACTIVE, Phase, Session, accounts_of, ms, under_of, visit_of

LEAST_CEILING = 1.0
LOWER_AFTER = ("no_release", "above")
"""A place that ended so is taken up one step lower."""


@dataclass(slots=True)
class Out:
    """What a step leaves: facts in order, effects in order, and an event that follows at once."""

    facts: list[Fact] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    then: str = ""
    was: Phase = "waiting"
    """The phase from which the move began."""

    def fact(self, s: Session, kind: str, at: int | None = None, **body: Any) -> None:
        s.sequence += 1
        self.facts.append(Fact(s.sequence, s.epoch, s.now if at is None else at, kind, body))

    def effect(self, kind: EffectKind, word: str, **body: Any) -> None:
        self.effects.append(Effect(kind, word, body))

    def cue(self, s: Session, word: str, **body: Any) -> None:
        """A cue is a fact and an effect."""
        told = {"application": s.current, **body}
        self.fact(s, "cue", word=word, **told)
        self.effect("cue", word, **told)


Act = Callable[[Session, Event, Out], None]


def settle(s: Session, at: int) -> None:
    """Count the pressure up to now."""
    passed = at - s.on_since
    if s.hands_on and passed > 0:
        ledger = dict(s.ledger)
        for key, share in s.under:
            ledger[key] = ledger.get(key, 0) + (passed if share == 1.0 else round(passed * share))
        s.ledger = ledger
    s.on_since = at


def quiet(s: Session) -> None:
    """Nothing is due any more."""
    s.phase_at = s.ask_at = s.answer_at = s.top_at = s.limit_at = None
    s.asked = ""


# ---------------------------------------------------------------- the hand


def let_go(s: Session, e: Event, out: Out) -> None:
    out.cue(s, "let_go")
    s.phase_at = s.ask_at = s.top_at = s.limit_at = None


def still_off(s: Session, e: Event, out: Out) -> None:
    """Let go, said once more; what is due stays due."""
    out.cue(s, "let_go")


def acknowledge(s: Session, e: Event, out: Out) -> None:
    s.hands_on, s.under = False, ()
    out.fact(s, "hands_off")


def _on(s: Session, *, recheck: bool = False) -> int:
    """The hand comes on: what it may press in all [ms]."""
    left = s.left(s.application, s.now, recheck=recheck)
    if not s.hands_on:
        s.hands_on, s.on_since, s.under = True, s.now, under_of(s.application)
        s.under_ms = ms(min(s.application.dose.point_s, s.application.limits.point_s))
    s.pressed_at = s.now
    s.limit_at = s.now + left
    return left


def press(s: Session, e: Event, out: Out) -> None:
    """To the working band, slowly."""
    left = _on(s)
    out.cue(s, "press", for_ms=left, turn=s.turn, lighter=s.lighter, ceiling=s.ceiling)
    s.lighter = False
    s.steps = 1
    _asks(s, out, "contact", s.plan.manner.rise_s)


def press_same(s: Session, e: Event, out: Out) -> None:
    """The same pressure again, or a lighter one."""
    left = min(_on(s), ms(s.application.dose.hold_s))
    out.cue(s, "press", for_ms=left, turn=s.turn, lighter=s.lighter, ceiling=s.ceiling)
    s.lighter = False


def hold(s: Session, e: Event, out: Out) -> None:
    """The pressure stays: the hold's end and its check-ins are set."""
    dose, manner = s.application.dose, s.plan.manner
    s.held_at = s.now
    s.phase_at = s.now + ms(dose.hold_s)
    s.top_at = s.now + ms(manner.top_eases_s) if s.application.family == "release" else None
    s.ask_at = _earlier(s.now + ms(manner.check_s), _late_check(s))
    if not s.asked or s.asked in ("contact", "rise"):
        s.asked, s.answer_at = "", None
    if not any(f.kind == "cue" and f.body.get("word") == "press" for f in out.facts):
        out.cue(s, "hold", for_ms=_until(s), turn=s.turn)


def hold_on(s: Session, e: Event, out: Out) -> None:
    """Back in the band after easing: the hold goes on, lower."""
    if s.phase_at is None:
        hold(s, e, out)
        return
    s.ask_at = _next_ask(s)
    if s.family == "release" and s.top_at is None:
        watch_top(s, e, out)
    out.cue(s, "hold", for_ms=_until(s), turn=s.turn)


def _until(s: Session) -> int:
    ends = [t for t in (s.phase_at, s.limit_at) if t is not None]
    return max(0, min(ends) - s.now) if ends else 0


def ease(s: Session, e: Event, out: Out) -> None:
    """Lighten: the pressure is another one, so what was rated before is no measure any more."""
    out.cue(s, "ease")
    s.lower = s.lighter = True
    s.till_release = False
    s.base, s.clear, s.rounds = None, 0, ()


def lighten(s: Session, e: Event, out: Out) -> None:
    """A little less at the top of the band, and the hold goes on; what lets go afterwards may be raised again."""
    only = not s.lower or s.till_release
    ease(s, e, out)
    s.till_release = only
    watch_top(s, e, out)


def watch_top(s: Session, e: Event, out: Out) -> None:
    s.top_at = s.now + ms(s.plan.manner.top_eases_s)


def lighter_next(s: Session, e: Event, out: Out) -> None:
    s.lighter = True


def more(s: Session, e: Event, out: Out) -> None:
    s.steps += 1
    if out.was == "holding":  # another pressure: what was rated before is no measure of it
        s.base, s.clear, s.rounds, s.last = None, 0, (), None
    out.cue(s, "more", turn=s.turn, ceiling=s.ceiling)


def more_turn(s: Session, e: Event, out: Out) -> None:
    """The tissue has let go: the next rise."""
    s.turn += 1
    s.steps = 1
    s.released = False
    s.phase_at = s.top_at = s.ask_at = None
    out.cue(s, "more", turn=s.turn, ceiling=s.ceiling)


def wait_again(s: Session, e: Event, out: Out) -> None:
    """Released, and still in the band: the hold goes on for the next release."""
    s.released = False
    hold(s, e, out)


def release(s: Session, e: Event, out: Out) -> None:
    s.released = True
    s.phase_at = s.top_at = None
    if s.till_release:
        s.word_due = s.lower = s.till_release = False
    out.fact(s, "released", turn=s.turn, after_ms=s.now - s.held_at)


# ---------------------------------------------------------------- asking and being told


def _asks(s: Session, out: Out, word: str, wait_s: float) -> None:
    s.asked, s.answer_at = word, s.now + ms(wait_s)
    out.fact(s, "ask", word=word)
    out.effect("ask", word, answer_ms=ms(wait_s), application=s.current)


def _late_check(s: Session) -> int | None:
    """When this hold is rated before it ends; None when that has passed."""
    if s.phase_at is None:
        return None
    at = s.phase_at - ms(s.plan.manner.late_check_s)
    return at if at > s.now else None


def _next_ask(s: Session) -> int:
    return _earlier(s.now + ms(s.plan.manner.again_s), _late_check(s))


def _earlier(one: int, other: int | None) -> int:
    return one if other is None else min(one, other)


def ask(s: Session, e: Event, out: Out) -> None:
    """The check-in of a hold; one that still waits is not asked twice, and who has just spoken is left in peace.

    A number is asked for after the first while and late in the hold, in between only less, same or more.
    """
    answer_ms = ms(s.plan.manner.answer_s)
    if not s.asked and (s.rating is None or s.now - s.rated_at >= answer_ms):
        first = s.now - s.held_at <= ms(s.plan.manner.check_s)
        late = s.phase_at is not None and s.phase_at - s.now <= ms(s.plan.manner.late_check_s)
        _asks(s, out, "check" if first or late else "between", s.plan.manner.answer_s)
    s.ask_at = _next_ask(s)


def ask_now(s: Session, e: Event, out: Out) -> None:
    _asks(s, out, "eased" if e.kind != "release" and e.kind != "next" else "release", s.plan.manner.answer_s)


def ask_rise(s: Session, e: Event, out: Out) -> None:
    _asks(s, out, "rise", s.plan.manner.rise_s)


def answered(s: Session, e: Event, out: Out) -> None:
    s.asked, s.answer_at, s.silent = "", None, 0
    if e.by == "practitioner":
        s.word_due = False


def noted(s: Session, e: Event, out: Out) -> None:
    """A rating: of several voices the highest young one counts. The question stands."""
    assert e.value is not None
    value, manner = float(e.value), s.plan.manner
    if s.family == "release" and counts(s):
        s.clear = s.clear + 1 if clearly_less(s, loudest(s, e)) else 0
    young = s.now - ms(manner.fresh_s)
    s.voices = (*((b, v, t) for b, v, t in s.voices if b != e.by and t >= young), (e.by, value, s.now))
    s.rating, s.rated_at = max(v for _, v, _ in s.voices), s.now
    s.not_back = s.not_back and s.rating > s.ceiling
    s.round_rating = s.rating


def rated(s: Session, e: Event, out: Out) -> None:
    noted(s, e, out)
    answered(s, e, out)


def based(s: Session, e: Event, out: Out) -> None:
    """The first rating under this pressure is what the later ones are compared with."""
    if s.base is None:
        s.base, s.clear = s.rating, 0


def rated_round(s: Session, e: Event, out: Out) -> None:
    """A rating while the hand is off belongs to the round before."""
    rated(s, e, out)
    based(s, e, out)


def breach(s: Session, e: Event, out: Out) -> None:
    assert e.value is not None
    s.peak = max(s.peak, float(e.value))
    out.fact(s, "breach", value=e.value, ceiling=s.ceiling, application=s.current)


def wait_back(s: Session, e: Event, out: Out) -> None:
    """Until a rating is back in the band, nothing is pressed anew."""
    s.not_back = True


def referred(s: Session, e: Event, out: Out) -> None:
    s.referrals += 1


def silence(s: Session, e: Event, out: Out) -> None:
    """A question without an answer: nothing is raised on it."""
    out.fact(s, "silence", word=s.asked)
    s.silent += 1
    s.asked, s.answer_at = "", None
    s.lower = s.lighter = True
    s.till_release = False
    if out.was not in ("resting", "between"):
        s.ask_at = s.now + ms(s.plan.manner.again_s)


def wait_word(s: Session, e: Event, out: Out) -> None:
    """Nobody has spoken: it goes on by a person's word, or ends."""
    s.phase_at = s.now + ms(s.plan.manner.again_s)


# ---------------------------------------------------------------- rounds and strokes


def round_done(s: Session, e: Event, out: Out) -> None:
    """The hand is off for a moment; a round that was not rated is rated now."""
    s.phase_at = s.now + ms(s.application.dose.rest_s)
    s.rest_over = False
    if s.round_rating is None and not s.asked and s.application.verb != "glide":
        _asks(s, out, "round", s.plan.manner.answer_s)


def rest_ends(s: Session, e: Event, out: Out) -> None:
    s.rest_over, s.phase_at = True, None


def rest_again(s: Session, e: Event, out: Out) -> None:
    """Before it goes on, everybody hears that the hand is off."""
    s.rest_over, s.phase_at = False, s.now + ms(s.application.dose.rest_s)


def count_round(s: Session) -> None:
    """The round's rating takes its place: worse, clearly less, or neither."""
    value = s.round_rating
    if value is None:
        return
    best = min(s.rounds) if s.rounds else s.last
    if best is not None and max(value, s.peak) >= best + s.plan.manner.worse_by:
        s.worse += 1
        s.lighter = True
    # what eases within the first hold is the settling under one pressure, and not yet the fall from round to round
    s.clear = s.clear + 1 if s.turn > 1 and clearly_less(s, value) else 0
    s.rounds, s.last = (*s.rounds, value), value
    s.round_rating, s.peak = None, 0.0


def decide(s: Session, e: Event, out: Out) -> None:
    count_round(s)
    out.then = "decide"


def next_turn(s: Session, e: Event, out: Out) -> None:
    s.turn += 1
    s.steps = 0
    s.lower, s.till_release, s.released, s.rest_over = s.lighter, False, False, False
    if s.lighter:
        s.base, s.clear, s.rounds = None, 0, ()


def stroke(s: Session, e: Event, out: Out) -> None:
    """From end to end."""
    left, length = _on(s), ms(s.application.dose.stroke_s(s.turn))
    s.phase_at = s.now + length
    check = ms(s.plan.manner.check_s)
    s.held_at = s.now
    s.ask_at = s.now + check if length > 2 * check and s.application.verb != "glide" else None
    out.cue(s, "stroke", for_ms=min(left, length), turn=s.turn, lighter=s.lighter, ceiling=s.ceiling)
    s.lighter = False


def halt(s: Session, e: Event, out: Out) -> None:
    """The stroke stops on what it has met, for one short hold."""
    s.stroke_left = max(0, (s.phase_at or s.now) - s.now)
    length = min(ms(s.application.dose.hold_s), ms(s.application.limits.hold_s))
    s.phase_at, s.ask_at = s.now + length, None
    out.cue(s, "hold", for_ms=_until(s), turn=s.turn)


def go_on(s: Session, e: Event, out: Out) -> None:
    s.phase_at = s.now + s.stroke_left
    s.stroke_left = 0
    if e.kind != "rate" and s.phase_at > s.now:
        out.cue(s, "stroke", for_ms=_until(s), turn=s.turn, lighter=s.lower, ceiling=s.ceiling)


def stroke_on(s: Session, e: Event, out: Out) -> None:
    """Back in the band after easing: the stroke goes on, lighter."""
    out.cue(s, "stroke", for_ms=_until(s), turn=s.turn, lighter=True, ceiling=s.ceiling)


# ---------------------------------------------------------------- applications


def take_up(s: Session, e: Event, out: Out) -> None:
    """A new piece of work at a place, by a person's word."""
    a = target(s, e)
    assert a is not None  # the row before has seen it
    if s.hands_on:
        acknowledge(s, e, out)
    if not s.begun:
        s.begun, s.begun_at = True, s.now
    again = s.outcomes.get(a.id, "") in LOWER_AFTER
    s.lighter = again or (s.lighter and s.current == a.id)
    s.current, visit = a.id, visit_of(a)
    s.taken_up = {**s.taken_up, visit: s.taken_up.get(visit, 0) + 1}
    most = min(a.dose.band_high, a.limits.discomfort)
    s.ceiling = max(min(LEAST_CEILING, most), most - 1) if again else most
    s.turn, s.steps, s.clear, s.worse, s.silent, s.referrals, s.stroke_left = 1, 0, 0, 0, 0, 0, 0
    s.base, s.rating, s.round_rating, s.rounds, s.voices = None, None, None, (), ()
    s.peak, s.last = 0.0, None
    s.lower = s.till_release = s.released = s.rest_over = s.rechecked = s.not_back = False
    quiet(s)
    out.fact(s, "taken_up", application=a.id, place=a.place, time=s.taken_up[visit], ceiling=s.ceiling)


def close(outcome: str, s: Session, e: Event, out: Out) -> None:
    """The piece of work ends; how, is kept. What cuts a recheck short does not undo the work before it."""
    s.why = outcome
    quiet(s)
    if out.was == "rechecking" and outcome not in LOWER_AFTER:
        s.rechecked = True
    elif out.was in ACTIVE and s.current:
        s.outcomes = {**s.outcomes, s.current: outcome}
        pressed = max(s.ledger.get(key, 0) for key in accounts_of(s.application))
        out.fact(
            s, "closed", application=s.current, outcome=outcome, turn=s.turn, rating=s.rating, pressed_ms=pressed,
        )  # fmt: skip
        if s.phase == "ending" and (s.rating is None or s.now - s.rated_at >= ms(s.plan.manner.answer_s)):
            s.asked = "end"
            out.fact(s, "ask", word="end")
            out.effect("ask", "end", application=s.current)
    s.released = s.rest_over = False


TOLD = {"park": "parked", "pause": "paused", "skip": "skipped", "off": "let_go"}


def close_as_told(s: Session, e: Event, out: Out) -> None:
    close(TOLD[e.kind], s, e, out)


def skipped(s: Session, e: Event, out: Out) -> None:
    found = s.find(e.application) if e.application else s.following()
    assert found is not None  # `can_skip` has seen it
    s.outcomes = {**s.outcomes, found.id: "skipped"}
    out.fact(s, "closed", application=found.id, outcome="skipped")


def recheck(s: Session, e: Event, out: Out) -> None:
    length = ms(s.application.dose.recheck_s)
    left = _on(s, recheck=True)
    s.phase_at = s.now + min(length, left)
    out.cue(s, "recheck", for_ms=min(length, left), ceiling=s.ceiling)
    out.effect("ask", "recheck", application=s.current)
    s.asked = "recheck"


def recheck_done(s: Session, e: Event, out: Out) -> None:
    s.rechecked = True
    quiet(s)


def rechecked(s: Session, e: Event, out: Out) -> None:
    s.rechecked = True
    s.asked = ""


def left_behind(s: Session, e: Event, out: Out) -> None:
    s.asked = ""


# ---------------------------------------------------------------- the session


def rescreen(s: Session, e: Event, out: Out) -> None:
    s.screen_due = True
    out.effect("rescreen", e.word or e.kind)


def resumed(s: Session, e: Event, out: Out) -> None:
    s.why = "resumed"


def _work(a: Application) -> tuple[str, str, bool]:
    return a.place, a.technique, a.both


def revised(s: Session, e: Event, out: Out) -> None:
    """What was done stays done where the new plan has the same work; a hand that is still on counts on where it is."""
    before, s.plan = {a.id: a for a in s.plan.applications}, plan_of(e.data)
    s.screen_due = s.screen_due and e.word != SCREENED
    same = {a.id for a in s.plan.applications if a.id in before and _work(a) == _work(before[a.id])}
    s.outcomes = {ident: outcome for ident, outcome in s.outcomes.items() if ident in same}
    if s.current in same:
        s.ceiling = min(s.ceiling, s.application.dose.band_high, s.application.limits.discomfort)
    else:
        s.current = ""
    out.effect("announce", "revised")


def dial_joined(s: Session, e: Event, out: Out) -> None:
    s.dial = "joined"
    out.effect("announce", "dial_joined")


def dial_lost(s: Session, e: Event, out: Out) -> None:
    s.dial, s.word_due = "lost", True
    s.voices = tuple(v for v in s.voices if v[0] != "dial")
    out.effect("announce", "dial_lost")


def handed_over(s: Session, e: Event, out: Out) -> None:
    s.dial, s.word_due = "none", False
    s.voices = tuple(v for v in s.voices if v[0] != "dial")


def by_voice(s: Session, e: Event, out: Out) -> None:
    """A person's word to go on: where the dial was lost, it goes on by voice."""
    s.word_due = False
    if s.dial == "lost":
        handed_over(s, e, out)


def finish(s: Session, e: Event, out: Out) -> None:
    out.effect("finish", s.why)


OUTCOMES = (
    "stop", "pinch", "symptom", "fail", "restarted", "late", "end", "changed", "above", "silent", "limit", "referral", "eased",
    "turns", "no_release", "worse", "flat",
)  # fmt: skip
"""How the engine itself ends a piece of work; a person parks, pauses, skips it or lets go."""
ACTS: dict[str, Act] = {
    f.__name__: f
    for f in (
        let_go, still_off, acknowledge, press, press_same, hold, hold_on, ease, lighten, watch_top, lighter_next, more, more_turn, wait_again, release, ask,
        ask_now, ask_rise, answered, noted, rated, based, rated_round, breach, referred, silence, wait_word, round_done, rest_again, rest_ends, decide,
        next_turn, stroke, halt, go_on, stroke_on, take_up, close_as_told, skipped, recheck, recheck_done, rechecked, left_behind,
        wait_back, rescreen, resumed, revised, dial_joined, dial_lost, handed_over, by_voice, finish,
    )
}  # fmt: skip
ACTS.update({f"close_{outcome}": partial(close, outcome) for outcome in OUTCOMES})
