"""Saved conditions over customers, and who is in."""

import sqlalchemy as sa
from alembic import op

from context_store.models.base import Checked, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("description", sa.String(1000), nullable=False),
        sa.Column("condition", Checked(dict), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tells_of_first", sa.Boolean(), nullable=False),
        sa.Column("based_at", UtcDateTime(), nullable=True),
        sa.Column("refreshed_at", UtcDateTime(), nullable=True),
        sa.Column("size", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sweep_at", UtcDateTime(), nullable=False),
        sa.Column("swept_until", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["agents.id"], name=op.f("fk_segments_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("key", name=op.f("uq_segments_key")),
    )
    op.create_index(op.f("ix_segments_sweep_at"), "segments", ["sweep_at"])
    op.create_table(
        "segment_members",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("is_in", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_segment_members_segment_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_segment_members_customer_id")
        ),
        sa.PrimaryKeyConstraint("segment_id", "customer_id", name=op.f("pk_segment_members")),
    )
    op.create_index(
        "ix_segment_members_in",
        "segment_members",
        ["segment_id", "customer_id"],
        postgresql_where=sa.text("is_in"),
        sqlite_where=sa.text("is_in"),
    )
    op.create_index(op.f("ix_segment_members_customer_id"), "segment_members", ["customer_id"])
    op.create_index(
        op.f("ix_events_name_customer_id_occurred_at"), "events", ["name", "customer_id", "occurred_at"]
    )
    op.create_index(op.f("ix_products_name"), "products", ["name"])


def downgrade() -> None:
    op.drop_index(op.f("ix_products_name"), "products")
    op.drop_index(op.f("ix_events_name_customer_id_occurred_at"), "events")
    op.drop_table("segment_members")
    op.drop_table("segments")
