"""The client's sheet: a visit in plain words. What was found, what was done, what to expect, what to do at home, and when to call a physician."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from unknot.case.clearance import Clearance
from unknot.case.model import Finding
from unknot.case.plan import Application
from unknot.knowledge.load import Knowledge
from unknot.record.amounts import day
from unknot.record.called import muscle, site, stretch
from unknot.record.called import place as called_place
from unknot.record.note import SORE_H, stretched
from unknot.record.paper import Paper, Section
from unknot.record.session_picture import span
from unknot.record.story import Sitting, Story, place_name
from unknot.record.went import Went
from unknot.words import join, raised, say

MOST = 6
"""Places that are named; a sheet is one or two pages."""
HOME_LESS = 1
"""At home pressure stays at least so far below the ceiling of the visit (house rule)."""
HOME_HOLD_S = 30
"""A hold at home is never longer, nor longer than the visit's ceiling (house rule)."""
GRAVEST = (
    "symptom", "above", "worse", "cut", "screening", "danger", "not_pressed", "flat", "unrated", "once", "other_pressure",
)  # fmt: skip
"""What speaks against pressing a place at home: of several the first is told."""
CALL = ("weak", "bladder", "chest", "leg", "head", "bruise", "fever", "worse")
"""What a physician is called for; each has its words in the catalogue."""


def sheet(s: Story, k: Knowledge, clearance: Clearance, emergency: str, *, touch: bool) -> Paper:
    """The sheet of a visit. `touch`: whether the clearance is open, without which nothing is advised to be pressed."""
    sections = (
        Section("found", say("sheet_paper.found"), tuple(_found(s, k))),
        Section("done", say("sheet_paper.done"), tuple(_done(s, k))),
        Section("expect", say("sheet_paper.expect"), tuple(_expect(s))),
        Section("home", say("sheet_paper.home"), tuple(_home(s, k, clearance, touch=touch))),
        Section("call", say("sheet_paper.call"), (*(say("sheet_call." + c) for c in CALL), say("sheet_paper.emergency", number=emergency))),
        Section("next", say("sheet_paper.next"), (_next(s),)),
    )  # fmt: skip
    about = say("sheet_paper.about", label=s.person.label, on=day(s.visit.on))
    told = tuple(section for section in sections if section.key != "expect" or section.lines)
    return Paper("sheet", say("sheet_paper.title"), about, told, (say("sheet_paper.foot"),))


def _found(s: Story, k: Knowledge) -> Iterator[str]:
    if s.pains:
        more = [say("sheet_paper.more", count=len(s.pains) - MOST)] if len(s.pains) > MOST else []
        yield say("sheet_paper.drawn", places=join([*(site(k, p.site) for p in s.pains[:MOST]), *more]))
    elif s.nothing:
        yield say("sheet_paper.no_pain")
    tender = [_name(f, k) for f in s.findings if f.kind == "point" and f.signs.get("tenderness")]
    familiar = [_name(f, k) for f in s.findings if f.signs.get("familiar_pain") is True]
    if tender:
        yield say("sheet_paper.tender", names="; ".join(list(dict.fromkeys(tender))[:MOST]))
    if familiar:
        yield say("sheet_paper.familiar", names="; ".join(list(dict.fromkeys(familiar))[:MOST]))
    hands = bool(s.findings) or any(sitting.found.takings for sitting in s.sittings)
    yield say("sheet_paper.not_sure" if hands else "sheet_paper.not_sure_words")


def _name(found: Finding, k: Knowledge) -> str:
    return called_place(k, found.on, place_name(found.on, k))


def _stretches(s: Story, k: Knowledge) -> list[tuple[str, list[str]]]:
    """Each stretch that follows what was worked on, in the client's words, with what it is for."""
    found: dict[str, list[str]] = {}
    for a in stretched(s, k)[0]:
        names = found.setdefault(stretch(k, _muscle_of(a, k), a.follow), [])
        names += [name] if (name := _stretched_name(a, k)) not in names else []
    return list(found.items())


def _muscle_of(a: Application, k: Knowledge) -> str:
    ident = a.place.partition("@")[0]
    return k.points[ident].muscle if ident in k.points else ""


def _stretched_name(a: Application, k: Knowledge) -> str:
    """The muscle that is stretched, in the client's words."""
    of = _muscle_of(a, k)
    return muscle(k, of, a.place.partition("@")[2]) if of else a.name.replace("^", "")


def _next(s: Story) -> str:
    """When the next visit is, with its day in words."""
    return say("note.next", on=day(s.next.on), time=s.next.time) if s.next is not None else say("note.no_next")


def _done(s: Story, k: Knowledge) -> Iterator[str]:
    """One line a place, with the client's own word for what was felt."""
    worked = [(sitting, w) for sitting in s.sittings for w in sitting.places]
    for sitting, w in worked[:MOST]:
        place = w.place
        how = list(dict.fromkeys(t.family for t in sitting.found.takings if t.place == place.place))
        words = join([say("sheet_how." + family) for family in how])
        of = next((a for a in sitting.applications.values() if a.place == place.place), None)
        name = called_place(k, place.place, place.name, of)
        line = say("sheet_paper.place", name=name, how=words, pressed=span(sitting.on_ms(place)))
        yield raised(" ".join([line, *_felt(w)]))
    if len(worked) > MOST:
        yield raised(say("note.more", count=len(worked) - MOST))
    if not worked:
        yield say("sheet_paper.nothing")


def _felt(w: Went) -> Iterator[str]:
    """What it felt like at first and at the end, and what follows where it grew worse."""
    place = w.place
    if place.before is not None and place.after is None:
        yield say("sheet_change.once", before=f"{place.before:g}")
    elif place.before is not None and place.after is not None:
        harder = w.change == "clear" and place.pressure == "harder"
        key = "clear_harder" if harder else place.pressure if w.change == "not_compared" else w.change
        yield say("sheet_change." + key, before=f"{place.before:g}", after=f"{place.after:g}")
    if w.felt:
        yield say("sheet_paper.let_go")
    if w.worse:
        yield say("sheet_paper.lighter") if w.change == "worse" else say("sheet_paper.grew_worse")


def _expect(s: Story) -> Iterator[str]:
    """Of work by hand alone: where nothing was worked on, nothing is to be expected of it."""
    if any(sitting.found.takings for sitting in s.sittings):
        yield say("sheet_paper.sore", hours=SORE_H)
        yield say("sheet_paper.honest")


# ---------------------------------------------------------------- at home


@dataclass(slots=True)
class _Own:
    """What may be pressed at home: each place as the client knows it, to what speaks against it."""

    most: float
    hold: float
    places: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, against: list[str], a: Application) -> None:
        """One piece of work. Of two places with one name all must have gone quietly."""
        self.places.setdefault(name, []).extend(against)
        if not against:
            self.most = min(self.most, a.limits.discomfort - HOME_LESS)
            self.hold = min(self.hold, a.limits.hold_s)


def _home(s: Story, k: Knowledge, clearance: Clearance, *, touch: bool) -> Iterator[str]:
    """Stretches of what was worked on, and pressure of one's own.

    Nothing is advised to be pressed where screening asks for any care, near a place that is easily hurt, or that did not go quietly
    (house rule); what is left out is said, and why where nothing is left.
    """
    left = list(dict.fromkeys(_stretched_name(a, k) for a in stretched(s, k)[1]))
    if left:
        yield say("sheet_paper.no_stretch", names="; ".join(left))
    if not clearance.forbids("stretch"):
        yield from (say("sheet_paper.stretch", name=join(names), how=how) for how, names in _stretches(s, k)[:MOST])
    own = _own(s, k, clearance)
    good = [name for name, against in own.places.items() if not against]
    if good and touch and clearance.outcome == "go" and own.most >= 1:
        yield say("sheet_paper.press", names="; ".join(good[:MOST]), most=f"{own.most:g}", hold=f"{own.hold:g}")
        if len(own.places) > len(good[:MOST]):
            yield say("sheet_paper.press_others")
        yield say("sheet_paper.press_stop")
    elif own.places:
        against = dict.fromkeys(min(words, key=GRAVEST.index) for words in own.places.values() if words)
        why = ["screening"] if good or not touch or clearance.outcome != "go" else list(against)
        yield say("sheet_paper.no_press", why="; ".join(say("sheet_against." + word) for word in why))
    yield say("sheet_paper.move")


def _own(s: Story, k: Knowledge, clearance: Clearance) -> _Own:
    """Every place that was worked on, with the lowest limits of those that may be pressed."""
    limit = clearance.limit
    own = _Own(limit("discomfort").value - HOME_LESS, min(HOME_HOLD_S, limit("hold_s").value))
    for sitting in s.sittings:
        for w in sitting.places:
            for a in _work_on(sitting, w):
                against = _against(a, w, clearance)
                own.add(called_place(k, a.place, a.name, a), against, a)
    return own


def _work_on(sitting: Sitting, w: Went) -> list[Application]:
    """The pieces of work that were done on a place."""
    done = [t.application for t in sitting.found.takings if t.place == w.place.place]
    return [sitting.applications[i] for i in dict.fromkeys(done) if i in sitting.applications]


def _against(a: Application, w: Went, clearance: Clearance) -> list[str]:
    """What speaks against pressing a place at home, as keys of the catalogue."""
    found: list[str] = list(w.against)
    if a.family not in ("rounds", "release"):
        found.append("not_pressed")
    if a.dangers:
        found.append("danger")
    if clearance.forbids(a.technique) or a.site in clearance.barred_sites() | {row.site for row in clearance.light}:
        found.append("screening")
    return found
