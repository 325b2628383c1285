"""The letter to a physician: drafted from the clearance, one page (two when the head is very long), tagged PDF by typst with the practice's head."""

from __future__ import annotations

from datetime import date
from typing import Any

from unknot.case.clearance import Clearance, Reason
from unknot.record.amounts import day
from unknot.record.screening import Person
from unknot.web.practice import Practice
from unknot.web.typeset import typeset
from unknot.words import say

MOST_REASONS = 6
"""Reasons that fit the page; more are counted."""


def asks_of(clearance: Clearance) -> list[Reason]:
    """What a physician is asked about: what waits for an approval or a referral, then what makes the work careful."""
    first = [r for r in clearance.reasons if r.outcome in ("approval", "refer", "emergency", "not_today")]
    return first or [r for r in clearance.reasons if r.outcome == "careful"]


def letter(person: Person, clearance: Clearance, practice: Practice, on: date) -> bytes:
    """The PDF. Nothing of the client but the label and the age that the practice keeps goes into it, and the reasons."""
    return typeset("letter.typ", _data(person, clearance, practice, on), say("letter.title"))


def _data(person: Person, clearance: Clearance, practice: Practice, on: date) -> dict[str, Any]:
    reasons = asks_of(clearance)
    rows = [{"name": r.name, "why": r.why, "because": "; ".join(r.because)} for r in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        more = say("letter.more", count=len(reasons) - MOST_REASONS)
        rows.append({"name": more, "why": "", "because": ""})
    age = say("letter.age", age=f"{person.age:g}") if person.age is not None else ""
    told = {key: say(f"letter.{key}") for key in (
        "title", "greeting", "opening", "why_title", "planned_title", "asked_title", "answer_title", "yes", "limits", "no",
        "until", "name", "sign", "foot",
    )}  # fmt: skip
    most, hold = clearance.limit("discomfort").value, clearance.limit("hold_s").value
    return told | {
        "planned": say("letter.planned", most=f"{most:g}", hold=f"{hold:g}"),
        "practice": practice.name or say("letter.no_practice"), "practitioner": practice.practitioner, "address": practice.address,
        "phone": practice.phone, "date": day(on), "client": say("letter.client", label=person.label, age=age),
        "reasons": rows or [{"name": say("letter.none"), "why": "", "because": ""}],
        "asked": [say(f"letter.{key}") for key in ("asked_now", "asked_left_out", "asked_before")],
    }  # fmt: skip
