"""A client's own words matched to the questions, by names and synonyms; shown for confirmation, and what was not understood is listed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from unknot.case.lexicon import Lexicon, tokens
from unknot.knowledge.load import Knowledge

NO_DENIAL = re.compile(
    r"\b(control|feel\w*|sensation|able|cannot|can't|could(n't| not)|goes by|before|now|until|since|think|sure|metres|stairs)\b",
    re.IGNORECASE,
)
"""Words beside which a "no" or "not" may not deny a warning sign: "no feeling", "cannot walk without", "never before"."""
RELATIVE = re.compile(
    r"\bmy (mother|father|mum|dad|sister|brother|wife|husband|partner|son|daughter|aunt|uncle|grand\w+|friend|dog|cat)('s)? "
    r"(had|has|is|was|died|takes|took|gets|got)\b",
    re.IGNORECASE,
)
"""Told of somebody else: listed, not counted."""


@dataclass(frozen=True, slots=True)
class HeardWords:
    """yes: (text, question); no: questions that were denied; texts in which nothing was found."""

    yes: tuple[tuple[str, str], ...]
    no: frozenset[str]
    strange: tuple[str, ...]


@lru_cache(maxsize=4)
def lexicon(k: Knowledge) -> Lexicon:
    """All words that answer a question with yes; a symptom that means the same lends its names."""
    entries = [("question", q.id, phrase) for q in k.questions.values() for phrase in q.also]
    for q in k.questions.values():
        for symptom in q.symptoms:
            entries += [("question", q.id, p) for p in (k.symptoms[symptom].name, *k.symptoms[symptom].also)]
    return Lexicon(entries)


def hear(said: tuple[str, ...], denied: tuple[str, ...], k: Knowledge) -> HeardWords:
    """Past things count: what a client mentions is asked about, and only a person takes it back."""
    yes: dict[tuple[str, str], None] = {}
    no: set[str] = set()
    strange: list[str] = []
    for text, negative in [*((t, False) for t in said), *((t, True) for t in denied)]:
        matches = [] if RELATIVE.search(text) else lexicon(k).find(tokens(text))
        if not matches and not negative:
            strange.append(text)
        doubtful = bool(NO_DENIAL.search(text))
        for match in matches:
            if negative or (match.negative and not (doubtful and k.questions[match.id].red_flag)):
                no.add(match.id)
            else:
                yes[text, match.id] = None
    return HeardWords(tuple(sorted(yes)), frozenset(no), tuple(strange))


def search(words: str, k: Knowledge, most: int = 8) -> list[str]:
    """Questions whose names or synonyms begin with what is being typed, best first: a drug by its common name."""
    typed = words.strip().lower()
    if len(typed) < 2:
        return []
    ranked: list[tuple[int, str]] = []
    for q in k.questions.values():
        names = [q.short.lower(), *q.also]
        if any(name.startswith(typed) for name in names):
            ranked.append((0, q.id))
        elif any(typed in name for name in names):
            ranked.append((1, q.id))
    return [ident for _, ident in sorted(ranked)][:most]
