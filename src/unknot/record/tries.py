"""Wrong tries at a door, so many and when the last one was. Kept in the store: a program that is started again has forgotten none.

They are nobody's record: no fact, in no backup and no export. Whose or from where is kept as a digest alone, and each row goes when it has run out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b

from sqlalchemy import Connection, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from unknot.record.database import is_postgresql, take_turn
from unknot.record.place import StoreError
from unknot.record.schema import TRIES
from unknot.record.store import Store

MOST = 10_000
"""Rows that are kept; the oldest go first."""
HIGHEST = 60
"""No wait grows any more behind so many."""


class Tries:
    """Counts by name of a door. What the store does not take is counted in memory. `wall` is the calendar's time [s]."""

    def __init__(self, store: Callable[[], Store | None], wall: Callable[[], float] = time.time) -> None:
        self._store = store
        self.wall = wall
        self._unkept: dict[str, tuple[int, float, float]] = {}
        self._lock = threading.Lock()

    def of(self, names: Sequence[str]) -> list[tuple[int, float]]:
        """(how many, when the last was [s]) for each name, in order: (0, 0) when there were none or they have run out.

        A try that lies ahead of the calendar, since that was set back, counts as one of now: its wait begins here, and ends.
        """
        keys = [_key(name) for name in names]
        now, found = self.wall(), dict[str, tuple[int, float]]()
        try:
            store = self._store()
            if store is not None:
                with store.reading() as connection:
                    rows = connection.execute(select(TRIES).where(TRIES.c.key.in_(keys), TRIES.c.until > now))
                    found = {row.key: (row.wrong, row.last) for row in rows}
                if any(last > now for _, last in found.values()):
                    with store.writing() as connection:
                        _set_back(connection, keys, now)
        except StoreError:
            pass
        with self._lock:
            for key, (count, last, until) in self._unkept.items():
                if last > now:
                    self._unkept[key] = (count, now, now + until - last)
            more = {key: self._unkept[key] for key in keys if key in self._unkept and self._unkept[key][2] > now}
        for key, (count, last, _) in more.items():
            before = found.get(key, (0, 0.0))
            found[key] = (before[0] + count, max(before[1], last))
        return [(count, min(last, now)) for count, last in (found.get(key, (0, 0.0)) for key in keys)]

    def missed(self, names: Sequence[str], forgotten_s: float) -> None:
        """One more for each; all of a name are forgotten when for so long there was none [s]."""
        keys, now = sorted({_key(name) for name in names}), self.wall()
        try:
            store = self._store()
            if store is not None:
                with store.writing() as connection:
                    take_turn(connection, ["tries"])
                    _add(connection, keys, now, now + forgotten_s)
                return
        except StoreError:
            pass
        with self._lock:
            for key in keys:
                count, _, until = self._unkept.pop(key, (0, 0.0, 0.0))
                self._unkept[key] = (min(count + 1 if until > now else 1, HIGHEST), now, now + forgotten_s)
            while len(self._unkept) > MOST:
                del self._unkept[next(iter(self._unkept))]

    def forget(self, name: str) -> None:
        """It was right: nothing is held against this name."""
        with self._lock:
            self._unkept.pop(_key(name), None)
        try:
            store = self._store()
            if store is not None:
                with store.writing() as connection:
                    connection.execute(delete(TRIES).where(TRIES.c.key == _key(name)))
        except StoreError:
            return


def _add(connection: Connection, keys: Sequence[str], now: float, until: float) -> None:
    """One more for each key; what has run out goes, and the oldest of too many."""
    connection.execute(delete(TRIES).where(TRIES.c.until <= now))
    adding = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(TRIES)
    more = case((TRIES.c.wrong < HIGHEST, TRIES.c.wrong + 1), else_=HIGHEST)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["key"], set_={"wrong": more, "last": adding.excluded.last, "until": adding.excluded.until}
        ),
        [{"key": key, "wrong": 1, "last": now, "until": until} for key in keys],
    )
    many = int(connection.scalar(select(func.count()).select_from(TRIES)) or 0) - MOST
    if many > 0:
        oldest = select(TRIES.c.key).order_by(TRIES.c.last, TRIES.c.key).limit(many)
        connection.execute(delete(TRIES).where(TRIES.c.key.in_(oldest)))


def _set_back(connection: Connection, keys: Sequence[str], now: float) -> None:
    """Tries that lie ahead of the calendar are of now, and run out as long after it as they would have."""
    ahead = (TRIES.c.key.in_(keys), TRIES.c.last > now)
    connection.execute(update(TRIES).where(*ahead).values(until=now + TRIES.c.until - TRIES.c.last, last=now))


def _key(name: str) -> str:
    return blake2b(name.encode(), digest_size=20).hexdigest()
