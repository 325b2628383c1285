"""What the page of a session is given: its words, the scale of discomfort, names, and where things are."""

from __future__ import annotations

from typing import Any

from unknot.body.ramp import ramp
from unknot.case.places import site_name, sites
from unknot.knowledge.load import Knowledge
from unknot.record.sessions import Kept
from unknot.treat.event import LOGGED, SYMPTOMS
from unknot.web import dial_scale
from unknot.words import catalogue, say

ROOMS = ("room", "room_word", "room_do", "room_turn", "room_ask", "room_why", "session_end", "room_symptom", "room_log", "room_key", "refused")  # fmt: skip
"""Tables of the catalogue that the page needs."""
KEYS = ("next", "ease", "stop", "less", "same", "more", "off", "park", "halt", "stuck", "referral", "else")
"""What a key or a pedal can do."""


def room_data(k: Knowledge, kept: Kept, role: str, base: str) -> dict[str, Any]:
    """Plain data for the script. `base`: the address under which other devices reach this one; empty when none can."""
    found = {key: text for key, text in catalogue().items() if key.partition(".")[0] in ROOMS}
    return {
        "session": kept.id, "role": role, "base": base, "client": f"/clients/{kept.client}", "words": found, "ramp": list(ramp()),
        "scale": scale(k), "symptoms": list(SYMPTOMS), "logged": list(LOGGED), "keys": list(KEYS),
        "dangers": {d.id: d.name for d in k.dangers.values()},
        "techniques": {t.id: t.name for t in k.techniques.values()},
        "contacts": {c.id: c.name for c in k.contacts.values()},
        "lies": {one.id: one.name for one in k.lyings.values()},
    }  # fmt: skip


def scale(k: Knowledge) -> list[str]:
    """The word of each step of discomfort from 0 to 10, the same as on the client's dial."""
    return [step.word for step in dial_scale.scale(k)["steps"]]


def places(k: Knowledge) -> dict[str, str]:
    """Every place that can be treated, its name to its id."""
    points = {
        f"{k.muscles[p.muscle].name}, {p.name} ({say(f'side.{side}')})": f"{p.id}@{side}"
        for p in k.points.values()
        for side in (("left", "right") if not p.only_side else (p.only_side,))
    }
    return {**points, **{site_name(k, site): site for site in sites(k)}}
