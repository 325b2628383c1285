"""Places that have no skin of their own, read from the words people use for them."""

from __future__ import annotations

from unknot.case.places import SIDES
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Deep

OWNERS = frozenset(["my", "the", "a", "his", "her", "their", "your"])
BOTH = frozenset(["both", "bilateral"])


def read_deep(k: Knowledge, text: object, place: str) -> tuple[tuple[str, ...], Problem | None] | None:
    """(sites, None) or ((), what is wrong) of words that name a deep place; None where they name none, word for word."""
    if not isinstance(text, str):
        return None
    said = text.lower().replace(",", " ").split()
    deep = _named(k, " ".join(w for w in said if w not in OWNERS and w not in SIDES and w not in BOTH))
    if deep is None:
        return None
    sides = SIDES if BOTH & set(said) else tuple(side for side in SIDES if side in said)
    lateral = any(k.regions[region].lateral for region in deep.regions)
    if lateral and not sides:
        allowed = f"left {deep.name} or right {deep.name}"
        return (), Problem("wrong_side", place, f"the side of {deep.name} is not said", allowed, "say which side")
    if not lateral and sides:
        given = f"{deep.name} lies in the midline and has no side"
        return (), Problem("wrong_side", place, given, deep.name, "leave the side out")
    return deep_sites(k, deep, sides), None


def deep_sites(k: Knowledge, deep: Deep, sides: tuple[str, ...]) -> tuple[str, ...]:
    """The sites that a deep place counts as."""
    found = [
        site
        for region in deep.regions
        for site in ([f"{region}@{side}" for side in sides] if k.regions[region].lateral else [region])
    ]
    return tuple(dict.fromkeys(found))


def _named(k: Knowledge, words: str) -> Deep | None:
    for deep in k.deep.values():
        for name in (deep.name, *deep.also):
            if words == " ".join(w for w in name.replace(",", " ").split() if w not in OWNERS):
                return deep
    return None
