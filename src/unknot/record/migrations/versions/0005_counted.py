"""On SQLite a second index of facts and of documents, by which reading notices that the first one hides a row. PostgreSQL has checksums of its pages."""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
LONG = 500_000
"""From so many rows on it is said that it takes a while."""
LOG = logging.getLogger("unknot.record")


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        return
    rows = bind.scalar(sa.text("select coalesce(max(rowid), 0) from facts")) or 0
    if rows >= LONG:
        LOG.warning("the record is lifted to a newer form, once: a second index of %s facts", f"{rows:,}")
    op.create_index("facts_counted", "facts", ["stream"])
    op.create_index("documents_counted", "documents", ["kind", "id"])
