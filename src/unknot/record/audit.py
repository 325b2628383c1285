"""The trail: every look at a client and every change, with who, what, which client and when. No name and nothing of health stands in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from unknot.errors import Problem
from unknot.record.look import only_looks
from unknot.record.store import Fact, Store, StoreError, as_json

STREAM = "audit"
HERE = "this machine"
BY_CODE = "a code"
UNKNOWN = "nobody"
"""Who tried to sign in with a name that nobody has, a passkey or a code that is none."""
ACTS = ("look", "search", "change", "refused", "sign_in", "wrong", "sign_out", "account", "settings")
PAGE = 50
STEP, FAR_STEP = 500, 50_000
"""Rows that are looked through at a time; where a filter wants few of them, the database looks through many."""
MOST_WAITING = 10_000
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `who` is an account's id, *this machine*, or *a code*; `what` is the pattern of an address, never a value.

    Of a `damaged` one nothing but its number is told.
    """

    sequence: int
    at: str
    who: str
    act: str
    what: str
    client: str
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the trail is shown; empty is everything. `before` is the sequence behind which nothing is shown."""

    who: str = ""
    client: str = ""
    act: str = ""
    before: int = 0


class Audit:
    """Writes and reads the trail. When the store does not take a row, the row waits: a record that fails must not take the page from a session."""

    def __init__(self, store: Callable[[], Store], wall: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self.wall = wall
        self._waiting: list[Fact] = []
        self._lock = threading.Lock()

    def note(self, who: str, act: str, what: str, client: str = "") -> None:
        """One row, behind those that have waited. Raises StoreError when so many wait that one would be lost: then nothing more is shown."""
        fact = _row(self.wall(), who, act, what, client)
        with self._lock:
            full = len(self._waiting) >= MOST_WAITING
            if not full:
                self._waiting.append(fact)
            self._write()
            if full and self._waiting:
                given, todo = _wait(len(self._waiting)), "free some room or mend the store; then go on"
                raise StoreError([Problem("trail", "the trail", given, "a trail that can be written", todo)])
            if full:
                self._waiting.append(fact)
                self._write()

    def write(self) -> None:
        """Try once more to write the rows that wait."""
        with self._lock:
            self._write()

    def look_writable(self) -> None:
        """For a look that leaves no row: whether anything could be kept now. The look remembers why not; rows that wait are tried again."""
        with self._lock:
            if self._waiting:
                self._write()
                return
        try:
            self._store().check_writable()
        except StoreError as error:
            only_looks(error)

    def _write(self) -> None:
        if not self._waiting:
            return
        try:
            self._store().append(STREAM, self._waiting)
        except StoreError as error:
            only_looks(error)
            LOG.warning("the trail cannot be written now; %s", _wait(len(self._waiting)))
        else:
            self._waiting = []

    def read(self, wanted: Wanted, most: int = PAGE) -> tuple[list[Entry], int]:
        """The newest rows that are wanted, and where the next page begins, 0 at the end. A damaged one stands among those that it was found with."""
        store = self._store()
        last = store.last(STREAM)
        upper = min(wanted.before - 1, last) if wanted.before else last
        found: list[Entry] = []
        texts = [as_json(text) for text in (wanted.who, wanted.client) if text]
        step = FAR_STEP if texts or wanted.act else STEP
        while upper > 0:
            lower = max(0, upper - step)
            for number, fact in reversed(store.each_of(STREAM, lower, until=upper, kind=wanted.act, holding=texts)):
                entry = _entry(number, fact)
                if entry.damaged or _fits(entry, wanted):
                    if len(found) == most:
                        return found, found[-1].sequence
                    found.append(entry)
            upper = lower
        return found, 0


def note_at_once(store: Store, act: str, what: str, client: str = "") -> tuple[Problem, ...]:
    """One row of a command on this machine, which ends and leaves nothing to wait. Why it could not be written; empty when it was."""
    try:
        store.append(STREAM, [_row(datetime.now(UTC), HERE, act, what, client)])
    except StoreError as error:
        return error.problems
    return ()


def _row(at: datetime, who: str, act: str, what: str, client: str) -> Fact:
    return Fact(act, {"who": who, "what": what, "client": client}, at=at.isoformat(timespec="milliseconds"))


def _wait(rows: int) -> str:
    return "1 row waits" if rows == 1 else f"{rows:,} rows wait"


def _entry(number: int, fact: Fact | None) -> Entry:
    if fact is None:
        return Entry(number, "", "", "", "", "", damaged=True)
    return Entry(number, fact.at, act=fact.kind, **fact.body)


def _fits(entry: Entry, wanted: Wanted) -> bool:
    pairs = ((wanted.who, entry.who), (wanted.client, entry.client), (wanted.act, entry.act))
    return all(not asked or asked == given for asked, given in pairs)
