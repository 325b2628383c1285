"""A real record with all that a practice keeps, as the tests of its ways out share it: what it is filled with, and what lies in its rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from unknot.knowledge.load import knowledge
from unknot.record import secret as keys
from unknot.record.backup import backup, restore
from unknot.record.lines import TABLES
from unknot.record.secret import Secret, new_cost
from unknot.record.store import Store, open_store

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import release_record

K = knowledge()
ON = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECRET = Secret(b"correct horse battery")


@contextmanager
def cheap_guesses() -> Iterator[None]:
    """A guess at a passphrase costs little, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "new_cost", lambda: replace(new_cost(), passes=1, lanes=1, memory_kib=64))
        yield


def fill(where: Path) -> None:
    """A new record at a path, with clients, visits, sessions and papers."""
    store = open_store(where, {"unknot": "test"})
    release_record.fill(store, K, ON)
    store.close()


def back_up_and_restore(record: Path, folder: Path) -> tuple[Path, Path]:
    """A backup of a record in a folder, and the file there that it was restored to."""
    store = open_store(record)
    backup(store, folder / "record.backup", SECRET, NOW)
    store.close()
    restore(folder / "record.backup", folder / "unknot.db", SECRET)
    return folder / "record.backup", folder / "unknot.db"


def put_back(sealed: Path, place: str) -> None:
    """The backup, restored to an empty place."""
    with cheap_guesses():
        restore(sealed, place, SECRET)


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored, as it lies there."""
    with store.reading() as connection:
        return {
            name: [tuple(r) for r in connection.execute(select(t).order_by(*t.primary_key.columns))]
            for name, t in TABLES.items()
        }


def rows_at(where: Path | str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored at a path or an address."""
    opened = open_store(where)
    try:
        return rows(opened)
    finally:
        opened.close()


def client_ids(store: Store) -> list[str]:
    """The ids of all clients, in order."""
    return sorted(d.id for d in store.all("client"))
