"""The labels of clients in memory, word by word, so that each letter of a search is answered at once.

Before a search the database says whether anything has changed, by how many versions of clients there are and how often somebody was erased:
versions are only ever added, and who erases adds one to the other count. So what anybody else wrote, in this program or in another one, is
found at once. Only what is new is read then.
"""

from __future__ import annotations

import json
import threading
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Row, func, select

from unknot.case.lexicon import words as spelled
from unknot.case.model import Sex
from unknot.record.counted import counted_between
from unknot.record.erase import STREAM
from unknot.record.looks import alike
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.screening import Person
from unknot.record.store import LAST, ROWS_AT_ONCE, Store, noted
from unknot.words import say

OTHERWISE = {
    **{"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ı": "i", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"},
    **dict.fromkeys("\u2018\u2019\u02bb\u02bc\u2032\u00b4\u0060", "'"),
}
"""Letters that are no other letter with an accent, and what is written for an apostrophe."""
TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
"""Letters that are also written as two where a keyboard lacks them."""


class _Bare(dict[int, str]):
    """Each letter without its accents, worked out once."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        parts = OTHERWISE.get(letter) or unicodedata.normalize("NFKD", letter)
        self[code] = "".join(OTHERWISE.get(c, c) for c in parts if not unicodedata.combining(c))
        return self[code]


_BARE = _Bare()
_LOCK = threading.Lock()
_NAMES: WeakKeyDictionary[Store, Names] = WeakKeyDictionary()


@dataclass(slots=True)
class Names:
    """Clients in their newest version, and the words of their labels in order."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    stamp: tuple[int, int] = (-1, -1)
    people: dict[str, Person] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    """Each label in the form of `plain`."""
    words: list[tuple[str, str]] = field(default_factory=list)
    """(word, id), sorted."""
    unread: set[str] = field(default_factory=set)
    """The ids of clients who cannot be read: no word finds them, and nobody knows who treats them."""

    def find(self, wanted: Sequence[str], of: str, most: int) -> list[Person]:
        """Whose label has a word that begins with each of those wanted, in the form of `plain`; `of`: whom this account treats."""
        found: set[str] | None = None
        for word in wanted:
            fitting = {ident for _, ident in self.words[bisect_left(self.words, (word, "")) : bisect_left(self.words, (word + LAST, ""))]}  # fmt: skip
            found = fitting if found is None else found & fitting
        theirs = (self.people[ident] for ident in found or ())
        return nsmallest(
            most,
            (p for p in theirs if not of or of in p.treated_by),
            key=lambda p: (not self.told[p.id].startswith(wanted[0]), self.told[p.id], p.id),
        )

    def take(self, new: Iterable[Person]) -> None:
        """People in a newer version, or new ones."""
        many: list[tuple[str, str]] = []
        fresh = not self.people
        for person in new:
            self.drop(person.id)
            self.people[person.id] = person
            self.told[person.id] = plain(person.label)
            many += [(word, person.id) for word in words_of(person.label)]
        if fresh:
            self.words = sorted(many)
        else:
            for entry in many:
                insort(self.words, entry)

    def drop(self, ident: str) -> None:
        """Somebody who is no longer there."""
        person = self.people.pop(ident, None)
        self.told.pop(ident, None)
        for word in words_of(person.label) if person is not None else ():
            at = bisect_left(self.words, (word, ident))
            if self.words[at : at + 1] == [(word, ident)]:
                del self.words[at]


def plain(text: str) -> str:
    """A text as it is searched: in small letters, without accents, with the apostrophe of a keyboard. Names themselves are kept as they were typed."""
    small = text.casefold()
    return small if small.isascii() and "`" not in small else small.translate(_BARE)


def words_of(label: str) -> set[str]:
    """Every word of a label by which it is found, in the form of `plain`; with *ue* for *ü* and the like, too."""
    forms = {plain(label)}
    if not label.isascii():
        forms.add(plain(unicodedata.normalize("NFC", label.casefold()).translate(TWO)))
    return {word for form in forms for word in (*form.split(), *spelled(form))}


def found_by(store: Store, wanted: Sequence[str], of: str, most: int) -> list[Person]:
    """Those found by words in the form of `plain`, as the database stands now. Raises StoreError when it cannot be read."""
    names = _of(store)
    with names.lock:
        _stand(names, store)
        return names.find(wanted, of, most)


def lookalikes(store: Store, label: str, of: str = "") -> list[Person]:
    """Clients whose name is another one that looks like this: in the letters of another alphabet. `of`: among those whom this account treats.

    Raises StoreError when the store cannot be read.
    """
    names, wanted = _of(store), plain(label)
    with names.lock:
        _stand(names, store)
        others = [p for p in names.people.values() if not (label.isascii() and p.label.isascii())]
        theirs = [p for p in others if not p.damaged and (not of or of in p.treated_by)]
        return [p for p in theirs if names.told[p.id] != wanted and alike(p.label, label)]


def unread_clients(store: Store) -> set[str]:
    """The ids of clients who were found to be damaged or hidden. Raises StoreError when the store cannot be read.

    A damaged row is noticed when it is read: with all others when the names are taken in, and later by whoever comes upon it, who says so
    by `note_unread`.
    """
    names = _of(store)
    with names.lock:
        _stand(names, store)
        return set(names.unread)


def note_unread(store: Store, people: Iterable[Person]) -> None:
    """Clients were read again: those among them who could not be are kept in mind."""
    if damaged := {person.id for person in people if person.damaged}:
        names = _of(store)
        with names.lock:
            names.unread |= damaged


def _of(store: Store) -> Names:
    with _LOCK:
        return _NAMES.setdefault(store, Names())


def _stand(names: Names, store: Store) -> None:
    """Bring the names to where the database stands now."""
    with store.snapshot() as connection:
        stamp = _stamp(connection)
        if stamp != names.stamp:
            _renew(names, connection)
            names.stamp = stamp


def _stamp(connection: Connection) -> tuple[int, int]:
    """(versions of clients, times that somebody was erased)."""
    versions = select(func.count()).where(DOCUMENTS.c.kind == "client").scalar_subquery()
    erased = select(func.coalesce(func.max(FACTS.c.sequence), 0)).where(FACTS.c.stream == STREAM).scalar_subquery()
    row = connection.execute(select(versions, erased)).one()
    return int(row[0]), int(row[1])


def _renew(names: Names, connection: Connection) -> None:
    """Read what is newer than what is held, and let go of whom there is no more."""
    last = select(DOCUMENTS.c.id, func.max(DOCUMENTS.c.version)).where(DOCUMENTS.c.kind == "client")
    stands = {ident: int(version) for ident, version in connection.execute(last.group_by(DOCUMENTS.c.id))}
    counted = counted_between(connection, "client", "", LAST)
    hidden: set[str] = set()
    if counted is not None:  # whose newest version cannot be found is not found by an older name
        hidden = {ident for ident in stands.keys() | counted.keys() if stands.get(ident) != counted.get(ident)}
        stands = {ident: version for ident, version in stands.items() if counted.get(ident) == version}
    for ident in names.people.keys() - stands.keys():
        names.drop(ident)
    new = [i for i, version in stands.items() if i not in names.people or names.people[i].version != version]
    people: list[Person] = []
    for start in range(0, len(new), ROWS_AT_ONCE // 2):
        some = new[start : start + ROWS_AT_ONCE // 2]
        rows = select(DOCUMENTS).where(DOCUMENTS.c.kind == "client", DOCUMENTS.c.id.in_(some))
        people += [person_of(row) for row in connection.execute(rows) if row.version == stands.get(row.id)]
    names.take(people)
    whole = {person.id for person in people if not person.damaged}
    names.unread = ((names.unread & stands.keys()) - whole) | hidden | {p.id for p in people if p.damaged}


def person_of(row: Row[Any]) -> Person:
    """A client from the row of their document, all of its columns. Of one that is damaged only the owner is shown that it is there."""
    if not noted(row):
        return damaged_person(row.id, row.version)
    told = json.loads(row.body)
    by = tuple(told.get("treated_by", ()))
    return Person(
        row.id, str(told.get("label", "")), told.get("age"), cast("Sex | None", told.get("sex")), row.version, by
    )


def damaged_person(ident: str, version: int = 0) -> Person:
    """In the place of a client who cannot be read."""
    return Person(ident, say("clients.damaged"), None, None, version, damaged=True)
