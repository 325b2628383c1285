"""The page on which measurements are entered: one group at a time, sides beside each other, before or after the work, what was measured last beside each field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal, cast, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from unknot.case.places import SIDES, read_where, site_name, sites
from unknot.errors import Problem, UnknotError
from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import Leaning, Measure
from unknot.record.amounts import SIGNS, amount, day, figure, given
from unknot.record.days import clock_of
from unknot.record.measures import Kept, MeasureError, Measures, Series, Taken, When, allowed, fold
from unknot.record.photos import Photos
from unknot.record.readings import apart
from unknot.record.store import StoreError
from unknot.record.verdicts import place_name
from unknot.web.another import another
from unknot.web.desk import At, Screening, fields_of, go
from unknot.web.practice import practice_of
from unknot.web.who import signature
from unknot.words import say

GROUPS = ("pain", "function", "wellbeing", "threshold", "motion", "length", "posture", "tissue", "control", "habit")
"""What can be typed in, in the order of the page."""
JOINTS = ("neck", "trunk", "shoulder", "elbow", "forearm", "wrist", "hip", "knee", "ankle", "jaw")
"""The parts of the group of motion, in the order of the page."""
ROWS = {"point": 3, "activity": 3, "region": 2}
"""Empty rows for measures that are taken at several places."""
FIELD = re.compile(r"v\|([a-z0-9_.]+)\|(\d)\|(left|right|)\|(\d)")
"""A value: measure, row, side, reading."""
NUMBER = re.compile(r"[+\-−]?(\d{1,9}([.,]\d*)?|[.,]\d+)")
"""A number as people write it; a slip like 1_0 or 1e3 is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of fields: a measure at one place. `on` stands in its place field, `asks` whether there is one."""

    number: int
    on: str
    asks: str
    last: tuple[str, ...]
    """What was measured there last, by side."""
    side: str = ""
    """Of the place, in a word: the end of a long name does not fit its field."""


def routes(of: Screening) -> APIRouter:
    """What stands under /clients/ID/measures."""
    router = APIRouter(include_in_schema=False)

    @router.get("/clients/{client}/measures")
    def measures(request: Request) -> Response:
        at = of.of_practitioner(request)
        asked = request.query_params
        return view(
            of, at, asked.get("group", ""), asked.get("part", ""), when=asked.get("when", ""), later="later" in asked
        )

    @router.post("/clients/{client}/measures")
    async def keep(request: Request) -> Response:
        at = of.of_practitioner(request)
        fields = await fields_of(request)
        by = signature(fields.get("by", ""), practice_of(at.desk.store).practitioner) or say("measures.practitioner")
        group, part = fields.get("group", ""), fields.get("part", "")
        every = Measures(at.desk.store, of.page.k)
        try:
            if fields.get("take_back"):
                every.take_back(at.visit.id, fields["take_back"], by)
            else:
                taken = read(fields, by, of.page.k)
                every.keep(at.visit.id, taken)
        except StoreError:
            raise
        except UnknotError as error:
            return view(of, at, group, part, status=422, problems=error.problems, fields=fields)
        kept = {"group": group if group in GROUPS else GROUPS[0], "part": part if part.isalpha() else "", "when": fields.get("when", "")}  # fmt: skip
        kept["when"] = kept["when"] if kept["when"] in get_args(When) else ""
        return go(f"{at.base}/measures?" + "&".join(f"{key}={value}" for key, value in kept.items() if value))

    return router


def view(of: Screening, at: At, group: str, part: str, *, when: str = "", later: bool = False, status: int = 200, problems: Sequence[Problem] = (), fields: Mapping[str, str] | None = None) -> HTMLResponse:  # fmt: skip
    """The page for one group of measures; `when` is the moment that was chosen last, by itself what the visit has come to. `later`: a picture that was taken out is overwritten only later."""
    k = of.page.k
    group = group if group in GROUPS else GROUPS[0]
    every = Measures(at.desk.store, k)
    visits = at.desk.visits(at.person.id)
    taken = every.of_visits([(v.id, v.on) for v in visits])
    series, photos = fold(taken, k), Photos(at.desk.store)
    shown = [m for m in k.measures.values() if m.group == group and m.typed]
    parts = JOINTS if group == "motion" else ()
    if parts:
        part = part if part in parts else parts[0]
        shown = [m for m in shown if _part(m) == part]
    values: dict[str, Any] = {
        "at": at, "person": at.person, "problems": problems, "fields": fields or {}, "group": group, "groups": GROUPS, "part": part, "parts": parts,
        "rows": [(m, _row_list(m, series, k)) for m in shown], "sign": unit_name, "when": when or moment(at),
        "used": {one.taken.measure: one.taken.unit for _, _, some in taken for one in some},
        "leans": {m.id: leans(m, k, at.person.age) for m in shown}, "today": [(one, told(one, k), far(one, k)) for one in every.of_visit(at.visit.id)],
        "points": _points(k) if any("point" in m.where for m in shown) else (), "regions": _regions(k) if any("region" in m.where for m in shown) else (),
        "photo": [m for m in shown if m.landmarks],
        "later": later, "photos": photos.of(visits) if any(m.landmarks for m in shown) else (),
        "taken_out": [(clock_of(f.body["kept"]), clock_of(f.at), f.body["by"]) for f in photos.taken_out(visits)],
    }  # fmt: skip
    return of.show("measures", status, **values)


def moment(at: At) -> When:
    """What is asked for first: after the work once hands were on at this visit, so that it does not stand where the value before it stood."""
    store = at.desk.store
    begun = [f"session:{f.body['session']}" for f in store.facts(f"visit:{at.visit.id}") if f.kind == "session_begun"]
    return "after" if store.lasts(begun) else "before"


def _part(measure: Measure) -> str:
    """The joint of a measure of motion."""
    return measure.id.split(".")[1]


def _row_list(m: Measure, series: Sequence[Series], k: Knowledge) -> list[Row]:
    """The lines of a measure: the places at which it was taken before, then empty ones."""
    by_place: dict[str, list[Series]] = {}
    for on, some in groupby((s for s in series if s.measure == m.id), lambda s: s.on):
        by_place.setdefault(on, []).extend(some)
    asks = "point" if "point" in m.where else "activity" if "activity" in m.where else "region" if "region" in m.where else ""  # fmt: skip
    known = [on for on in by_place if on] if asks else []
    rows = [] if asks and "client" not in m.where else [("", "")]
    rows += [(_said(on, k, asks), on) for on in known]
    blank = 0 if not asks else ROWS[asks] if "client" not in m.where else 1
    rows += [("", "?")] * max(0, min(blank, 9 - len(rows)))
    return [
        Row(n, words, asks if on else "", tuple(_last(s, m) for s in by_place.get(on, ())), _side(on)) for n, (words, on) in enumerate(rows)
    ]  # fmt: skip


def _side(on: str) -> str:
    side = on.rpartition("@")[2]
    return say(f"side.{side}") if side in SIDES else ""


def _said(on: str, k: Knowledge, asks: str) -> str:
    return on if asks == "activity" else place_name(k, on)


def _last(series: Series, measure: Measure) -> str:
    """The last value of a series with its unit and day."""
    point = series.points[-1]
    value = point.value if point.value is not None else point.after
    side = f"{say(f'side.{series.side}')} " if series.side else ""
    return f"{side}{amount(value, measure)} ({day(point.on)})" if value is not None else ""


def unit_name(unit: str) -> str:
    """A unit beside a field."""
    if unit == "0-10":
        return say("measures.of_ten")
    return say("measures.degrees") if unit == "deg" else SIGNS.get(unit, unit).strip()


def told(one: Kept, k: Knowledge) -> str:
    """A measurement in words, as it was given."""
    t = one.taken
    m = k.measures.get(t.measure)
    name = m.name if m else t.measure
    side = say(f"side.{t.side}") if t.side else ""
    words = " / ".join(given([v], t.unit, m) if n == len(t.values) else figure(v) for n, v in enumerate(t.values, 1))
    mean = f" = {amount(one.value, m.unit)}" if m and (len(t.values) > 1 or t.unit != m.unit) else ""
    where = ", ".join(part for part in (name, place_name(k, t.on), side) if part)
    moment = say(f"measures.{t.when}")
    return f"{where}: {words}{mean} ({moment})"


def far(one: Kept, k: Knowledge) -> str:
    """That the readings of a measurement lie further apart than they may; empty where they do not."""
    measure = k.measures.get(one.taken.measure)
    found = apart(one.taken.values, one.taken.unit, measure) if measure else None
    return say("measures.readings_apart", spread=found[0], bound=found[1]) if found else ""


def leans(measure: Measure, k: Knowledge, age: float | None) -> list[str]:
    """What a measure adds to the ranking and from where on for somebody of an age [years], a sentence each; why it adds nothing, where it says so."""
    if measure.no_lean:
        return [say("leans.not", why=measure.no_lean)]
    return [_leans(n, measure, k, age) for n in k.leanings.values() if n.measure == measure.id]


def _leans(leaning: Leaning, measure: Measure, k: Knowledge, age: float | None) -> str:
    beyond = say(f"leans.{leaning.when}", cut=amount(leaning.cut_at(age), measure.unit))
    if leaning.apart is not None:
        beyond = say("leans.apart", beyond=beyond, apart=amount(leaning.apart, measure.unit))
    if leaning.habit:
        return say("leans.on", beyond=beyond, adds=k.habits[leaning.habit].name)
    names, side = "; ".join(k.muscles[m].name for m in leaning.muscles), leaning.side or "same"
    return say("leans.on", beyond=beyond, adds=say(f"leans.{side}", muscles=names))


@lru_cache(maxsize=2)
def _points(k: Knowledge) -> tuple[str, ...]:
    """Every point on a side by its name."""
    ids = [f"{p.id}@{s}" for p in k.points.values() if k.muscles[p.muscle].lateral for s in ((p.only_side,) if p.only_side else SIDES)]  # fmt: skip
    return tuple(sorted(place_name(k, i) for i in ids))


@lru_cache(maxsize=2)
def _regions(k: Knowledge) -> tuple[str, ...]:
    return tuple(site_name(k, site) for site in sites(k))


def read(fields: Mapping[str, str], by: str, k: Knowledge) -> list[Taken]:
    """What the form says; fields left empty were not measured. Raises MeasureError with every problem."""
    values: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for key, text in fields.items():
        match = FIELD.fullmatch(key)
        if match and text.strip() and match[1] in k.measures:
            values.setdefault((match[1], match[2], match[3]), []).append((int(match[4]), text.strip()))
    when = fields.get("when", "at")
    problems: list[Problem] = []
    taken: list[Taken] = []
    for (ident, row, side), readings in values.items():
        measure = k.measures[ident]
        on, wrong = _on(measure, fields.get(f"on|{ident}|{row}", "").strip(), k)
        numbers = [_number(text) for _, text in sorted(readings)]
        problems += wrong
        if any(n is None for n in numbers):
            given = ", ".join(text[:20] for _, text in readings)
            problems.append(Problem("not_a_number", measure.name, given, allowed(measure), "write a number"))  # fmt: skip
            continue
        if measure.plus:
            numbers, wrong = _turned(
                measure, cast(list[float], numbers), readings, fields.get(f"turn|{ident}|{row}|{side}", "")
            )
            problems += wrong
        way: Literal["typed", "photo"] = "photo" if fields.get(f"way|{ident}|{side}") == "photo" else "typed"
        taken.append(Taken(
            measure=ident, values=tuple(cast(list[float], numbers)), unit=fields.get(f"unit|{ident}", ""), on=on, side=side,
            when=cast(When, when if when in get_args(When) else "at"), by=by[:80], way=way, rate=fields.get(f"rate|{ident}", "").strip()[:80],
        ))  # fmt: skip
    if not values and not problems:
        problems.append(Problem("no_value", say("measures.title"), say("measures.nothing"), "", say("measures.nothing_todo")))  # fmt: skip
    if problems:
        raise MeasureError(problems)
    return taken


def _number(text: str) -> float | None:
    """A number as people write it, with a point or a comma; None for anything else."""
    return float(text.replace(",", ".").replace("−", "-")) if NUMBER.fullmatch(text) else None


def _turned(measure: Measure, numbers: list[float], readings: Sequence[tuple[int, str]], turn: str) -> tuple[list[float | None], list[Problem]]:  # fmt: skip
    """Values of a measure whose sign is a direction, by the direction that was chosen; a sign that was typed says it as well."""
    if turn in ("plus", "minus"):
        return [abs(n) if turn == "plus" else -abs(n) for n in numbers], []
    if all(n == 0 or text[0] in "+-−" for n, (_, text) in zip(numbers, sorted(readings), strict=True)):
        return list(numbers), []
    problem = Problem(
        "no_side",
        measure.name,
        say("measures.no_turn"),
        f"{measure.plus}, {measure.minus}",
        say("measures.no_turn_todo"),
    )
    return list(numbers), [problem]


def _on(measure: Measure, words: str, k: Knowledge) -> tuple[str, list[Problem]]:
    """The id of a place that was named, and what is wrong with it."""
    if not words:
        needed = "client" not in measure.where
        return "", [Problem("no_place", measure.name, say("measures.no_place"), "", say("measures.no_place_todo"))] if needed else []  # fmt: skip
    if "activity" in measure.where:
        return words, []
    if "point" in measure.where:
        found = another(k, words)
        exact = [p for p in found.points if place_name(k, p.id) == words]
        if len(exact) == 1 or (len(found.points) == 1 and not found.more):
            return (exact or list(found.points))[0].id, []
    read, _ = read_where(k, words, "on")
    named = [s for s in sites(k) if site_name(k, s) == words] or list(read)
    if "region" in measure.where and len(named) == 1:
        return named[0], []
    return "", [Problem("unknown_place", measure.name, words[:60], "", say("measures.place_todo"))]
