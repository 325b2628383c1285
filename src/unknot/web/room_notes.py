"""What has just happened in a session, as short plain sentences: "8, eased within 1 s, back to 5"."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unknot.treat.fact import Fact
from unknot.words import say

LOOKED_AT = 120
"""Facts that are looked back on."""
SHOWN = 3
ENDED = ("taken_up", "restarted")


def notes(facts: Sequence[Fact]) -> list[str]:
    """The newest last, a few of them."""
    recent = facts[-LOOKED_AT:]
    found: list[str] = []
    for number, fact in enumerate(recent):
        if fact.kind in ENDED:
            found = [say("room_note.restarted")] if fact.kind == "restarted" else []
        text = _note(recent, number, fact)
        if text:
            found.append(text)
    return found[-SHOWN:]


def _note(facts: Sequence[Fact], number: int, fact: Fact) -> str:
    if fact.kind == "breach":
        return _breach(facts, number, fact)
    if fact.kind == "released":
        return say("room_note.released", seconds=round(fact.body["after_ms"] / 1000))
    if fact.kind == "silence":
        return say("room_note.silence")
    if fact.kind == "referral":
        return say("room_note.referral")
    if fact.kind == "pause" and fact.body.get("word") == "line":
        return say("room_note.line")
    if fact.kind == "closed":
        return say(f"session_end.{fact.body['outcome']}")
    return ""


def _breach(facts: Sequence[Fact], number: int, fact: Fact) -> str:
    """What was said, how soon the hand was told, and to what it came back."""
    after = [f for f in facts[number:] if f.epoch == fact.epoch]
    cue = next((f for f in after if f.kind == "cue" and f.body["word"] in ("ease", "let_go")), None)
    back = next((f for f in after[1:] if f.kind == "rate" and f.body["value"] <= fact.body["ceiling"]), None)
    seconds = max(1, math.ceil((cue.at - fact.at) / 1000)) if cue else 1
    word = say("room_note.eased" if cue is None or cue.body["word"] == "ease" else "room_note.let_go")
    value = f"{fact.body['value']:g}"
    if back is None:
        return say("room_note.above", value=value, done=word, seconds=seconds)
    return say("room_note.back", value=value, done=word, seconds=seconds, back=f"{back.body['value']:g}")
