"""What customers told us of themselves, and their requests to erase it all."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, UtcDateTime

IS_OPEN = "done_at IS NULL"


class TraitRow(Base):
    __tablename__ = "customer_traits"

    # A question is asked once: the second ends at the key.
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str | None] = mapped_column(String(200))
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ErasureRequestRow(Base):
    __tablename__ = "erasure_requests"
    __table_args__ = (
        # One at a time.
        Index(
            "uq_erasure_requests_open",
            "customer_id",
            unique=True,
            postgresql_where=sql(IS_OPEN),
            sqlite_where=sql(IS_OPEN),
        ),
        Index(None, "customer_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    wording: Mapped[str | None] = mapped_column(String(2000))
    # The message that asked for it.
    proof: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
