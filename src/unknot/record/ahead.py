"""What pages would have to work out first, worked out ahead: after an update of the program every row that is kept is as good as none.

Before that the file is looked through from end to end: a damaged page may hide rows, and the reader of a page would not know that they are missing.
After it every row is read and its checksum looked at, so that a row which no page shows any more does not go to pieces unnoticed.

A program of its own beside the app, with less of a claim on the machine. Those who are expected today come first, then all visits from the newest
back. It rests while people ask for pages. It may be killed at any time: each few rows are a transaction of their own, and the next program
goes on where this one ended, since it looks which rows are missing (docs/decisions/0013-what-was-worked-out.md).
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import date
from io import FileIO

from sqlalchemy import func, select

from unknot.knowledge.load import Knowledge, knowledge
from unknot.record.database import tells_damage
from unknot.record.derived import DRAWING, RANKING, SESSION, stale
from unknot.record.drawn import coloured, under_of
from unknot.record.folded import folded, sessions_in
from unknot.record.left_log import logs_aside
from unknot.record.people import appointments, came_on, rows_of
from unknot.record.schema import DOCUMENTS
from unknot.record.screening import Desk
from unknot.record.secret import Secret
from unknot.record.sessions import stream_of
from unknot.record.store import ROWS_AT_ONCE, Store, StoreError, open_store
from unknot.record.story import rank_ahead
from unknot.record.verify import damage_of, is_any_unlike

AT_ONCE = 10
"""Visits that are worked out together, in less than a tenth of a second."""
NICE = 10
"""How far it steps back. Further, and a busy machine might let it sleep while it holds the record for a write."""
DAMAGED = 3
"""How the program ends when the record's file is damaged."""
ROUNDS = 3
"""How often it looks again for what could not be written because others wrote."""
RESTS_S = {b"r": 0.5, b"s": 10.0}
"""How long it rests when the app says that somebody asks for a page, or that something happens in a session [s]."""
Rest = Callable[[], None]
"""Comes back when nobody asks for anything."""


def ahead(store: Store, k: Knowledge, on: date, rest: Rest = lambda: None) -> int:
    """Work out what is missing, those expected on a day first; how many things. Raises StoreError when the record cannot be read."""
    ahead_of(store, k, _expected(store, k, on), rest)
    done = 0
    for _ in range(ROUNDS):
        now = 0
        for some in _newest(store, "session"):
            now += _fold(store, stale(store, SESSION, _lasts(store, list(some))), rest)
        for some in _newest(store, "drawing"):
            now += _draw(store, k, some, rest)
        if not now:
            break
        done += now
    return done


def ahead_of(store: Store, k: Knowledge, visits: Sequence[str], rest: Rest = lambda: None) -> list[str]:
    """Work out what is missing of some visits; the ids of their sessions. Raises StoreError when the record cannot be read."""
    facts = store.facts_of([f"visit:{visit}" for visit in visits])
    sessions = [session for some in facts.values() for session in sessions_in(some)]
    _fold(store, stale(store, SESSION, _lasts(store, sessions)), rest)
    _draw(store, k, store.versions_of("drawing", visits), rest)
    return sessions


def _expected(store: Store, k: Knowledge, on: date) -> list[str]:
    """The visits of those who come on a day, and of those who have come."""
    clients = dict.fromkeys([a.client for a in appointments(store, on)] + [client for client, _ in came_on(store, on)])
    desk = Desk(store, k)
    return [visit.id for client in clients for visit in reversed(desk.visits(client))]


def _fold(store: Store, idents: Sequence[str], rest: Rest) -> int:
    for some in _parts(idents):
        rest()
        folded(store, some)
    return len(idents)


def _draw(store: Store, k: Knowledge, versions: Mapping[str, int], rest: Rest) -> int:
    """Drawings in figures, and what leads in the ranking of those whose note is still to be drafted from it."""
    under = under_of(k)
    idents = stale(store, DRAWING, versions, under)
    for some in _parts(idents):
        rest()
        coloured(store, some, k)
    noted = store.versions_of("note", list(versions))
    rankings = stale(store, RANKING, {v: n for v, n in versions.items() if v not in noted}, under)
    for ident in rankings:
        rest()
        rank_ahead(store, ident, k)
    return len(idents)


def _lasts(store: Store, sessions: Sequence[str]) -> dict[str, int]:
    found = store.lasts([stream_of(ident) for ident in sessions])
    return {ident: found[stream_of(ident)] for ident in sessions if stream_of(ident) in found}


def _newest(store: Store, kind: str) -> Iterator[dict[str, int]]:
    """All documents of a kind, from the newest id back, some at a time: id to version."""
    before = "~"
    while True:
        where = (DOCUMENTS.c.kind == kind, DOCUMENTS.c.id < before)
        newest = select(DOCUMENTS.c.id, func.max(DOCUMENTS.c.version)).where(*where).group_by(DOCUMENTS.c.id)
        rows = rows_of(store, newest.order_by(DOCUMENTS.c.id.desc()).limit(ROWS_AT_ONCE // 2))
        if not rows:
            return
        yield {str(ident): int(version) for ident, version in rows}
        before = str(rows[-1][0])


def _parts(idents: Sequence[str]) -> Iterator[Sequence[str]]:
    return (idents[n : n + AT_ONCE] for n in range(0, len(idents), AT_ONCE))


# ---------------------------------------------------------------- the program


class Listening:
    """Hears on a pipe when somebody asks for something. When the app has gone, the pipe ends, and `gone` ends the program."""

    def __init__(self, pipe: FileIO, gone: Callable[[], None] = lambda: os._exit(0)) -> None:
        self.until, self.gone = 0.0, gone
        threading.Thread(target=self._hear, args=(pipe,), daemon=True).start()

    def _hear(self, pipe: FileIO) -> None:
        while told := pipe.read(1):
            self.until = max(self.until, time.monotonic() + RESTS_S.get(told, 0.0))
        self.gone()

    def rest(self) -> None:
        """Until nobody has asked for a while."""
        while (left := self.until - time.monotonic()) > 0:
            time.sleep(left)


def head_of(place: str, secret: Secret | None, on: date) -> bytes:
    """What the program is told first: where the record lies, its key, the day. It stands in no argument, which others could read."""
    told = {"place": place, "secret": secret.value.hex() if secret else None, "on": on.isoformat()}
    return json.dumps(told).encode() + b"\n"


def main() -> None:
    """Told on its input what to open, then when to rest."""
    with suppress(OSError, AttributeError):
        os.nice(NICE)
    pipe = FileIO(0, closefd=False)  # who waits on it holds no lock when the program ends
    told = json.loads(pipe.readline())
    listening = Listening(pipe)
    secret = Secret(bytes.fromhex(told["secret"])) if told["secret"] else None
    try:
        with closing(open_store(told["place"], secret=secret)) as store:
            with store.reading() as connection:
                damaged = bool(damage_of(connection))
            if not damaged:
                with suppress(StoreError):  # who opens a page is told what is wrong
                    ahead(store, knowledge(), date.fromisoformat(told["on"]), listening.rest)
                damaged = is_any_unlike(store, listening.rest) or bool(logs_aside(told["place"]))
    except StoreError as error:
        damaged = tells_damage(error)
    sys.exit(DAMAGED if damaged else 0)


if __name__ == "__main__":
    main()
