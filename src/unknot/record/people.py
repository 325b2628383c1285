"""Finding people: a client as one types, the newest clients, who comes and who came on a day. Quick at ten thousand clients.

Appointments and arrivals are documents whose id begins with the day, so that a day is one range of the index; labels stay in the client alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from unknot.errors import Problem
from unknot.record.counted import astray_documents, both_between, counted_between
from unknot.record.ids import uuid7
from unknot.record.names import damaged_person, found_by, note_unread, person_of, plain
from unknot.record.schema import DOCUMENTS
from unknot.record.screening import Person
from unknot.record.store import LAST, Document, Store, StoreError, as_json, document_of, noted, with_all
from unknot.record.whole import read_rows

PAGE = 50
"""Clients that a page lists; more are found by typing."""
FOUND = 20
MOST_WORDS = 6
"""Words of a search that count."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """Somebody is to come: the day, the time of day (like 14:30), whether it was called off, and the stamp of when it was made."""

    id: str
    client: str
    on: date
    time: str
    off: bool
    version: int
    made: str = ""


def newest(store: Store, most: int = PAGE, of: str = "") -> list[Person]:
    """The clients that were entered last; `of`: of those whom this account treats."""
    rows = _standing(of).order_by(DOCUMENTS.c.id.desc()).limit(most)
    with store.reading() as connection:
        found = {row.id: person_of(row) for row in read_rows(connection, rows)}
        astray = set() if of else both_between(connection, "client", "", LAST, most)[1]
        found = _whole(connection, found) | {ident: damaged_person(ident) for ident in astray}
    note_unread(store, found.values())
    shown = sorted(found.values(), key=lambda p: p.id, reverse=True)[:most]
    return [p for p in shown if not of or of in p.treated_by]


def _whole(connection: Connection, found: Mapping[str, Person], also: Iterable[str] = ()) -> dict[str, Person]:
    """Clients as they were found, and in the place of those of whom versions are hidden that they are damaged; `also`: others who must be there."""
    versions = {("client", ident): found[ident].version if ident in found else 0 for ident in {*found, *also}}
    return {**found, **{ident: damaged_person(ident) for _, ident in astray_documents(connection, versions)}}


def find(store: Store, typed: str, of: str = "") -> list[Person]:
    """Clients whose label has a word that begins with each of the words typed; a label that begins so stands first.

    `of`: among those whom this account treats, so that nobody else's take their room.
    """
    wanted = plain(typed).split()
    return found_by(store, wanted[:MOST_WORDS], of, FOUND) if wanted else []


def _standing(of: str) -> Select[Any]:
    """Clients in their newest version: an older label finds nobody, an older hand treats nobody. An account stands whole and quoted in JSON."""
    later = DOCUMENTS.alias()
    newer = exists().where(
        later.c.kind == "client", later.c.id == DOCUMENTS.c.id, later.c.version > DOCUMENTS.c.version
    )
    theirs = [DOCUMENTS.c.body.contains(as_json(of), autoescape=True)] if of else []
    return select(DOCUMENTS).where(DOCUMENTS.c.kind == "client", *theirs, ~newer)


def _newest_of(store: Store, ids: list[str]) -> list[Person]:
    """The newest versions of some clients, in the order of `ids`: an older label finds nobody."""
    key = (DOCUMENTS.c.kind == "client", DOCUMENTS.c.id.in_(ids), DOCUMENTS.c.version > 0)  # so by the first index
    rows = select(DOCUMENTS).where(*key)
    with store.reading() as connection:
        newest = {row.id: row for row in read_rows(connection, rows.order_by(DOCUMENTS.c.version))}
        found = _whole(connection, {ident: person_of(row) for ident, row in newest.items()}, ids)
    note_unread(store, found.values())
    return [found[ident] for ident in ids if ident in found]


def named(store: Store, ids: list[str]) -> dict[str, Person]:
    """Clients by id."""
    return {person.id: person for person in _newest_of(store, list(dict.fromkeys(ids)))}


def everybody(store: Store) -> list[str]:
    """The ids of all clients, in order; of those too that only one of two indexes finds."""
    rows = select(DOCUMENTS.c.id).where(DOCUMENTS.c.kind == "client").distinct()
    with store.reading() as connection:
        found = {str(ident) for ident in connection.scalars(rows)} | both_between(connection, "client", "", LAST)[0]
    return sorted(found)


# ---------------------------------------------------------------- the day


def appoint(store: Store, client: str, on: date, time: str) -> str:
    """Somebody is to come; the id of the appointment."""
    ident = f"{on.isoformat()}.{uuid7()}"
    store.put("appointment", ident, {"client": client, "on": on.isoformat(), "time": time, "off": False})
    return ident


def call_off(store: Store, ident: str) -> None:
    """An appointment that is not kept. Raises StoreError when there is none."""
    found = store.get("appointment", ident)
    if found is None:
        raise StoreError([Problem("no_appointment", "appointment", "no such appointment", "", "look at the day again")])
    store.put("appointment", ident, {**found.body, "off": True}, over=found.version)


def appointments(store: Store, on: date) -> list[Appointment]:
    """Those of a day that stand, in order."""
    rows = [_appointment(d) for d in _between(store, "appointment", on.isoformat(), _after(on))]
    return sorted((a for a in rows if not a.off), key=lambda a: (a.time, a.id))


def coming(store: Store, client: str, first: date) -> list[Appointment]:
    """Those of a client that stand, from a day on as far as a year ahead, in order."""
    told = DOCUMENTS.c.body.contains(client)
    rows = [
        _appointment(d)
        for d in _between(store, "appointment", first.isoformat(), _after(first + timedelta(days=366)), told)
    ]
    return sorted((a for a in rows if a.client == client and not a.off), key=lambda a: (a.on, a.time))


def unread_on(store: Store, on: date) -> int:
    """How many appointments and arrivals of a day are damaged or hidden: the day's list lacks them."""
    return sum(_read_between(store, kind, on.isoformat(), _after(on))[1] for kind in ("appointment", "came"))


def came_on(store: Store, on: date) -> list[tuple[str, str]]:
    """(client, visit) of a day, in the order in which the visits were opened."""
    return [(d.body["client"], d.body["visit"]) for d in _between(store, "came", on.isoformat(), _after(on))]


def _after(on: date) -> str:
    return (on + timedelta(days=1)).isoformat()


def _between(store: Store, kind: str, low: str, high: str, *more: ColumnElement[bool]) -> list[Document]:
    """The newest versions of documents of a kind with an id from `low` to below `high`, each with the stamp of its first version.

    A damaged one is left out and logged, as `Store.all` does.
    """
    return _read_between(store, kind, low, high, *more)[0]


def _read_between(
    store: Store, kind: str, low: str, high: str, *more: ColumnElement[bool]
) -> tuple[list[Document], int]:
    """As `_between`, and how many were left out."""
    where = (DOCUMENTS.c.kind == kind, DOCUMENTS.c.id >= low, DOCUMENTS.c.id < high, *more)
    with store.reading() as connection:
        rows = read_rows(connection, select(DOCUMENTS).where(*where).order_by(DOCUMENTS.c.id, DOCUMENTS.c.version))
        counted = counted_between(connection, kind, low, high)
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row.id, row.at)
    newest_of = {row.id: row for row in rows}
    if counted is not None and more:  # others than those that are wanted are none of its business
        counted = {ident: n for ident, n in counted.items() if ident in newest_of}
    whole = [row for row in with_all(list(newest_of.values()), kind, counted) if noted(row)]
    every = newest_of.keys() | (counted or {}).keys()
    return [replace(document_of(row), at=first[row.id]) for row in whole], len(every) - len(whole)


def _appointment(document: Document) -> Appointment:
    body: Mapping[str, Any] = document.body
    on = date.fromisoformat(body["on"])
    return Appointment(document.id, body["client"], on, body["time"], bool(body["off"]), document.version, document.at)


def rows_of(store: Store, statement: Any) -> list[Any]:
    """What a query finds. Raises StoreError without the statement, whose values are a client's."""
    with store.reading() as connection:
        return list(read_rows(connection, statement))
