"""Outgoing webhooks and promotions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WAITING = "status = 'waiting'"
FREE = "customer_id IS NULL"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("data", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_created_at"), ["created_at"], unique=False)

    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("with_body", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.String(length=120), nullable=False),
        sa.Column("previous_secret", sa.String(length=120), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_by", sa.String(32), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "promotions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("offer", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("audience", sa.String(length=120), nullable=False),
        sa.Column("code_source", sa.String(32), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["agents.id"], name=op.f("fk_promotions_approved_by")),
        sa.ForeignKeyConstraint(["edited_by"], ["agents.id"], name=op.f("fk_promotions_edited_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
        sa.UniqueConstraint("code", name=op.f("uq_promotions_code")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_deliveries_endpoint_id")
        ),
        sa.ForeignKeyConstraint(["notice"], ["notices.number"], name=op.f("fk_webhook_deliveries_notice")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("endpoint_id", "notice", name=op.f("uq_webhook_deliveries_endpoint_id_notice")),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_webhook_deliveries_lane",
            ["endpoint_id", "customer_id", "notice"],
            unique=False,
            postgresql_where=sa.text(WAITING),
            sqlite_where=sa.text(WAITING),
        )
        batch_op.create_index(batch_op.f("ix_webhook_deliveries_notice"), ["notice"], unique=False)
        batch_op.create_index(
            "ix_webhook_deliveries_waiting",
            ["endpoint_id", "not_before"],
            unique=False,
            postgresql_where=sa.text(WAITING),
            sqlite_where=sa.text(WAITING),
        )

    op.create_table(
        "webhook_wishes",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_wishes_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("kind", "endpoint_id", name=op.f("pk_webhook_wishes")),
    )
    op.create_table(
        "promotion_codes",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("promotion_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["promotions.id"], name=op.f("fk_promotion_codes_promotion_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_promotion_codes")),
        sa.UniqueConstraint(
            "promotion_id", "customer_id", name=op.f("uq_promotion_codes_promotion_id_customer_id")
        ),
    )
    with op.batch_alter_table("promotion_codes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_promotion_codes_free",
            ["promotion_id", "code"],
            unique=False,
            postgresql_where=sa.text(FREE),
            sqlite_where=sa.text(FREE),
        )

    op.create_table(
        "promotion_uses",
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("promotion_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["promotions.id"], name=op.f("fk_promotion_uses_promotion_id")
        ),
        sa.PrimaryKeyConstraint("order_number", "promotion_id", name=op.f("pk_promotion_uses")),
    )
    with op.batch_alter_table("promotion_uses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_promotion_uses_promotion_id_customer_id"),
            ["promotion_id", "customer_id"],
            unique=False,
        )

    op.create_table(
        "webhook_tries",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("fault", sa.String(length=60), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery"], ["webhook_deliveries.position"], name=op.f("fk_webhook_tries_delivery")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_webhook_tries")),
    )
    with op.batch_alter_table("webhook_tries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_tries_delivery"), ["delivery"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("webhook_tries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_tries_delivery"))

    op.drop_table("webhook_tries")
    with op.batch_alter_table("promotion_uses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_promotion_uses_promotion_id_customer_id"))

    op.drop_table("promotion_uses")
    with op.batch_alter_table("promotion_codes", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_promotion_codes_free",
            postgresql_where=sa.text(FREE),
            sqlite_where=sa.text(FREE),
        )

    op.drop_table("promotion_codes")
    op.drop_table("webhook_wishes")
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_webhook_deliveries_waiting",
            postgresql_where=sa.text(WAITING),
            sqlite_where=sa.text(WAITING),
        )
        batch_op.drop_index(batch_op.f("ix_webhook_deliveries_notice"))
        batch_op.drop_index(
            "ix_webhook_deliveries_lane",
            postgresql_where=sa.text(WAITING),
            sqlite_where=sa.text(WAITING),
        )

    op.drop_table("webhook_deliveries")
    op.drop_table("promotions")
    op.drop_table("webhook_endpoints")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notices_created_at"))

    op.drop_table("notices")
