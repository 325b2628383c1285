"""Sites: ids with sides, and the words people use for places. What is ambiguous is asked back, never guessed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from unknot.case.lexicon import SMALL, stem, words
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.words import join, say

SIDES = ("left", "right")
CLOSE = 0.82
"""A second place this near to the best one in score makes the words ambiguous."""
ENOUGH = 0.34
"""Share of weighted words that must agree."""


def sites(k: Knowledge) -> tuple[str, ...]:
    """Every site of the body, in the order of the vocabulary, left before right."""
    return tuple(
        site for r in k.regions.values() for site in ((f"{r.id}@left", f"{r.id}@right") if r.lateral else (r.id,))
    )


def site_name(k: Knowledge, site: str) -> str:
    """What a practitioner would say for a site: "outer elbow (left)"."""
    region, _, side = site.partition("@")
    name = k.regions[region].name if region in k.regions else region
    return f"{name} ({side})" if side else name


def site_names(k: Knowledge, wanted: Iterable[str]) -> str:
    """Sites in a row, sides said once: "outer elbow and thumb (left), throat"."""
    by_side: dict[str, list[str]] = {}
    for site in wanted:
        region, _, side = site.partition("@")
        by_side.setdefault(side, []).append(k.regions[region].name)
    both = [name for name in by_side.get("left", []) if name in by_side.get("right", [])]
    groups = [("", by_side.get("", [])), (say("side.both"), both)]
    groups += [(say(f"side.{side}"), [n for n in by_side.get(side, []) if n not in both]) for side in SIDES]
    return join([join(names) + (f" ({side})" if side else "") for side, names in groups if names], "list.and_also")


def read_site(k: Knowledge, text: object, place: str) -> tuple[str | None, Problem | None]:
    """(site, None), or (None, what is wrong with it): unknown region, a side that is wrong, missing or too much."""
    if not isinstance(text, str):
        return None, Problem("not_text", place, f"{text!r:.60} is not a site", "a region and a side in text", "write site = \"shoulder.front@right\"")
    region, at, side = text.strip().partition("@")
    known = k.regions.get(region)
    if known is None:
        near = difflib.get_close_matches(region, k.regions, n=3, cutoff=0.5)
        return None, Problem("unknown_site", place, f"there is no region {region[:80]!r}", ", ".join(near) or "the ids of `unknot know search WORDS`", "use one of these ids, or where = \"...\" in words")
    if known.lateral and side not in SIDES:
        given = f"{region} has the side {side[:20]!r}" if at else f"{region} has no side"
        return None, Problem("wrong_side", place, given, f"{region}@left or {region}@right", "say which side")
    if not known.lateral and at:
        return None, Problem("wrong_side", place, f"{region} lies in the midline and has no side", region, "leave the side out")
    return (f"{region}@{side}" if known.lateral else region), None


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """A region that words may mean, with how well they agree (0 to 1)."""

    region: str
    score: float


@lru_cache(maxsize=2)
def _phrases(version: str, k: _Box) -> tuple[list[tuple[str, frozenset[str]]], dict[str, float]]:
    del version
    entries: list[tuple[str, frozenset[str]]] = []
    holders: dict[str, set[str]] = {}
    for region in k.knowledge.regions.values():
        for phrase in (region.name, *region.also):
            key = frozenset(place_stems(phrase))
            if key:
                entries.append((region.id, key))
            for one in key:
                holders.setdefault(one, set()).add(region.id)
    total = len(k.knowledge.regions)
    weight = {one: 1.0 + 2.0 * (1 - len(ids) / total) ** 8 for one, ids in holders.items()}
    return entries, weight


@dataclass(frozen=True, eq=False)
class _Box:
    """A knowledge as a cache key by identity."""

    knowledge: Knowledge

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Box) and other.knowledge is self.knowledge

    def __hash__(self) -> int:
        return id(self.knowledge)


def place_stems(text: str) -> list[str]:
    """Stems that name a place; sides and small words are left out."""
    return [stem(w) for w in words(text) if w not in SMALL and w not in {"left", "right", "both", "side", "sided", "sides"}]


def match_places(k: Knowledge, text: str) -> list[PlaceMatch]:
    """Regions that the words may mean, best first; empty when no word names a place."""
    entries, weight = _phrases(k.version, _Box(k))
    said = frozenset(s for s in place_stems(text) if s in weight)
    if not said:
        return []
    best: dict[str, float] = {}
    mass = sum(weight[s] for s in said)
    for region, key in entries:
        shared = said & key
        if not shared:
            continue
        agree = sum(weight[s] for s in shared)
        score = agree / (mass + sum(weight[s] for s in key - said))
        best[region] = max(best.get(region, 0.0), score)
    ranked = sorted((PlaceMatch(r, s) for r, s in best.items() if s >= ENOUGH), key=lambda m: (-m.score, m.region))
    return [m for m in ranked if m.score >= CLOSE * ranked[0].score]


def read_where(k: Knowledge, text: object, place: str) -> tuple[tuple[str, ...], Problem | None]:
    """(sites, None) for words such as "outside of my left elbow"; both sides give two. Otherwise what to ask back."""
    if not isinstance(text, str) or not text.strip():
        return (), Problem("not_text", place, f"{text!r:.60} is not words for a place", "words", 'write where = "outside of my left elbow"')
    found = match_places(k, text)
    spoken = set(words(text))
    if not found:
        return (), Problem("unknown_place", place, f"{text[:80]!r} names no place that is known", "names of places on the body", "use other words, or an id from `unknot know search WORDS`")
    if len(found) > 1:
        options = "; ".join(f"{k.regions[m.region].name} ({m.region})" for m in found[:6])
        return (), Problem("ambiguous_place", place, f"{text[:80]!r} can mean several places", options, "say which one")
    region = found[0].region
    if not k.regions[region].lateral:
        return (region,), None
    if spoken & {"both", "bilateral", "bilaterally"} or {"left", "right"} <= spoken:
        return (f"{region}@left", f"{region}@right"), None
    side = next((s for s in SIDES if s in spoken), None)
    if side is None:
        return (), Problem("missing_side", place, f"{text[:80]!r} does not say which side", f"{region}@left, {region}@right or both", "say left, right or both")
    return (f"{region}@{side}",), None
