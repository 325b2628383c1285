"""Sparing the practitioner's hand: another contact is proposed before thumb, wrist or elbow carry too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unknot.case.clearance import Clearance
from unknot.case.plan import Application, Wish
from unknot.knowledge.load import Knowledge
from unknot.plan.checks import contact_problems, look
from unknot.plan.minutes import load, pressing_s
from unknot.words import say


def swaps(
    applications: Sequence[Application], clearance: Clearance, k: Knowledge
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """((application, contact that spares the hand), in words), until no joint carries more than its limit or nothing more can be spared."""
    now = list(applications)
    found: list[tuple[str, str]] = []
    told: list[str] = []
    stuck: set[str] = set()
    while True:
        over = [(joint, value, most) for joint, value, most in load(now, k) if value > most and joint not in stuck]
        if not over:
            return tuple(found), tuple(told)
        joint, value, most = over[0]
        best = _best(now, joint, clearance, k)
        values = {"joint": say(f"hand.{joint}"), "load": f"{value:.0f}", "most": f"{most:g}"}
        if best is None:
            stuck.add(joint)
            told.append(say("plan.spare_none", **values))
            continue
        number, contact = best
        was = now[number]
        told.append(
            say(
                "plan.spare_hand",
                name=was.name,
                contact=k.contacts[contact].name,
                now=k.contacts[was.contact].name,
                **values,
            )
        )
        found.append((was.id, contact))
        now[number] = replace(was, contact=contact, loads=tuple(sorted(k.contacts[contact].loads.items())))


def _best(
    applications: Sequence[Application], joint: str, clearance: Clearance, k: Knowledge
) -> tuple[int, str] | None:
    """The application and contact that spare a joint most without putting another above its limit; the nearest contact of each."""
    best: tuple[float, int, str] | None = None
    for number, application in enumerate(applications):
        for contact in k.contacts[application.contact].instead:
            spared = dict(application.loads).get(joint, 0.0) - k.contacts[contact].loads.get(joint, 0.0)
            spared *= pressing_s(application)
            if (
                spared <= 0
                or not _may(application, contact, clearance, k)
                or _moves_it(applications, number, contact, k)
            ):
                continue
            if best is None or spared > best[0]:
                best = (spared, number, contact)
            break
    return None if best is None else best[1:]


def _moves_it(applications: Sequence[Application], number: int, contact: str, k: Knowledge) -> bool:
    """Whether the change puts a joint above its limit that was not."""
    changed = list(applications)
    changed[number] = replace(changed[number], loads=tuple(k.contacts[contact].loads.items()))
    before = {joint: value for joint, value, _ in load(applications, k)}
    return any(value > most and value > before[joint] for joint, value, most in load(changed, k))


def _may(application: Application, contact: str, clearance: Clearance, k: Knowledge) -> bool:
    wish = Wish(place=application.place, technique=application.technique, site=application.site, both=application.both)
    looked = look(wish, k, "")
    return not isinstance(looked, list) and not contact_problems(looked, contact, clearance, k)
