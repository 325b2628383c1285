"""One wish on its way through the gate: looked up, checked, limited and dosed, or every reason why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from unknot.case.clearance import Clearance
from unknot.case.plan import Application, Limit, Wish
from unknot.errors import GuardError, Problem
from unknot.knowledge.load import Knowledge
from unknot.plan.checks import Looked, chosen_contact, chosen_lie, look, place_problems, site_limits
from unknot.plan.dose import dosed, no_room, number_problems, technique_limits, wished_limits
from unknot.plan.limits import resolve
from unknot.plan.places import is_point, name_of, up_of
from unknot.plan.strokes import follow, length_mm, path


@dataclass(frozen=True, slots=True)
class Ground:
    """What every wish of a plan stands on."""

    clearance: Clearance
    k: Knowledge
    others: tuple[Limit, ...]


def admitted(ground: Ground, wish: Wish, at: str) -> tuple[Application | None, list[Problem]]:
    """One wish as an application, or every reason why it cannot be one."""
    looked = look(wish, ground.k, at)
    if isinstance(looked, list):
        return None, looked
    k = ground.k
    problems = [*number_problems(wish, k, at), *place_problems(looked, ground.clearance, k)]
    contact, wrong = chosen_contact(looked, ground.clearance, k)
    lie, not_so = chosen_lie(looked, ground.clearance, k)
    problems += [*wrong, *not_so]
    if problems:
        return None, list(dict.fromkeys(problems))
    return _made(ground, looked, contact, lie)


def _made(ground: Ground, looked: Looked, contact: str, lie: str) -> tuple[Application | None, list[Problem]]:
    k, wish = ground.k, looked.wish
    technique = k.techniques[wish.technique]
    every = [*technique_limits(k, technique.id), *site_limits(looked), *wished_limits(wish), *ground.others]
    try:
        limits = resolve(ground.clearance, every)
        dose, length, cuts = dosed(wish, k, limits, length_mm(wish, k))
    except GuardError as error:
        return None, list(error.problems)
    nothing = no_room(dose, technique.id, k, looked.at)
    if nothing:
        return None, nothing
    dangers = (*looked.dangers, *looked.on_way, *looked.beside)
    return Application(
        id=f"{wish.place}/{technique.id}",
        place=wish.place,
        site=looked.site,
        name=name_of(wish, looked.site, k),
        technique=technique.id,
        family=technique.family,
        verb=technique.verb,
        contact=contact,
        lie=lie,
        support=k.lyings[lie].support,
        both=wish.both,
        dose=dose,
        limits=limits,
        dangers=tuple(d.id for d in dangers),
        why=wish.why,
        path=path(wish, length, k) if technique.family == "passes" else ("", "", 0.0),
        follow=follow(wish, ground.clearance, k),
        up=up_of(wish.place if is_point(wish.place, k) else looked.site, lie, k),
        loads=tuple(sorted(k.contacts[contact].loads.items())),
        cuts=cuts,
        force_n=wish.force_n,
        route=wish.path,
        wish=wish,
    ), []
