"""The client's sheet: a visit in plain words. What was found, what was done, what to expect, what to do at home, and when to call a physician."""

from __future__ import annotations

from collections.abc import Iterator

from unknot.case.clearance import Clearance
from unknot.case.places import site_name
from unknot.knowledge.load import Knowledge
from unknot.record.note import SORE_H, next_words
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
CALL = ("weak", "bladder", "chest", "leg", "head", "bruise", "fever", "worse")
"""What a physician is called for; each has its words in the catalogue."""


def sheet(s: Story, k: Knowledge, clearance: Clearance, emergency: str, *, touch: bool) -> Paper:
    """The sheet of a visit. `touch`: whether the clearance is open, without which nothing is advised to be pressed."""
    sections = (
        Section("found", say("sheet_paper.found"), tuple(_found(s, k))),
        Section("done", say("sheet_paper.done"), tuple(_done(s))),
        Section("expect", say("sheet_paper.expect"), tuple(_expect(s))),
        Section("home", say("sheet_paper.home"), tuple(_home(s, clearance, touch=touch))),
        Section("call", say("sheet_paper.call"), (*(say("sheet_call." + c) for c in CALL), say("sheet_paper.emergency", number=emergency))),
        Section("next", say("sheet_paper.next"), (next_words(s),)),
    )  # fmt: skip
    about = say("note.about", label=s.person.label, age="", on=s.visit.on.isoformat())
    return Paper("sheet", say("sheet_paper.title"), about, sections, (say("sheet_paper.foot"),))


def _found(s: Story, k: Knowledge) -> Iterator[str]:
    if s.pains:
        yield say("sheet_paper.drawn", places=join([site_name(k, p.site) for p in s.pains[:MOST]]))
    tender = [place_name(f.on, k) for f in s.findings if f.kind == "point" and f.signs.get("tenderness")]
    familiar = [place_name(f.on, k) for f in s.findings if f.signs.get("familiar_pain") is True]
    if tender:
        yield say("sheet_paper.tender", names=join(list(dict.fromkeys(tender))[:MOST]))
    if familiar:
        yield say("sheet_paper.familiar", names=join(list(dict.fromkeys(familiar))[:MOST]))
    yield say("sheet_paper.not_sure")


def _done(s: Story) -> Iterator[str]:
    """One line a place, with the client's own word for what was felt."""
    worked = [(sitting, place) for sitting in s.sittings for place in sitting.found.places]
    for sitting, place in worked[:MOST]:
        change = sitting.change(place)
        how = list(dict.fromkeys(t.family for t in sitting.found.takings if t.place == place.place))
        words = join([say("sheet_how." + family) for family in how])
        line = say("sheet_paper.place", name=place.name, how=words, pressed=span(place.pressed_ms))
        if change != "not_compared":
            line += " " + say("sheet_change." + change, before=f"{place.before:g}", after=f"{place.after:g}")
        yield line
    if len(worked) > MOST:
        yield say("note.more", count=len(worked) - MOST)
    if not worked:
        yield say("sheet_paper.nothing")


def _expect(s: Story) -> Iterator[str]:
    if any(sitting.found.takings for sitting in s.sittings):
        yield say("sheet_paper.sore", hours=SORE_H)
    yield say("sheet_paper.honest")


def _home(s: Story, clearance: Clearance, *, touch: bool) -> Iterator[str]:
    """Stretches of what was worked on, and pressure of one's own where the rules of the visit allow it."""
    stretches: dict[str, str] = {}
    own: dict[str, None] = {}
    most, hold = clearance.limit("discomfort").value - HOME_LESS, min(HOME_HOLD_S, clearance.limit("hold_s").value)
    closed = clearance.barred_sites() | {row.site for row in clearance.light}
    forbidden = {f.technique for f in clearance.forbidden}
    for sitting in s.sittings:
        for taking in sitting.found.takings:
            a = sitting.applications.get(taking.application)
            if a is None:
                continue
            if a.follow and "stretch" not in forbidden:
                stretches.setdefault(a.follow, a.name.replace("^", ""))
            rounds = a.family in ("rounds", "release") and a.technique not in forbidden
            quiet = not taking.breaches and taking.outcome not in ("symptom", "worse", "referral", "stop")
            if rounds and quiet and not a.dangers and a.site not in closed:
                most, hold = min(most, a.limits.discomfort - HOME_LESS), min(hold, a.limits.hold_s)
                own.setdefault(a.name.replace("^", ""))
            elif a.name.replace("^", "") in own:
                del own[a.name.replace("^", "")]
    yield from (say("sheet_paper.stretch", name=name, how=follow) for follow, name in list(stretches.items())[:MOST])
    if touch and own and most >= 1:
        yield say("sheet_paper.press", names=join(list(own)[:MOST]), most=f"{most:g}", hold=f"{hold:g}")
        yield say("sheet_paper.press_stop")
    else:
        yield say("sheet_paper.no_press")
    yield say("sheet_paper.move")
