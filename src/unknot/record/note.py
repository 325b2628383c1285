"""The note of a visit: drafted as a fold of its facts, edited as a versioned document, signed by a person; after that there are amendments only.

Four parts as the field writes them: subjective, objective, assessment, plan. Every number of a draft stands in the facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from unknot.case.clearance import NOT_COMPLETE, word_of
from unknot.case.model import Finding, Pain
from unknot.case.places import site_name
from unknot.case.plan import Application
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.record.amounts import day
from unknot.record.days import day_of
from unknot.record.measured import measured
from unknot.record.paper import Paper, Section
from unknot.record.session_picture import span
from unknot.record.session_words import breach_words, recheck_words, taking_words
from unknot.record.store import Fact, Store, StoreError
from unknot.record.story import Sitting, Story, place_name
from unknot.record.went import Went, before_and_after
from unknot.treat.summary import Taking
from unknot.words import join, raised, say

KIND = "note"
Form = Literal["short", "long"]
PARTS = ("subjective", "objective", "assessment", "plan")
LONGEST = 6000
"""Characters of one part."""
FEW = {"short": 4, "long": 40}
"""Places and findings that are listed; the rest is counted."""
RANKED = {"short": 2, "long": 4}
SORE_H = 36
"""Soreness after pressure ends by then as a rule (Cambron 2007; stated in docs/notes.md)."""


@dataclass(frozen=True, slots=True)
class Note:
    """What was kept of a note. `seen` says how far each stream had grown when it was kept."""

    form: Form
    parts: Mapping[str, str]
    signed_by: str
    at: str
    seen: Mapping[str, int]
    version: int


@dataclass(frozen=True, slots=True)
class Amendment:
    """What was added after signing: by whom, when."""

    text: str
    by: str
    at: str


def draft(s: Story, k: Knowledge, form: Form) -> dict[str, str]:
    """The four parts, drafted from the facts of the visit."""
    made = {
        "subjective": _subjective(s, k, form), "objective": _objective(s, k, form), "assessment": _assessment(s, k, form),
        "plan": _plan(s, k, form),
    }  # fmt: skip
    return {part: "\n".join(raised(line) for line in lines if line) for part, lines in made.items()}


# ---------------------------------------------------------------- what was told


def _subjective(s: Story, k: Knowledge, form: Form) -> Iterator[str]:
    yield from complaint(s, k, form)
    for text in s.said if form == "long" else s.said[:1]:
        yield f"“{text}”"
    taken = measured(s.measured, k, told=True)
    yield from taken
    told = {a: [k.questions[q].short for q, given in s.answers.items() if given == a] for a in ("yes", "unknown")}
    if told["yes"]:
        yield say("note.today", what="; ".join(told["yes"]))
    if told["unknown"]:
        yield say("note.not_known", what="; ".join(told["unknown"]))
    if s.answers and not any(told.values()):
        yield say("note.today_nothing")
    if not (s.pains or s.nothing or s.said or s.answers or taken):
        yield say("note.nothing_told")


def complaint(s: Story, k: Knowledge, form: Form) -> Iterator[str]:
    """Where it hurts, since when, and what makes it worse."""
    if s.pains:
        yield say("note.pain", places=_listed([pain_words(p, k) for p in s.pains], FEW[form], "; "))
    elif s.nothing:
        yield say("note.no_pain", by=say("nothing." + s.nothing))
    if s.from_home:
        yield say("note.from_home", places=_listed([pain_words(p, k) for p in s.from_home], FEW[form], "; "))
    elif s.nothing_at_home:
        yield say("note.nothing_at_home")
    if s.case is not None:
        c = s.case.complaint
        if c.weeks is not None:
            yield say("note.weeks", weeks=f"{c.weeks:g}")
        if c.worse_with:
            yield say("note.worse", what=", ".join(c.worse_with))
        if c.neuro:
            yield say("note.neuro", what=", ".join(c.neuro))
        if c.habits and form == "long":
            yield say("note.habits", what=", ".join(c.habits))


def pain_words(p: Pain, k: Knowledge) -> str:
    """A place that hurts: its name, how much, how it feels."""
    words = [site_name(k, p.site)]
    if p.intensity is not None:
        words.append(say("limit.of_ten", value=f"{p.intensity:g}"))
    words += [say("quality." + q) for q in p.quality]
    return ", ".join(words)


def _listed(words: list[str], most: int, between: str = ", ") -> str:
    more = [say("note.more", count=len(words) - most)] if len(words) > most else []
    return between.join([*words[:most], *more])


# ---------------------------------------------------------------- what was found


def _objective(s: Story, k: Knowledge, form: Form) -> Iterator[str]:
    found = [_finding(f, k) for f in s.findings]
    yield from found[: FEW[form]]
    if len(found) > FEW[form]:
        yield say("note.more_findings", count=len(found) - FEW[form])
    taken = measured(s.measured, k, told=False)
    yield from taken
    if not found and not taken:
        yield say("note.nothing_found")


def _finding(f: Finding, k: Knowledge) -> str:
    """One place or test, with what is so and what is not."""
    name = place_name(f.on, k) if f.on else ""
    if f.kind == "test" and "result" in f.signs:
        return say("found.positive" if f.signs["result"] else "found.negative", name=name) + "."
    names = {sign: k.signs[sign].name if sign in k.signs else sign.replace("_", " ") for sign in f.signs}
    told = [names[sign] if value is True else say("found.rated", name=names[sign], value=value) for sign, value in f.signs.items() if value is not False]  # fmt: skip
    told += [f"“{f.said}”"] if f.said else []
    absent = [names[sign] for sign, value in f.signs.items() if value is False]
    words = [", ".join(told)] if told else []
    words += [say("note.absent", what="; ".join(absent))] if absent else []
    return f"{name}: {'. '.join(words)}." if name else ". ".join(words)


# ---------------------------------------------------------------- what it may mean


def _assessment(s: Story, k: Knowledge, form: Form) -> Iterator[str]:
    if s.cleared:
        yield from _screened(s.cleared, form)
    else:
        yield say("note.not_screened")
    if s.ranking is not None:
        names = [place_name(ident, k) for ident in s.ranking.points]
        if names:
            yield say("note.ranked", names="; ".join(names[: RANKED[form]]))
        if s.ranking.beside:
            yield say("note.beside", names=join(list(s.ranking.beside)))
        if s.ranking.unexplained and form == "long":
            yield say("note.unexplained", places="; ".join(site_name(k, site) for site in s.ranking.unexplained))
    familiar = [place_name(f.on, k) for f in s.findings if f.signs.get("familiar_pain") is True]
    if familiar:
        yield say("note.familiar", names="; ".join(dict.fromkeys(familiar)))
    yield say("note.no_diagnosis")


def _screened(cleared: Mapping[str, Any], form: Form) -> Iterator[str]:
    reasons = [r["name"] for r in cleared["reasons"] if r["outcome"] != "go" and not r["lifted"]]
    lifted = [say("note.lifted", name=r["name"], by=r["lifted"]) for r in cleared["reasons"] if r["lifted"]]
    word = word_of(cleared["outcome"], cleared["open"])
    if word == NOT_COMPLETE:
        yield say("note.screening_open", count=len(cleared["open"]))
    else:
        yield say("note.screened", outcome=say("outcome." + word))
    if reasons:
        yield say("note.because", names=_listed(reasons, FEW[form], "; "))
    yield from lifted
    caps = [
        say("note.cap", name=say("limit." + c["limit"]), value=_amount(c)) for c in cleared["ceilings"] if c["rule"]
    ]
    if caps and form == "long":
        yield say("note.caps", caps=join(caps))


def _amount(ceiling: Mapping[str, Any]) -> str:
    value = f"{ceiling['value']:g}"
    return say("limit.of_ten", value=value) if ceiling["unit"] == "0-10" else f"{value} {ceiling['unit']}"


# ---------------------------------------------------------------- what was done and what comes


def _plan(s: Story, k: Knowledge, form: Form) -> Iterator[str]:
    for sitting in s.sittings:
        yield say(
            "note.session", begun=sitting.begun.strftime("%H:%M"), ended=sitting.ended.strftime("%H:%M"),
            pressed=span(sitting.found.pressed_ms),
        )  # fmt: skip
        for w in sitting.places:
            takings = [t for t in sitting.found.takings if t.place == w.place.place]
            yield _place(sitting, w, takings) + (
                _only(sitting, takings[0], k) if form == "long" and len(takings) == 1 else ""
            )
            if form == "long" and len(takings) > 1:
                yield from (say("note.time", n=t.time, what=_taken(sitting, t, k)) for t in takings)
        yield from _beside(sitting)
    if not any(sitting.found.takings for sitting in s.sittings):
        yield say("note.nothing_done")
    else:
        yield say("note.what_discomfort")
    yield from (say("note.follow", names=join(names), how=how) for how, names in follows(s, k).items())
    if any(sitting.found.takings for sitting in s.sittings):
        yield say("note.told_sore", hours=SORE_H)
    if s.liked:
        yield say("note_liked." + s.liked)
    yield next_words(s)


def _place(sitting: Sitting, w: Went, takings: Sequence[Taking]) -> str:
    """A line a place, the same in both forms."""
    place = w.place
    how = join(list(dict.fromkeys(say("technique." + t.technique) for t in takings)))
    change = before_and_after(place)
    change = say("note.from_to", change=change) if place.before is not None else change
    above = sum(len(t.breaches) for t in takings)
    more = say("note.above", count=above) if above else ""
    more += say("note.grew_worse") if w.worse else say("note.flat") if w.flat else ""
    key = "note.place" if place.pressed_ms else "note.place_on"
    return say(key, name=place.name, technique=how, pressed=span(sitting.on_ms(place)), change=change) + more


def _only(sitting: Sitting, t: Taking, k: Knowledge) -> str:
    """What the long form adds of a place that was taken up once."""
    return " " + raised(_how(sitting, t, k, only=True))


def _taken(sitting: Sitting, t: Taking, k: Knowledge) -> str:
    """One of several times that a place was taken up."""
    return say("technique." + t.technique) + ", " + _how(sitting, t, k, only=False)


def _how(sitting: Sitting, t: Taking, k: Knowledge, *, only: bool) -> str:
    """With what, how it ended, and what else is to be said of it."""
    a = sitting.applications.get(t.application)
    ended = say("session_end." + t.outcome) if t.outcome else say("session.still_on")
    contact = f"{k.contacts[a.contact].name}; " if a is not None and a.contact in k.contacts else ""
    above = [breach_words(b) for b in t.breaches]
    told = [w for w in taking_words(t, only=only) if w not in above]
    told += [say("note.above_told", what=w.rstrip(".")) for w in above]
    recheck = recheck_words(t.recheck)
    told += [say("end.rechecked", found=recheck)] if recheck else []
    return f"{contact}{ended}. {' '.join(told)}".strip()


def _beside(sitting: Sitting) -> Iterator[str]:
    """Stops and symptoms are told in every form."""
    for told in sitting.found.told:
        if told.kind == "symptom":
            yield say("note.symptom", word=told.word.replace("_", " "))
        elif told.kind == "stop":
            yield say("note.stopped")
    if sitting.found.undone:
        names = [sitting.applications[i].name for i in sitting.found.undone if i in sitting.applications]
        yield say("note.undone", names="; ".join(names)) if names else ""
    if not sitting.over:
        yield say("note.not_ended")


def follows(s: Story, k: Knowledge) -> dict[str, list[str]]:
    """The stretch or movement that follows what was worked on: its words to the muscles that it is for."""
    found: dict[str, list[str]] = {}
    for a in stretched(s, k)[0]:
        point = k.points.get(a.place.partition("@")[0])
        side = f" ({a.place.partition('@')[2]})" if "@" in a.place else ""
        name = k.muscles[point.muscle].name + side if point is not None else a.name.replace("^", "")
        names = found.setdefault(a.follow, [])
        names += [name] if name not in names else []
    return found


def stretched(s: Story, k: Knowledge) -> tuple[list[Application], list[Application]]:
    """The work after which a stretch or movement may follow, and that after which none does: a symptom came at that muscle (house rule)."""
    done = [
        (a, w)
        for sitting in s.sittings
        for w in sitting.places
        for a in (sitting.applications.get(t.application) for t in sitting.found.takings if t.place == w.place.place)
        if a is not None and a.follow
    ]
    felt = {_muscle_at(a.place, k) for a, w in done if "symptom" in w.against}
    every = list({(a.place, a.follow): a for a, _ in done}.values())
    return (
        [a for a in every if _muscle_at(a.place, k) not in felt],
        [a for a in every if _muscle_at(a.place, k) in felt],
    )


def _muscle_at(place: str, k: Knowledge) -> str:
    """The muscle of a place with its side; the place itself where it is no point."""
    ident, _, side = place.partition("@")
    return f"{k.points[ident].muscle}@{side}" if ident in k.points else place


def next_words(s: Story) -> str:
    """When the next visit is, or that none is set."""
    if s.next is None:
        return say("note.no_next")
    return say("note.next", on=day(s.next.on), time=s.next.time)


# ---------------------------------------------------------------- kept, signed, amended


class Notes:
    """Reads and writes notes. The store stamps them; nothing here reads a clock."""

    def __init__(self, store: Store, ahead: Sequence[str] = ()) -> None:
        """`ahead`: visits whose notes are read at once, for a page that shows them."""
        self.store = store
        self._ahead = frozenset(ahead)
        self._read = store.some(KIND, list(ahead)) if ahead else {}

    def of(self, visit: str) -> Note | None:
        """The note of a visit as it was kept; None when it still is a draft from the facts alone."""
        found = self._read.get(visit) if visit in self._ahead else self.store.get(KIND, visit)
        if found is None:
            return None
        b = found.body
        return Note(b["form"], b["parts"], b["signed_by"], found.at, b["seen"], found.version)

    def keep(
        self, s: Story, form: Form, parts: Mapping[str, str], over: int, signed_by: str = "", seen: Mapping[str, int] | None = None
    ) -> Note:  # fmt: skip
        """Keep an edited note, signed when there is a name. `seen`: how far the visit had grown when the words were written, where that is not now.

        Raises StoreError when it has been signed already or is too long, OvertakenError when somebody else has changed it.
        """
        now = self.of(s.visit.id)
        if now is not None and now.signed_by:
            given = "this note is signed"
            raise StoreError([Problem("note_signed", "note", given, "an unsigned one", "add an amendment")])
        told = {part: str(parts.get(part, "")).replace("\r\n", "\n").strip() for part in PARTS}
        long = [part for part, text in told.items() if len(text) > LONGEST]
        if long:
            given = f"{len(told[long[0]])} characters"
            raise StoreError([Problem("too_long", say("note." + long[0]), given, f"at most {LONGEST}", "shorten it")])
        name = signed_by.strip()[:80]
        known = {name: min(last, (seen or {}).get(name, last if seen is None else 0)) for name, last in s.seen.items()}
        body = {"client": s.person.id, "form": form, "parts": told, "signed_by": name, "seen": known}
        return Note(form, told, name, "", known, self.store.put(KIND, s.visit.id, body, over=over))

    def amend(self, visit: str, text: str, by: str) -> None:
        """Add to a signed note. Raises StoreError when it is not signed, or when words or a name are missing."""
        now = self.of(visit)
        if now is None or not now.signed_by:
            raise StoreError(
                [Problem("note_not_signed", "note", "this note is not signed", "a signed one", "edit it instead")]
            )
        if not text.strip() or not by.strip():
            raise StoreError([Problem("no_amendment", "note", "no words or no name", "both", "write what is added and who says so")])  # fmt: skip
        body = {"text": text.strip()[:LONGEST], "by": by.strip()[:80], "version": now.version}
        self.store.append(f"visit:{visit}", [Fact("note_amended", body)])

    def amendments(self, s: Story) -> list[Amendment]:
        """What was added after signing, in order."""
        return [Amendment(f.body["text"], f.body["by"], f.at) for f in s.facts if f.kind == "note_amended"]


def grown(note: Note, s: Story) -> bool:
    """Whether work went on, answers came or the drawing with its findings changed after a note was kept."""
    after = [f for f in s.facts if f.sequence > note.seen.get(f"visit:{s.visit.id}", 0)]
    sessions = any(f"session:{t.id}" not in note.seen or t.last > note.seen[f"session:{t.id}"] for t in s.sittings)
    drawn = s.drawing > note.seen.get(f"drawing:{s.visit.id}", s.drawing)  # older notes do not say
    return sessions or drawn or any(f.kind not in ("note_amended", "cleared", "photo_taken_out") for f in after)


def paper(s: Story, k: Knowledge, kept: Note | None, form: Form, amendments: list[Amendment]) -> Paper:
    """The note as it leaves the record: what was kept, or the draft."""
    parts = kept.parts if kept is not None else draft(s, k, form)
    sections = [Section(part, say("note." + part), tuple(parts[part].splitlines())) for part in PARTS]
    added = tuple(say("note.amended", text=a.text, by=a.by, at=day(day_of(a.at))) for a in amendments)
    if added:
        sections.append(Section("amendments", say("note.amendments"), added))
    signed = kept is not None and kept.signed_by
    state = say("note.signed", by=kept.signed_by, at=day(day_of(kept.at))) if kept and signed else say("note.unsigned")
    age = say("letter.age", age=f"{s.person.age:g}") if s.person.age is not None else ""
    about = say("note.about", label=s.person.label, age=age, on=day(s.visit.on))
    return Paper("note", say("note.title"), about, tuple(sections), (state, say("note.foot")))
