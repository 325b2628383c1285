"""Small real records, made as the app makes them: kept from each release under tests/data/releases, so that later versions prove that they read them.

`unknot` holds what screening, plans and sessions leave; `practice` what a day at the app's pages leaves: accounts and sign-ins, the trail, drawings,
measures, notes kept, signed and added to, appointments, goals, phrases, an erased client. `uv run python tools/release_record.py` writes each
with its backup for this version; it never touches one that is there.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from unknot import __version__
from unknot.bench.app import served
from unknot.bench.ledger import Ledger
from unknot.bench.working_day import AtWork, Clock, prepared
from unknot.case.intake import Answer, Approval, Marked
from unknot.case.plan import Plan, Wish
from unknot.knowledge.load import Knowledge, knowledge
from unknot.plan.gate import admit
from unknot.record.accounts import Accounts, Role, Settings
from unknot.record.backup import backup
from unknot.record.erase import erase
from unknot.record.people import call_off
from unknot.record.reports import Cover, Goal, keep_cover
from unknot.record.screening import Desk, Visit
from unknot.record.secret import Secret
from unknot.record.sessions import Sessions
from unknot.record.store import Fact, Store, open_store
from unknot.record.wanted import keep
from unknot.screen.about import About
from unknot.treat.engine import step
from unknot.treat.event import Event
from unknot.web.app import create_app
from unknot.web.notes import add_phrase
from unknot.web.practice import keep as keep_practice

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "releases"
NAMES = ("unknot", "practice")
PASSPHRASE = Secret(b"a passphrase for the tests")
PLACE = "infraspinatus.1@right"
TAPS = (("next", None), ("rate", 5.0), ("release", None), ("rate", 3.0), ("next", None), ("less", None), ("off", None))


def fill(store: Store, k: Knowledge, on: date, clients: int = 3) -> list[str]:
    """Clients with answers, marks, an approval, a clearance, a drawing, wishes and a session each; their ids."""
    store.put("practice", "practice", {"name": "A practice", "licences": []})
    return [_client(store, k, on, n) for n in range(clients)]


def _client(store: Store, k: Knowledge, on: date, n: int) -> str:
    desk = Desk(store, k)
    person = desk.new_client(f"Zebedee Quillfeather {n}", 40 + n, "female" if n % 2 else "male")
    visit = desk.visit_of(person.id, on)
    no: dict[str, Answer] = dict.fromkeys(k.questions, "no")
    desk.answer(visit, {**no, "anticoagulant": "yes" if n == 2 else "no"}, "client")
    desk.say(visit, f"My shoulder aches since the garden, word {n}", "client")
    desk.mark(visit, Marked("skin", site="knee.front@left"), "client")
    for area in k.consent_areas:
        desk.consent(visit, area, "yes", "client")
    desk.approve(visit, Approval("Dr Example", on, "yes", None, ("anticoagulant",)))
    clearance = desk.clearance(visit, About(age=40 + n))
    store.put("drawing", visit.id, {"format": 1, "pain": [{"site": "shoulder.front@right", "intensity": 6}]})
    wish = Wish(place=PLACE, technique="prolonged_compression")
    keep(store, visit.id, [wish], 30, 0)
    if n != 2:  # whose blood thinner rules this technique out
        _session(store, person.id, visit, admit(clearance, [wish], k, on))
    return person.id


def _session(store: Store, client: str, visit: Visit, plan: Plan) -> None:
    sessions = Sessions(store)
    ident = sessions.begin(client, visit.id, plan, [])
    session, _ = sessions.stands(ident)
    for n, (kind, value) in enumerate(TAPS, 1):
        session, facts, _ = step(session, Event(n * 3000, kind, value=value))
        if facts:
            store.append_all([Sessions.batch(ident, facts)])
    store.append(f"visit:{visit.id}", [Fact("symptom_told", {"symptom": "none"})])


def fill_practice(place: Path, k: Knowledge) -> None:
    """A practice of several accounts in which three clients were treated by the pages of the app; the last was erased."""
    prepared(place)
    app = create_app(data=place)
    clock, ledger = Clock(), Ledger()
    clients = []
    with served(app) as address:
        clock.tell(int(address.rpartition(":")[2]), life=1)
        person = AtWork(clock, ledger, k, 1)
        for _ in range(3):
            person.treat()
            clients.append(person.c.id)
    store = app.state.doors.store()
    if ledger.failed:
        sys.exit(f"the day went wrong: {ledger.failed}")
    accounts = Accounts(store)
    roles: tuple[Role, ...] = ("practitioner", "front", "student")
    made = [accounts.new(f"{role} of the tests", role) for role in roles]
    accounts.keep(replace(made[-1], disabled=True))
    accounts.keep_settings(Settings(idle_min=5, here_too=True))
    keep_practice(store, {"name": "A practice", "practitioner": "A. Bench", "country": "DE"}, 0)
    add_phrase(store, "plan", "Rest, warmth and walking.")
    goal = Goal("Reach the top shelf", "4 of 10", "1 of 10", "3 of 10")
    keep_cover(store, clients[0], Cover((goal,), (("Treatment", "T1"),), 15))
    call_off(store, next(d.id for d in store.all("appointment") if d.body["client"] == clients[0]))
    erase(store, clients[-1], "asked for it")
    store.close()


def _left(folder: Path, name: str) -> None:
    """A record as one file without its log, and its backup."""
    store = open_store(folder / f"{name}.db")
    backup(store, folder / f"{name}.backup", PASSPHRASE, datetime.now(UTC))
    with store.engine.connect() as connection:
        connection.rollback()
        held = connection.connection.driver_connection
        assert held is not None
        held.execute("vacuum")
        held.execute("pragma journal_mode = delete")
    store.close()


def main() -> None:
    """Write the records and their backups of this version."""
    folder = FOLDER / __version__
    if all((folder / f"{name}.db").exists() for name in NAMES):
        sys.exit(f"{folder} is there already: what a release has left behind is never changed")
    folder.mkdir(parents=True, exist_ok=True)
    k = knowledge()
    if not (folder / "unknot.db").exists():
        store = open_store(folder / "unknot.db", {"unknot": __version__, "knowledge": k.version})
        fill(store, k, date(2026, 11, 26))
        store.close()
        _left(folder, "unknot")
    if not (folder / "practice.db").exists():
        fill_practice(folder / "practice.db", k)
        _left(folder, "practice")
    print(f"{folder}: {sum(f.stat().st_size for f in folder.iterdir()):,} bytes")


if __name__ == "__main__":
    main()
