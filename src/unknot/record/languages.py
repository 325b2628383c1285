"""Languages that a practice adds for its clients: one file of messages each, kept in the record. What is missing in it is said in English.

A file is TOML: `[language]` with `code` and `name`, then one message a key (`"home.where" = "..."`). `english` lists what there is to put into it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from string import Formatter
from typing import Any

from unknot.errors import Problem, UnknotError
from unknot.guards import HIDDEN
from unknot.knowledge.load import Knowledge
from unknot.record.called import called
from unknot.record.store import OvertakenError, Store
from unknot.words import DEFAULT, catalogue, flat, say

KIND = "language"
ANSWERED = "answered_in"
"""The document of a client that says in which language they answered last."""
CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
LARGEST = 400_000
"""Characters of a file."""
LONGEST_NAME = 40
SEEN = (
    "answer.", "ask.", "calendar.", "client.", "code.", "consent.", "done.", "draw.", "group.", "intensity.", "list.", "mark.", "marks.", "physician.",
    "pictures.", "quality.", "sheet_call.", "sheet_change.", "sheet_how.", "sheet_paper.", "side.", "words.",
)  # fmt: skip
"""How the keys begin that a client sees."""
SEEN_TOO = (
    "home.page_title", "home.page_lead", "home.where", "home.where_help", "home.by_name", "home.choose", "home.remove", "home.words", "home.rest",
    "home.seal", "home.done", "home.left", "home.failed", "screen.allowed", "note.pdf", "note.about", "note.more", "note.next", "note.no_next",
    "session.minutes", "session.seconds", "sheet.body", "sheet.head", "sheet.hands", "sheet.feet", "letter.no_practice", "note.body", "plan.spot_name", "plan.a_spot",
)  # fmt: skip


class LanguageError(UnknotError):
    """A file that is no language; nothing was stored."""

    code = "language"


@dataclass(frozen=True, slots=True)
class Language:
    """A language as its file says it. Keys of `messages` that no client sees, or whose {names} differ from the English ones, are left out of it."""

    code: str
    name: str
    messages: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    version: int = 0

    def missing(self, k: Knowledge) -> list[str]:
        """The keys that are said in English."""
        return [key for key in english(k) if key not in self.messages]

    def same(self, k: Knowledge) -> list[str]:
        """The keys whose text is the English one, as in the file to begin with: few words are alike in two languages."""
        return [key for key, text in english(k).items() if self.messages.get(key) == text]


@lru_cache(maxsize=2)
def english(k: Knowledge) -> Mapping[str, str]:
    """Everything that a client sees: key to the English text, messages first, then questions, areas of consent, and the names of places, views, muscles, nerves, other origins and tests."""
    there = catalogue()
    found = {key: text for key, text in there.items() if key.startswith(SEEN) or key in SEEN_TOO}
    for q in k.questions.values():
        found[f"question.{q.id}.ask"] = q.ask
        if q.help:
            found[f"question.{q.id}.help"] = q.help
    for area in k.consent_areas.values():
        found[f"area.{area.id}.ask"], found[f"area.{area.id}.draping"] = area.ask, area.draping
    return found | called(k)


def template(k: Knowledge) -> str:
    """A file to be put into a language: every message with its English text."""
    head = '[language]\ncode = ""  # for example "cy"\nname = ""  # as its speakers call it\n\n[messages]\n'
    return head + "".join(f"{_quoted(key)} = {_quoted(text)}\n" for key, text in english(k).items())


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def read(text: str, k: Knowledge, version: int = 0) -> Language:
    """A language from its file. Raises LanguageError for what is no TOML, too large, or says no code and name."""
    if len(text) > LARGEST:
        raise _no_language(say("languages.file"), f"{len(text):,}", f"{LARGEST:,}", say("languages.too_large"))
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_language(say("languages.file"), str(error)[:120], "TOML", say("languages.todo")) from error
    head: Any = content.pop("language", {})
    code, name = (head.get(key, "") if isinstance(head, Mapping) else "" for key in ("code", "name"))
    if not isinstance(code, str) or not CODE.fullmatch(code) or code == DEFAULT:
        raise _no_language("language.code", str(code)[:20], "cy, pt-BR", say("languages.code_todo"))
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or HIDDEN.search(name):
        raise _no_language("language.name", str(name)[:20], f"1 to {LONGEST_NAME}", say("languages.name_todo"))
    told = flat(content.pop("messages", {}), "") + flat(content, "")
    there = english(k)
    known = {key: words for key, words in told if key in there and words.strip()}
    wrong = tuple(key for key, words in known.items() if HIDDEN.search(words) or _names(words) != _names(there[key]))
    good = {key: words for key, words in known.items() if key not in wrong}
    return Language(code, name, good, tuple(key for key, _ in told if key not in there), wrong, version)


def _names(text: str) -> set[str] | None:
    """The names that a message fills in; None when its braces do not match."""
    try:
        return {f"{name}:{spec}" for _, name, spec, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return None


def _no_language(place: str, given: str, allowed: str, todo: str) -> LanguageError:
    return LanguageError([Problem("language", place, given or say("languages.nothing"), allowed, todo)])


class Languages:
    """The languages in a record. Raises StoreError when it cannot be read."""

    def __init__(self, store: Store, k: Knowledge) -> None:
        self.store = store
        self.k = k

    def all(self) -> list[Language]:
        """Every language, by its name."""
        kept = [d for d in self.store.all(KIND) if d.body.get("text")]
        return sorted((_parsed(d.body["text"], self.k, d.version) for d in kept), key=lambda found: found.name)

    def keep(self, text: str) -> Language:
        """Store a file; an older one of the same code is replaced. Raises LanguageError."""
        found = read(text, self.k)
        kept = self.store.get(KIND, found.code)
        self.store.put(KIND, found.code, {"text": text}, over=kept.version if kept else 0)
        return found

    def remove(self, code: str) -> None:
        """A language is spoken no more; its older versions stay in the record."""
        kept = self.store.get(KIND, code)
        if kept is not None:
            self.store.put(KIND, code, {"text": ""}, over=kept.version)


@lru_cache(maxsize=16)
def _parsed(text: str, k: Knowledge, version: int) -> Language:
    return read(text, k, version)


def answered_in(store: Store, client: str) -> str:
    """The code of the language in which a client answered last; empty when nobody knows."""
    found = store.get(ANSWERED, client)
    return str(found.body["language"]) if found is not None else ""


def note_answered(store: Store, client: str, code: str) -> None:
    """Keep in which language a client answers, where it is another than last time."""
    found = store.get(ANSWERED, client)
    if found is None or found.body["language"] != code:
        with suppress(OvertakenError):  # two devices of one client at once: either of them says it
            store.put(ANSWERED, client, {"client": client, "language": code}, over=found.version if found else 0)
