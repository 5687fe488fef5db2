"""Who a customer is and where they can be written to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, UtcDateTime, Word
from context_store.records import AddressStatus, Channel, CustomerStatus, IdentifierKind, LinkStatus


class CustomerRow(Base):
    __tablename__ = "customers"
    __table_args__ = (
        # A few of all customers: everybody who is one person with somebody.
        Index(
            "ix_customers_survivor_id",
            "survivor_id",
            postgresql_where=sql("survivor_id IS NOT NULL"),
            sqlite_where=sql("survivor_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[CustomerStatus] = mapped_column(Word(CustomerStatus))
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    merged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Told from the pointers, so that nobody has to follow them: the end of the chain, on the end too.
    survivor_id: Mapped[UUID | None]
    name: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(8))
    is_language_chosen: Mapped[bool]
    timezone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    loyalty_points: Mapped[int | None]
    loyalty_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AddressRow(Base):
    __tablename__ = "addresses"
    __table_args__ = (UniqueConstraint("channel", "value"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    value: Mapped[str] = mapped_column(String(320))
    status: Mapped[AddressStatus] = mapped_column(Word(AddressStatus))
    reason: Mapped[str | None] = mapped_column(String(200))
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IdentityLinkRow(Base):
    __tablename__ = "identity_links"
    __table_args__ = (
        # The race of two first messages ends here: one insert wins, the other reads it.
        UniqueConstraint("kind", "value"),
        Index(None, "customer_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[IdentifierKind] = mapped_column(Word(IdentifierKind))
    value: Mapped[str] = mapped_column(String(320))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[LinkStatus] = mapped_column(Word(LinkStatus))
    method: Mapped[str] = mapped_column(String(32))
    confidence: Mapped[float]
    source: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
