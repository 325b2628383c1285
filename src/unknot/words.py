"""The one catalogue of all words that are shown to people: `catalogue/en.toml`, looked up by key, and what a practice has put into its own language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).parent / "catalogue"
DEFAULT = "en"
SPOKEN: ContextVar[Mapping[str, str]] = ContextVar("spoken", default=MappingProxyType({}))
"""Messages of a language that a practice has added, for the time of one request of a client; what is missing is said in English."""


@lru_cache(maxsize=4)
def catalogue(language: str = DEFAULT) -> Mapping[str, str]:
    """All messages of a language by dotted key. Raises FileNotFoundError for a language that nobody has written."""
    content = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return dict(flat(content, ""))


def flat(content: Any, prefix: str) -> list[tuple[str, str]]:
    """(dotted key, text) of every text in nested tables; what is neither a text nor a table is left out."""
    found: list[tuple[str, str]] = []
    for key, value in content.items() if isinstance(content, Mapping) else ():
        found.extend([(prefix + key, value)] if isinstance(value, str) else flat(value, f"{prefix}{key}."))
    return found


def say(key: str, /, **values: Any) -> str:
    """The message `key` with its values put in, in the language that is spoken now. Raises KeyError for a key that the catalogue does not hold."""
    english = catalogue()[key]
    text = SPOKEN.get().get(key, english)
    return text.format(**values) if values else text


def spoken(key: str, english: str) -> str:
    """A text of the knowledge (a question, a place) in the language that is spoken now; as it stands there when nobody has put it into that language."""
    return SPOKEN.get().get(key, english)


@contextmanager
def in_english() -> Iterator[None]:
    """What is worked out and kept inside is in English, whoever asked for it: others will see it, too."""
    token = SPOKEN.set(MappingProxyType({}))
    try:
        yield
    finally:
        SPOKEN.reset(token)


def join(parts: list[str], key: str = "list.and") -> str:
    """Words in a row: "a", "a and b", "a, b and c"."""
    if len(parts) <= 1:
        return "".join(parts)
    return say(key, rest=", ".join(parts[:-1]), last=parts[-1])


def raised(text: str) -> str:
    """Words as a sentence begins: the first letter large."""
    return text[:1].upper() + text[1:]


def percent(chance: float) -> str:
    """A chance in whole percent; nothing is rounded up, and little is not nothing."""
    whole = int(chance * 100)
    return f"{whole} %" if whole else say("number.little")
