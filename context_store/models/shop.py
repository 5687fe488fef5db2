"""The shop's facts, as last told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, UtcDateTime, Word
from context_store.records import Delivery, OrderItem, OrderStatus


class OrderRow(Base):
    __tablename__ = "orders"
    __table_args__ = (Index(None, "customer_id", "placed_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    number: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[OrderStatus] = mapped_column(Word(OrderStatus))
    # Minor units of `currency`.
    total: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    items: Mapped[tuple[OrderItem, ...]] = mapped_column(Checked(tuple[OrderItem, ...]))
    delivery: Mapped[Delivery | None] = mapped_column(Checked(Delivery))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
