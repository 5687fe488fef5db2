"""What events must look like, which did not, and since when each fact of the shop is so."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "data_alerts",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=120), nullable=False),
        sa.Column("property", sa.String(length=120), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "source", "event", "property", name=op.f("pk_data_alerts")),
    )
    with op.batch_alter_table("data_alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_alerts_closed_at"), ["closed_at"], unique=False)

    op.create_table(
        "event_counts",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=120), nullable=False),
        sa.Column("measure", sa.String(length=160), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hour", "source", "event", "measure", "shard", name=op.f("pk_event_counts")),
    )
    op.create_table(
        "event_misfits",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=120), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("property", sa.String(length=120), nullable=False),
        sa.Column("sample", sa.String(length=120), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "event", "fault", "property", name=op.f("pk_event_misfits")),
    )
    with op.batch_alter_table("event_misfits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_misfits_last_at"), ["last_at"], unique=False)

    op.create_table(
        "rejected_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("event", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_events")),
    )
    with op.batch_alter_table("rejected_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rejected_events_received_at"), ["received_at"], unique=False)

    op.create_table(
        "told_traits",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_told_traits_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "name", name=op.f("pk_told_traits")),
    )
    op.add_column("carts", sa.Column("checkout_step", sa.String(length=40), nullable=True))
    op.add_column("carts", sa.Column("source", sa.String(length=64), nullable=True))
    op.add_column("carts", sa.Column("event", sa.String(length=120), nullable=True))
    op.add_column("carts", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))

    op.add_column("events", sa.Column("misfits", JSON, nullable=True))

    op.add_column("orders", sa.Column("refunds", JSON, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("orders", sa.Column("stated_status", sa.String(length=32), nullable=True))
    op.add_column("orders", sa.Column("source", sa.String(length=64), nullable=True))
    op.add_column("orders", sa.Column("event", sa.String(length=120), nullable=True))
    op.add_column("orders", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("told", JSON, server_default=sa.text("'{}'"), nullable=False))

    op.add_column("products", sa.Column("source", sa.String(length=64), nullable=True))
    op.add_column("products", sa.Column("event", sa.String(length=120), nullable=True))
    op.add_column("products", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("products", sa.Column("told", JSON, server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:

    op.drop_column("products", "told")
    op.drop_column("products", "told_at")
    op.drop_column("products", "event")
    op.drop_column("products", "source")

    op.drop_column("orders", "told")
    op.drop_column("orders", "told_at")
    op.drop_column("orders", "event")
    op.drop_column("orders", "source")
    op.drop_column("orders", "stated_status")
    op.drop_column("orders", "refunds")

    op.drop_column("events", "misfits")

    op.drop_column("carts", "told_at")
    op.drop_column("carts", "event")
    op.drop_column("carts", "source")
    op.drop_column("carts", "checkout_step")

    op.drop_table("told_traits")
    with op.batch_alter_table("rejected_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rejected_events_received_at"))

    op.drop_table("rejected_events")
    with op.batch_alter_table("event_misfits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_misfits_last_at"))

    op.drop_table("event_misfits")
    op.drop_table("event_counts")
    with op.batch_alter_table("data_alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_data_alerts_closed_at"))

    op.drop_table("data_alerts")
