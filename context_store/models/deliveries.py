"""What shops' webhooks have brought, as it came, until it is worked off."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Counter, UtcDateTime, Word
from context_store.records import DeliveryStatus

WAITING = "status = 'waiting'"
PARKED = "status = 'parked'"


class ShopDeliveryRow(Base):
    __tablename__ = "shop_deliveries"
    __table_args__ = (
        # The same delivery sent twice ends here.
        UniqueConstraint("shop", "delivery_id"),
        Index(
            "ix_shop_deliveries_waiting",
            "retry_at",
            postgresql_where=sql(WAITING),
            sqlite_where=sql(WAITING),
        ),
        Index("ix_shop_deliveries_parked", "number", postgresql_where=sql(PARKED), sqlite_where=sql(PARKED)),
    )

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    shop: Mapped[str] = mapped_column(String(32))
    delivery_id: Mapped[str] = mapped_column(String(120))
    topic: Mapped[str] = mapped_column(String(60))
    # Whatever the sender said: its header is not signed.
    domain: Mapped[str | None] = mapped_column(String(255))
    # As it came; gone as soon as it is worked off, for it is full of people.
    payload: Mapped[str | None] = mapped_column(Text)
    status: Mapped[DeliveryStatus] = mapped_column(Word(DeliveryStatus))
    error: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Below: the worker's own, on the database's clock. A start that kills the process is counted.
    attempt: Mapped[int] = mapped_column(server_default=sql("0"))
    retry_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ShopOrderRow(Base):
    """Which order of ours a shop means by its own id: a refund names nothing else."""

    __tablename__ = "shop_orders"

    shop: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
