"""What happened at a visit, as tests tell it: the drawing of one, and sessions that go as a script says."""

from __future__ import annotations

from datetime import date
from typing import Any

from unknot.case.plan import Plan
from unknot.case.read import read_mapping
from unknot.case.write import as_tables
from unknot.record.screening import Desk, Person, Visit
from unknot.record.sessions import Sessions
from unknot.record.story import Story, story
from unknot.treat.engine import next_deadline, step
from unknot.treat.event import Event

DAY = date(2026, 11, 12)
Script = list[tuple[float, str, dict[str, Any]]]
"""(second, event, what comes with it) one after the other."""
EASES: Script = [
    (1, "next", {}), (3, "rate", {"value": 6}), (11, "rate", {"value": 5}), (12, "off", {}), (22, "rate", {"value": 4}), (24, "off", {}),
    (33, "rate", {"value": 2}), (36, "off", {}), (60, "end", {}),
]  # fmt: skip
BEGUN = (1, "next", {})
WORSE: Script = [
    BEGUN, (3, "rate", {"value": 4}), (11, "rate", {"value": 5}), (12, "off", {}), (22, "rate", {"value": 6}), (24, "off", {}),
    (33, "rate", {"value": 6}), (36, "off", {}), (60, "end", {}),
]  # fmt: skip
LIGHTER: Script = [
    BEGUN, (3, "rate", {"value": 6}), (5, "less", {}), (9, "rate", {"value": 3}), (10, "off", {}), (12, "end", {}),
]  # fmt: skip
ONCE: Script = [BEGUN, (3, "rate", {"value": 5}), (12, "off", {}), (13, "end", {})]
UNRATED: Script = [BEGUN, (12, "off", {}), (24, "off", {}), (36, "off", {}), (60, "end", {})]


def drawn(desk: Desk, visit: Visit, **more: Any) -> None:
    """A drawing with one finding, on the map of a visit."""
    told: dict[str, Any] = {
        "format": 1, "client": {"age": 46, "sex": "female"},
        "pain": [{"site": "shoulder.front@right", "intensity": 7, "quality": ["ache"]}, {"site": "arm.front@right", "intensity": 5}],
        "complaint": {"weeks": 6, "said": ["it hurts when I reach for the belt"]},
        "finding": [{"point": "infraspinatus.1@right", "tenderness": 8, "familiar_pain": True, "twitch": False}],
    }  # fmt: skip
    desk.store.put("drawing", visit.id, as_tables(read_mapping(told | more, "visit", desk.k)))


def conducted(desk: Desk, visit: Visit, plan: Plan, script: Script) -> str:
    """A session that went as the script says; its id."""
    sessions = Sessions(desk.store)
    ident = sessions.begin(visit.client, visit.id, plan, [])
    session, facts = sessions.stands(ident)[0], []
    for at, kind, more in script:
        while (due := next_deadline(session)) is not None and due <= at * 1000:
            session, new, _ = step(session, Event(due, "tick", "program"))
            facts += new
        session, new, _ = step(session, Event(int(at * 1000), kind, **more))
        facts += new
    desk.store.append_all([Sessions.batch(ident, facts)])
    return ident


def told_visit(desk: Desk, client: Person, plan: Plan, script: Script = EASES, on: date = DAY, **more: Any) -> Story:
    """A visit from drawing to the end of a session."""
    visit = desk.visit_of(client.id, on)
    drawn(desk, visit, **more)
    desk.answer(visit, {"fever": "no"}, "practitioner")
    conducted(desk, visit, plan, script)
    return story(desk, client, visit, ranked=True)
