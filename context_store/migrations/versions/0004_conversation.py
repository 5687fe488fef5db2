"""What conversations need to know and keep: catalogue, answers, appointments, surveys, traits."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORD = sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql")


def upgrade() -> None:
    # Begin: answers (orders, catalogue, knowledge, promotions, loyalty)
    op.create_table(
        "product_words",
        sa.Column("word", WORD, nullable=False),
        sa.Column("product_id", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_product_words_product_id")
        ),
        sa.PrimaryKeyConstraint("word", "product_id", name=op.f("pk_product_words")),
    )
    with op.batch_alter_table("product_words", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_words_product_id"), ["product_id"], unique=False)
    op.create_table(
        "knowledge_votes",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_knowledge_votes_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", "topic", name=op.f("pk_knowledge_votes")),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.add_column(sa.Column("category", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("stock", sa.Integer(), nullable=True))
    _index_known_products()
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("carrier", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("tracking_url", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("invoice_url", sa.Text(), nullable=True))
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("coupon", sa.String(length=60), nullable=True))
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("loyalty_points", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("loyalty_expires_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("details", sa.Text(), nullable=True))
    # End: answers
    # Appointments.
    op.create_table(
        "appointments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_appointments_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("source", "reference", name=op.f("uq_appointments_source_reference")),
    )
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appointments_customer_id_starts_at"), ["customer_id", "starts_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_appointments_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "appointment_seats",
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_appointment_seats_appointment_id")
        ),
        sa.PrimaryKeyConstraint("service", "starts_at", "seat", name=op.f("pk_appointment_seats")),
    )
    with op.batch_alter_table("appointment_seats", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appointment_seats_appointment_id"), ["appointment_id"], unique=False
        )

    # End of appointments.
    # Begin: surveys (surveys, preferences, getting to know)
    with op.batch_alter_table("surveys", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("survey", sa.String(length=40), server_default=sa.text("'csat'"), nullable=False)
        )
        batch_op.add_column(sa.Column("scale", sa.Integer(), server_default=sa.text("5"), nullable=False))
        batch_op.add_column(sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("is_bad", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch_op.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE surveys SET is_bad = true WHERE score <= 2")
    op.create_table(
        "survey_answers",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], name=op.f("fk_survey_answers_survey_id")),
        sa.PrimaryKeyConstraint("survey_id", "question", name=op.f("pk_survey_answers")),
    )
    op.create_table(
        "customer_traits",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_traits_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", "name", name=op.f("pk_customer_traits")),
    )
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wording", sa.String(length=2000), nullable=True),
        sa.Column("proof", sa.String(length=200), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_erasure_requests_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
    with op.batch_alter_table("erasure_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_requests_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(
            "uq_erasure_requests_open",
            ["customer_id"],
            unique=True,
            postgresql_where=sa.text("done_at IS NULL"),
            sqlite_where=sa.text("done_at IS NULL"),
        )
    # End: surveys


def _index_known_products() -> None:
    """The words of what is in the catalogue already. A later copy of the rule may differ: this one stays."""
    connection = op.get_bind()
    rows: set[tuple[str, str]] = set()
    for product_id, name in connection.execute(sa.text("SELECT product_id, name FROM products")):
        text = unicodedata.normalize("NFKD", name.casefold())
        plain = "".join(char for char in text if not unicodedata.combining(char))
        words = {word[:40] for word in re.split(r"[\W_]+", plain) if len(word) >= 2}
        rows |= {(word, product_id) for word in sorted(words)[:24]}
    if rows:
        values = [{"word": word, "product_id": product_id} for word, product_id in sorted(rows)]
        insert = sa.text("INSERT INTO product_words (word, product_id) VALUES (:word, :product_id)")
        connection.execute(insert, values)


def downgrade() -> None:
    # Begin: surveys
    op.drop_table("erasure_requests")
    op.drop_table("customer_traits")
    op.drop_table("survey_answers")
    with op.batch_alter_table("surveys", schema=None) as batch_op:
        batch_op.drop_column("ended_at")
        batch_op.drop_column("is_bad")
        batch_op.drop_column("reminded_at")
        batch_op.drop_column("valid_until")
        batch_op.drop_column("scale")
        batch_op.drop_column("survey")
    # End: surveys
    # Appointments.
    with op.batch_alter_table("appointment_seats", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointment_seats_appointment_id"))

    op.drop_table("appointment_seats")
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointments_starts_at"))
        batch_op.drop_index(batch_op.f("ix_appointments_customer_id_starts_at"))

    op.drop_table("appointments")
    # End of appointments.
    # Begin: answers
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.drop_column("details")
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_column("loyalty_expires_at")
        batch_op.drop_column("loyalty_points")
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.drop_column("coupon")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_column("invoice_url")
        batch_op.drop_column("tracking_url")
        batch_op.drop_column("carrier")
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_column("stock")
        batch_op.drop_column("category")
    op.drop_table("knowledge_votes")
    op.drop_table("product_words")
    # End: answers
