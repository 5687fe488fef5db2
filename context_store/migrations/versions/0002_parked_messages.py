"""parked messages are counted by an index of their own"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARKED = "status = 'parked'"


def upgrade() -> None:
    op.create_index(
        "ix_messages_parked",
        "messages",
        ["status"],
        unique=False,
        postgresql_where=sa.text(PARKED),
        sqlite_where=sa.text(PARKED),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_parked", "messages")
