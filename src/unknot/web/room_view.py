"""Where a live session stands, as plain data for the screens of the room. A dial is told no more than it needs."""

from __future__ import annotations

from typing import Any

from unknot.case.plan import Application
from unknot.treat.session import CONTACT, Session, ms
from unknot.web.live import Live

WORDS = {
    "waiting": "ready", "pressing": "press", "holding": "hold", "rising": "more", "easing": "ease", "resting": "let_go",
    "stroking": "stroke", "halting": "hold", "between": "let_go", "ending": "let_go", "rechecking": "recheck",
    "stopped": "stop", "ended": "ended",
}  # fmt: skip
"""The one large word of each phase."""
CURVE = 200
"""Ratings that a screen draws."""


def screen(live: Live) -> dict[str, Any]:
    """For the practitioner and for who watches."""
    s = live.session
    return {
        **dial(live),
        "why": s.why,
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
    }


def dial(live: Live) -> dict[str, Any]:
    """What a client's dial shows: whether the hand presses, what is asked, and the client's own last word."""
    s = live.session
    return {
        "sequence": s.sequence,
        "epoch": s.epoch,
        "now": live.now(),
        "phase": s.phase,
        "word": WORDS[s.phase],
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
        "hold_s": a.dose.hold_s, "pass_s": a.dose.pass_s, "path": list(a.path), "outcome": s.outcomes.get(a.id, ""),
        "taken_up": s.taken_up.get(a.place, 0), "returns": s.plan.manner.returns,
        "pressed": s.ledger.get(f"point:{a.place}", 0), "left": max(0, s.left(a, s.now)),
    }  # fmt: skip


def _session_left(live: Live) -> int:
    s = live.session
    most = min((a.limits.session_min for a in s.plan.applications), default=0.0)
    return max(0, ms(most * 60) - s.elapsed(live.now()))
