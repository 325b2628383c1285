"""The one catalogue of all words that are shown to people: `catalogue/LANGUAGE.toml`, looked up by key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "catalogue"
DEFAULT = "en"


@lru_cache(maxsize=4)
def catalogue(language: str = DEFAULT) -> Mapping[str, str]:
    """All messages of a language by dotted key. Raises FileNotFoundError for a language that nobody has written."""
    content = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flat(content, ""))


def _flat(content: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in content.items():
        if isinstance(value, str):
            found.append((prefix + key, value))
        else:
            found.extend(_flat(value, f"{prefix}{key}."))
    return found


def say(key: str, /, *, language: str = DEFAULT, **values: Any) -> str:
    """The message `key` with its values put in. Raises KeyError for a key that the catalogue does not hold."""
    text = catalogue(language)[key]
    return text.format(**values) if values else text


def join(parts: list[str], key: str = "list.and") -> str:
    """Words in a row: "a", "a and b", "a, b and c"."""
    if len(parts) <= 1:
        return "".join(parts)
    return say(key, rest=", ".join(parts[:-1]), last=parts[-1])


def percent(chance: float) -> str:
    """A chance in whole percent; nothing is rounded up, and little is not nothing."""
    whole = int(chance * 100)
    return f"{whole} %" if whole else say("number.little")
