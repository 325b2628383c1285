"""Routines: the usual order of work on a body area, as a template that a practitioner changes and keeps, made into wishes for one client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Literal, cast, get_args

from unknot.case.plan import Left, Wish
from unknot.errors import Problem, shown
from unknot.guards import number_problem
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Lie
from unknot.knowledge.technique import Phase, Routine, RoutineStep
from unknot.plan.admitted import Ground, admitted
from unknot.plan.checks import reached
from unknot.plan.gate import PlanError
from unknot.plan.places import muscle_of, name_of, site_of, site_of_wish
from unknot.words import join, say

WORTH: dict[Phase, float] = {"warm": 0.5, "points": 1.0, "stretch": 0.4, "finish": 0.25}
"""What a step is worth when time is short (house rule); a point of the client carries its own worth."""
KEYS = ("id", "name", "regions", "lie", "steps", "why", "sources", "house")
STEP_KEYS = ("phase", "technique", "on", "contact", "minutes")
LONGEST_MIN = 30.0


def within(site: str, regions: Sequence[str]) -> bool:
    """Whether a site lies in one of these regions or below it."""
    region = site.partition("@")[0]
    return any(region == r or region.startswith(f"{r}.") for r in regions)


def wishes_of(
    routine: Routine, ground: Ground, points: Sequence[Wish] = (), sides: Sequence[str] = ("left", "right")
) -> tuple[tuple[Wish, ...], tuple[Left, ...]]:
    """The routine's steps as wishes; a step without places takes the client's `points` in its regions. What is not allowed is left out."""
    k = ground.k
    mine = [w for w in points if within(site_of_wish(w, k) or "", routine.regions)]
    found: list[Wish] = []
    left: list[Left] = []
    for step, side in _turns(routine, sides):
        for wish in _of_step(step, routine, k, [w for w in mine if _on(w, side, sides)], side):
            tried = [wish, replace(wish, lie="")] if wish.lie else [wish]
            made = [(t, *admitted(ground, t, "")) for t in tried]
            fits = next((t for t, application, _ in made if application is not None), None)
            if fits is not None:
                found.append(fits)
            else:
                left.append(_left(wish, made[-1][2], k))
    return tuple(found), tuple(left)


def _turns(routine: Routine, sides: Sequence[str]) -> Iterable[tuple[RoutineStep, Sequence[str]]]:
    """The steps with the sides that they are done on: a client who lies on a side has all done on the one before the other."""
    rounds = [[side] for side in sides] if routine.lie == "side" else [list(sides)]
    return [(step, side) for side in rounds for step in routine.steps]


def _on(wish: Wish, now: Sequence[str], sides: Sequence[str]) -> bool:
    """Whether a place has its turn with these sides; one of the midline, or of another side, with the first."""
    side = wish.place.partition("@")[2]
    return side in now or (side not in sides and now[0] == sides[0])


def _left(wish: Wish, problems: Sequence[Problem], k: Knowledge) -> Left:
    name = name_of(wish, site_of_wish(wish, k) or wish.place, k)
    why = join(list(dict.fromkeys(p.given for p in problems)), "list.and_also")
    return Left(place=wish.place, name=name, technique=wish.technique, why=why, minutes=0.0)


def _of_step(
    step: RoutineStep, routine: Routine, k: Knowledge, points: Sequence[Wish], sides: Sequence[str]
) -> Iterable[Wish]:
    if not step.on:
        yield from _of_points(step, routine, k, points)
        return
    places = [place for name in dict.fromkeys(_names(step, k)) for place in _sided(name, k, sides)]
    for place in places:
        lie = routine.lie if routine.lie in reached(place, k) else ""
        why = say(f"routine.{step.phase}", name=routine.name)
        wish = Wish(
            place=place, technique=step.technique, contact=step.contact, lie=lie, use=WORTH[step.phase], why=why
        )
        yield _lasting(wish, step.minutes / len(places), k)


def _of_points(step: RoutineStep, routine: Routine, k: Knowledge, points: Sequence[Wish]) -> Iterable[Wish]:
    """The client's own places as they were chosen; for another phase its technique, once for each muscle."""
    done: set[str] = set()
    for wish in points:
        lie = routine.lie if routine.lie in reached(wish.place, k) else wish.lie
        if step.phase == "points":
            yield replace(wish, lie=lie, contact=step.contact or wish.contact)
            continue
        muscle = muscle_of(wish.place, k)
        key = f"{muscle.id}@{wish.place.partition('@')[2]}" if muscle else wish.place
        if key not in done:
            done.add(key)
            why = say(f"routine.{step.phase}", name=routine.name)
            use = wish.use * WORTH[step.phase]
            yield Wish(
                place=wish.place,
                technique=step.technique,
                contact=step.contact,
                lie=lie,
                use=use,
                why=why,
                found=wish.found,
            )


def _lasting(wish: Wish, minutes: float, k: Knowledge) -> Wish:
    """A glide that takes its share of the step's minutes, within what the dose allows."""
    dose = k.doses.get(f"{wish.technique}.pass_s")
    if dose is None or not minutes:
        return wish
    return replace(wish, pass_s=min(max(minutes * 60, dose.low), dose.high), turns=1)


def _names(step: RoutineStep, k: Knowledge) -> Iterable[str]:
    """The regions of a step, and a point of each of its muscles, without a side."""
    for ident in step.on:
        if ident in k.muscles:
            yield from [p.id for p in k.points.values() if p.muscle == ident][:1]
        else:
            yield from (r for r in k.regions if within(r, (ident,)))


def _sided(name: str, k: Knowledge, sides: Sequence[str]) -> Iterable[str]:
    lateral = k.regions[name].lateral if name in k.regions else k.muscles[k.points[name].muscle].lateral
    return [f"{name}@{side}" for side in sides] if lateral else [name]


def as_mapping(routine: Routine) -> dict[str, Any]:
    """A routine as plain values, to be kept and changed."""
    plain = asdict(routine)
    return plain | {"steps": [dict(step) for step in plain["steps"]]}


def read_routine(content: object, k: Knowledge) -> Routine:
    """A practitioner's own routine from plain values (TOML or JSON). Raises PlanError with every problem."""
    problems: list[Problem] = []
    if not isinstance(content, Mapping):
        raise PlanError([Problem("not_a_table", "routine", shown(content), ", ".join(KEYS), "write its keys")])
    _known(content, KEYS, "routine", problems)
    lie = content.get("lie")
    if lie not in get_args(Lie):
        problems.append(Problem("lie", "routine, lie", shown(lie), ", ".join(get_args(Lie)), "name one of them"))
    regions = _texts(content, "regions", "routine", problems)
    for region in regions:
        if not any(within(r, (region,)) for r in k.regions):
            problems.append(
                Problem("unknown_region", "routine, regions", region[:60], "ids of regions", "name regions")
            )
    rows = content.get("steps")
    if not isinstance(rows, list | tuple) or not rows:
        problems.append(Problem("not_rows", "routine, steps", shown(rows), "at least one step", "write [[steps]]"))
        rows = []
    steps = [_step(row, k, f"routine, step {number + 1}", problems) for number, row in enumerate(rows)]
    name = _text(content, "name", "routine", problems)
    ident = _text(content, "id", "routine", problems)
    if problems:
        raise PlanError(problems, say("routine.unreadable"))
    why = content.get("why", "")
    return Routine(
        id=ident, name=name, regions=tuple(regions), lie=cast(Lie, lie), steps=tuple(s for s in steps if s),
        why=why if isinstance(why, str) else "", sources=tuple(_texts(content, "sources", "routine", problems)),
    )  # fmt: skip


def _step(row: object, k: Knowledge, at: str, problems: list[Problem]) -> RoutineStep | None:
    if not isinstance(row, Mapping):
        problems.append(Problem("not_a_table", at, shown(row), ", ".join(STEP_KEYS), "write its keys"))
        return None
    _known(row, STEP_KEYS, at, problems)
    phase, technique, contact = row.get("phase"), row.get("technique"), row.get("contact", "")
    if phase not in get_args(Phase):
        problems.append(Problem("unknown_phase", f"{at}, phase", shown(phase), ", ".join(get_args(Phase)), "name one"))
    if technique not in k.techniques:
        allowed = ", ".join(k.techniques)
        problems.append(Problem("unknown_technique", f"{at}, technique", shown(technique), allowed, "name one of them"))
    if contact and contact not in k.contacts:
        allowed = ", ".join(k.contacts)
        problems.append(Problem("unknown_contact", f"{at}, contact", shown(contact), allowed, "name one of them"))
    places = _texts(row, "on", at, problems)
    for ident in places:
        if ident not in k.muscles and not any(within(r, (ident,)) for r in k.regions):
            problems.append(Problem("unknown_place", f"{at}, on", ident[:60], "regions or muscles", "name one"))
    minutes = row.get("minutes", 0.0)
    wrong = number_problem(minutes, f"{at}, minutes", 0, LONGEST_MIN, "say how many minutes")
    problems += [wrong] if wrong else []
    if problems:
        return None
    return RoutineStep(
        phase=cast(Literal["warm", "points", "finish", "stretch"], phase), technique=str(technique), on=tuple(places),
        contact=str(contact), minutes=float(minutes),
    )  # fmt: skip


def _known(row: Mapping[Any, Any], allowed: Sequence[str], at: str, problems: list[Problem]) -> None:
    problems += [
        Problem("unknown_key", at, f"unknown key {str(key)[:60]!r}", ", ".join(allowed), "take it out")
        for key in row
        if key not in allowed
    ]


def _texts(row: Mapping[Any, Any], key: str, at: str, problems: list[Problem]) -> list[str]:
    value = row.get(key, [])
    if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return list(value)
    problems.append(Problem("not_words", f"{at}, {key}", shown(value), "a list of words", f'write {key} = ["..."]'))
    return []


def _text(row: Mapping[Any, Any], key: str, at: str, problems: list[Problem]) -> str:
    value = row.get(key)
    if isinstance(value, str) and 0 < len(value.strip()) <= 100:
        return value.strip()
    problems.append(Problem("not_words", f"{at}, {key}", shown(value), "1 to 100 characters", f'write {key} = "..."'))
    return ""


def sides_of(sites: Iterable[str], routine: Routine, k: Knowledge) -> tuple[str, ...]:
    """The sides on which a client hurts or has points in a routine's regions; both when neither says."""
    named = {s.partition("@")[2] for s in sites if within(site_of(s, k) or "", routine.regions)} - {""}
    return tuple(side for side in ("left", "right") if side in named) or ("left", "right")
