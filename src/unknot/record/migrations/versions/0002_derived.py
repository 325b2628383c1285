"""What was worked out from facts and documents, kept beside them. Nothing guards it: each row may go at any time and is made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "derived",
        sa.Column("kind", sa.String(40, collation=collation), primary_key=True),
        sa.Column("id", sa.String(80, collation=collation), primary_key=True),
        sa.Column("mark", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("proof", sa.String(40), nullable=False),
    )
