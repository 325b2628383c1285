"""The language that a client is spoken to in: chosen on their own pages, or by their browser where the practice has added it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from unknot.record.languages import Language
from unknot.words import DEFAULT, SPOKEN, say

COOKIE = "unknot-language"
OFFERED: ContextVar[Sequence[Language]] = ContextVar("offered", default=())
"""The languages that the practice has added, while a client's page is answered."""


def chosen(languages: Sequence[Language], wanted: str, accepts: str) -> Language | None:
    """The language that was chosen; else the first that a browser `accepts` (RFC 9110, 12.5.4); None for English."""
    by_code = {found.code.lower(): found for found in languages}
    if wanted == DEFAULT or wanted.lower() in by_code:
        return by_code.get(wanted.lower())
    for code in _ranked(accepts):
        if code in by_code:
            return by_code[code]
        if code.split("-")[0] == DEFAULT:
            return None
        if code.split("-")[0] in by_code:
            return by_code[code.split("-")[0]]
    return None


def _ranked(accepts: str) -> list[str]:
    found = []
    for n, part in enumerate(accepts[:500].split(",")):
        code, _, rest = part.strip().lower().partition(";")
        try:
            share = float(rest.strip().removeprefix("q=")) if rest.strip() else 1.0
        except ValueError:
            continue
        if share > 0:
            found.append((-share, n, code.strip()))
    return [code for _, _, code in sorted(found)]


@contextmanager
def speaking(language: Language | None, languages: Sequence[Language] = ()) -> Iterator[None]:
    """Everything said inside is said in a language; in English for None."""
    token, offered = SPOKEN.set(messages_of(language)), OFFERED.set(languages)
    try:
        yield
    finally:
        SPOKEN.reset(token)
        OFFERED.reset(offered)


def messages_of(language: Language | None) -> Mapping[str, str]:
    """All that a language says, with its own code and name."""
    if language is None:
        return {}
    return {**language.messages, "language.code": language.code, "language.name": language.name}


def offered() -> list[tuple[str, str]]:
    """(code, name) of the languages that a client's page may change to."""
    now = say("language.code")
    every = [(DEFAULT, "English"), *((found.code, found.name) for found in OFFERED.get())]
    return [row for row in every if row[0] != now]
