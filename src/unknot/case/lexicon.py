"""Words of people matched to ids of the knowledge: small words dropped, endings cut, synonyms made one, no guessing in silence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

SMALL = frozenset(
    "a an the of my his her their in on at to and or is are was were that this with for from i me have has had very some "
    "bit area region part pain hurts hurt painful aches when while after during near just about there feels like feel "
    "be been being goes going by as its sometimes often always usually client patient reports since "
    "we you he she they them our your mine am do does did m ve ll re so but also too quite really mostly mainly only even "
    "then now where which what who whenever if because around round kind sort thing half hurting bothers bothering problem problems sore muscle muscles".split()
)
SAME = {
    "outside": "outer", "lateral": "outer", "outward": "outer", "outwards": "outer", "inside": "inner", "medial": "inner", "inward": "inner", "inwards": "inner", "rear": "back", "behind": "back",
    "posterior": "back", "anterior": "front", "dorsal": "back", "volar": "front", "superior": "upper", "top": "upper", "tops": "upper", "inferior": "lower",
    "beneath": "under", "underneath": "under", "bottom": "under", "below": "under", "underside": "under", "plantar": "under", "joints": "joint", "edge": "border", "edges": "border", "rim": "border", "buttocks": "buttock", "bum": "buttock",
    "bottoms": "buttock", "backside": "buttock", "glute": "buttock", "glutes": "buttock", "gluteal": "buttock", "butt": "buttock", "butts": "buttock", "rump": "buttock", "arse": "buttock",
    "tummy": "belly", "stomach": "belly", "abdomen": "belly", "abdominal": "belly", "abdominals": "belly", "abs": "belly", "tum": "belly", "gut": "belly", "skull": "head", "cranium": "head",
    "tibia": "shin", "shinbone": "shin", "clavicle": "collarbone", "sternum": "breastbone", "scapula": "blade", "scapular": "blade", "scapulae": "blade", "shoulderblade": "blade", "shoulderblades": "blade", "patella": "kneecap", "patellar": "kneecap",
    "heelbone": "heel", "calcaneus": "heel", "calcaneal": "heel", "pinkie": "little", "pinky": "little", "coccyx": "tailbone", "coccygeal": "tailbone", "umbilicus": "navel", "bellybutton": "navel",
    "lumbar": "lowback", "loin": "lowback", "lumbago": "lowback", "lower-back": "lowback", "axilla": "armpit", "underarm": "armpit", "underarms": "armpit", "backbone": "spine", "spinal": "spine", "sacral": "sacrum", "pelvic": "pelvis",
    "forefinger": "index", "pointer": "index", "knuckles": "knuckle", "hamstrings": "hamstring", "quads": "quad", "quadriceps": "quad", "trapezius": "trap", "pectoral": "pec", "pectorals": "pec", "pectoralis": "pec", "pecs": "pec",
    "centre": "middle", "center": "middle", "central": "middle", "mid": "middle", "radial": "thumb", "creases": "crease", "fold": "crease", "oedema": "swelling", "edema": "swelling", "paraesthesia": "tingling", "paresthesia": "tingling", "anaesthesia": "numbness", "anesthesia": "numbness",
    "hypoaesthesia": "numbness", "hypesthesia": "numbness", "haematoma": "hematoma", "tumour": "tumor", "colour": "color", "weakened": "weakness", "weak": "weakness", "numb": "numbness",
    "swollen": "swelling", "dizzy": "dizziness", "sneezing": "sneeze", "pos": "positive", "calves": "calf", "feet": "foot", "teeth": "tooth", "thighbone": "thigh",
    "lie": "lying", "lies": "lying", "lay": "lying", "laying": "lying", "sat": "sit", "sits": "sit", "stood": "stand", "bent": "bend", "drove": "drive", "ran": "run", "rose": "rise", "slept": "sleep", "wrote": "write", "written": "write",
    "ate": "eat", "got": "get", "gotten": "get", "thrown": "throw", "threw": "throw", "carried": "carry", "wrung": "wring", "swung": "swing", "woke": "wake", "woken": "wake", "waking": "wake", "mornings": "morning", "heaviness": "heavy", "achy": "ache", "achey": "ache",
    "pc": "computer", "laptop": "computer", "laptops": "computer", "smartphone": "phone", "mobile": "phone", "cellphone": "phone", "telephone": "phone", "sofa": "couch", "settee": "couch", "automobile": "car", "bike": "bicycle", "cycling": "bicycle", "biking": "bicycle", "stairway": "stairs",
}  # fmt: skip
NEGATIONS = frozenset("no not without denies denied deny never none normal absent negative neg lacks nil free unremarkable".split())
MOST = 20_000
"""Characters of one sentence that are read."""


@cache
def stem(word: str) -> str:
    """A word without its ending, so that lifting, lifts and lifted are one."""
    word = SAME.get(word, word)
    for ending, rest in (("ness", ""), ("ingly", ""), ("ing", ""), ("ies", "y"), ("ed", ""), ("ly", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: len(word) - len(ending)] + rest
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def words(text: str) -> list[str]:
    """Lower-case words of a text, joined spellings made one ("low back", "shoulder blade", "breast bone")."""
    text = text[:MOST].lower().replace("’", "'").replace("'s", "")
    text = re.sub(r"\b(low|lower) back\b", "lowback", text)
    text = re.sub(r"\bshoulder[- ]?blades?\b", "blade", text)
    text = re.sub(r"\b(collar|breast|tail|shin|heel|cheek|hip)[- ]?bones?\b", r"\1bone", text)
    text = re.sub(r"\bknee[- ]?caps?\b", "kneecap", text)
    text = re.sub(r"\barm[- ]?pits?\b", "armpit", text)
    return re.findall(r"[a-z0-9]+", text)


def stems(text: str) -> list[str]:
    """The stems of the words that carry meaning."""
    return [stem(w) for w in words(text) if w not in SMALL]


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase of the knowledge found in a text, at the stems it covers."""

    kind: str
    id: str
    covers: frozenset[int]
    negative: bool


class Lexicon:
    """Phrases to (kind, id). A phrase is found where all its stems stand within a short stretch of the text."""

    def __init__(self, entries: Iterable[tuple[str, str, str]]) -> None:
        self.phrases: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
        self.by_first: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self.count: Counter[str] = Counter()
        for kind, ident, phrase in entries:
            key = tuple(stems(phrase))
            if not key:
                continue
            if key not in self.phrases:
                self.count.update(set(key))
                for one in set(key):
                    self.by_first[one].append(key)
            if (kind, ident) not in self.phrases[key]:
                self.phrases[key].append((kind, ident))

    def find(self, text: str) -> tuple[list[Match], bool]:
        """(matches, longest phrases first and no stem used twice by one kind; whether every stem was understood)."""
        raw = words(text)
        kept = [(i, stem(w)) for i, w in enumerate(raw) if w not in SMALL and w not in NEGATIONS]
        here = [s for _, s in kept]
        found: list[tuple[int, tuple[str, ...], frozenset[int]]] = []
        for key in {k for s in set(here) for k in self.by_first.get(s, [])}:
            covers = _stretch(here, key)
            if covers is not None:
                found.append((len(key), key, covers))
        found.sort(key=lambda f: (-f[0], min(f[2]), f[1]))
        used: dict[str, set[int]] = defaultdict(set)
        matches: list[Match] = []
        for _, key, covers in found:
            for kind, ident in self.phrases[key]:
                if covers & used[kind]:
                    continue
                matches.append(Match(kind, ident, covers, _negated(raw, [kept[i][0] for i in covers], text)))
            for kind, _ in self.phrases[key]:
                used[kind] |= covers
        understood = set().union(*(m.covers for m in matches)) if matches else set()
        return matches, bool(here) and len(understood) == len(here)


def _stretch(here: list[str], key: tuple[str, ...]) -> frozenset[int] | None:
    """Positions that cover all stems of the key within len(key) + 2 places, or None."""
    places = [[i for i, s in enumerate(here) if s == k] for k in key]
    if not all(places):
        return None
    for start in places[0]:
        chosen = [min(p, key=lambda i: abs(i - start)) for p in places]
        if len(set(chosen)) == len(set(key)) and max(chosen) - min(chosen) < len(key) + 2:
            return frozenset(chosen)
    return None


def _negated(raw: list[str], places: list[int], text: str) -> bool:
    """A negation up to three words before the phrase, or two after it, in the same part of the sentence."""
    del text
    first, last = min(places), max(places)
    inside = [w for i, w in enumerate(raw) if first < i < last and i not in places and w in NEGATIONS]
    before = raw[max(0, first - 3) : first]
    after = raw[last + 1 : last + 3]
    if "but" in before:
        before = before[before.index("but") + 1 :]
    return bool(inside or NEGATIONS & set(before) or {"absent", "normal", "negative", "denied", "none"} & set(after))
