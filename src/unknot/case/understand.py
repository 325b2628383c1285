"""Free words of the complaint, the history and the examination, matched to the knowledge; what is not understood is listed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from unknot.case.lexicon import Lexicon, Match, words
from unknot.case.model import Case
from unknot.case.places import SIDES, match_places
from unknot.knowledge.load import Knowledge

LEVEL = re.compile(r"\b([CTLS])\s?(\d{1,2})(?:\s?[/-]\s?([CTLS])?\s?(\d{1,2}))?\b", re.IGNORECASE)
SIGNS_OF_NERVE = frozenset({"tingling", "numbness", "weakness", "reflex_reduced", "burning_line", "skin_hypersensitive"})


@dataclass(frozen=True, slots=True)
class HeardSymptom:
    """A symptom reported or denied, where it was said to be, and the words it was read from."""

    id: str
    denied: bool
    regions: tuple[str, ...]
    sides: tuple[str, ...]
    roots: tuple[str, ...]
    words: str
    examined: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What was understood."""

    symptoms: tuple[HeardSymptom, ...]
    movements: dict[str, str]
    habits: dict[str, str]
    causes: dict[str, str]
    tests: tuple[tuple[str, bool, str], ...]
    qualities: tuple[str, ...]
    not_understood: tuple[str, ...]


class _Collect:
    def __init__(self) -> None:
        self.symptoms: dict[tuple[str, bool, tuple[str, ...]], HeardSymptom] = {}
        self.movements: dict[str, str] = {}
        self.habits: dict[str, str] = {}
        self.causes: dict[str, str] = {}
        self.tests: dict[tuple[str, bool], str] = {}
        self.qualities: list[str] = []
        self.strange: list[str] = []


@lru_cache(maxsize=4)
def _lexicon(version: str, box: _Holder) -> Lexicon:
    del version
    k = box.k
    entries = [("symptom", s.id, p) for s in k.symptoms.values() for p in (s.name, *s.also)]
    entries += [("movement", m.id, p) for m in k.movements.values() for p in (m.name, *m.also)]
    entries += [("habit", h.id, p) for h in k.habits.values() for p in (h.name, *h.also)]
    entries += [("cause", c.id, p) for c in k.causes().values() for p in (c.name, *c.also)]
    entries += [("test", t.id, p) for t in k.tests.values() for p in (t.name, *t.also)]
    entries += [("quality", q.id, p) for q in k.qualities.values() for p in (q.id, *q.also)]
    return Lexicon(entries)


@dataclass(frozen=True, eq=False)
class _Holder:
    k: Knowledge

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.k is self.k

    def __hash__(self) -> int:
        return id(self.k)


def lexicon(k: Knowledge) -> Lexicon:
    """All phrases of the knowledge."""
    return _lexicon(k.version, _Holder(k))


def understand(case: Case, k: Knowledge) -> Heard:
    """Everything in the case's free words that the knowledge has a name for."""
    found = _Collect()
    for text in case.complaint.worse_with:
        _hear(text, k, found, first=("movement", "symptom", "habit"))
    for text in case.complaint.habits:
        _hear(text, k, found, first=("habit", "movement"))
    for text in (*case.complaint.neuro, *case.complaint.said, *case.history.said):
        _hear(text, k, found, first=("symptom", "cause", "habit", "movement", "test", "quality"))
    for text in case.history.denied:
        _hear(text, k, found, first=("symptom", "cause"), denied=True)
    for finding in case.findings:
        for text in filter(None, finding.said.split("; ")):
            _hear(text, k, found, first=("test", "symptom", "cause"), examined=True)
    _answers(case, k, found)
    return Heard(
        tuple(found.symptoms.values()), found.movements, found.habits, found.causes,
        tuple((ident, positive, text) for (ident, positive), text in found.tests.items()),
        tuple(found.qualities), (*case.not_understood, *found.strange),
    )  # fmt: skip


def _answers(case: Case, k: Knowledge, found: _Collect) -> None:
    """Structured answers whose question carries the name of a symptom or a habit."""
    for key, answer in case.history.answers.items():
        if key in k.symptoms and answer in ("yes", "no"):
            _add_symptom(found, HeardSymptom(key, answer == "no", (), (), (), f"{key} = {answer}", False))
        elif key in k.habits and answer == "yes":
            found.habits[key] = key


def _hear(text: str, k: Knowledge, found: _Collect, *, first: tuple[str, ...], denied: bool = False, examined: bool = False) -> None:
    matches, _ = lexicon(k).find(text)
    matches = _best(matches, first)
    levels = _levels(text, k)
    regions = tuple(m.region for m in match_places(k, text))
    spoken = set(words(text))
    sides = tuple(s for s in SIDES if s in spoken or "both" in spoken)
    for match in matches:
        negative = match.negative != denied
        if match.kind == "symptom":
            _add_symptom(found, HeardSymptom(match.id, negative, regions, sides, levels, text, examined))
        elif match.kind == "movement" and not negative:
            found.movements.setdefault(match.id, text)
        elif match.kind == "habit" and not negative:
            found.habits.setdefault(match.id, text)
        elif match.kind == "cause" and not negative:
            found.causes.setdefault(match.id, text)
        elif match.kind == "test":
            found.tests.setdefault((match.id, not negative), text)
        elif match.kind == "quality" and not negative and match.id not in found.qualities:
            found.qualities.append(match.id)
    if not matches:
        found.strange.append(text)


def _best(matches: list[Match], first: tuple[str, ...]) -> list[Match]:
    """Of matches that cover the same words the longest, then the kind that the field is about; kinds of no interest are left out."""
    rank = {kind: i for i, kind in enumerate(first)}
    ordered = sorted((m for m in matches if m.kind in rank), key=lambda m: (-len(m.covers), rank[m.kind], m.id))
    taken: dict[frozenset[int], str] = {}
    chosen: list[Match] = []
    for match in ordered:
        rivals = [kind for covers, kind in taken.items() if covers & match.covers]
        if any(kind != match.kind for kind in rivals):
            continue
        taken[match.covers] = match.kind
        chosen.append(match)
    return chosen


def _add_symptom(found: _Collect, heard: HeardSymptom) -> None:
    found.symptoms.setdefault((heard.id, heard.denied, heard.roots), heard)


def _levels(text: str, k: Knowledge) -> tuple[str, ...]:
    """Roots named in a text: "C8/T1 weakness", "L5-S1"."""
    found: list[str] = []
    for letter, number, second, other in LEVEL.findall(text):
        for name in (f"{letter.upper()}{number}", f"{(second or letter).upper()}{other}" if other else ""):
            if name in k.roots and name not in found:
                found.append(name)
    return tuple(found)
