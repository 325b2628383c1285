"""A session of a plan alone that goes as a script says, without a store."""

from __future__ import annotations

from unknot.case.plan import Plan
from unknot.treat.engine import next_deadline, step
from unknot.treat.event import Event
from unknot.treat.fact import Fact
from unknot.treat.session import Session, start
from worked import Script


def run(of: Plan, script: Script) -> tuple[Session, list[Fact]]:
    """A scripted session: (seconds, event, what it tells), every deadline in between at its time."""
    s, facts = start(of), []
    for at_s, kind, told in script:
        at = round(at_s * 1000)
        while kind != "restarted" and (due := next_deadline(s)) is not None and due <= at:
            s, new, _ = step(s, Event(due, "tick", "program"))
            facts += new
        s, new, _ = step(s, Event(at, kind, **told))
        facts += new
    return s, facts
