"""The day: who comes and who came, and a client found as one types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from unknot.errors import Problem, UnknotError
from unknot.record.amounts import day as written
from unknot.record.names import unread_clients
from unknot.record.note import KIND as NOTE
from unknot.record.people import appoint, appointments, call_off, came_on, find, named, unread_on
from unknot.record.screening import Person, Visit
from unknot.record.story import happened
from unknot.record.whole import DamagedError
from unknot.web.desk import UUID, Screening, fields_of, go, read_day
from unknot.web.who import who as asks
from unknot.words import say

TIME = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody on the day's list."""

    person: Person
    time: str
    state: str
    appointment: str
    """Its id while nobody came."""


def routes(of: Screening) -> APIRouter:
    """/day, its appointments, and /find."""
    router = APIRouter(include_in_schema=False)

    @router.get("/day")
    def day(on: str = "", who: str = "") -> Response:
        return _page(of, read_day(on) or of.today(), who if UUID.fullmatch(who) else "")

    @router.post("/day")
    async def add(request: Request) -> Response:
        return await run_in_threadpool(_add, of, await fields_of(request))

    @router.post("/day/off")
    async def off(request: Request) -> Response:
        fields = await fields_of(request)
        await run_in_threadpool(_off, of, fields.get("appointment", ""))
        return go(f"/day?on={read_day(fields.get('on', '')) or of.today()}")

    @router.post("/find")
    async def found(request: Request) -> Response:
        # what is typed is a name: it stands in the body of the request, never in its address
        typed = (await fields_of(request)).get("typed", "")[:80]
        people = of.known(await run_in_threadpool(find, of.store(), typed, of.only()))
        of.searched.letter(asks(), typed, [p.id for p in people])
        unread = len(await run_in_threadpool(unread_clients, of.store()))
        return of.show("found_people", people=people, typed=typed.strip(), practice=None, unread=unread)

    return router


def _add(of: Screening, fields: dict[str, str]) -> Response:
    """An appointment from the form: a client and a time."""
    on, who, time = (
        read_day(fields.get("on", "")),
        fields.get("who", ""),
        TIME.fullmatch(fields.get("time", "").strip()),
    )
    problems = []
    try:
        known = bool(UUID.fullmatch(who)) and bool(of.known([of.desk.client(who)]))
    except UnknotError:
        known = False
    if not known:
        problems.append(Problem("no_client", say("day.who"), say("day.nobody"), "", say("day.who_todo")))
    if on is None:
        problems.append(Problem("not_a_date", say("day.on"), "no day", "2026-11-26", say("day.on_todo")))
    elif on < of.today():
        problems.append(Problem("past_day", say("day.on"), written(on), say("day.on_allowed"), say("day.on_todo")))
    if time is None:
        given = fields.get("time", "")[:20] or "no time"
        problems.append(Problem("not_a_time", say("day.time"), given, "14:30", say("day.time_todo")))
    if on is None or time is None or problems:
        return _page(of, on or of.today(), who if known else "", 422, tuple(problems))
    of.audit.note(asks().told, "change", "/day", who)
    appoint(of.store(), who, on, f"{int(time[1]):02d}:{time[2]}")
    return go(f"/day?on={on.isoformat()}")


def _off(of: Screening, ident: str) -> None:
    """Call an appointment off. Raises a 403 for one of a client of somebody else, StoreError when there is none."""
    found = of.store().get("appointment", ident)
    if found is not None:
        person = of.label_of(found.body["client"])
        if person is not None and not of.known([person]):
            of.audit.note(asks().told, "refused", "/day/off", person.id)
            raise HTTPException(403, say("sign_in.not_treated"))
        of.audit.note(asks().told, "change", "/day/off", found.body["client"])
    call_off(of.store(), ident)


def _page(of: Screening, on: date, who: str, status: int = 200, problems: tuple[Problem, ...] = ()) -> HTMLResponse:
    store = of.store()
    chosen = next(iter(of.known(list(named(store, [who]).values()))), None) if who else None
    there, unread = rows(of, on)
    values = {
        "on": on, "rows": there, "unread": unread + unread_on(store, on), "chosen": chosen, "problems": problems, "is_today": on == of.today(),
        "before": on - timedelta(days=1), "after": on + timedelta(days=1), "today": of.today(),
    }  # fmt: skip
    return of.show("day", status, **values)


def rows(of: Screening, on: date) -> tuple[list[Row], int]:
    """Who has an appointment, in order of time, then who came without one; and how many clients are left out since they cannot be read."""
    store, desk = of.store(), of.desk
    opened = [Visit(v, c, on, came_before=False) for c, v in came_on(store, on)]
    there = happened(desk, [visit.id for visit in opened])
    came = {visit.client: visit for visit in opened if visit.id in there}
    state = _states(of, [visit.id for visit in came.values()])
    asked = appointments(store, on)
    everybody = named(store, [*(a.client for a in asked), *came])
    people = {p.id: p for p in of.known(list(everybody.values()))}
    found = [
        Row(
            people[a.client],
            a.time,
            state[came[a.client].id] if a.client in came else say("day.expected"),
            "" if a.client in came else a.id,
        )
        for a in asked
        if a.client in people
    ]
    expected = {a.client for a in asked}
    found += [Row(people[c], "", state[v.id], "") for c, v in came.items() if c not in expected and c in people]
    return found, sum(p.damaged and p.id not in people for p in everybody.values())


def _states(of: Screening, visits: list[str]) -> dict[str, str]:
    """Where each of the visits of those who came stands, in a word."""
    store = of.store()
    try:
        notes, facts = store.some(NOTE, visits), store.facts_of([f"visit:{visit}" for visit in visits])
    except DamagedError:
        if len(visits) == 1:
            return {visits[0]: say("day.damaged")}
        return {visit: word for one in visits for visit, word in _states(of, [one]).items()}
    found = {}
    for visit in visits:
        signed = visit in notes and notes[visit].body["signed_by"]
        begun = any(f.kind == "session_begun" for f in facts[f"visit:{visit}"])
        found[visit] = say("way.signed") if signed else say("day.treated") if begun else say("day.came")
    return found
