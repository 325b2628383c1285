"""Slips of the pen: a word that nobody knows, read as the one word that it is nearly."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

LEAST = 5
"""Letters that a word must have to be taken for a slip."""
OTHER_LETTER = 7
"""Letters from which one may be another: "pregnent". In a shorter word that makes another word ("cancel", "strike")."""

ORDINARY = frozenset(
    [
        "message",
        "messages",
        "messaging",
        "filter",
        "filters",
        "creator",
        "station",
        "stations",
        "spelling",
        "selling",
        "smelling",
        "dwelling",
        "clothing",
        "blending",
        "breeding",
        "beast",
        "binding",
        "bonding",
        "sharing",
        "shaving",
        "waiter",
        "launch",
        "mediation",
        "stating",
        "noting",
        "strike",
        "strikes",
        "striking",
        "violet",
        "slight",
        "breadth",
        "sweeping",
        "leaning",
        "inflated",
        "stroll",
        "strolls",
        "canal",
        "cancel",
        "cancels",
        "cancelled",
        "tension",
        "tablet",
        "handle",
        "change",
        "object",
        "property",
        "setting",
    ]
)
"""Words of every day that lie near one that is looked for, and are no slip of it."""


class Spelling:
    """`wanted` are the words that are looked for; `known` are words that are what they are."""

    def __init__(self, wanted: Iterable[str], known: Iterable[str]) -> None:
        self.wanted = {word for word in wanted if len(word) >= LEAST}
        self.known = {*known, *self.wanted, *ORDINARY}
        self.near: dict[str, set[str]] = defaultdict(set)
        for word in self.wanted:
            for left in (word, *_without_one(word)):
                self.near[left].add(word)

    def meant(self, token: str) -> str:
        """The word itself, or the only one that it can be a slip of: a letter too many or too few, two changed over, one another."""
        if len(token) < LEAST or token in self.known or not token.isalpha():
            return token
        found = {
            word
            for left in (token, *_without_one(token))
            for word in self.near.get(left, ())
            if word[0] == token[0] and _is_slip(token, word)
        }
        return min(found, key=lambda word: (abs(len(word) - len(token)), word)) if found else token


def _without_one(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(1, len(word))]


def _is_slip(token: str, word: str) -> bool:
    if re.sub(r"(.)\1", r"\1", token) == re.sub(r"(.)\1", r"\1", word):
        return True
    if len(token) != len(word):
        return min(len(token), len(word)) >= LEAST
    other = sum(a != b for a, b in zip(token, word, strict=True))
    return (other == 1 and len(token) >= OTHER_LETTER) or (other == 2 and sorted(token) == sorted(word))
