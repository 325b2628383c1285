"""What can happen in a session. An event carries its own time [ms] in the session's epoch; nothing here reads a clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from unknot.case.plan_mapping import plan_of
from unknot.errors import UnknotError
from unknot.treat.session import problems_of

Kind = Literal[
    "begin", "next", "repeat", "skip", "park", "pause", "end",
    "rate", "less", "same", "more", "stop", "resume", "symptom", "referral",
    "release", "ease", "off", "halt", "stuck", "recheck", "log",
    "revise", "dial_joined", "dial_lost", "hand_over", "fail", "restarted", "tick",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
PRESSES = ("begin", "next", "repeat", "recheck", "resume")
"""Words after which the hand may press again: a person's, and given after what had happened was known."""
Due = Literal["phase_due", "ask_due", "answer_due", "top_due", "limit_due"]
DUE: tuple[str, ...] = get_args(Due)
"""Deadlines, as the table sees them."""
INNER = ("decide", "late")
"""Events that the engine gives itself."""
VOICES = ("practitioner", "dial", "squeezer", "program", "teacher")
ANYONE = ("stop", "symptom", "less")
MAY = {
    "dial": (*ANYONE, "rate", "same", "more", "referral", "dial_joined", "dial_lost"),
    "squeezer": (*ANYONE, "same", "more"),
    "teacher": (*ANYONE, "log"),
    "program": (
        *ANYONE,
        "ease",
        "off",
        "pause",
        "end",
        "fail",
        "restarted",
        "tick",
        "revise",
        "dial_joined",
        "dial_lost",
        "hand_over",
        "log",
    ),
}
"""What each voice may say; the practitioner may say all. Nothing is pressed on the word of a program."""
SYMPTOMS = (
    "sharp", "electric", "numb", "burning", "cold", "pulsing", "sweating", "nausea", "dizzy", "faint", "breathless", "pinch",
)  # fmt: skip
"""Words at which the hand lets go. All but a pinch of the skin are screened again."""
LOGGED = ("stretch", "heat", "effleurage", "movement", "talk", "water", "oil", "turn", "other")
OF_THE_PLACE = ("sharp", "electric", "numb", "burning", "cold", "pulsing")
"""Symptoms of a place: when they have gone, that place is left alone for the rest of the visit. The others are of the whole person."""
SCREENED = "screened"
"""The word of a new plan that screening made, after what had happened; any other new plan leaves screening due."""
TISSUE = ("softer", "same", "firmer")
LONGEST_MS = 10**12
MALFORMED = (
    "no_time", "unknown_event", "unknown_voice", "not_by_this_voice", "not_plain", "not_a_rating", "not_a_place", "unknown_symptom",
    "unknown_log", "unknown_recheck", "not_a_plan", "not_a_gap",
)  # fmt: skip
"""Why an event is none."""
WORD = 120
"""The longest word, name or id of an event."""
DATA = 4000
"""The longest data of an event but a plan, as JSON."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `value` is a rating 0-10, a place along a path 0-1, or a gap [ms]; `word` a symptom, a reason, what was logged."""

    at: int
    kind: str
    by: str = "practitioner"
    value: float | None = None
    word: str = ""
    application: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    ident: str = ""
    """Of the message that brought it, so that one sent again is not taken twice."""


def malformed(event: Event) -> str:
    """Why an event is none, as a key of the catalogue below `session.refused`; empty when it is well formed."""
    if isinstance(event.at, bool) or not isinstance(event.at, int) or not 0 <= event.at <= LONGEST_MS:
        return "no_time"
    if event.kind not in KINDS:
        return "unknown_event"
    if event.by not in VOICES:
        return "unknown_voice"
    if event.kind not in MAY.get(event.by, KINDS):
        return "not_by_this_voice"
    if not _plain(event):
        return "not_plain"
    check = _CHECKS.get(event.kind)
    return check(event) if check else ""


def _plain(event: Event) -> bool:
    """Whether it can be stored as it is: short printable words, a finite number, and data that JSON can hold."""
    words = (event.word, event.application, event.ident)
    if not all(isinstance(w, str) and len(w) <= WORD and w.isprintable() for w in words):
        return False
    if event.value is not None and not _number(event, -LONGEST_MS, LONGEST_MS):
        return False
    return event.data == {} or _storable(event)


def _storable(event: Event) -> bool:
    given: object = event.data
    if not isinstance(given, Mapping):
        return False
    try:
        text = json.dumps(given, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return event.kind == "revise" or len(text) <= DATA


def _number(event: Event, low: float, high: float) -> bool:
    value = event.value
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _rate(event: Event) -> str:
    return "" if _number(event, 0, 10) else "not_a_rating"


def _stuck(event: Event) -> str:
    return "" if _number(event, 0, 1) else "not_a_place"


def _symptom(event: Event) -> str:
    return "" if event.word in SYMPTOMS else "unknown_symptom"


def _log(event: Event) -> str:
    return "" if event.word in LOGGED and len(str(event.data.get("text", ""))) <= 500 else "unknown_log"


def _recheck(event: Event) -> str:
    if event.value is not None and not _number(event, 0, 10):
        return "not_a_rating"
    told = event.data
    allowed = {"familiar": (True, False), "tissue": TISSUE, "motion": MOTION}
    return "" if all(k in allowed and v in allowed[k] for k, v in told.items()) else "unknown_recheck"


def _revise(event: Event) -> str:
    try:
        plan = plan_of(event.data)
    except UnknotError:
        return "not_a_plan"
    return "not_a_plan" if problems_of(plan) or event.word not in ("", SCREENED) else ""


def _restarted(event: Event) -> str:
    return "" if event.value is None or _number(event, -LONGEST_MS, LONGEST_MS) else "not_a_gap"


MOTION = ("freer", "same", "less")
_CHECKS = {
    "rate": _rate, "stuck": _stuck, "symptom": _symptom, "log": _log, "recheck": _recheck, "revise": _revise,
    "restarted": _restarted,
}  # fmt: skip
