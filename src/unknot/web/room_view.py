"""Where a live session stands, as plain data for the screens of the room. A dial is told no more than it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from unknot.case.plan import Application
from unknot.treat.conditions import CONDITIONS
from unknot.treat.course import signs_due
from unknot.treat.event import Event
from unknot.treat.fact import Fact
from unknot.treat.session import CONTACT, Session, ms, visit_of
from unknot.treat.table import REFUSE, rows
from unknot.web.live import Live
from unknot.web.room_notes import notes

WORDS = {
    "waiting": "ready", "pressing": "press", "holding": "hold", "rising": "more", "easing": "ease", "resting": "let_go",
    "stroking": "stroke", "halting": "hold", "between": "let_go", "ending": "let_go", "rechecking": "recheck",
    "stopped": "stop", "ended": "ended",
}  # fmt: skip
"""The one large word of each phase."""
SAID = (
    "begin", "next", "repeat", "skip", "park", "pause", "end", "rate", "less", "same", "more", "stop", "resume", "symptom", "referral",
    "release", "ease", "off", "halt", "stuck", "recheck", "log", "hand_over",
)  # fmt: skip
"""What a practitioner's screen can say; of these it offers what would not be refused."""
AFTER = ("waiting", "resting", "between", "ending")
"""Phases in which the hand should be off, and says so."""
MOMENT_MS = 2500
"""How long a cue stands on the ring while the phase goes on, unless another comes before."""
OF_A_MOMENT = {
    "pressing": ("more",), "holding": ("ease", "press", "more"), "rising": ("ease",), "stroking": ("ease",), "halting": ("ease",),
}  # fmt: skip
"""Cues that do not change the phase, and yet are what the hand is to do now."""
CURVE = 200
"""Ratings that a screen draws."""


def word(s: Session) -> str:
    """The large word of the phase at hand."""
    if s.phase == "waiting" and s.hands_on:
        return "let_go"
    if s.phase == "stopped" and s.why == "restarted":
        return "let_go"
    return "done" if finished(s) else WORDS[s.phase]


def finished(s: Session) -> bool:
    """Whether all that was planned is done, and only ending is left."""
    return s.phase == "waiting" and bool(s.plan.applications) and s.following() is None


def said(live: Live) -> dict[str, Any]:
    """The word that the ring shows: the newest cue for its moment, then that of the phase."""
    s, cue = live.session, live.cue
    stands, until = word(s), cue.at + MOMENT_MS
    shown = cue.word in OF_A_MOMENT.get(s.phase, ()) and live.now() < until
    return {"word": cue.word if shown else stands, "word_then": stands, "word_until": until if shown else None}


def screen(live: Live) -> dict[str, Any]:
    """For the practitioner and for who watches."""
    s = live.session
    return {
        **dial(live),
        **said(live),
        "finish": finished(s),
        "lighter": live.cue.lighter and s.phase in CONTACT,
        "why": why(s, live.facts),
        "turn": s.turn,
        "current": _application(s.application, s) if s.family else None,
        "next": _next(s),
        "applications": [_application(a, s) for a in s.plan.applications],
        "rated_at": s.rated_at if s.rating is not None else None,
        "fresh_ms": ms(s.plan.manner.fresh_s),
        "phase_at": s.phase_at,
        "limit_at": s.limit_at,
        "answer_at": s.answer_at,
        "pressed_at": s.pressed_at,
        "released": s.released,
        "lower": s.lower,
        "silent": s.silent,
        "referrals": s.referrals,
        "rechecked": s.rechecked,
        "screen_due": s.screen_due,
        "stored": live.stored,
        "elapsed": s.elapsed(live.now()),
        "session_left": _session_left(live),
        "curve": live.curve[-CURVE:],
        "may": [kind for kind in SAID if may(s, kind)],
        "primary": primary(s),
        "ring": ring(s),
        "signs": list(signs_due(live.facts)) if s.screen_due else [],
        "notes": notes(live.facts),
    }


def may(s: Session, kind: str, application: str = "") -> bool:
    """Whether the table has a move for it now: what it would refuse is not offered."""
    event = Event(s.now, kind, value=0.0, application=application)
    row = next((r for r in rows(s.family, s.phase, kind) if CONDITIONS[r.when](s, event)), None)
    return row is not None and row.to != REFUSE


def primary(s: Session) -> dict[str, str] | None:
    """The one thing to do next, and what it is called: the large button, the right pedal."""
    if s.phase in ("stopped", "ended") and s.hands_on:
        return {"kind": "off", "does": "hands_off"}
    if s.screen_due:
        return {"kind": "gone", "does": "gone"}
    if s.phase == "ended":
        return None
    if s.phase == "stopped":
        return {"kind": "resume", "does": "go_on"}
    if s.hands_on and s.phase in AFTER:
        return {"kind": "next", "does": "hands_off"}
    if not may(s, "next"):
        return _instead(s)
    return {"kind": "next", "does": _does(s)}


def why(s: Session, facts: Sequence[Fact]) -> str:
    """Why the hand is off: a pause that nobody asked for is told as the lost line that it was."""
    paused = next((f for f in reversed(facts) if f.kind == "pause"), None) if s.why == "paused" else None
    return "line" if paused is not None and paused.body.get("word") == "line" else s.why


def _instead(s: Session) -> dict[str, str] | None:
    """What is next where *next* would be refused."""
    if s.phase == "easing":
        return {"kind": "off", "does": "off"}
    return {"kind": "end", "does": "finish"} if s.following() is None and s.phase in ("waiting", "ending") else None


def _does(s: Session) -> str:
    """What *next* does here, as a word of the catalogue."""
    if s.phase == "ending":
        return "recheck" if may_recheck(s) else "leave"
    if s.phase == "holding":
        return "released" if s.family == "release" else "let_go"
    return {
        "waiting": "begin", "pressing": "hold", "rising": "hold", "stroking": "stroke_end", "halting": "stroke_on",
        "resting": "by_voice" if s.dial == "lost" else "go_on", "between": "next_stroke", "rechecking": "recheck_end",
    }.get(s.phase, "go_on")  # fmt: skip


def may_recheck(s: Session) -> bool:
    return CONDITIONS["may_recheck"](s, Event(s.now, "next"))


def ring(s: Session) -> dict[str, Any] | None:
    """The time that the ring shows: from when to when [ms], and of what; the nearest end of the phase, else of the pressure."""
    if s.phase_at is not None and s.phase in (
        "holding",
        "stroking",
        "halting",
        "easing",
        "resting",
        "between",
        "rechecking",
    ):
        return {"from": s.phase_at - _length(s), "to": min(s.phase_at, s.limit_at or s.phase_at), "of": s.phase}
    if s.phase in ("pressing", "rising", "easing", "resting", "between") and s.answer_at is not None:
        wait_s = s.plan.manner.rise_s if s.phase in ("pressing", "rising") else s.plan.manner.answer_s
        return {"from": s.answer_at - ms(wait_s), "to": min(s.answer_at, s.limit_at or s.answer_at), "of": "answer"}
    if s.phase in CONTACT and s.limit_at is not None:
        return {"from": s.pressed_at, "to": s.limit_at, "of": "limit"}
    return None


def _length(s: Session) -> int:
    """How long the phase at hand is in all [ms]."""
    dose = s.application.dose
    if s.phase in ("resting", "between"):
        return ms(dose.rest_s)
    if s.phase == "rechecking":
        return ms(dose.recheck_s)
    if s.phase == "stroking" or (s.phase == "easing" and s.family == "passes"):
        return ms(dose.stroke_s(s.turn))
    return ms(dose.hold_s)


def dial(live: Live) -> dict[str, Any]:
    """What a client's dial shows: whether the hand presses, what is asked, and the client's own last word."""
    s = live.session
    return {
        "sequence": s.sequence,
        "epoch": s.epoch,
        "now": live.now(),
        "phase": s.phase,
        "word": word(s),
        "pressing": s.phase in CONTACT,
        "hands_on": s.hands_on,
        "asked": s.asked,
        "rating": s.rating,
        "own": next((value for by, value, _ in s.voices if by == "dial"), None),
        "ceiling": s.ceiling,
        "dial": s.dial,
    }


def _next(s: Session) -> dict[str, Any] | None:
    found = s.following()
    return _application(found, s) if found else None


def _application(a: Application, s: Session) -> dict[str, Any]:
    return {
        "id": a.id, "place": a.place, "site": a.site, "name": a.name, "technique": a.technique, "family": a.family,
        "verb": a.verb, "contact": a.contact, "lie": a.lie, "support": a.support, "why": a.why, "follow": a.follow,
        "dangers": list(a.dangers), "band_low": a.dose.band_low, "band_high": a.dose.band_high, "turns": a.dose.turns,
        "hold_s": a.dose.hold_s, "pass_s": a.dose.pass_s, "path": list(a.path), "search_s": a.dose.search_pass_s, "force_n": a.force_n, "outcome": s.outcomes.get(a.id, ""),
        "taken_up": s.taken_up.get(visit_of(a), 0), "returns": s.plan.manner.returns,
        "pressed": s.ledger.get(f"point:{a.place}", 0), "left": _left(a, s),
        "open": may(s, "begin", a.id), "skippable": a.id not in s.outcomes and may(s, "skip", a.id),
    }  # fmt: skip


def _left(a: Application, s: Session) -> int:
    """What the place may still have in this visit [ms], however long one hold may be."""
    return max(0, s.left(replace(a, family="passes"), s.now))


def _session_left(live: Live) -> int:
    s = live.session
    most = min((a.limits.session_min for a in s.plan.applications), default=0.0)
    return max(0, ms(most * 60) - s.elapsed(live.now()))
