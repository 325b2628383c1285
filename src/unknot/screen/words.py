"""A client's own words matched to the questions, by names and synonyms; shown for confirmation, and what was not understood is listed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from unknot.case.harmless import serious
from unknot.case.lexicon import BEFORE, ENDS, LISTS, SAME, SMALL, Lexicon, Match, tokens, words
from unknot.case.spelling import Spelling
from unknot.case.understand import lexicon as names
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import Question

LOSS = frozenset(["control", "feeling", "sensation", "able", "strength", "power"])
"""Right behind a "no" these are the warning itself: "no feeling", "no control"."""
TURNS = frozenset(
    ["since", "until", "till", "before", "because", "think", "sure", "metres", "stairs", "cannot", "goes"]
)
"""Words between a "no" and a sign that turn it: "no peace since", "not sure", "cannot walk ... without"."""
ONCE = frozenset(["before", "until", "till", "so"])
"""Words behind a denied sign that say that it is there now: "never had a swollen calf before"."""
TWICE = frozenset(["not", "never", "without", "deny", "denied", "denies"])
"""Denials that a denial before them turns round."""
HOWEVER = frozenset(["but", "now", "today", "though", "although", "however", "except", "yet", "only", "apart"])
AS_IT_IS = frozenset(
    ["my", "his", "her", "the", "our", "warning", "reason", "cause", "doubt", "trying", "notice", "noticing"]
)
"""Right behind "without" these deny nothing: "without my tablets I would be dead", "without warning"."""
OF_DRUGS = "drugs"
ARTICLE = re.compile(r"^(the|a|an|my) ")
BREAKS = re.compile(r"[ -]")


@dataclass(frozen=True, slots=True)
class HeardWords:
    """yes: (text, question); no: questions that were denied; texts in which nothing was found."""

    yes: tuple[tuple[str, str], ...]
    no: frozenset[str]
    strange: tuple[str, ...]


@lru_cache(maxsize=4)
def lexicon(k: Knowledge) -> Lexicon:
    """All words that answer a question with yes; a symptom that means the same lends its names."""
    entries = [("question", q.id, way) for q in k.questions.values() for phrase in q.also for way in _ways(phrase)]
    for q in k.questions.values():
        for symptom in q.symptoms:
            entries += [("question", q.id, p) for p in (k.symptoms[symptom].name, *k.symptoms[symptom].also)]
    return Lexicon(entries, misspelled=_spelling([phrase for _, _, phrase in entries], k))


def _ways(phrase: str) -> Iterator[str]:
    """All that a phrase stands for: "(hit|banged) my head" is two. One that holds a "not" is said with "cannot" as well."""
    parts = [part.split("|") for part in re.split(r"[()]", phrase)]
    for chosen in product(*parts):
        one = "".join(chosen)
        yield one
        if " not " in f" {one}":
            yield f" {one}".replace(" not ", " cannot ", 1).strip()


def _spelling(phrases: list[str], k: Knowledge) -> Spelling:
    """Slips are looked for in words of phrases; short names of one word, as of drugs, are taken letter by letter."""
    each = [words(phrase) for phrase in phrases]
    wanted = {word for phrase in each for word in phrase if len(phrase) > 1 or len(word) > 6} - SMALL
    names = [(r.name, *r.also) for kind in (k.symptoms, k.movements, k.habits, k.regions) for r in kind.values()]
    known = {word for each_name in names for name in each_name for word in words(name)}
    return Spelling(wanted, {*known, *SAME, *SMALL, *(word for phrase in each for word in phrase)})


def found_in(text: str, k: Knowledge) -> list[Match]:
    """What is said of the client in a text, harmless sayings and other people left out."""
    said = tokens(text)
    found = serious(said, lexicon(k).find(said), k)
    return [m for m in found if not (m.normal and k.questions[m.id].otherwise)]


def same_words(text: str, symptom: str, question: str, k: Knowledge) -> bool:
    """Whether a text tells of a symptom only in words that were matched to the question."""
    matched = {i for m in found_in(text, k) if m.id == question for i in m.covers}
    told = [m for m in names(k).find(tokens(text)) if m.id == symptom]
    return bool(told) and all(m.covers & matched for m in told)


def hear(said: tuple[str, ...], denied: tuple[str, ...], k: Knowledge) -> HeardWords:
    """Past things count: what a client mentions is asked about, and only a person takes it back."""
    yes: dict[tuple[str, str], None] = {}
    no: set[str] = set()
    strange: list[str] = []
    for text, negative in [*((t, False) for t in said), *((t, True) for t in denied)]:
        matches, spoken = found_in(text, k), tokens(text)
        told = [m for m in matches if not negative and (not m.negative or _no_denial(spoken, m, k))]
        denied_there = [m for m in matches if m not in told and not k.questions[m.id].otherwise]
        clear = [m for m in told if not k.questions[m.id].otherwise]
        if not negative and not clear and (not denied_there or _turns(spoken, denied_there)):
            strange.append(text)
            if not told and not names(k).find(spoken):
                yes |= dict.fromkeys((text, q.id) for q in k.questions.values() if q.otherwise)
        yes |= dict.fromkeys((text, q) for m in clear or told for q in (m.id, *_leads_to(k.questions[m.id])))
        no |= {m.id for m in denied_there}
    return HeardWords(tuple(sorted(yes)), frozenset(no), tuple(strange))


def _denied_itself(before: Sequence[str]) -> bool:
    """Whether the denial right behind these words is denied: "cannot say that I am not"."""
    for token in reversed(before):
        if token in ENDS or token in LISTS:
            return False
        if token in ("not", "cannot", "never"):
            return True
    return False


def _leads_to(question: Question) -> tuple[str, ...]:
    """The one question that this one follows: who tells of this has answered that too.

    None when there are several, and for what a symptom can answer by itself, unless it is a warning sign.
    """
    follows = question.red_flag or not question.symptoms
    return question.after if follows and len(question.after) == 1 else ()


def _turns(said: Sequence[str], matches: list[Match]) -> bool:
    """Whether a text goes on after what it denied: "no cancer, but". What stands there was not understood."""
    last = max(match.last for match in matches)
    return bool(HOWEVER & set(said[last + 1 : -1]))


def _no_denial(said: Sequence[str], match: Match, k: Knowledge) -> bool:
    """Whether the "no" near a sign denies something else, or is part of the warning. Only where it is dangerous to miss, or a drug is meant."""
    at = max((i for i in range(match.first) if said[i] in BEFORE), default=None)
    if at is None:
        return False
    between, before = said[at + 1 : match.first], said[max(0, at - 8) : at]
    if said[at] == "without" and (AS_IT_IS & set(between[:1]) or {"cannot", *BEFORE} & set(before)):
        return True
    question = k.questions[match.id]
    if not question.red_flag and question.group != OF_DRUGS:
        return False
    if said[at] in TWICE and _denied_itself(before):
        return True
    if LOSS & set(said[at + 1 : at + 3]) or TURNS & set(between):
        return True
    return any(token in ONCE for token in _to_end_of_clause(said, match)) or _now_there(said, match)


def _to_end_of_clause(said: Sequence[str], match: Match) -> Iterator[str]:
    """From where a match begins on."""
    yield from said[match.first : match.last]
    for token in said[match.last + 1 :]:
        if token in ENDS or token == ",":
            return
        yield token


def _now_there(said: Sequence[str], match: Match) -> bool:
    """Whether what follows says that it is there by now: "never had a swollen calf, now it is"."""
    rest = said[match.first + 1 :]
    return any(
        token in ("now", "today") and rest[i + 1 : i + 2] not in ([], [","], ["."]) for i, token in enumerate(rest)
    )


def search(words: str, k: Knowledge, most: int = 8) -> list[str]:
    """Questions whose names or synonyms begin with what is being typed, best first: a drug by its common name, also with a slip in it."""
    typed = ARTICLE.sub("", words.strip().lower())
    if len(typed) < 2:
        return []
    found = _named(typed, k)
    if not found:
        meant = " ".join(_typing(k).meant(word) for word in typed.split())
        found = _named(meant, k) or _named(typed, k, squeezed=True)
    return found[:most]


def _named(typed: str, k: Knowledge, *, squeezed: bool = False) -> list[str]:
    """`squeezed`: blanks and hyphens aside, as in "bloodthinner"."""
    typed = BREAKS.sub("", typed) if squeezed else typed
    ranked: list[tuple[int, str]] = []
    for q in k.questions.values():
        names = [q.short.lower(), *(phrase for phrase in q.also if "(" not in phrase)]
        names = [BREAKS.sub("", name) for name in names] if squeezed else names
        if any(name.startswith(typed) for name in names):
            ranked.append((0, q.id))
        elif any(typed in name for name in names):
            ranked.append((1, q.id))
    return [ident for _, ident in sorted(ranked)]


@lru_cache(maxsize=4)
def _typing(k: Knowledge) -> Spelling:
    """The words of all names that can be typed, for slips in them."""
    wanted = {word for q in k.questions.values() for phrase in q.also if "(" not in phrase for word in phrase.split()}
    return Spelling(wanted, ())
