"""Words of every day that sound like a sign of illness: what was found in them is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from unknot.case.lexicon import ENDS, Match, stem, tokens
from unknot.knowledge.load import Knowledge


@dataclass(frozen=True, slots=True)
class _Saying:
    stems: tuple[str, ...]
    of: frozenset[str]
    not_with: frozenset[str]


@lru_cache(maxsize=4)
def _sayings(k: Knowledge) -> dict[str, tuple[_Saying, ...]]:
    """By the stem that each begins with."""
    found: dict[str, tuple[_Saying, ...]] = {}
    for one in k.harmless.values():
        danger = frozenset(stem(word) for word in one.not_with)
        for phrase in one.says:
            saying = _Saying(tuple(stem(t) for t in tokens(phrase)), frozenset(one.of), danger)
            found[saying.stems[0]] = (*found.get(saying.stems[0], ()), saying)
    return found


def serious(said: Sequence[str], matches: list[Match], k: Knowledge) -> list[Match]:
    """The matches that are not part of a harmless saying, nor explained by one in the same sentence."""
    if not matches:
        return matches
    stems = [stem(token) for token in said]
    spoken = _spoken(stems, k)
    return [m for m in matches if not any(_sets_aside(one, at, m, said, stems) for one, at in spoken)]


def _spoken(stems: list[str], k: Knowledge) -> list[tuple[_Saying, int]]:
    """The sayings in a text, each with where it begins."""
    known = _sayings(k)
    return [
        (one, i)
        for i, first in enumerate(stems)
        for one in known.get(first, ())
        if tuple(stems[i : i + len(one.stems)]) == one.stems
    ]


def _sets_aside(one: _Saying, at: int, match: Match, said: Sequence[str], stems: list[str]) -> bool:
    covers = range(at, at + len(one.stems))
    if not one.of:
        return not match.covers.isdisjoint(covers)
    if match.id not in one.of or not one.not_with.isdisjoint(stems):
        return False
    first, last = min(at, match.first), max(covers[-1], match.last)
    return not any(token in ENDS for token in said[first:last])
