"""What happened at a visit, gathered from its facts: the ground of the note, the client's sheet, the reports and the last-visit card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from unknot.body.coverage import together
from unknot.case.model import Case, Finding, Pain, corrected
from unknot.case.nothing import said_nothing
from unknot.case.plan import Wish
from unknot.case.read import read_mapping
from unknot.errors import CaseError
from unknot.knowledge.load import Knowledge
from unknot.plan.places import name_of
from unknot.record.days import day_of
from unknot.record.drawn import coloured
from unknot.record.folded import Sitting as Sitting
from unknot.record.folded import folded, sessions_in, sittings_of
from unknot.record.people import Appointment, coming, rows_of
from unknot.record.ranked import Leading, leading
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.screening import SENTENCES, Desk, Person, Visit
from unknot.record.sessions import stream_of
from unknot.record.store import Document, Fact, Store

OF_VISIT = ("drawing", "note", "plan")
"""Documents that have the id of their visit."""
TOUCHES = ("answered", "on_map", "session_begun", "measured", "liked", "marked")
"""Facts that make a day on which the record was only looked at into a visit."""

DRAWN_AT_HOME = "drawn_at_home"
"""The fact of places that a client showed at home, where the visit had a drawing of its own."""


@dataclass(frozen=True, slots=True)
class Story:
    """One visit."""

    person: Person
    visit: Visit
    facts: tuple[Fact, ...]
    """Those of the visit's stream."""
    case: Case | None
    pains: tuple[Pain, ...]
    """Drawn and named places, the strongest first."""
    nothing: str
    """Who said that nothing hurts, as a case file tells it; empty when nobody did, which is not the same as no pain."""
    said: tuple[str, ...]
    """The client's own words of this visit."""
    answers: Mapping[str, str]
    """Today's check: question to yes, no or unknown."""
    findings: tuple[Finding, ...]
    ranking: Leading | None
    cleared: Mapping[str, Any]
    """The last clearance of the visit as it was stored; empty when there was none."""
    sittings: tuple[Sitting, ...]
    measured: tuple[Mapping[str, Any], ...]
    liked: str
    """What the client said of the pressure: less, right or more; empty when not asked."""
    next: Appointment | None
    drawing: int
    """The version of the drawing with its findings; 0 when there is none."""

    @property
    def happened(self) -> bool:
        """Whether anything was told, drawn, measured or done: looking at a client's page is no visit."""
        return self.case is not None or any(f.kind in TOUCHES for f in self.facts)

    @property
    def from_home(self) -> tuple[Pain, ...]:
        """Places that the client showed at home and that the drawing of the visit does not hold, or holds with another intensity."""
        here = {p.site: p.intensity for p in self.pains}
        told = {row["site"]: row for f in self.facts if f.kind == DRAWN_AT_HOME for row in f.body["pain"]}
        found = [Pain(site, row.get("intensity")) for site, row in told.items()]
        return tuple(p for p in found if p.site not in here or p.intensity not in (None, here[p.site]))

    @property
    def nothing_at_home(self) -> bool:
        """Whether the client said at home that nothing hurts, and the drawing of the visit says otherwise."""
        told = [f.body for f in self.facts if f.kind == DRAWN_AT_HOME]
        return bool(told) and bool(said_nothing(told[-1])) and not self.nothing

    @property
    def seen(self) -> dict[str, int]:
        """How far each stream of the visit and its drawing had grown."""
        found = {
            f"visit:{self.visit.id}": self.facts[-1].sequence if self.facts else 0,
            f"drawing:{self.visit.id}": self.drawing,
        }
        return found | {stream_of(s.id): s.last for s in self.sittings}


def story(
    desk: Desk, person: Person, visit: Visit, *, ranked: bool = False, ahead: bool = True, lines: bool = True
) -> Story:
    """Everything of a visit; `ranked`: with the ranking of its drawing, which takes a moment; `ahead`: with the next appointment.

    `lines`: with the strokes of its drawing; what they colour is told without them.
    """
    k, store = desk.k, desk.store
    facts = tuple(store.facts(f"visit:{visit.id}"))
    drawing = store.get("drawing", visit.id)
    case = _case(drawing, k, lines=lines or ranked)
    pains = _pains(store, visit.id, case, k)
    gone = {f.body["id"] for f in facts if f.kind == "measure_taken_back"}
    kinds = {f.kind: f.body for f in facts}
    return Story(
        person=person, visit=visit, facts=facts, case=case, pains=pains, nothing=said_nothing(case.kept) if case else "", said=_said(desk, visit, case, facts),
        answers={f.body["question"]: f.body["answer"] for f in facts if f.kind == "answered" and f.body["question"] in k.questions},
        findings=tuple(f for f in corrected(case.findings) if f.signs or f.said) if case else (),
        ranking=leading(store, visit.id, drawing.version, case, k) if ranked and drawing and case and pains else None,
        cleared=kinds.get("cleared", {}), sittings=sittings_of(store, facts),
        measured=tuple(f.body for f in facts if f.kind == "measured" and f.body.get("id") not in gone),
        liked=str(kinds.get("liked", {}).get("pressure", "")), next=_next(desk, visit) if ahead else None,
        drawing=drawing.version if drawing else 0,
    )  # fmt: skip


def _next(desk: Desk, visit: Visit) -> Appointment | None:
    """The appointment that came after a visit: of those made once the client had come again, the one alone that they came to."""
    again: date | None = None
    for one in coming(desk.store, visit.client, visit.on + timedelta(days=1)):
        if day_of(one.made) > visit.on and again is None:
            again = next((v.on for v in past(desk, visit.client) if v.on > visit.on), date.max)
        if again is None or day_of(one.made) < again or one.on <= again:
            return one
    return None


def read_ahead(store: Store, visits: Sequence[Visit], k: Knowledge) -> None:
    """Read what the stories of some visits are made of: a few queries, however many they are. It helps within one look at the record."""
    idents = [visit.id for visit in visits]
    store.documents_of([(kind, ident) for ident in idents for kind in OF_VISIT])
    coloured(store, idents, k)
    facts = store.facts_of([f"visit:{ident}" for ident in idents])
    folded(store, [session for some in facts.values() for session in sessions_in(some)])


def rank_ahead(store: Store, visit: str, k: Knowledge) -> None:
    """Work out what leads in the ranking of a visit's drawing, for the note that will be drafted from it."""
    drawing = store.get("drawing", visit)
    case = _case(drawing, k)
    if drawing is not None and case is not None and _pains(store, visit, case, k):
        leading(store, visit, drawing.version, case, k)


def happened(desk: Desk, idents: Sequence[str]) -> frozenset[str]:
    """Those of some visits of which there is more than that somebody looked: two queries, or four, however many they are."""
    streams = [f"visit:{i}" for i in idents]
    touched = select(FACTS.c.stream).where(FACTS.c.stream.in_(streams), FACTS.c.kind.in_(TOUCHES))
    found = {str(s).removeprefix("visit:") for (s,) in rows_of(desk.store, touched.distinct())}
    drawings = select(DOCUMENTS.c.id).where(DOCUMENTS.c.kind == "drawing", DOCUMENTS.c.id.in_(idents))
    found |= {str(i) for (i,) in rows_of(desk.store, drawings)}
    if left := [i for i in idents if i not in found]:  # of these nothing else would tell that rows are hidden
        desk.store.lasts([f"visit:{i}" for i in left])
        desk.store.versions_of("drawing", left)
    return frozenset(found)


def past(desk: Desk, client: str) -> list[Visit]:
    """The visits of a client at which something happened, in order."""
    visits = desk.visits(client)
    found = happened(desk, [v.id for v in visits])
    return [v for v in visits if v.id in found]


def place_name(place: str, k: Knowledge) -> str:
    """A point, a muscle, a site or a test in words, with its side."""
    ident, _, side = place.partition("@")
    if ident in k.points or ident in k.regions:
        return name_of(Wish(place=place, technique=""), place, k).replace("^", "")
    known = k.muscles.get(ident) or k.tests.get(ident) or k.causes().get(ident)
    name = known.name if known is not None else ident
    return f"{name} ({side})" if side else name


def _case(drawing: Document | None, k: Knowledge, *, lines: bool = True) -> Case | None:
    if drawing is None:
        return None
    body = drawing.body if lines else {key: rows for key, rows in drawing.body.items() if key != "stroke"}
    try:
        return read_mapping(body, "visit", k, needs_pain=lines and not said_nothing(body))
    except CaseError:
        return None


def _pains(store: Store, visit: str, case: Case | None, k: Knowledge) -> tuple[Pain, ...]:
    if case is None:
        return ()
    known = coloured(store, [visit], k).get(visit)
    pains = together(case.pains, known.pains if known is not None else ())
    return tuple(sorted(pains, key=lambda p: (-(p.intensity or 0), p.site)))


def _said(desk: Desk, visit: Visit, case: Case | None, facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """Sentences that were told on the day of the visit, and those that stand beside its drawing."""
    of_client = [f for f in desk.store.facts(f"client:{visit.client}") if f.kind in SENTENCES]
    here = [f for f in of_client if day_of(f.at) == visit.on]
    told = [str(f.body["text"]) for f in (*here, *facts) if f.kind in SENTENCES]
    beside = (*case.complaint.said, *case.history.said) if case else ()
    return tuple(dict.fromkeys((*beside, *told)))
