"""The tables of the store. Facts and versions of documents are only ever added; the database itself refuses to change or delete them.

What was worked out from them stands in a table of its own and may go at any time.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, String, Table, Text

METADATA = MetaData()
FACTS = Table(
    "facts",
    METADATA,
    Column("stream", String(80), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(40), nullable=False),
    Column("schema", Integer, nullable=False),
    Column("at", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("crc", BigInteger, nullable=False),
)
"""What happened, by stream (a client, a visit, a session) and sequence from 1."""
DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("kind", String(40), primary_key=True),
    Column("id", String(80), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("schema", Integer, nullable=False),
    Column("at", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("crc", BigInteger, nullable=False),
)
"""What can be edited: each edit is a version of its own, from 1."""
DERIVED = Table(
    "derived",
    METADATA,
    Column("kind", String(40), primary_key=True),
    Column("id", String(80), primary_key=True),
    Column("mark", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("proof", String(40), nullable=False),
)
"""What was worked out from the others, one row a thing; `mark` says from what. Each may go at any time; no backup holds it."""
TRIES = Table(
    "tries",
    METADATA,
    Column("key", String(40), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("last", Double, nullable=False),
    Column("until", Double, nullable=False),
)
"""Wrong tries at a door, by a digest of whose or from where; each counts until a time of the calendar [s], then it goes. No backup holds them."""
HEAD = "0005"
"""The newest migration."""
