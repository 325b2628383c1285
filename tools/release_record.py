"""A small real record, made as the app makes one: kept from each release under tests/data/releases, so that later versions prove that they read it.

`uv run python tools/release_record.py` writes the record and a backup of this version; it never touches one that is there.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

from unknot import __version__
from unknot.case.intake import Answer, Approval, Marked
from unknot.case.plan import Plan, Wish
from unknot.knowledge.load import Knowledge, knowledge
from unknot.plan.gate import admit
from unknot.record.backup import backup
from unknot.record.screening import Desk, Visit
from unknot.record.secret import Secret
from unknot.record.sessions import Sessions
from unknot.record.store import Fact, Store, open_store
from unknot.record.wanted import keep
from unknot.screen.about import About
from unknot.treat.engine import step
from unknot.treat.event import Event

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "releases"
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


def main() -> None:
    """Write the record and the backup of this version."""
    folder = FOLDER / __version__
    if folder.exists():
        sys.exit(f"{folder} is there already: what a release has left behind is never changed")
    folder.mkdir(parents=True)
    k = knowledge()
    store = open_store(folder / "unknot.db", {"unknot": __version__, "knowledge": k.version})
    fill(store, k, date(2026, 11, 26))
    backup(store, folder / "unknot.backup", PASSPHRASE, datetime.now(UTC))
    with store.engine.connect() as connection:
        connection.rollback()
        held = connection.connection.driver_connection
        assert held is not None
        held.execute("vacuum")
        held.execute("pragma journal_mode = delete")
    store.close()
    print(f"{folder}: {sum(f.stat().st_size for f in folder.iterdir()):,} bytes")


if __name__ == "__main__":
    main()
