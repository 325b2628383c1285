"""Verifying a record, in both databases: what was changed by hand is found, and that the guards are gone."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from unknot.record.lines import TABLES
from unknot.record.store import Store
from unknot.record.verify import verify

pytestmark = pytest.mark.usefixtures("cheap")


@pytest.fixture
def store(full_store: Store) -> Store:
    """The full record, in both databases."""
    return full_store


# ---------------------------------------------------------------- verify


def changed_by_hand(store: Store, statement: str) -> None:
    """What no program does: the guards taken off, a row changed, the guards back."""
    from unknot.record.database import is_postgresql

    with store.engine.execution_options(writing=True).begin() as connection:
        if is_postgresql(connection):
            for table in TABLES:
                connection.execute(text(f"alter table {table} disable trigger user"))
            connection.execute(text(statement))
            for table in TABLES:
                connection.execute(text(f"alter table {table} enable trigger user"))
            return
        query = "select name, sql from sqlite_master where type = 'trigger'"
        guards = connection.execute(text(query)).all()
        for name, _ in guards:
            connection.execute(text(f"drop trigger {name}"))
        connection.execute(text(statement))
        for _, sql in guards:
            connection.exec_driver_sql(sql)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("delete from facts where sequence = 2 and stream like 'visit:%'", "missing"),
        ("delete from facts where sequence = 4 and stream like 'session:%'", "missing"),
        ("update facts set body = '{' where sequence = 1 and stream like 'client:%'", "body cannot be read"),
        ("update facts set body = '[1]' where sequence = 1 and stream like 'client:%'", "body cannot be read"),
        ("update facts set versions = 'x' where sequence = 1", "versions cannot be read"),
        ("update facts set at = 'yesterday' where sequence = 1", "time cannot be read"),
        ("delete from documents where kind = 'session'", "no session of that id"),
        ("update documents set version = 3 where kind = 'client'", "version 3 follows on 0"),
        ("update documents set body = '{}' where kind = 'session'", "do not follow"),
        ("update documents set body = '{}' where kind = 'client'", "it has no name"),
    ],
)
def test_verify_finds_what_was_changed_by_hand(store: Store, statement: str, said: str) -> None:
    changed_by_hand(store, statement)
    found = verify(store)
    assert found.wrong and any(said in p.given for p in found.problems)
    assert all("restore" in p.todo for p in found.problems)
    assert "Zebedee" not in str(found.problems)


def test_verify_finds_that_the_guards_are_gone(store: Store) -> None:
    from unknot.record.database import is_postgresql

    with store.engine.begin() as connection:
        taken = "facts_only_added on facts" if is_postgresql(connection) else "facts_no_delete"
        connection.execute(text(f"drop trigger {taken}"))
    assert ["guard" in p.given for p in verify(store).problems] == [True]
