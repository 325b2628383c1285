"""What the program would change in an order that a practitioner made: said, never forced."""

from __future__ import annotations

from collections.abc import Sequence

from unknot.case.plan import Application
from unknot.knowledge.load import Knowledge
from unknot.plan.order import must_precede
from unknot.words import say


def order_notes(applications: Sequence[Application], k: Knowledge) -> tuple[str, ...]:
    """Skin rolling after oil, and a satellite before its key."""
    return (*_dry_late(applications, k), *_before_key(applications, k))


def _dry_late(applications: Sequence[Application], k: Knowledge) -> list[str]:
    oiled: dict[tuple[str, str], str] = {}
    found = []
    for application in applications:
        technique = k.techniques[application.technique]
        region, _, side = application.site.partition("@")
        area = (region.partition(".")[0], side)
        if technique.dry and area in oiled:
            found.append(say("plan.dry_first", name=application.name, technique=technique.name, before=oiled[area]))
        if technique.verb == "glide":
            oiled[area] = technique.name
    return found


def _before_key(applications: Sequence[Application], k: Knowledge) -> list[str]:
    names = {a.place: a.name for a in reversed(applications) if a.verb != "glide"}
    places = list(dict.fromkeys(a.place for a in applications if a.verb != "glide"))
    before = must_precede(places, k)
    found = []
    for number, place in enumerate(places):
        late = [key for key in places[number + 1 :] if key in before[place]]
        found += [say("plan.key_late", satellite=names[place], key=names[key]) for key in late]
    return found
