"""Who may ask for what: one table from every address of the app to the right that it needs and to what the trail notes.

An address that does not stand here is closed to everybody but the owner; a test takes every address from the app and fails for one that is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Right = Literal["open", "code", "signed", "map", "list", "health", "practice", "owner"]
Trail = Literal["", "look", "change"]
MAY: dict[str, frozenset[Right]] = {
    "owner": frozenset({"signed", "map", "list", "health", "practice", "owner"}),
    "practitioner": frozenset({"signed", "map", "list", "health", "practice"}),
    "front": frozenset({"signed", "list"}),
    "student": frozenset({"signed", "map"}),
}
"""What each role may. *open* is for everybody; *code* for a client's device, which shows its own key further in."""
SEES_ALL = ("owner",)
"""Who sees every client's record. Everybody else with the right *health* sees those whom they treat."""


@dataclass(frozen=True, slots=True)
class Row:
    """What an address needs, and what the trail notes of it. `pattern` is the address with names for its values."""

    pattern: str
    right: Right
    trail: Trail = ""


_TABLE: dict[Right, dict[Trail, str]] = {
    "open": {
        "": """
            GET /sign-in | POST /sign-in | POST /sign-in/options | POST /sign-in/passkey | POST /sign-out | POST /lock
            GET /join | POST /join | GET /join/account | POST /join/account
            GET /q | POST /q | GET /d | POST /d | GET /session.css | GET /study.css | GET /atlas/{version}/{name} | GET /static/{path}
        """,
    },
    "code": {
        "": "GET /dial | WS /dial/ws | POST /mine/search | POST /mine/language",
        "look": "GET /mine/sheet | GET /mine/sheet.pdf | GET /mine/draw | GET /mine/ask | GET /mine/words | GET /mine/consent | GET /mine/marks | GET /mine/done",
        "change": "POST /mine/draw | POST /mine/ask | POST /mine/words | POST /mine/consent | POST /mine/marks",
    },
    "signed": {
        "": """
            GET /me | POST /me/password | POST /me/passkey/options | POST /me/passkey | POST /me/passkey/remove | POST /me/end
            GET /prove | POST /prove | POST /prove/passkey
            POST /seen | GET /api/openapi.json
        """,
    },
    "map": {
        "": """
            GET / | POST / | GET /example | POST /open | POST /refers | POST /case.toml | POST /print
            POST /api/assess | POST /api/screen | GET /api/regions | GET /rehearse | GET /rehearse/{trial}
        """,
    },
    "list": {
        "": "POST /clients | POST /day | POST /day/off | POST /find",
        "look": "GET /clients | GET /day | GET /clients/{client}/who",
        "change": "POST /clients/{client}/who | POST /clients/{client}/code",
    },
    "health": {
        "": "POST /check | GET /clients/{client}/waiting | POST /clients/{client}/search | GET /sessions/{session}/places | GET /sessions/{session}/pass",
        "look": """
            GET /clients/{client} | GET /clients/{client}/phone | GET /clients/{client}/map | GET /clients/{client}/letter.pdf
            GET /clients/{client}/ask | GET /clients/{client}/words | GET /clients/{client}/consent | GET /clients/{client}/marks
            GET /clients/{client}/home | GET /clients/{client}/reports | GET /clients/{client}/progress.pdf | GET /clients/{client}/insurance.pdf
            GET /clients/{client}/visits/{visit}/note | GET /clients/{client}/visits/{visit}/note.pdf | GET /clients/{client}/visits/{visit}/note.txt
            GET /clients/{client}/visits/{visit}/sheet | GET /clients/{client}/visits/{visit}/sheet.pdf
            GET /clients/{client}/visits/{visit}/photos/{number} | GET /clients/{client}/measures | GET /clients/{client}/outcomes
            GET /clients/{client}/done | GET /clients/{client}/plan | GET /clients/{client}/plan/print
            GET /sessions/{session} | GET /sessions/{session}/watch | GET /sessions/{session}/pictures | GET /sessions/{session}/end
        """,
        "change": """
            POST /clients/{client}/photos | POST /clients/{client}/visits/{visit}/photos/{number}/remove | POST /clients/{client}/hand | POST /clients/{client}/visits/{visit}/sheet/code | POST /clients/{client}/person | POST /clients/{client}/approval | POST /clients/{client}/override
            POST /clients/{client}/ask | POST /clients/{client}/words | POST /clients/{client}/consent | POST /clients/{client}/marks
            POST /clients/{client}/home | POST /clients/{client}/home.html | POST /clients/{client}/reports | POST /clients/{client}/measures
            POST /clients/{client}/visits/{visit}/note | POST /clients/{client}/visits/{visit}/amend | POST /clients/{client}/visits/{visit}/liked
            POST /clients/{client}/plan | POST /clients/{client}/plan/path | POST /clients/{client}/sessions | POST /clients/{client}/here | WS /sessions/{session}/ws
        """,
    },
    "practice": {"": "GET /practice"},
    "owner": {
        "": "GET /people | GET /audit | GET /languages | GET /languages/template.toml",
        "change": "POST /practice | POST /languages | POST /languages/remove",
        "look": "",
    },
}  # fmt: skip
QUIET = frozenset({"/clients/{client}/waiting"})
"""What a page asks by itself: no hand that keeps a device from locking."""
OWN_TRAIL = "POST /people | POST /people/settings | POST /people/{account}"
"""Addresses of the owner whose handlers write the trail themselves, in more words."""


@cache
def table() -> dict[str, Row]:
    """Method and pattern to the row."""
    found = {
        one.strip(): Row(one.split()[1], right, trail)
        for right, trails in _TABLE.items() for trail, text in trails.items()
        for line in text.strip().splitlines() for one in line.split("|") if one.strip()
    }  # fmt: skip
    return found | {one.strip(): Row(one.split()[1], "owner") for one in OWN_TRAIL.split("|")}


def row_of(method: str, path: str) -> tuple[Row | None, dict[str, str]]:
    """The row of an address that is asked for, with the values in it. A plain address stands above one with names."""
    method = "GET" if method == "HEAD" else method
    plain = table().get(f"{method} {path}")
    if plain is not None:
        return plain, {}
    for shape, row in _shapes(method):
        match = shape.fullmatch(path)
        if match:
            return row, match.groupdict()
    return None, {}


@cache
def _shapes(method: str) -> list[tuple[re.Pattern[str], Row]]:
    rows = [row for key, row in table().items() if key.split()[0] == method and "{" in row.pattern]
    return [(_shape(row.pattern), row) for row in rows]


def _shape(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", pattern)
    text = "".join(
        re.escape(part) if n % 2 == 0 else f"(?P<{part}>{'.+' if part == 'path' else '[^/]+'})"
        for n, part in enumerate(parts)
    )
    return re.compile(text)


def may(role: str, right: Right) -> bool:
    """Whether a role has a right. A role that is none has no right."""
    return right == "open" or right in MAY.get(role, frozenset())
