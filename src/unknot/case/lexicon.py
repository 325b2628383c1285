"""Words of people matched to ids of the knowledge: small words dropped, endings cut, synonyms made one, no guessing in silence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from unknot.case.spelling import Spelling

SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "my",
        "his",
        "her",
        "their",
        "in",
        "on",
        "at",
        "to",
        "and",
        "or",
        "is",
        "are",
        "was",
        "were",
        "that",
        "this",
        "with",
        "for",
        "from",
        "i",
        "me",
        "have",
        "has",
        "had",
        "very",
        "some",
        "bit",
        "area",
        "region",
        "part",
        "pain",
        "hurts",
        "hurt",
        "painful",
        "when",
        "while",
        "after",
        "during",
        "near",
        "just",
        "about",
        "there",
        "feels",
        "like",
        "feel",
        "be",
        "been",
        "being",
        "goes",
        "going",
        "by",
        "as",
        "its",
        "sometimes",
        "often",
        "always",
        "usually",
        "client",
        "patient",
        "reports",
        "since",
        "we",
        "you",
        "he",
        "she",
        "they",
        "them",
        "our",
        "your",
        "mine",
        "am",
        "do",
        "does",
        "did",
        "m",
        "ve",
        "ll",
        "re",
        "so",
        "but",
        "also",
        "too",
        "quite",
        "really",
        "mostly",
        "mainly",
        "only",
        "even",
        "then",
        "now",
        "where",
        "which",
        "what",
        "who",
        "whenever",
        "if",
        "because",
        "around",
        "round",
        "kind",
        "sort",
        "thing",
        "bothers",
        "bothering",
        "problem",
        "problems",
    ]
)
"""Words of a sentence that carry no meaning here. Places have their own list (`places.NOISE`)."""
SAME = {
    "epilepsie": "epilepsy", "coffing": "cough", "caugh": "cough", "lung": "pulmonary", "lungs": "pulmonary",
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
JOINED = {
    ("low", "back"): "lowback", ("lower", "back"): "lowback", ("shoulder", "blade"): "blade", ("shoulder", "blades"): "blade",
    ("knee", "cap"): "kneecap", ("knee", "caps"): "kneecap", ("arm", "pit"): "armpit", ("arm", "pits"): "armpit",
    ("not", "able"): "cannot", ("can", "not"): "cannot", ("could", "not"): "cannot", ("unable", "to"): "cannot",
    **{(part, bone): f"{part}bone" for part in ("collar", "breast", "tail", "shin", "heel", "cheek", "hip") for bone in ("bone", "bones")},
}  # fmt: skip
"""Two words that are one: "low back", "shoulder blade". Not being able to is no denial, so it is a word of its own."""
JOINS = frozenset(first for first, _ in JOINED)
BEFORE = frozenset(
    [
        "no",
        "not",
        "without",
        "denies",
        "denied",
        "deny",
        "never",
        "none",
        "absent",
        "negative",
        "neg",
        "lacks",
        "nil",
        "free",
        "nor",
        "neither",
    ]
)
"""Words that deny what follows."""
BEHIND = frozenset(["absent", "negative", "denied", "none", "nil", "excluded", "lacking"])
"""Words that deny what stands before them."""
NORMAL = frozenset(
    ["normal", "intact", "unremarkable", "fine", "ok", "okay", "clear", "full", "symmetrical", "preserved"]
)
ENDS = frozenset(
    [
        ";",
        ".",
        "!",
        "?",
        "(",
        ")",
        "but",
        "although",
        "however",
        "except",
        "though",
        "because",
        "despite",
        "due",
        "yet",
        "whereas",
    ]
)
"""Where a negation ends."""
LISTS = frozenset([",", "or", "nor", "and"])
VERBS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "had",
        "feels",
        "hurts",
        "comes",
        "goes",
        "he",
        "she",
        "i",
        "it",
        "they",
        "there",
        "then",
        "now",
        "also",
        "still",
    ]
)
"""After "and" these begin something new, which an earlier negation does not reach."""
LINKS = frozenset(
    [
        ":",
        "is",
        "are",
        "was",
        "were",
        "all",
        "both",
        "test",
        "tests",
        "sign",
        "signs",
        "examination",
        "present",
        "found",
        "remain",
        "remains",
    ]
)
REACH = 4
"""Words between a negation and what it denies."""
MOST = 2_000
"""Characters of one text that are read."""
TOKEN = re.compile(r"[a-z0-9]+|[,;:()]|[.!?](?=\s|$)")
ENDINGS = (
    ("ingly", "", 3),
    ("ing", "", 3),
    ("ied", "y", 2),
    ("ies", "y", 2),
    ("ed", "", 3),
    ("ly", "", 4),
    ("es", "", 3),
    ("s", "", 3),
)
"""Ending, what stands in its place, letters that must be left."""


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its ending, so that lifting, lifts and lifted are one."""
    word = SAME.get(word, word)
    for ending, rest, least in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word[: len(word) - len(ending)] + rest
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1].isalpha() and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


CANNOT = re.compile(
    r"\b(?:(?:can|could)\s+(?:no\s+longer|not|hardly|barely|scarcely|never)|(?:no\s+longer|not)\s+(?:been\s+|really\s+)?able|struggl(?:e|es|ed|ing))(?:\s+to)?\b"
)
"""What somebody is no longer able to, or hardly, is not possible."""
APART = re.compile(r"\b(do|does|did|is|was|have|has|had|are|were|would|wo)nt\b")
"""Typed without the mark: "dont", "havent"."""
UNLIKE = re.compile(
    r"\bnever\s+(?:had|felt|known|experienced)\s+(?:an?\s+|any\s+)?((?:\w+\s+){1,3})(?:like\s+(?:this|that|it)|(?:so|this|that|as)\s+bad)\b"
)
"""That it was never so says that it is so now."""
PLACE_PAIN = re.compile(r"\b(chest|head|neck|back|belly|arm|leg|calf|jaw)(pains?)\b")
UNFELT = re.compile(r"\b(not|cannot|never)\s+(?:really\s+|even\s+)?(?:feel|felt)\b")
"""Feeling is a small word, but not where it is lost."""
UNSURE = re.compile(
    r"\b(?:not|n't)\s+(?:quite\s+|really\s+)?(?:(?:sure|certain)\b(?:\s+(?:whether|if|about|that))?|know\s+(?:whether|if)\b)"
)
"""Doubt is no denial: what somebody is not sure of is read as said."""


def tokens(text: str) -> list[str]:
    """Lower-case words and the marks between them, joined spellings made one ("low back", "can't" = cannot, "Th11" = t11)."""
    text = text[:MOST].lower().replace("’", "'").replace("&", " and ")
    if "'" in text:
        text = re.sub(r"\b(?:can|couldn)'t\b", "cannot", text)
        text = text.replace("n't", " not").replace("'s", "")
    text = _plainly(text)
    if "sure" in text or "certain" in text or "know" in text:
        text = UNSURE.sub(" ", text)
    if "th" in text:
        text = re.sub(r"\bth(?=\d)", "t", text)
    found: list[str] = []
    for token in TOKEN.findall(text):
        joined = JOINED.get((found[-1], token)) if found and found[-1] in JOINS else None
        if joined is None:
            found.append(token)
        else:
            found[-1] = joined
    return found


def _plainly(text: str) -> str:
    """What people write for cannot and not, and "never had one like this", in one way."""
    if "pain" in text:
        text = PLACE_PAIN.sub(r"\1 \2", text)
    if "nt" in text:
        text = APART.sub(r"\1 not", re.sub(r"\b(?:cant|couldnt)\b", "cannot", text))
    if "can" in text or "could" in text or "able" in text or "struggl" in text:
        text = CANNOT.sub("cannot", text)
    if "feel" in text or "felt" in text:
        text = UNFELT.sub(r"\1 unfeel", text)
    return UNLIKE.sub(r"neverlike \1", text) if "never" in text else text


def is_word(token: str) -> bool:
    """Whether a token is a word and no mark."""
    return token[0].isalnum()


def words(text: str) -> list[str]:
    """The words of `tokens`, without the marks."""
    return [t for t in tokens(text) if is_word(t)]


def stems(text: str) -> list[str]:
    """The stems of the words that carry meaning."""
    return [stem(w) for w in words(text) if w not in SMALL]


def _stem_of(token: str) -> str:
    return "not" if token in ("no", "never", "without") else stem(token)


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase of the knowledge found in a text, at the tokens it covers; `normal` when it is said to be normal."""

    kind: str
    id: str
    covers: frozenset[int]
    negative: bool = False
    normal: bool = False

    @property
    def first(self) -> int:
        """Where it begins."""
        return min(self.covers)

    @property
    def last(self) -> int:
        """Where it ends."""
        return max(self.covers)


class Lexicon:
    """Phrases to (kind, id). A phrase is found where all its stems stand within a short stretch of the text.

    With `misspelled` a word that nobody knows is read as the one that it is a slip of.
    """

    def __init__(self, entries: Iterable[tuple[str, str, str]], *, misspelled: Spelling | None = None) -> None:
        self.misspelled = misspelled
        self.phrases: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
        for kind, ident, phrase in entries:
            key = tuple(_stem_of(w) for w in words(phrase) if w not in SMALL)
            if key and (kind, ident) not in self.phrases[key]:
                self.phrases[key].append((kind, ident))
        counts = Counter(one for key in self.phrases for one in set(key))
        self.by_rarest: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for key in self.phrases:
            if any(one != "not" for one in key):
                self.by_rarest[min(key, key=lambda one: (counts[one], one))].append(key)

    def find(self, said: Sequence[str]) -> list[Match]:
        """Matches in the tokens of a text, longest phrases first, no token used twice by one kind."""
        places: dict[str, list[int]] = defaultdict(list)
        order: dict[int, int] = {}
        for i, token in enumerate(said):
            if is_word(token) and token not in SMALL:
                places[self._stem_of(token)].append(i)
                order[i] = len(order) - (token in BEFORE)  # a negation takes no room between words
        found = [
            (key, covers)
            for one in places
            for key in self.by_rarest.get(one, ())
            if all(other in places for other in key)
            for covers in _stretches(said, places, order, key)
        ]
        found.sort(key=lambda f: (-len(f[0]), min(f[1]), f[0]))
        return _judged(said, list(self._chosen(found)))

    def _stem_of(self, token: str) -> str:
        meant = self.misspelled.meant(token) if self.misspelled else token
        return _stem_of(meant)

    def _chosen(self, found: list[tuple[tuple[str, ...], frozenset[int]]]) -> Iterator[Match]:
        used: dict[str, set[int]] = defaultdict(set)
        for key, covers in found:
            fresh = [(kind, ident) for kind, ident in self.phrases[key] if not covers & used[kind]]
            for kind, ident in fresh:
                yield Match(kind, ident, covers)
            for kind, _ in fresh:
                used[kind] |= covers


def _stretches(
    said: Sequence[str], places: dict[str, list[int]], order: dict[int, int], key: tuple[str, ...]
) -> Iterator[frozenset[int]]:
    """Where all stems of the key stand within len(key) + 2 words of each other, no place twice."""
    if len(key) == 1:
        yield from (frozenset((i,)) for i in places[key[0]])
        return
    taken: set[int] = set()
    rarest = min(key, key=lambda one: len(places[one]))
    for start in places[rarest]:
        chosen: list[int] = []
        for one in key:
            free = [i for i in places[one] if i not in chosen]
            if not free:
                return
            chosen.append(min(free, key=lambda i: abs(i - start)))
        wide = order[max(chosen)] - order[min(chosen)]
        if wide < len(key) + 2 and not taken & set(chosen) and _holds_together(said, key, chosen):
            taken |= set(chosen)
            yield frozenset(chosen)


def _holds_together(said: Sequence[str], key: tuple[str, ...], chosen: list[int]) -> bool:
    """A phrase does not reach over the end of a clause; a "not" in it stands right before its word, small words aside ("no appetite")."""
    between = set(said[min(chosen) : max(chosen)])
    if between & ENDS or ("," in between and "absent" in key):
        return False
    return all(
        chosen[i] < chosen[i + 1] and all(t in SMALL for t in said[chosen[i] + 1 : chosen[i + 1]])
        for i, one in enumerate(key[:-1])
        if one == "not"
    )


def _judged(said: Sequence[str], matches: list[Match]) -> list[Match]:
    """The same matches, told whether they are denied or normal. A negation that is part of a phrase denies nothing else."""
    spent = {i for m in matches for i in m.covers if said[i] in BEFORE and len(m.covers) > 1}
    bare = [t if i not in spent else "" for i, t in enumerate(said)]
    groups = {i for m in matches if m.kind == "normal" for i in m.covers}
    return [
        Match(m.kind, m.id, m.covers, _denied_before(bare, m) or _denied_behind(bare, m), _is_normal(bare, m, groups))
        for m in matches
    ]


def _denied_before(said: Sequence[str], match: Match) -> bool:
    """A negation inside the phrase, or before it in the same part of the sentence; lists carry it on ("no numbness or weakness")."""
    if any(said[i] in BEFORE for i in range(match.first, match.last) if i not in match.covers):
        return True
    far, verb, only_denies = 0, False, False
    for i in range(match.first - 1, -1, -1):
        token = said[i]
        if token in ENDS or far > REACH:
            return False
        if token in BEFORE:
            if token in ("not", "nor") and i + 1 < len(said) and said[i + 1] in ("only", "just"):
                return False
            return not only_denies or token in ("denies", "denied", "deny", "without")
        if token in LISTS:
            if verb and token in ("and", ","):
                return False
            only_denies = only_denies or (token == "," and not _list_goes_on(said, i))
            far = 0
        elif token and is_word(token):
            far += 1
            verb = verb or token in VERBS
    return False


def _list_goes_on(said: Sequence[str], comma: int) -> bool:
    """Whether "or" follows the comma before the sentence turns: "no numbness, tingling or weakness"."""
    for token in said[comma + 1 :]:
        if token in ENDS or token in BEFORE:
            return False
        if token in ("or", "nor"):
            return True
    return False


def _denied_behind(said: Sequence[str], match: Match) -> bool:
    """A negation right behind the phrase, or behind the list it stands in ("numbness and weakness absent")."""
    far = 0
    for i in range(match.last + 1, len(said)):
        token = said[i]
        after = said[i + 1] if i + 1 < len(said) else ""
        if token in BEHIND or (token == "no" and said[i - 1] == ":") or (token, after) == ("ruled", "out"):
            return not (token in ("absent", "negative") and after and is_word(after) and after not in SMALL)
        if token in ENDS or token == "," or far > 1:
            return False
        if token == "not":
            return after in ("present", "found", "seen", "there")
        far += token not in LINKS and token not in ("and", "or")
    return False


def _is_normal(said: Sequence[str], match: Match, groups: set[int]) -> bool:
    """Whether normal, intact or the like is said of it, also through a list of such things ("reflexes and strength normal")."""
    skipped = LINKS | LISTS | {"the", "of", ""}
    for way in (range(match.last + 1, len(said)), range(match.first - 1, -1, -1)):
        for i in way:
            if said[i] in NORMAL:
                return not (i and said[i - 1] in ("not", "cannot"))
            if said[i] not in skipped and i not in groups:
                break
    return False
