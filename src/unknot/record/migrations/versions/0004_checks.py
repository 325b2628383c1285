"""A checksum in every fact and every version of a document, filled in for those that are there.

The guards against changing are lifted for the filling and put back, inside the one transaction that Alembic runs this in. Rows go through memory
some thousands at a time; the log of the database grows by about the size of the record until the transaction ends.
"""

import logging
from typing import Any
from zlib import crc32

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
TABLES = {
    "facts": ("stream", "sequence", "kind", "schema", "at", "body", "versions"),
    "documents": ("kind", "id", "version", "schema", "at", "body", "versions"),
}
AT_ONCE = 200_000
"""Rows of SQLite that one statement fills."""
FETCHED = 2_000
"""Rows of PostgreSQL that are in memory."""
LONG = 500_000
"""From so many rows on it is said how far it has come."""
LOG = logging.getLogger("unknot.record")


def crc(*values: object) -> int:
    """As it was when this was written, whatever becomes of it later."""
    return crc32("\0".join(map(str, values)).encode("utf-8", "surrogatepass"))


def upgrade() -> None:
    bind = op.get_bind()
    on_postgresql = bind.dialect.name == "postgresql"
    for table in TABLES:
        op.add_column(table, sa.Column("crc", sa.BigInteger))
        (_postgresql if on_postgresql else _sqlite)(bind, table)


def _told(table: str, done: int, of: int) -> None:
    if of >= LONG:
        LOG.warning("the record is lifted to a newer form, once: %s, %s of %s rows", table, f"{done:,}", f"{of:,}")


def _sqlite(bind: sa.Connection, table: str) -> None:
    guard = bind.scalar(sa.text(f"select sql from sqlite_master where name = '{table}_no_update'"))
    bind.exec_driver_sql(f"drop trigger {table}_no_update")
    driver: Any = bind.connection.driver_connection
    driver.create_function("unknot_crc", 7, crc, deterministic=True)
    last = bind.scalar(sa.text(f"select coalesce(max(rowid), 0) from {table}")) or 0
    columns = ", ".join(f'"{name}"' for name in TABLES[table])
    for start in range(0, last, AT_ONCE):
        _told(table, start, last)
        bind.exec_driver_sql(
            f"update {table} set crc = unknot_crc({columns}) where rowid > {start} and rowid <= {start + AT_ONCE}"
        )
    bind.exec_driver_sql(guard)
    bind.exec_driver_sql(
        f"CREATE TRIGGER {table}_checked BEFORE INSERT ON {table} WHEN NEW.crc IS NULL "
        f"BEGIN SELECT RAISE(ABORT, '{table} carry a checksum: update Unknot'); END"
    )


def _postgresql(bind: sa.Connection, table: str) -> None:
    columns = TABLES[table]
    keys = columns[:2] if table == "facts" else columns[:3]
    of = bind.scalar(sa.text(f"select count(*) from {table}")) or 0
    bind.exec_driver_sql(f"alter table {table} disable trigger {table}_only_added")
    kinds = {"sequence": "int", "version": "int"}
    arrays = ", ".join(f"%s::{kinds.get(key, 'text')}[]" for key in keys)
    same = " and ".join(f"t.{key} = v.{key}" for key in keys)
    fill = f"update {table} t set crc = v.crc from unnest({arrays}, %s::bigint[]) as v({', '.join(keys)}, crc) where {same}"
    driver: Any = bind.connection.driver_connection
    done = 0
    with driver.cursor(name=f"unknot_{table}") as reading, driver.cursor() as writing:
        names = ", ".join(f'"{name}"' for name in columns)
        reading.execute(f"select {names} from {table}")
        while rows := reading.fetchmany(FETCHED):
            told = [[row[n] for row in rows] for n in range(len(keys))]
            writing.execute(fill, [*told, [crc(*row) for row in rows]])
            done += len(rows)
            if done % (50 * FETCHED) == 0:
                _told(table, done, of)
    bind.exec_driver_sql(f"alter table {table} enable trigger {table}_only_added")
    bind.exec_driver_sql(f"alter table {table} alter column crc set not null")
