"""Words of every day that sound like a sign of illness: what was found in them is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from unknot.case.lexicon import ENDS, Match, stem, tokens
from unknot.knowledge.load import Knowledge

OWNERS = frozenset(["my", "his", "her", "our", "a", "the"])
RELATIVES = frozenset(
    [
        "mother",
        "father",
        "mum",
        "mom",
        "dad",
        "sister",
        "brother",
        "wife",
        "husband",
        "partner",
        "son",
        "daughter",
        "aunt",
        "uncle",
        "grandmother",
        "grandfather",
        "grandma",
        "grandpa",
        "gran",
        "niece",
        "nephew",
        "cousin",
        "friend",
        "boyfriend",
        "girlfriend",
        "neighbour",
        "colleague",
        "boss",
        "flatmate",
        "baby",
        "toddler",
        "child",
        "kid",
        "boy",
        "girl",
        "dog",
        "cat",
        "horse",
    ]
)
HAVE = frozenset(
    [
        "had",
        "has",
        "have",
        "is",
        "was",
        "were",
        "are",
        "died",
        "dies",
        "takes",
        "took",
        "gets",
        "got",
        "suffers",
        "suffered",
    ]
)
SEES = frozenset(
    [
        "says",
        "said",
        "tells",
        "told",
        "notices",
        "noticed",
        "sees",
        "saw",
        "seen",
        "thinks",
        "thought",
        "finds",
        "found",
        "worries",
        "worried",
        "feels",
        "felt",
    ]
)
"""What somebody else says of the client is told of the client."""
MYSELF = frozenset(["i", "me", "we", "myself"])
KIN = frozenset(["family"])
PROFESSION = frozenset(["doctor", "physician", "gp", "medicine"])


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
    own = [m for m in matches if not of_another(said, m)]
    return [m for m in own if not any(_sets_aside(one, at, m, said, stems) for one, at in spoken)]


def of_another(said: Sequence[str], match: Match) -> bool:
    """Whether it is told of somebody else: "my father had", "in my family"; not where the client comes in again."""
    for i in range(match.first - 1, -1, -1):
        following = said[i + 1 : i + 2]
        if said[i] in MYSELF or (said[i] == "my" and following and following[0] not in RELATIVES | KIN):
            return False
        if said[i] in KIN and not PROFESSION & set(following):
            return True
        if said[i] in RELATIVES and i and said[i - 1] in OWNERS:
            return _does(said[i + 1 : match.last + 1])
    return False


def _does(said: Sequence[str]) -> bool:
    """Whether somebody is told to have or to do something, and not to have seen it in the client."""
    return bool(said) and said[0] not in SEES and (bool(HAVE & set(said[:2])) or said[0].endswith("s"))


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
        longer = match.covers > set(covers)  # the saying is only a part of what was found
        return not longer and not match.covers.isdisjoint(covers)
    if match.id not in one.of or not one.not_with.isdisjoint(stems):
        return False
    first, last = min(at, match.first), max(covers[-1], match.last)
    return not any(token in ENDS for token in said[first:last])
