"""The practitioner's own routines: the order of a plan, kept under a name as a document of the store, beside those that the program knows."""

from __future__ import annotations

from collections.abc import Iterable

from unknot.case.plan import Application, Plan
from unknot.errors import UnknotError
from unknot.knowledge.load import Knowledge
from unknot.knowledge.technique import Phase, Routine, RoutineStep
from unknot.plan.places import muscle_of
from unknot.plan.routine import as_mapping, read_routine
from unknot.record.ids import uuid7
from unknot.record.store import Store
from unknot.words import say

KIND = "routine"


def own_routines(store: Store, k: Knowledge) -> list[tuple[str, Routine]]:
    """(document, routine) of the practitioner's own, the newest first; one that cannot be read any more is left out."""
    found = []
    for document in store.all(KIND):
        if not document.body:
            continue
        try:
            found.append((document.id, read_routine(document.body, k)))
        except UnknotError:
            continue
    return found


def routines(store: Store, k: Knowledge) -> list[tuple[str, Routine]]:
    """The practitioner's own, then those that the program knows."""
    return [*own_routines(store, k), *k.routines.items()]


def keep_routine(store: Store, k: Knowledge, name: str, plan: Plan, *, own_points: bool) -> None:
    """The order of a plan as a routine; one of the same name is changed. With `own_points` its points are those of each client."""
    same = next((ident for ident, routine in own_routines(store, k) if routine.name == name), "")
    ident = same or uuid7()
    now = store.get(KIND, ident)
    routine = routine_of(name, plan.applications, k, own_points=own_points)
    store.put(KIND, ident, as_mapping(routine), over=now.version if now else 0)


def drop_routine(store: Store, ident: str) -> None:
    """Take one's own routine out; its versions stay in the store."""
    now = store.get(KIND, ident)
    if now is not None and now.body:
        store.put(KIND, ident, {}, over=now.version)


def routine_of(name: str, applications: Iterable[Application], k: Knowledge, *, own_points: bool) -> Routine:
    """A plan as a template: what was done on which region or muscle, both sides as one."""
    rows = list(applications)
    steps: list[RoutineStep] = []
    pressed = False
    for a in rows:
        phase: Phase = "stretch" if a.verb == "stretch" else "points"
        if a.verb == "glide":
            phase = "finish" if pressed else "warm"
        pressed = pressed or phase == "points"
        muscle = muscle_of(a.place, k)
        on = (muscle.id if muscle else a.site.partition("@")[0],)
        if phase == "points" and own_points:
            if not any(s.phase == "points" for s in steps):
                steps.append(RoutineStep(phase="points", technique=a.technique, on=()))
            continue
        minutes = a.dose.pass_s * a.dose.turns / 60 if a.verb == "glide" else 0.0
        _take_in(steps, RoutineStep(phase=phase, technique=a.technique, on=on, contact=a.contact, minutes=minutes))
    regions = tuple(dict.fromkeys(a.site.partition("@")[0] for a in rows))
    return Routine(
        id=uuid7(), name=name, regions=regions, lie=k.lyings[rows[0].lie].id, steps=tuple(steps),
        why=say("plan_page.own_routine"), sources=(),
    )  # fmt: skip


def _take_in(steps: list[RoutineStep], new: RoutineStep) -> None:
    """The other side of the same step lengthens it; another place of the same work joins it."""
    last = steps[-1] if steps else None
    if (
        last is None
        or (last.phase, last.technique, last.contact) != (new.phase, new.technique, new.contact)
        or not last.on
    ):
        steps.append(new)
        return
    on = last.on if new.on[0] in last.on else (*last.on, *new.on)
    steps[-1] = RoutineStep(
        phase=last.phase, technique=last.technique, on=on, contact=last.contact, minutes=last.minutes + new.minutes
    )
