"""Facts and documents, both append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
TABLES = ("facts", "documents")


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"

    def key(length: int) -> sa.String:
        """Keys sort by their bytes, as SQLite has it, whatever the language of the database."""
        return sa.String(length, collation="C" if on_postgresql else None)

    op.create_table(
        "facts",
        sa.Column("stream", key(80), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("versions", sa.Text, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("kind", key(40), primary_key=True),
        sa.Column("id", key(80), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("versions", sa.Text, nullable=False),
    )
    if on_postgresql:
        _postgresql()
    else:
        _sqlite()


def _sqlite() -> None:
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are only ever added'); END"
            )


def _postgresql() -> None:
    op.execute(
        "CREATE FUNCTION unknot_only_added() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% are only ever added', TG_TABLE_NAME USING ERRCODE = '23000'; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION unknot_only_added()"
        )
