"""The plan of an arm of a virtual trial: one technique on one point, as the practice's own plans are made."""

from __future__ import annotations

from datetime import date
from functools import cache

from unknot.case.plan import Plan, Wish
from unknot.case.read import read_mapping
from unknot.knowledge.load import knowledge
from unknot.plan.gate import admit
from unknot.screen.case import screen

PLANNED = date(2026, 1, 1)
"""A trial has no day of its own; the plan of an arm needs one."""


@cache
def plan_for(point: str, technique: str) -> Plan:
    """The plan of an arm: one technique on one point of somebody whom nothing keeps from being treated.

    Raises UnknotError where the technique may not be done on the point, as near a vessel, or without an agreement of the client.
    """
    k = knowledge()
    region = k.points[point].region
    site = f"{region}@right" if k.regions[region].lateral else region
    tables = {
        "format": 1, "client": {"age": 40, "sex": "female"}, "pain": [{"site": site, "intensity": 5}], "history": {"asked": "all"},
        "today": {"date": PLANNED.isoformat(), "asked": "all"}, "consent": {"buttock": "yes"},
    }  # fmt: skip
    case = read_mapping(tables, "trial", k)
    contacts = k.techniques[technique].contacts
    contact = "thumb" if "thumb" in contacts else contacts[0]
    wish = Wish(place=f"{point}@right", technique=technique, contact=contact)
    return admit(screen(case, k, PLANNED), (wish,), k, PLANNED, minutes=30.0)
