"""What other systems may ask: keys, repeated requests, context tokens, entries from elsewhere."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_api_keys_name")),
    )
    op.create_table(
        "api_requests",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("caller", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_api_requests")),
        sa.UniqueConstraint("caller", "key", name=op.f("uq_api_requests_caller_key")),
    )
    op.create_table(
        "context_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("session", sa.String(length=300), nullable=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("cart_key", sa.String(length=120), nullable=True),
        sa.Column("items", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("flow", sa.String(length=64), nullable=True),
        sa.Column("slots", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_context_tokens_customer_id")
        ),
        sa.ForeignKeyConstraint(["used_by"], ["customers.id"], name=op.f("fk_context_tokens_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_context_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_context_tokens_digest")),
    )
    with op.batch_alter_table("context_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_context_tokens_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_context_tokens_used_by"), ["used_by"], unique=False)

    op.create_table(
        "entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lines", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("outcome", sa.String(length=300), nullable=True),
        sa.Column("mood", sa.String(32), nullable=True),
        sa.Column("flow", sa.String(length=64), nullable=True),
        sa.Column("slots", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_entries_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_entries_source_external_id")),
    )
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entries_customer_id_occurred_at"), ["customer_id", "occurred_at"], unique=False
        )
        batch_op.create_index(
            "ix_entries_moods",
            ["customer_id", "occurred_at"],
            unique=False,
            postgresql_where=sa.text("mood IS NOT NULL"),
            sqlite_where=sa.text("mood IS NOT NULL"),
        )

    op.create_table(
        "code_tries",
        sa.Column("address_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_code_tries_address_id")),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_code_tries")),
    )


def downgrade() -> None:
    op.drop_table("code_tries")
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_entries_moods",
            postgresql_where=sa.text("mood IS NOT NULL"),
            sqlite_where=sa.text("mood IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_entries_customer_id_occurred_at"))

    op.drop_table("entries")
    with op.batch_alter_table("context_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_context_tokens_used_by"))
        batch_op.drop_index(batch_op.f("ix_context_tokens_customer_id"))

    op.drop_table("context_tokens")
    op.drop_table("api_requests")
    op.drop_table("api_keys")
