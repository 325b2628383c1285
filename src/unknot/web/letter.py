"""The letter to a physician: drafted from the clearance, one page (two when the head is very long), tagged PDF by typst with the practice's head."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from unknot.case.clearance import Clearance, Reason
from unknot.errors import Problem, UnknotError
from unknot.record.screening import Person
from unknot.web.practice import Practice
from unknot.words import say

STRANGE = re.compile(r"[^\n\x20-\x7e\u00a0-\u024f\u0370-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf]")
"""Characters beyond Latin, Greek and Cyrillic, which the letter's own font has."""
SIGN = "□"
MOST_REASONS = 6
"""Reasons that fit the page; more are counted."""


def asks_of(clearance: Clearance) -> list[Reason]:
    """What a physician is asked about: what waits for an approval or a referral, then what makes the work careful."""
    first = [r for r in clearance.reasons if r.outcome in ("approval", "refer", "emergency", "not_today")]
    return first or [r for r in clearance.reasons if r.outcome == "careful"]


def letter(person: Person, clearance: Clearance, practice: Practice, on: date) -> bytes:
    """The PDF. Nothing of the client but the label and the age that the practice keeps goes into it, and the reasons."""
    data = _data(person, clearance, practice, on)
    found = _set(data, ["ua-1"]) or _set(_printable(data), ["ua-1"]) or _set(_printable(data), [])
    if found is None:
        raise LetterError(
            [Problem("letter", say("letter.title"), say("letter.not_set"), "", say("letter.not_set_todo"))]
        )
    return found


class LetterError(UnknotError):
    """The letter cannot be set. It says nothing of what stands in it."""

    code = "letter"


def _set(data: dict[str, Any], standards: list[str]) -> bytes | None:
    """The PDF, or None where typst refuses. What typst says holds the text itself, so it goes no further: no client's value in a log."""
    import typst

    told = json.dumps(data, ensure_ascii=False)
    try:
        return bytes(_compiler().compile(format="pdf", sys_inputs={"data": told}, pdf_standards=standards))
    except typst.TypstError:
        return None


def _printable(data: dict[str, Any]) -> dict[str, Any]:
    """The same with a sign for each character of a script that the fonts at hand may lack, and a line that says so."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        if isinstance(value, list):
            return [plain(one) for one in value]
        return STRANGE.sub(SIGN, str(value))

    found: dict[str, Any] = plain(data)
    return found | {"note": say("letter.note", sign=SIGN)}


@lru_cache(maxsize=1)
def _compiler() -> Any:
    import typst

    return typst.Compiler(str(Path(__file__).parent / "letter.typ"))


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
        "note": "",
        "planned": say("letter.planned", most=f"{most:g}", hold=f"{hold:g}"),
        "practice": practice.name or say("letter.no_practice"), "practitioner": practice.practitioner, "address": practice.address,
        "phone": practice.phone, "date": on.isoformat(), "client": say("letter.client", label=person.label, age=age),
        "reasons": rows or [{"name": say("letter.none"), "why": "", "because": ""}],
        "asked": [say(f"letter.{key}") for key in ("asked_now", "asked_left_out", "asked_before")],
    }  # fmt: skip
