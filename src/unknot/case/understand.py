"""Free words of the complaint, the history and the examination, matched to the knowledge; what is not understood is listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from unknot.case.harmless import serious
from unknot.case.lexicon import BEHIND, ENDS, NORMAL, Lexicon, Match, tokens
from unknot.case.model import Case
from unknot.case.places import SIDES, match_places
from unknot.knowledge.load import Knowledge

LEVEL = re.compile(r"\b([CLS]|TH?)\s?(\d{1,2})(?:\s?[/-]\s?([CLS]|TH?)?\s?(\d{1,2}))?\b", re.IGNORECASE)
SIGNS_OF_NERVE = frozenset(
    {"tingling", "numbness", "weakness", "reflex_reduced", "burning_line", "skin_hypersensitive"}
)
HISTORY = frozenset(
    {
        "osteoporosis",
        "whiplash",
        "weight_loss",
        "diabetes",
        "immunosuppressed",
        "psoriasis_uveitis",
        "load_increase",
        "disc_image",
    }
)
HISTORY_BEGINS = ("past_", "recent_", "trauma_")
"""Symptoms that are history themselves: they count although they are past."""
NORMAL_THINGS = {
    "reflexes": (("reflex_reduced", "reflex_brisk"), ("reflexes", "tendon reflexes", "deep tendon reflexes")),
    "feeling": (("numbness",), ("sensation", "sensibility", "feeling in the skin")),
    "strength": (("weakness",), ("strength", "power", "motor function", "muscle power")),
    "nerve": (("numbness", "weakness", "reflex_reduced"), (
        "nerve root signs", "nerve signs", "root signs", "neurological signs", "neurological symptoms", "neurological findings",
        "neurological deficit", "neurological examination", "neurological exam", "neurologically", "neurological", "neurology",
        "neuro exam", "neural deficit", "focal neurology", "nerve deficit", "radicular signs",
    )),
}  # fmt: skip
"""What may be called normal: the symptoms that are denied by it, and its names."""
CHECKS = frozenset(
    [
        "imaging",
        "xray",
        "xrays",
        "x",
        "ray",
        "rays",
        "radiograph",
        "radiographs",
        "radiography",
        "mri",
        "ct",
        "scan",
        "scans",
        "ultrasound",
        "sonography",
        "emg",
        "ecg",
        "ekg",
        "blood",
        "bloods",
        "dental",
        "dentist",
        "check",
        "checks",
        "checked",
        "examination",
        "exam",
        "tests",
        "test",
        "labs",
        "laboratory",
        "urine",
        "endoscopy",
        "gastroscopy",
        "colonoscopy",
        "echo",
        "doppler",
        "findings",
    ]
)
"""Checks whose normal result is understood as nothing found."""
LOST = {
    "reflex_reduced": ("absent reflex", "no reflex", "no ankle reflex", "no knee reflex"),
    "numbness": ("absent sensation", "no sensation", "no feeling"),
    "pulse_lost": ("absent pulse", "no pulse"),
    "loss_of_appetite": ("no appetite",),
}
"""Symptoms that are the absence of something: here "no" and "absent" deny nothing."""
FAMILY = frozenset(
    [
        "family",
        "mother",
        "father",
        "brother",
        "sister",
        "parent",
        "parents",
        "uncle",
        "aunt",
        "grandmother",
        "grandfather",
    ]
)
PREFIX = re.compile(
    r"\s*(onset|began|started|start|mechanism|trauma|injury|work|occupation|job|sport|sports|hobby|hobbies|habits?|sleep)\s*:(.*)",
    re.IGNORECASE | re.DOTALL,
)
PAST_BEFORE = frozenset(
    ["past", "old", "earlier", "previous", "previously", "former", "formerly", "prior", "childhood"]
)
EASED = frozenset(["better", "fine", "ease", "eases", "eased", "helps", "relieves", "relieved", "relief"])
"""Words that say that a movement does good."""
BACK_AGAIN = frozenset(["again", "now", "returned", "recurred"])
"""Words that say that what was past is there."""
PAST_ANYWHERE = frozenset(["childhood", "resolved", "healed"])
TIME = frozenset(
    [
        "few",
        "several",
        "couple",
        "last",
        "year",
        "years",
        "month",
        "months",
        "week",
        "weeks",
        "day",
        "days",
        "two",
        "three",
        "four",
        "five",
        "six",
        "hour",
        "hours",
        "night",
        "nights",
    ]
)
STARTED = frozenset(["started", "start", "starts", "began", "begun", "begin", "onset", "appeared", "noticed", "ever"])
LABELS = frozenset(
    [
        "labelled",
        "labeled",
        "diagnosed",
        "diagnosis",
        "diagnosed",
        "told",
        "suspected",
        "suspicion",
        "suspects",
        "presumed",
        "possible",
        "possibly",
        "probable",
        "probably",
        "query",
    ]
)


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
    """What was understood. `labelled` are the causes that were only suspected or told; `past` the words about what is over."""

    symptoms: tuple[HeardSymptom, ...]
    movements: dict[str, str]
    habits: dict[str, str]
    causes: dict[str, str]
    tests: tuple[tuple[str, bool, str], ...]
    qualities: tuple[str, ...]
    not_understood: tuple[str, ...]
    labelled: frozenset[str] = frozenset()
    past: tuple[str, ...] = ()
    read: frozenset[tuple[str, str]] = frozenset()
    """Every symptom that is there, with each of the texts that it was read from."""


_Where = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Regions, sides and roots that a text names."""


class _Collect:
    def __init__(self) -> None:
        self.symptoms: dict[tuple[str, bool, tuple[str, ...]], HeardSymptom] = {}
        self.movements: dict[str, str] = {}
        self.habits: dict[str, str] = {}
        self.causes: dict[str, str] = {}
        self.outright: set[str] = set()
        self.tests: dict[tuple[str, bool], str] = {}
        self.qualities: list[str] = []
        self.past: list[str] = []
        self.strange: list[str] = []
        self.read: set[tuple[str, str]] = set()

    def symptom(self, heard: HeardSymptom) -> None:
        if not heard.denied:
            self.read.add((heard.id, heard.words))
        self.symptoms.setdefault((heard.id, heard.denied, heard.roots), heard)

    def heard(self, strange: tuple[str, ...]) -> Heard:
        return Heard(
            tuple(self.symptoms.values()), self.movements, self.habits, self.causes,
            tuple((ident, positive, text) for (ident, positive), text in self.tests.items()),
            tuple(self.qualities), (*strange, *self.strange),
            frozenset(self.causes) - self.outright, tuple(dict.fromkeys(self.past)), frozenset(self.read),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Field:
    """What a field of the case is about: the kinds of phrases it may hold, most wanted first; `own` wins over any longer phrase."""

    kinds: tuple[str, ...]
    own: str = ""
    denied: bool = False
    examined: bool = False


WORSE = _Field(("movement", "symptom", "habit"), "movement")
HABITS = _Field(("habit", "movement"), "habit")
NEURO = _Field(("symptom", "cause", "habit", "movement", "test", "quality"), "symptom")
SAID = _Field(("symptom", "cause", "habit", "movement", "test", "quality"))
ONSET = _Field(("symptom", "movement", "cause", "habit"), "movement")
DENIED = _Field(("symptom", "cause"), "symptom", denied=True)
EXAMINED = _Field(("test", "symptom", "cause"), "test", examined=True)


@lru_cache(maxsize=4)
def lexicon(k: Knowledge) -> Lexicon:
    """All phrases of the knowledge, built at the first free words."""
    entries = [("symptom", s.id, p) for s in k.symptoms.values() for p in (s.name, *s.also)]
    entries += [("symptom", ident, p) for ident, phrases in LOST.items() if ident in k.symptoms for p in phrases]
    entries += [("movement", m.id, p) for m in k.movements.values() for p in (m.name, *m.also)]
    entries += [("habit", h.id, p) for h in k.habits.values() for p in (h.name, *h.also)]
    entries += [("cause", c.id, p) for c in k.causes().values() for p in (c.name, *c.also)]
    entries += [("test", t.id, p) for t in k.tests.values() for p in (t.name, *t.also)]
    entries += [
        ("test", t.id, short) for t in k.tests.values() for p in (t.name, *t.also) if (short := _by_its_name(p))
    ]
    entries += [("quality", q.id, p) for q in k.qualities.values() for p in (q.id, *q.also)]
    entries += [("normal", ident, p) for ident, (_, phrases) in NORMAL_THINGS.items() for p in phrases]
    return Lexicon(entries)


def _by_its_name(phrase: str) -> str:
    """A test that carries somebody's name without the word test or sign: "Spurling", "Tinel at the wrist"; else nothing."""
    return re.sub(r"\b(test|sign)\b", "", phrase) if re.match(r"[A-Z][a-z]{3,} (test|sign)\b", phrase) else ""


def understand(case: Case, k: Knowledge) -> Heard:
    """Everything in the case's free words that the knowledge has a name for."""
    found = _Collect()
    said = [(text, WORSE) for text in case.complaint.worse_with]
    said += [(text, HABITS) for text in case.complaint.habits]
    said += [(text, NEURO) for text in case.complaint.neuro]
    said += [(text, SAID) for text in (*case.complaint.said, *case.history.said)]
    said += [(text, DENIED) for text in case.history.denied]
    said += [(text, EXAMINED) for finding in case.findings for text in finding.said.split("; ") if text]
    for text, about in said:
        if not _hear(text, k, found, about):
            found.strange.append(text)
    _answers(case, k, found)
    return found.heard(case.not_understood)


def _answers(case: Case, k: Knowledge, found: _Collect) -> None:
    """Structured answers whose question carries the name of a symptom or a habit."""
    for key, answer in case.history.answers.items():
        if key in k.symptoms and answer in ("yes", "no"):
            found.symptom(HeardSymptom(key, answer == "no", (), (), (), f"{key} = {answer}", False))
        elif key in k.habits and answer == "yes":
            found.habits[key] = key


def _hear(text: str, k: Knowledge, found: _Collect, about: _Field) -> bool:
    """Whether anything in the text was understood. Words behind "onset:" or "work:" are read on their own first."""
    prefix = PREFIX.match(text)
    if prefix and about is SAID:
        field = ONSET if prefix[1].lower() in ("onset", "began", "started", "start", "mechanism") else SAID
        if _hear_plain(prefix[2], text, k, found, field):
            return True
    return _hear_plain(text, text, k, found, about)


def _hear_plain(part: str, text: str, k: Knowledge, found: _Collect, about: _Field) -> bool:
    said = tokens(part)
    every = serious(said, lexicon(k).find(said), k)
    matches = [m for m in _best(every, about, said) if not _without_use(said, m) and not _of_family(said, m)]
    over = _past(said, matches)
    where = _place_of(part, said, k) if any(m.kind == "symptom" for m in matches) else ((), (), ())
    for match in matches:
        if match.kind == "normal":
            continue
        if match in over and not match.negative and not _is_history(match):
            found.past.append(text)
            continue
        _take(match, said, where, text, found, about)
    denied = _deny_normal(matches, text, found, k, about)
    if denied or any(m.kind != "normal" for m in matches) or _nothing_found(said):
        return True
    if (
        about is not DENIED
        and (_long_ago(said) or any(_past_word(said, i) for i in range(len(said))))
        and not FAMILY & set(said)
    ):
        found.past.append(text)
        return True
    return False


def _take(match: Match, said: Sequence[str], where: _Where, text: str, found: _Collect, about: _Field) -> None:
    negative = match.negative or about.denied
    if match.kind == "symptom":
        found.symptom(HeardSymptom(match.id, negative, *where, text, about.examined))
    elif match.kind == "test":
        positive = not match.normal and (not negative or _lost_reflex(match, said))
        found.tests.setdefault((match.id, positive), text)
    elif negative:
        return
    elif match.kind == "movement" and EASED & set(said) and "worse" not in said:
        found.past.append(text)  # what eases is no provocation; it is told as set aside
    elif match.kind == "cause":
        found.causes.setdefault(match.id, text)
        if not _is_labelled(said, match):
            found.outright.add(match.id)
    elif match.kind == "quality":
        if match.id not in found.qualities:
            found.qualities.append(match.id)
    else:
        {"movement": found.movements, "habit": found.habits}[match.kind].setdefault(match.id, text)


def _place_of(part: str, said: Sequence[str], k: Knowledge) -> _Where:
    regions = tuple(m.region for m in match_places(k, part))
    return regions, tuple(s for s in SIDES if s in said or "both" in said), _levels(part, k)


def _lost_reflex(match: Match, said: Sequence[str]) -> bool:
    """An absent reflex is what its test looks for, not a test that found nothing."""
    near = said[max(0, match.first - 3) : match.last + 4]
    return match.id.endswith("reflex") and bool({"absent", "lost", "no"} & set(near)) and "normal" not in near


def _best(matches: list[Match], about: _Field, said: Sequence[str]) -> list[Match]:
    """Of matches that cover the same words the field's own kind, then the longest, then the kind that is most wanted."""
    rank = {kind: i for i, kind in enumerate((*about.kinds, "normal"))}
    wanted = [m for m in matches if m.kind in rank]

    def order(m: Match) -> tuple[bool, int, int, int, str]:
        label_first = not (m.kind == "cause" and _is_labelled(said, m))
        return (m.kind != about.own and label_first, -len(m.covers), int(label_first), rank[m.kind], m.id)

    chosen: list[Match] = []
    for match in sorted(wanted, key=order):
        rivals = [other for other in chosen if other.covers & match.covers]
        if all(other.kind == match.kind or match.id == "past_cancer" for other in rivals):
            chosen.append(match)
    return chosen


def _deny_normal(matches: list[Match], text: str, found: _Collect, k: Knowledge, about: _Field) -> bool:
    """Denies what "reflexes normal" or "nerve-root signs absent" denies; whether there was any such thing."""
    things = [
        m for m in matches if m.kind == "normal" and (m.normal or (m.id == "nerve" and (m.negative or about.denied)))
    ]
    for symptom in (s for m in things for s in NORMAL_THINGS[m.id][0] if s in k.symptoms):
        found.symptom(HeardSymptom(symptom, True, (), (), (), text, about.examined))
    return bool(things)


def _nothing_found(said: Sequence[str]) -> bool:
    """Whether a check is said to have found nothing: "imaging normal", "dental check normal"."""
    return bool(CHECKS & set(said)) and any(
        word in NORMAL or word in BEHIND or word == "no" for i, word in enumerate(said) if "not" not in said[max(0, i - 2) : i]
    ) and not {"abnormal", "but"} & set(said)  # fmt: skip


def _segment(said: Sequence[str], match: Match) -> tuple[int, int]:
    """From where to where the part of the sentence goes that a match stands in."""
    first, last = match.first, match.last
    while first > 0 and said[first - 1] != "," and said[first - 1] not in ENDS:
        first -= 1
    while last < len(said) - 1 and said[last + 1] != "," and said[last + 1] not in ENDS:
        last += 1
    return first, last + 1


def _is_history(match: Match) -> bool:
    return match.kind == "symptom" and (
        match.id in HISTORY or match.id.startswith(HISTORY_BEGINS) or match.id.endswith("_history")
    )


def _without_use(said: Sequence[str], match: Match) -> bool:
    """Whether it is what was tried in vain: "massage did not help"."""
    _, end = _segment(said, match)
    for i in range(match.last + 1, end):
        if said[i] in ("help", "helped", "helps", "benefit", "effect"):
            return bool({"not", "no", "without"} & set(said[match.last + 1 : i]))
    return False


def _of_family(said: Sequence[str], match: Match) -> bool:
    """Whether it is told of a relative: "family history of cancer"."""
    first, _ = _segment(said, match)
    return bool(FAMILY & set(said[first : match.first]))


def _is_labelled(said: Sequence[str], match: Match) -> bool:
    """Whether somebody else's name for it is given: "diagnosed with", "told it is", "suspected"."""
    first, end = _segment(said, match)
    return any(said[i] in LABELS for i in range(first, match.first)) or any(
        said[i] in ("suspected", "query", "possible") for i in range(match.last + 1, end)
    )


def _past(said: Sequence[str], matches: list[Match]) -> list[Match]:
    """Matches that are said to be over. A part of the sentence with nothing else in it tells about its neighbour."""
    spans = {_segment(said, m) for m in matches}
    whole = {s for s in range(len(said)) if not any(a <= s < b for a, b in spans)}
    over: list[Match] = []
    for match in matches:
        first, end = _segment(said, match)
        if _is_labelled(said, match) and not PAST_ANYWHERE & set(said[first:end]):
            continue
        behind = _reach(whole, end, 1)
        before = _reach(whole, first - 1, -1)
        stretch = said[first:end]
        if STARTED & set(stretch) or (BACK_AGAIN & set(said)):
            continue
        told = any(_past_word(said, i) for i in range(first, match.last + 1)) or _long_ago(stretch)
        if told or _long_ago([said[i] for i in behind]) or _long_ago([said[i] for i in before]):
            over.append(match)
    return over


def _reach(whole: set[int], start: int, step: int) -> list[int]:
    """Places from `start` on that belong to no match, in the order of the text."""
    found: list[int] = []
    while start in whole:
        found.append(start)
        start += step
    return found[::step]


def _past_word(said: Sequence[str], i: int) -> bool:
    before, after = (said[i - 1] if i else ""), (said[i + 1] if i + 1 < len(said) else "")
    if said[i] == "history" or (said[i], after) == ("used", "to"):
        return True
    if said[i] not in PAST_BEFORE:
        return False
    if said[i] == "old":
        return before not in ("year", "years", "yr", "yo")
    return (
        after not in TIME and not after.isdigit() and not (said[i] == "earlier" and after in ("today", "than", "this"))
    )


def _long_ago(said: Sequence[str]) -> bool:
    """Whether words say that it was long ago: years ago, months ago, as a child, healed."""
    for i, word in enumerate(said):
        if word in PAST_ANYWHERE or (word == "child" and "as" in said[max(0, i - 2) : i]):
            return True
        if word == "ago" and i and said[i - 1].startswith(("year", "month", "decade")) and not STARTED & set(said):
            return True
    return False


def _levels(text: str, k: Knowledge) -> tuple[str, ...]:
    """Roots named in a text: "C8/T1 weakness", "L5-S1", "Th11"."""
    found: list[str] = []
    for letter, number, second, other in LEVEL.findall(text):
        for name in (f"{letter[0].upper()}{number}", f"{(second or letter)[0].upper()}{other}" if other else ""):
            if name in k.roots and name not in found:
                found.append(name)
    return tuple(found)
