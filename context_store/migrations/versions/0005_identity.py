"""Customers who are one: merges, conflicts and the record of both."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_changes",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("evidence", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("undo", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_identity_changes_customer_id")
        ),
        sa.ForeignKeyConstraint(["other_id"], ["customers.id"], name=op.f("fk_identity_changes_other_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_identity_changes")),
    )
    with op.batch_alter_table("identity_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_changes_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_changes_other_id"), ["other_id"], unique=False)

    op.create_table(
        "identity_conflicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=True),
        sa.Column("value", sa.String(length=320), nullable=True),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["first_id"], ["customers.id"], name=op.f("fk_identity_conflicts_first_id")),
        sa.ForeignKeyConstraint(
            ["second_id"], ["customers.id"], name=op.f("fk_identity_conflicts_second_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_conflicts")),
    )
    with op.batch_alter_table("identity_conflicts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_conflicts_first_id"), ["first_id"], unique=False)
        batch_op.create_index(
            "ix_identity_conflicts_queue",
            ["opened_at"],
            unique=False,
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        )
        batch_op.create_index(batch_op.f("ix_identity_conflicts_second_id"), ["second_id"], unique=False)
        batch_op.create_index(
            "uq_identity_conflicts_open",
            ["first_id", "second_id"],
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        )

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("survivor_id", sa.Uuid(), nullable=True))
        batch_op.create_index(
            "ix_customers_survivor_id",
            ["survivor_id"],
            unique=False,
            postgresql_where=sa.text("survivor_id IS NOT NULL"),
            sqlite_where=sa.text("survivor_id IS NOT NULL"),
        )
    op.execute("UPDATE customers SET survivor_id = merged_into WHERE merged_into IS NOT NULL")
    op.execute(
        "UPDATE customers SET survivor_id = id WHERE survivor_id IS NULL AND id IN "
        "(SELECT merged_into FROM customers WHERE merged_into IS NOT NULL)"
    )


def downgrade() -> None:
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_customers_survivor_id",
            postgresql_where=sa.text("survivor_id IS NOT NULL"),
            sqlite_where=sa.text("survivor_id IS NOT NULL"),
        )
        batch_op.drop_column("survivor_id")
        batch_op.drop_column("merged_at")

    with op.batch_alter_table("identity_conflicts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_identity_conflicts_open",
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_identity_conflicts_second_id"))
        batch_op.drop_index(
            "ix_identity_conflicts_queue",
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_identity_conflicts_first_id"))

    op.drop_table("identity_conflicts")
    with op.batch_alter_table("identity_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_changes_other_id"))
        batch_op.drop_index(batch_op.f("ix_identity_changes_customer_id"))

    op.drop_table("identity_changes")
