"""A practice made up by chance: clients and visits whose facts and documents have the shapes that the program itself writes.

A few dozen visits are gone through by the program's own code, from the questions to the signed note, in a store of their own. Each visit of
the practice is one of them under ids, a name and a day of its own, so that a hundred thousand visits take minutes and not days.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from unknot import __version__
from unknot.assess.network import network
from unknot.assess.rank import assess
from unknot.bench.drawings import drawing
from unknot.bench.sessions import calm_event
from unknot.body.atlas import atlas
from unknot.body.coverage import with_drawing
from unknot.case.clearance import Clearance
from unknot.case.intake import Answer
from unknot.case.model import Case, Sex, Stroke
from unknot.case.ranking import Ranking
from unknot.case.understand import understand
from unknot.case.write import as_tables
from unknot.knowledge.load import Knowledge
from unknot.plan.gate import PlanError
from unknot.plan.propose import propose
from unknot.record.database import is_postgresql
from unknot.record.ids import uuid7
from unknot.record.measures import Measures, Taken
from unknot.record.note import Notes, draft
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.screening import Desk, Person, Visit
from unknot.record.sessions import Sessions
from unknot.record.store import Fact, Store, as_json, open_store
from unknot.record.story import story
from unknot.record.wanted import keep
from unknot.record.whole import with_crc
from unknot.screen.about import About, about
from unknot.screen.questions import asked_of
from unknot.treat.engine import step
from unknot.treat.event import Event
from unknot.treat.fact import Fact as Happened

PATTERNS = 24
"""Visits that are gone through; more make the practice more varied and its beginning slower."""
MOST_EVENTS = 90
"""Of one session; its end follows."""
MINUTES = 10.0
TODAY = 20
"""Clients who are here today, screened and drawn and not yet treated; as many again are expected."""
AGES = (25.0, 75.0)
"""Some questions are for the young or the old alone."""
PLANNED = 0.5
"""Of those who are here today, how many have a plan already."""
GIVEN = ("Ada", "Bela", "Cato", "Dora", "Edda", "Fritz", "Gesa", "Henk", "Ines", "Jan", "Kaja", "Lars", "Mira", "Nils", "Oda", "Piet", "Quin", "Rosa", "Sven", "Tilda", "Ugo", "Vera", "Wim", "Yara", "Zoe")  # fmt: skip
FIRST, LAST = ("Al", "Ber", "Dor", "Fal", "Gar", "Hol", "Kel", "Lin", "Mar", "Nor", "Ost", "Pel", "Rud", "Sand", "Tor", "Ven", "Wes"), ("berg", "dal", "en", "feld", "gaard", "ham", "ing", "ley", "mann", "ow", "sen", "stad", "ton", "wick")  # fmt: skip
SAID = ("It is worst in the morning.", "Better after a walk.", "I sit at a desk all day.", "It woke me up twice.")
ASKED = ("pain.now", "pain.worst", "pain.usual", "mood", "sleep", "energy", "warmth", "rom.neck.flexion", "ndi")
HAND = 9
"""How far a line is drawn beside the one before, in units of the map."""
ROWS = 50_000
"""Rows of one transaction."""
CACHE = "pragma cache_size = -262144"


@dataclass(frozen=True, slots=True)
class Line:
    """One fact or version of a document as it is written: the ids of its pattern and its day still stand in it."""

    kind: str
    of: str
    """The stream without its id, or the id of a document."""
    body: str
    time: str
    """Of the day."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One visit as the program wrote it."""

    client: str
    visit: str
    session: str
    sex: Sex
    age: float
    first: tuple[Line, ...]
    """Facts of the client, told at the first visit."""
    facts: tuple[Line, ...]
    happened: tuple[Line, ...]
    """Facts of the session."""
    documents: tuple[Line, ...]


@dataclass(slots=True)
class Made:
    """What was written, and ids to ask for."""

    clients: list[str] = field(default_factory=list)
    visits: list[tuple[str, str]] = field(default_factory=list)
    """(client, visit)"""
    here: list[str] = field(default_factory=list)
    """Clients who came today."""
    planned: list[str] = field(default_factory=list)
    """Those of them who have a plan already."""
    sessions: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    facts: int = 0
    documents: int = 0


# ---------------------------------------------------------------- patterns


def patterns(k: Knowledge, on: date, seed: int, count: int = PATTERNS) -> list[Pattern]:
    """Visits gone through by the program's own code."""
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name) / "patterns.db", {"unknot": __version__})
        try:
            return [_pattern(Desk(store, k), on, random.Random(seed * 1009 + n)) for n in range(count)]
        finally:
            store.close()


def _pattern(desk: Desk, on: date, chance: random.Random) -> Pattern:
    k, store = desk.k, desk.store
    sex: Sex = chance.choice(("female", "male"))
    person = desk.new_client("pattern", float(chance.randint(19, 80)), sex)
    visit = desk.visit_of(person.id, on)
    case = _drawn(k, sex, chance)
    store.put("drawing", visit.id, as_tables(case))
    ranking = assess(case, k, next_too=False)
    whole = with_drawing(case)
    of = replace(about(whole, understand(whole, k), ranking), age=person.age, sex=sex)
    _answered(desk, visit, of, chance)
    session = _treated(desk, visit, case, ranking, desk.clearance(visit, of), chance)
    _measured(desk, visit, chance)
    store.append(f"visit:{visit.id}", [Fact("liked", {"pressure": chance.choice(("less", "right", "right", "more")), "by": "practitioner"})])  # fmt: skip
    if session and chance.random() < 0.8:
        told = story(desk, person, visit, ranked=True)
        Notes(store).keep(told, "short", draft(told, k, "short"), 0, "A. Bench" if chance.random() < 0.9 else "")
    return _read(store, person, visit, session)


def _answered(desk: Desk, visit: Visit, of: About, chance: random.Random) -> None:
    """The questionnaire gone through, with what the drawing makes it ask, mostly with no and as by somebody who came before, and all areas agreed to."""
    told: dict[str, Answer] = {}
    ages = [replace(of, age=age) for age in AGES]  # the clients who take this visit over are younger and older
    while left := [q for one in ages for q in asked_of(one, told, desk.k) if q.id not in told]:
        told |= {q.id: "yes" if chance.random() < 0.003 else "no" for q in left}
    desk.answer(visit, told, "practitioner")
    if chance.random() < 0.5:
        desk.say(visit, chance.choice(SAID), "client")
    for area in desk.k.consent_areas:
        desk.consent(visit, area, "yes", "A. Bench")


def _drawn(k: Knowledge, sex: Sex, chance: random.Random) -> Case:
    """Places that were named, and lines about one or two points."""
    case = drawing(k, network(k), chance.randint(2, 5), chance.randint(0, 10_000))
    strokes: list[Stroke] = []
    wanted = chance.randint(1, 3)
    while len(strokes) < wanted:
        view = chance.choice(("front", "back"))
        spot = atlas().point(chance.choice(sorted(k.points)), chance.choice(("left", "right")), sex, view)
        if spot is None:
            continue
        x, y = round(spot[0]), round(spot[1])
        points = tuple((x + chance.randint(-14, 14), y + chance.randint(-14, 14)) for _ in range(chance.randint(6, 24)))
        strokes.append(Stroke(sex, view, 26, points, float(chance.randint(2, 8))))
    return replace(case, strokes=tuple(strokes))


def _treated(desk: Desk, visit: Visit, case: Case, ranking: Ranking, clearance: Clearance, chance: random.Random) -> str:  # fmt: skip
    """The proposed plan, conducted by a calm client and a practitioner in time; the session's id, empty where nothing may be done."""
    try:
        plan, wishes = propose(ranking, case, clearance, desk.k, visit.on, minutes=MINUTES)
    except PlanError:
        return ""
    keep(desk.store, visit.id, wishes, MINUTES, 0)
    if not plan.applications:
        return ""
    sessions = Sessions(desk.store)
    ident = sessions.begin(visit.client, visit.id, plan, [asdict(w) for w in wishes])
    s, facts = sessions.stands(ident)[0], list[Happened]()
    for _ in range(MOST_EVENTS):
        if s.phase == "ended":
            break
        s, new, _ = step(s, calm_event(s, chance, chance.choice(("falls", "falls", "same"))))
        facts += new
    if s.phase != "ended":
        facts += step(s, Event(s.now + 1000, "end"))[1]
    desk.store.append_all([sessions.batch(ident, facts)])
    return ident


def _measured(desk: Desk, visit: Visit, chance: random.Random) -> None:
    """A few items, and the pressure threshold at two points."""
    k = desk.k
    taken = [
        Taken(measure=m, values=(round(chance.uniform(max(0.0, k.measures[m].low), min(10.0, k.measures[m].high)), 1),), by="A. Bench")
        for m in chance.sample(ASKED, 4)
    ]  # fmt: skip
    points = sorted(p.id for p in k.points.values() if k.muscles[p.muscle].lateral)[:6]
    for point in chance.sample(points, 2):
        readings = tuple(float(chance.randint(150, 500)) for _ in range(3))
        taken.append(Taken(measure="ppt", values=readings, on=f"{point}@right", by="A. Bench"))
    Measures(desk.store, k).keep(visit.id, taken)


def _read(store: Store, person: Person, visit: Visit, session: str) -> Pattern:
    """What of one visit stands in the tables."""
    ids = {person.id, visit.id, session}
    first, facts, happened, documents = list[Line](), list[Line](), list[Line](), list[Line]()
    to = {f"client:{person.id}": first, f"visit:{visit.id}": facts, f"session:{session}": happened}
    with store.reading() as connection:
        rows = connection.execute(select(FACTS).where(FACTS.c.stream.in_(list(to))).order_by(FACTS.c.sequence))
        for row in rows:
            if row.kind != "visit_opened":
                seconds = 39_600 + row.sequence * (2 if row.stream.startswith("session") else 5)
                to[row.stream].append(Line(row.kind, row.stream, row.body, _clock(seconds)))
        for row in connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.version == 1)):
            if row.kind != "client" and row.id.rpartition(".")[2] in ids:
                documents.append(Line(row.kind, row.id, row.body, _clock(38_000)))
    return Pattern(
        person.id, visit.id, session, person.sex or "female", person.age or 0.0, tuple(first), tuple(facts), tuple(happened), tuple(documents),
    )  # fmt: skip


def _clock(seconds: int) -> str:
    return f"T{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000+00:00"


# ---------------------------------------------------------------- the practice


class Writer:
    """Rows of both tables, written in large transactions."""

    def __init__(self, store: Store, made: Made, chance: random.Random) -> None:
        self.store, self.made, self.chance = store, made, chance
        self.versions = as_json({"unknot": __version__})
        self.rows: dict[Table, list[dict[str, Any]]] = {FACTS: [], DOCUMENTS: []}

    def fact(self, stream: str, sequence: int, kind: str, body: str, at: str) -> None:
        row = {"stream": stream, "sequence": sequence, "kind": kind}
        self._add(FACTS, {**row, "schema": 1, "at": at, "body": body, "versions": self.versions})
        self.made.facts += 1

    def document(self, kind: str, ident: str, body: str, at: str) -> None:
        row = {"kind": kind, "id": ident, "version": 1}
        self._add(DOCUMENTS, {**row, "schema": 1, "at": at, "body": body, "versions": self.versions})
        self.made.documents += 1

    def _add(self, table: Table, row: dict[str, Any]) -> None:
        self.rows[table].append(with_crc(table, row))

    def flush(self, least: int = 1) -> None:
        """Write what waits, when it is so many rows."""
        if sum(map(len, self.rows.values())) < least:
            return
        with self.store.writing() as connection:
            if not is_postgresql(connection):
                connection.exec_driver_sql(CACHE)
            for table, rows in self.rows.items():
                if rows and is_postgresql(connection):
                    _copied(connection, table, rows)
                elif rows:
                    connection.execute(insert(table), rows)
        self.rows = {FACTS: [], DOCUMENTS: []}


def _copied(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Rows by PostgreSQL's COPY, which takes a tenth of the time of inserting them."""
    names = [column.name for column in table.columns]
    columns = ", ".join(f'"{name}"' for name in names)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"copy {table.name} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])


def generate(store: Store, clients: int, visits: int, seed: int, on: date, known: list[Pattern]) -> Made:
    """Fill an empty store with so many clients and visits up to the day `on`, on which the patterns were gone through."""
    chance, made = random.Random(seed), Made()
    by_sex = {sex: [p for p in known if p.sex == sex] or known for sex in ("female", "male")}
    writer = Writer(store, made, chance)
    counts = _spread(clients, visits, chance)
    here = set(chance.sample(range(clients), min(TODAY, clients)))
    expected = set(chance.sample(range(clients), min(2 * TODAY, clients)))
    for number, count in enumerate(counts):
        sex: Sex = chance.choice(("female", "male"))
        days = list(_days(on, max(1, count) if number in here else count, chance, today=number in here))
        client = _client(writer, days[0] if days else on, sex, chance)
        _visits(writer, client, days, by_sex[sex], on, chance)
        if number in here:
            made.here.append(client)
        if number in here | expected:
            _appointment(writer, client, on, chance)
        writer.flush(ROWS)
    writer.flush()
    return made


def _spread(clients: int, visits: int, chance: random.Random) -> list[int]:
    """Visits of each client: many have a few, a few have many."""
    shares = [chance.expovariate(1) + 0.1 for _ in range(clients)]
    whole = sum(shares)
    counts = [int(visits * share / whole) for share in shares]
    for n in chance.choices(range(clients), k=visits - sum(counts)):
        counts[n] += 1
    return counts


def _days(on: date, count: int, chance: random.Random, *, today: bool) -> Iterator[date]:
    """The days of a client's visits, in order, a week or a few apart; the last one `on` for who is here today, else before."""
    gaps = [chance.randint(4, 30) for _ in range(count)]
    day = on if today else on - timedelta(days=chance.randint(1, 700))
    day -= timedelta(days=sum(gaps[1:]))
    for n in range(count):
        day += timedelta(days=gaps[n] if n else 0)
        yield day


def _ident(day: date, chance: random.Random) -> str:
    ms = int(datetime(day.year, day.month, day.day, 11, tzinfo=UTC).timestamp() * 1000)
    return uuid7(ms + chance.randint(0, 20_000_000), chance.randbytes(10))


def _client(writer: Writer, day: date, sex: Sex, chance: random.Random) -> str:
    ident = _ident(day, chance)
    label = f"{chance.choice(GIVEN)} {chance.choice(FIRST)}{chance.choice(LAST)} {len(writer.made.clients) + 1}"
    body = {"label": label, "age": float(chance.randint(19, 80)), "sex": sex}
    writer.document("client", ident, as_json(body), f"{day.isoformat()}{_clock(37_000)}")
    writer.made.clients.append(ident)
    writer.made.labels.append(label)
    return ident


def _visits(writer: Writer, client: str, days: list[date], known: list[Pattern], on: date, chance: random.Random) -> None:  # fmt: skip
    """All visits of a client; one of today has come as far as the drawing and the screening."""
    sequence = 0
    for n, day in enumerate(days):
        of, iso, visit, session = chance.choice(known), day.isoformat(), _ident(day, chance), _ident(day, chance)
        sequence += 1
        body = as_json({"visit": visit, "on": iso, "came_before": n > 0})
        writer.fact(f"client:{client}", sequence, "visit_opened", body, iso + _clock(38_000))
        writer.made.visits.append((client, visit))
        names = {of.client: client, of.visit: visit, on.isoformat(): iso} | (
            {of.session: session} if of.session else {}
        )
        told = of.first if n == 0 or day == on else [line for line in of.first if line.kind == "said"]
        for line in told:
            sequence += 1
            writer.fact(f"client:{client}", sequence, line.kind, _named(line.body, names), iso + line.time)
        _visit(writer, of, visit, session, names, iso, waiting=day == on)


def _visit(writer: Writer, of: Pattern, visit: str, session: str, names: dict[str, str], iso: str, *, waiting: bool) -> None:  # fmt: skip
    later = ("session_begun", "measured", "liked")
    facts = [line for line in of.facts if not (waiting and line.kind in later)]
    for sequence, line in enumerate(facts, 1):
        writer.fact(f"visit:{visit}", sequence, line.kind, _named(line.body, names), iso + line.time)
    later_too = ("session", "note") if writer.chance.random() < PLANNED else ("session", "note", "plan")
    for line in of.documents:
        if not (waiting and line.kind in later_too):
            body = _drawn_anew(line.body, writer.chance) if line.kind == "drawing" else _named(line.body, names)
            writer.document(line.kind, _named(line.of, names), body, iso + line.time)
            if waiting and line.kind == "plan":
                writer.made.planned.append(names[of.client])
    if of.session and not waiting:
        writer.made.sessions.append(session)
        for sequence, line in enumerate(of.happened, 1):
            writer.fact(f"session:{session}", sequence, line.kind, line.body, iso + line.time)


def _drawn_anew(body: str, chance: random.Random) -> str:
    """A drawing by a hand that never draws the same line twice, so that nothing worked out for one drawing serves another."""
    case = json.loads(body)
    for stroke in case.get("stroke", []):
        dx, dy = chance.randint(-HAND, HAND), chance.randint(-HAND, HAND)
        stroke["points"] = [[x + dx, y + dy] for x, y in stroke["points"]]
    return as_json(case)


def _named(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def _appointment(writer: Writer, client: str, on: date, chance: random.Random) -> None:
    time = f"{chance.randint(8, 18):02d}:{chance.choice(('00', '15', '30', '45'))}"
    body = {"client": client, "on": on.isoformat(), "time": time, "off": False}
    writer.document("appointment", f"{on.isoformat()}.{_ident(on, chance)}", as_json(body), f"{on.isoformat()}{_clock(30_000)}")  # fmt: skip
