"""Sites: ids with sides, and the words people use for places. What is ambiguous is asked back, never guessed."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from unknot.case.lexicon import SMALL, is_word, stem, tokens, words
from unknot.errors import Problem, shown
from unknot.knowledge.load import Knowledge
from unknot.words import join, say

SIDES = ("left", "right")
CLOSE = 0.82
"""A second place this near to the best one in score makes the words ambiguous."""
ENOUGH = 0.34
"""Share of weighted words that must agree."""
MOST_OPTIONS = 8
"""Regions that are listed when words are asked back."""
BOTH = frozenset(["both", "bilateral", "bilaterally"])
NOISE = SMALL | frozenset(
    [
        "sore",
        "sores",
        "soreness",
        "muscle",
        "muscles",
        "half",
        "hurting",
        "aches",
        "ache",
        "aching",
        "bad",
        "tender",
        "tenderness",
    ]
)
"""Words that carry no meaning in a place; "little" is judged by what stands behind it."""
OWNERS = frozenset(["the", "a", "an", "my", "his", "her", "their", "your", "our", "this", "that"])
BEFORE_SIDE = frozenset(
    [
        "left",
        "right",
        "both",
        "hand",
        "thumb",
        "finger",
        "little",
        "palm",
        "palmar",
        "toe",
        "pinky",
        "pinkie",
        "inner",
        "outer",
        "inside",
        "outside",
        "medial",
        "lateral",
        "back",
        "front",
        "upper",
        "lower",
        "ulnar",
        "radial",
        "flexor",
        "extensor",
        "dorsal",
        "volar",
        "this",
        "that",
        "one",
        "same",
        "painful",
        "sore",
        "other",
        "either",
    ]
)
"""Words that a "side" behind them belongs to; elsewhere the side of a thing is its outer part."""
DIRECTIONS = frozenset(
    stem(w)
    for w in [
        "outer",
        "inner",
        "front",
        "back",
        "upper",
        "lower",
        "under",
        "middle",
        "top",
        "border",
        "edge",
        "tip",
        "point",
        "base",
        "side",
        "deep",
        "high",
        "low",
        "above",
        "below",
        "joint",
        "bone",
        "line",
        "corner",
        "crease",
        "area",
        "bend",
        "end",
        "part",
        "surface",
        "just",
        "all",
        "over",
        "along",
        "way",
        "up",
        "down",
        "tendon",
        "spot",
        "web",
        "webbing",
        "gap",
    ]
)
"""Stems that say where in a place, but name none."""
LANDMARK = frozenset(
    ["near", "by", "beside", "next", "close", "above", "below", "under", "beneath", "towards", "toward"]
)
"""Words before a second place that only tells more nearly where the first one is."""
AND = frozenset(["and", ",", ";", "plus"])
RANGES = frozenset(["to", "into", "onto", "toward", "towards", "or", "through"])
"""Words that lead from one place to another."""


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


@lru_cache(maxsize=20_000)
def site_names(k: Knowledge, wanted: tuple[str, ...]) -> str:
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
        return None, Problem(
            "not_text",
            place,
            f"{shown(text)} is not a site",
            "a region and a side in text",
            'write site = "shoulder.front@right"',
        )
    region, at, side = text.strip().partition("@")
    known = k.regions.get(region)
    if known is None:
        near = difflib.get_close_matches(region, k.regions, n=3, cutoff=0.5)
        return None, Problem(
            "unknown_site",
            place,
            f"there is no region {region[:80]!r}",
            ", ".join(near) or "the ids of `unknot know search WORDS`",
            'use one of these ids, or where = "..." in words',
        )
    if known.lateral and side not in SIDES:
        given = f"{region} has the side {side[:20]!r}" if at else f"{region} has no side"
        return None, Problem("wrong_side", place, given, f"{region}@left or {region}@right", "say which side")
    if not known.lateral and at:
        return None, Problem(
            "wrong_side", place, f"{region} lies in the midline and has no side", region, "leave the side out"
        )
    return (f"{region}@{side}" if known.lateral else region), None


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """A region that words may mean, with how well they agree (0 to 1)."""

    region: str
    score: float


@dataclass(frozen=True, slots=True)
class _Part:
    """One place of what was said: its words, the regions they may mean, and whether they must be asked back."""

    said: tuple[str, ...]
    matches: tuple[PlaceMatch, ...]
    unclear: bool


class _Atlas:
    """The names of all regions, indexed by their stems."""

    def __init__(self, k: Knowledge) -> None:
        self.beside = {r.id: {r.id, *r.beside} for r in k.regions.values()}
        self.lateral = {r.id: r.lateral for r in k.regions.values()}
        self.names: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.phrases: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.spelled: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.keys: list[tuple[str, frozenset[str]]] = []
        for region in k.regions.values():
            self.names[_plain_of(tokens(region.name))].append(region.id)
            for phrase in (region.name, *region.also):
                said = tokens(phrase)
                self.phrases[_plain_of(said)].append(region.id)
                self.spelled[_spelled(said)].append(region.id)
                self.keys.append((region.id, frozenset(_place_stems(said))))
        holders: dict[str, set[str]] = defaultdict(set)
        for ident, key in self.keys:
            for one in key:
                holders[one].add(ident)
        total = len(k.regions)
        self.weight = {one: 1.0 + 2.0 * (1 - len(ids) / total) ** 8 for one, ids in holders.items()}
        self.by_stem: dict[str, list[int]] = defaultdict(list)
        for i, (_, key) in enumerate(self.keys):
            for one in key:
                self.by_stem[one].append(i)
        self.mass = [sum(self.weight[one] for one in key) for _, key in self.keys]

    def own(self, said: Sequence[str]) -> list[PlaceMatch]:
        """The region whose name or other words these are, word for word; several when they share the words."""
        plain, spelled = _plain_of(said), _spelled(said)
        for table, key in ((self.names, plain), (self.spelled, spelled), (self.phrases, plain)):
            if key in table:
                return [PlaceMatch(r, 1.0) for r in dict.fromkeys(table[key])]
        return []

    def match(self, said: Sequence[str]) -> list[PlaceMatch]:
        """Regions that the words may mean, best first."""
        known = frozenset(s for s in _place_stems(said) if s in self.weight)
        return self.own(said) or (self._nearest(known) if known else [])

    def _nearest(self, known: frozenset[str]) -> list[PlaceMatch]:
        shared: dict[int, float] = defaultdict(float)
        for one in known:
            for i in self.by_stem[one]:
                shared[i] += self.weight[one]
        mass = sum(self.weight[one] for one in known)
        best: dict[str, float] = {}
        for i, agree in shared.items():
            region, key = self.keys[i]
            score = 1.0 if key == known else min(agree / (mass + self.mass[i] - agree), 0.999)
            best[region] = max(best.get(region, 0.0), score)
        ranked = sorted((PlaceMatch(r, s) for r, s in best.items() if s >= ENOUGH), key=lambda m: (-m.score, m.region))
        bar = 1.0 if ranked and ranked[0].score == 1.0 else CLOSE * (ranked[0].score if ranked else 0.0)
        return [m for m in ranked if m.score >= bar]

    def names_a_place(self, said: Sequence[str]) -> bool:
        """Whether the words hold more than directions ("outer", "upper edge") and sides."""
        stems = [s for s in _place_stems(said) if s in self.weight]
        return stems == ["back"] or any(s not in DIRECTIONS for s in _without_thumb_side(said) if s in self.weight)


@lru_cache(maxsize=2)
def _atlas(k: Knowledge) -> _Atlas:
    return _Atlas(k)


def _clean(said: Sequence[str]) -> list[str]:
    """The words of a place: "side" means outer unless it belongs to the word before it, "little" is a finger's or a toe's."""
    kept: list[str] = []
    for i, word in enumerate(said):
        before = said[i - 1] if i else ""
        after = said[i + 1] if i + 1 < len(said) else ""
        if word in ("side", "sides", "sided"):
            if before not in BEFORE_SIDE:
                kept.append("outer")
        elif (word == "little" and after not in ("finger", "fingers", "toe", "toes", "side")) or (
            word == "hand" and before in SIDES and after == "side"
        ):
            continue
        elif word not in NOISE and word not in BOTH and word not in SIDES and is_word(word):
            kept.append(word)
    return kept


def _without_sides(said: Sequence[str]) -> list[str]:
    """The words without left, right and both, and without a "side" that only belongs to them."""
    sides = {*SIDES, *BOTH}
    return [
        w for i, w in enumerate(said)
        if is_word(w) and w not in sides and not (w in ("side", "sides", "sided") and i and said[i - 1] in sides)
    ]  # fmt: skip


def _plain_of(said: Sequence[str]) -> tuple[str, ...]:
    return tuple(w for w in _without_sides(said) if w not in NOISE)


def _spelled(said: Sequence[str]) -> tuple[str, ...]:
    """The words in order, only articles, owners and sides left out, and small words at either end."""
    kept = [w for w in _without_sides(said) if w not in OWNERS]
    first = next((i for i, w in enumerate(kept) if w not in SMALL), len(kept))
    last = next((i for i in range(len(kept), first, -1) if kept[i - 1] not in SMALL or kept[i - 1] == "area"), first)
    return tuple(kept[first:last])


def _place_stems(said: Sequence[str]) -> list[str]:
    return [stem(w) for w in _clean(said)]


def _without_thumb_side(said: Sequence[str]) -> list[str]:
    """Stems without those that only say a side ("thumb side", "little finger side")."""
    kept: list[str] = []
    for i, word in enumerate(said):
        after = said[i + 1 : i + 3]
        if not (word in BEFORE_SIDE and ("side" in after[:1] or tuple(after) == ("finger", "side"))):
            kept.append(word)
    return _place_stems(kept)


def place_stems(text: str) -> list[str]:
    """Stems that name a place; sides and words that are noise in a place are left out."""
    return _place_stems(tokens(text))


def match_places(k: Knowledge, text: str) -> list[PlaceMatch]:
    """Regions that the words may mean, of every place they name, best first in each; empty when no word names a place."""
    best: dict[str, PlaceMatch] = {}
    for part in _parts(k, text):
        for match in part.matches:
            best.setdefault(match.region, match)
    return list(best.values())


def _parts(k: Knowledge, text: str) -> list[_Part]:
    """The places that are named, each read on its own; one part when the words as a whole are a region's own."""
    atlas = _atlas(k)
    said = tokens(text)
    whole = atlas.match(said)
    if not whole:
        return []
    if atlas.own(said) or (whole[0].score == 1.0 and not _stands_before_between(said, atlas)):
        return [_part(atlas, said, whole)]
    chunks, asked = _split(said, atlas)
    if len(chunks) < 2:
        return [_read_part(atlas, said)]
    parts = [_read_part(atlas, chunk) for chunk in chunks]
    if len({p.matches for p in parts}) == 1:
        return [_Part(tuple(said), parts[0].matches, parts[0].unclear)]
    return [_Part(p.said, p.matches, p.unclear or asked) for p in parts]


def _stands_before_between(said: Sequence[str], atlas: _Atlas) -> bool:
    return "between" in said and atlas.names_a_place(said[: said.index("between")])


def _read_part(atlas: _Atlas, said: Sequence[str]) -> _Part:
    matches = atlas.match(said)
    if len(matches) != 1:
        matches = _near(atlas, said) or matches
    return _part(atlas, said, matches)


def _part(atlas: _Atlas, said: Sequence[str], matches: list[PlaceMatch]) -> _Part:
    """With a side said, midline regions fall out as long as another is left."""
    if {*SIDES, *BOTH} & set(said):
        matches = [m for m in matches if atlas.lateral[m.region]] or matches
    return _Part(tuple(said), tuple(matches), len(matches) > 1)


def _near(atlas: _Atlas, said: Sequence[str]) -> list[PlaceMatch]:
    """Of what the words before "near", "by", "above" may mean, what touches the place named behind it."""
    for i, word in enumerate(said):
        if word not in LANDMARK or not 0 < i < len(said) - 1:
            continue
        here, there = atlas.match(said[:i]), atlas.match(said[i + 1 :])
        touching = [m for m in here if any(m.region in atlas.beside[t.region] for t in there)]
        if len(here) > 1 and len(touching) == 1:
            return touching
    return []


def _split(said: Sequence[str], atlas: _Atlas) -> tuple[list[list[str]], bool]:
    """(places in a row, whether the words go from one to the other, so that what lies between must be asked)."""
    chunks: list[list[str]] = [[]]
    commas: list[bool] = [False]
    asked = False
    for i, word in enumerate(said):
        opens = word == "between" and atlas.names_a_place(chunks[-1])
        ranged = (word in RANGES and said[i - 1 : i] not in (["next"], ["close"])) or opens
        if (ranged or word in AND) and not {"between", "meets", "meet"} & set(chunks[-1]):
            asked = asked or (ranged and atlas.names_a_place(chunks[-1]) and atlas.names_a_place(said[i + 1 :]))
            chunks.append([word] if opens else [])
            commas.append(word == ",")
        else:
            chunks[-1].append(word)
    return _joined(chunks, commas, atlas), asked


def _joined(chunks: list[list[str]], commas: list[bool], atlas: _Atlas) -> list[list[str]]:
    """Chunks that only give a direction or a side belong to a neighbour: "left knee, inner side", "front and back of the thigh"."""
    joined: list[list[str]] = []
    carried: list[str] = []
    alone: list[list[str]] = []
    for chunk, comma in zip(chunks, commas, strict=True):
        if not atlas.names_a_place(chunk):
            if joined and comma:
                joined[-1] += chunk
            elif any(s in DIRECTIONS for s in _place_stems(chunk)):
                alone.append(chunk)
            else:
                carried += chunk
            continue
        thing = [w for w in chunk if stem(w) not in DIRECTIONS]
        joined += [[*direction, *thing] for direction in alone]
        joined.append([*carried, *chunk])
        carried, alone = [], []
    rest = [w for direction in alone for w in direction] + carried
    if joined:
        joined[-1] += rest
    return joined or [rest]


def read_where(k: Knowledge, text: object, place: str) -> tuple[tuple[str, ...], Problem | None]:
    """(sites, None) for words such as "outside of my left elbow"; both sides give two. Otherwise what to ask back."""
    if not isinstance(text, str) or not text.strip():
        return (), Problem(
            "not_text",
            place,
            f"{shown(text)} is not words for a place",
            "words",
            'write where = "outside of my left elbow"',
        )
    parts = [p for p in _parts(k, text) if p.matches]
    if not parts:
        return (), Problem(
            "unknown_place",
            place,
            f"{text[:80]!r} names no place that is known",
            "names of places on the body",
            "use other words, or an id from `unknot know search WORDS`",
        )
    if any(p.unclear for p in parts):
        found = list(dict.fromkeys(m.region for p in parts for m in p.matches))
        options = "; ".join(f"{k.regions[r].name} ({r})" for r in found[:MOST_OPTIONS])
        return (), Problem("ambiguous_place", place, f"{text[:80]!r} can mean several places", options, "say which one")
    sides = _sides(words(text))
    read: dict[str, None] = {}
    silent: list[str] = []
    for part in parts:
        region = part.matches[0].region
        own = _sides(part.said) or (sides if len(sides) == 1 or len(parts) == 1 or BOTH & set(words(text)) else ())
        if not k.regions[region].lateral:
            read[region] = None
        elif own:
            read |= {f"{region}@{side}": None for side in own}
        else:
            silent.append(region)
    if silent:
        allowed = "; ".join(f"{region}@left, {region}@right or both" for region in silent)
        return (), Problem(
            "missing_side", place, f"{text[:80]!r} does not say which side", allowed, "say left, right or both"
        )
    return tuple(read), None


def _sides(said: Iterable[str]) -> tuple[str, ...]:
    spoken = set(said)
    return SIDES if BOTH & spoken - {"sides"} else tuple(s for s in SIDES if s in spoken)
