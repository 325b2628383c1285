"""Any point by its name, also one that the ranking does not list: where it was pressed all the same, what was found counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from unknot.case.lexicon import words
from unknot.case.places import SIDES
from unknot.knowledge.load import Knowledge

MOST = 12
"""Points listed for some words; more words make them fewer."""


@dataclass(frozen=True, slots=True)
class Named:
    """A point on a side, with its name and where it is found."""

    id: str
    name: str
    region: str
    find: str


@dataclass(frozen=True, slots=True)
class Another:
    """What was asked for, the first points of that name, and how many more there are."""

    words: str
    points: tuple[Named, ...]
    more: int


def another(k: Knowledge, text: str) -> Another:
    """The points whose muscle, name, id and side have a word that begins with each of the words."""
    wanted = words(text)
    found = [named for named, spoken in _all(k) if wanted and all(any(s.startswith(w) for s in spoken) for w in wanted)]
    return Another(text, tuple(found[:MOST]), max(0, len(found) - MOST))


@lru_cache(maxsize=4)
def _all(k: Knowledge) -> list[tuple[Named, frozenset[str]]]:
    found = []
    for point in k.points.values():
        muscle = k.muscles[point.muscle]
        sides = (point.only_side,) if point.only_side else SIDES if muscle.lateral else ("",)
        for side in sides:
            name = f"{muscle.name}, {point.name}" + (f" ({side})" if side else "")
            spoken = words(" ".join((name, muscle.latin, *muscle.also, point.id.replace("_", " ").replace(".", " "))))
            site = f"{point.region}@{side}" if side and k.regions[point.region].lateral else point.region
            ident = f"{point.id}@{side}" if side else point.id
            found.append((Named(ident, name, site, point.find), frozenset(spoken)))
    return found
