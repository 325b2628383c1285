"""Places that have no skin of their own, read from the words people use for them."""

from __future__ import annotations

from unknot.case.lexicon import stem, words
from unknot.case.places import SIDES
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Deep

OWNERS = frozenset(["my", "the", "a", "his", "her", "their", "your"])
BOTH = frozenset(["both", "bilateral"])
BESIDE = OWNERS | BOTH | {*SIDES, "side", "sides", "sided", "pain", "pains", "ache", "aching"}
"""Words that say whose, which side or that it hurts, and not where."""

WITHIN = (("deep", "inside"), ("deep", "within"), ("deep", "in"), ("inside",), ("within",))
"""Beginnings that say the same: deep in something. The inside of a joint is its inner face, so "of" behind them tells them apart."""


def read_deep(k: Knowledge, text: object, place: str) -> tuple[tuple[str, ...], Problem | None] | None:
    """(sites, None) or ((), what is wrong) of words that name a deep place; None where they name none, word for word."""
    if not isinstance(text, str):
        return None
    said = words(text)
    deep = named_deep(k, text)
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


def deep_under(k: Knowledge) -> dict[str, tuple[str, ...]]:
    """The sites that a tap with "deep" takes where they are others than the tapped one: {tapped site: sites}."""
    found: dict[str, tuple[str, ...]] = {}
    for deep in k.deep.values():
        for region in deep.under:
            if k.regions[region].lateral:
                found |= {f"{region}@{side}": deep_sites(k, deep, (side,)) for side in SIDES}
            else:
                found[region] = deep_sites(k, deep, SIDES)
    return found


def _spelled(said: list[str]) -> tuple[str, ...]:
    """Stems of the words that say where; the "on" of a side that was said first or last goes with it."""
    kept = [w for w in said if w not in BESIDE]
    while kept[:1] == ["on"]:
        kept = kept[1:]
    while kept and kept[-1] in ("on", "at"):
        kept = kept[:-1]
    return tuple(stem(w) for w in _within(kept))


def _within(said: list[str]) -> list[str]:
    """The words with every way to begin "deep in" spelled alike."""
    for begin in WITHIN:
        if tuple(said[: len(begin)]) == begin and said[len(begin) : len(begin) + 1] != ["of"]:
            return ["deep", "in", *said[len(begin) :]]
    return said


def named_deep(k: Knowledge, text: str) -> Deep | None:
    """The deep place that the words name, whatever side they say."""
    spelled = _spelled(words(text))
    for deep in k.deep.values():
        if spelled and any(spelled == _spelled(words(name)) for name in (deep.name, *deep.also)):
            return deep
    return None
