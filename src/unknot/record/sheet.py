"""The client's sheet: a visit in plain words. What was found, what was done, what to expect, what to do at home, and when to call a physician."""

from __future__ import annotations

from collections.abc import Iterator

from unknot.case.clearance import Clearance
from unknot.case.model import Finding
from unknot.knowledge.load import Knowledge
from unknot.record.amounts import day
from unknot.record.called import muscle, site, stretch
from unknot.record.called import place as called_place
from unknot.record.note import SORE_H, raised
from unknot.record.paper import Paper, Section
from unknot.record.session_picture import span
from unknot.record.story import Story, place_name
from unknot.words import join, say

MOST = 6
"""Places that are named; a sheet is one or two pages."""
HOME_LESS = 1
"""At home pressure stays at least so far below the ceiling of the visit (house rule)."""
HOME_HOLD_S = 30
"""A hold at home is never longer, nor longer than the visit's ceiling (house rule)."""
QUIET = ("eased", "turns", "limit", "end", "let_go")
"""How work ends on a place that may be pressed at home: not by a symptom, a rise, a stop, or without any response."""
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
    return Paper("sheet", say("sheet_paper.title"), about, sections, (say("sheet_paper.foot"),))


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
    yield say("sheet_paper.not_sure")


def _name(found: Finding, k: Knowledge) -> str:
    return called_place(k, found.on, place_name(found.on, k))


def _stretches(s: Story, k: Knowledge) -> list[tuple[str, list[str]]]:
    """Each stretch that follows what was worked on, in the client's words, with what it is for."""
    found: dict[str, list[str]] = {}
    for sitting in s.sittings:
        for taking in sitting.found.takings:
            a = sitting.applications.get(taking.application)
            if a is None or not a.follow:
                continue
            ident, _, side = a.place.partition("@")
            of = k.points[ident].muscle if ident in k.points else ""
            name = muscle(k, of, side) if of else a.name.replace("^", "")
            names = found.setdefault(stretch(k, of, a.follow), [])
            names += [name] if name not in names else []
    return list(found.items())


def _next(s: Story) -> str:
    """When the next visit is, with its day in words."""
    return say("note.next", on=day(s.next.on), time=s.next.time) if s.next is not None else say("note.no_next")


def _done(s: Story, k: Knowledge) -> Iterator[str]:
    """One line a place, with the client's own word for what was felt."""
    worked = [(sitting, place) for sitting in s.sittings for place in sitting.found.places]
    for sitting, place in worked[:MOST]:
        change = sitting.change(place)
        how = list(dict.fromkeys(t.family for t in sitting.found.takings if t.place == place.place))
        words = join([say("sheet_how." + family) for family in how])
        of = next((a for a in sitting.applications.values() if a.place == place.place), None)
        name = called_place(k, place.place, place.name, of)
        line = say("sheet_paper.place", name=name, how=words, pressed=span(sitting.on_ms(place)))
        if change != "not_compared":
            key = "clear_harder" if change == "clear" and place.pressure == "harder" else change
            line += " " + say("sheet_change." + key, before=f"{place.before:g}", after=f"{place.after:g}")
        yield raised(line)
    if len(worked) > MOST:
        yield raised(say("note.more", count=len(worked) - MOST))
    if not worked:
        yield say("sheet_paper.nothing")


def _expect(s: Story) -> Iterator[str]:
    if any(sitting.found.takings for sitting in s.sittings):
        yield say("sheet_paper.sore", hours=SORE_H)
    yield say("sheet_paper.honest")


def _home(s: Story, k: Knowledge, clearance: Clearance, *, touch: bool) -> Iterator[str]:
    """Stretches of what was worked on, and pressure of one's own.

    Nothing is advised to be pressed where screening asks for any care, near a place that is easily hurt, or where the work did not go quietly (house rule).
    """
    most, hold = clearance.limit("discomfort").value - HOME_LESS, min(HOME_HOLD_S, clearance.limit("hold_s").value)
    closed = clearance.barred_sites() | {row.site for row in clearance.light}
    forbidden = {f.technique for f in clearance.forbidden}
    own: dict[str, bool] = {}
    for sitting in s.sittings:
        for taking in sitting.found.takings:
            a = sitting.applications.get(taking.application)
            if a is None:
                continue
            pressed = a.family in ("rounds", "release") and a.technique not in forbidden
            quiet = not taking.breaches and taking.outcome in QUIET
            free = pressed and quiet and not a.dangers and a.site not in closed
            name = called_place(k, a.place, a.name, a)
            own[name] = own.get(name, True) and free
            if free:
                most, hold = min(most, a.limits.discomfort - HOME_LESS), min(hold, a.limits.hold_s)
    if "stretch" not in forbidden:
        yield from (say("sheet_paper.stretch", name=join(names), how=how) for how, names in _stretches(s, k)[:MOST])
    good = [name for name, free in own.items() if free]
    if touch and good and clearance.outcome == "go" and most >= 1:
        yield say("sheet_paper.press", names="; ".join(good[:MOST]), most=f"{most:g}", hold=f"{hold:g}")
        yield say("sheet_paper.press_stop")
    else:
        yield say("sheet_paper.no_press")
    yield say("sheet_paper.move")
