"""What the engine needs under faults: chores, switches, spending, media files, looks at unknown messages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chores",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    op.create_table(
        "spending",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "shard", name=op.f("pk_spending")),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )
    op.create_table(
        "media_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("content_type", sa.String(length=100), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_media_files_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_files")),
    )
    with op.batch_alter_table("media_files", schema=None) as batch_op:
        batch_op.create_index(
            "ix_media_files_kept",
            ["created_at"],
            unique=False,
            postgresql_where=sa.text("status = 'kept'"),
            sqlite_where=sa.text("status = 'kept'"),
        )
        batch_op.create_index(
            batch_op.f("ix_media_files_message_id_index"), ["message_id", "index"], unique=True
        )
        batch_op.create_index(
            "ix_media_files_waiting",
            ["not_before"],
            unique=False,
            postgresql_where=sa.text("status = 'waiting'"),
            sqlite_where=sa.text("status = 'waiting'"),
        )

    with op.batch_alter_table("inputs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inputs_message_id"), ["message_id"], unique=False)

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fallback_of", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column("is_bulk", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch_op.add_column(sa.Column("looks", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch_op.add_column(sa.Column("look_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("dead_provider_id", sa.String(length=64), nullable=True))
        batch_op.add_column(
            sa.Column("is_resent", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch_op.drop_index(
            batch_op.f("ix_messages_sweep"),
            sqlite_where=sa.text("direction = 'out' AND status IN ('queued', 'sending', 'unknown')"),
        )
        batch_op.create_index(
            "ix_messages_sweep",
            ["status", "is_bulk", "stored_at"],
            unique=False,
            postgresql_where=sa.text("direction = 'out' AND status IN ('queued', 'sending', 'unknown')"),
            sqlite_where=sa.text("direction = 'out' AND status IN ('queued', 'sending', 'unknown')"),
        )


def downgrade() -> None:

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_messages_sweep",
            postgresql_where=sa.text("direction = 'out' AND status IN ('queued', 'sending', 'unknown')"),
            sqlite_where=sa.text("direction = 'out' AND status IN ('queued', 'sending', 'unknown')"),
        )
        batch_op.create_index(
            batch_op.f("ix_messages_sweep"),
            ["status", "stored_at"],
            unique=False,
            sqlite_where=sa.text("direction = 'out' AND status IN ('queued', 'sending', 'unknown')"),
        )
        batch_op.drop_column("dead_provider_id")
        batch_op.drop_column("is_resent")
        batch_op.drop_column("look_at")
        batch_op.drop_column("looks")
        batch_op.drop_column("is_bulk")
        batch_op.drop_column("fallback_of")

    with op.batch_alter_table("inputs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inputs_message_id"))

    with op.batch_alter_table("media_files", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_media_files_waiting",
            postgresql_where=sa.text("status = 'waiting'"),
            sqlite_where=sa.text("status = 'waiting'"),
        )
        batch_op.drop_index(batch_op.f("ix_media_files_message_id_index"))
        batch_op.drop_index(
            "ix_media_files_kept",
            postgresql_where=sa.text("status = 'kept'"),
            sqlite_where=sa.text("status = 'kept'"),
        )

    op.drop_table("media_files")
    op.drop_table("switches")
    op.drop_table("spending")
    op.drop_table("chores")
