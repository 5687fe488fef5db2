"""The shop's facts, as last told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, UtcDateTime, Word
from context_store.records import CartItem, CartStatus, Delivery, OrderItem, OrderStatus

# Compared byte by byte, so that the words that begin alike stand together in the index.
PlainWord = String(40).with_variant(String(40, collation="C"), "postgresql")


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
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carrier: Mapped[str | None] = mapped_column(String(80))
    tracking_url: Mapped[str | None] = mapped_column(Text)
    invoice_url: Mapped[str | None] = mapped_column(Text)


class CartRow(Base):
    __tablename__ = "carts"
    __table_args__ = (UniqueConstraint("customer_id", "key"), Index(None, "customer_id", "changed_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    key: Mapped[str] = mapped_column(String(120))
    status: Mapped[CartStatus] = mapped_column(Word(CartStatus))
    currency: Mapped[str] = mapped_column(String(3))
    items: Mapped[tuple[CartItem, ...]] = mapped_column(Checked(tuple[CartItem, ...]))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    coupon: Mapped[str | None] = mapped_column(String(60))


class ProductRow(Base):
    __tablename__ = "products"
    __table_args__ = (Index(None, "category", "name"), Index(None, "name"))

    product_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    price: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    url: Mapped[str | None] = mapped_column(Text)
    image_url: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(String(120))
    stock: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProductWordRow(Base):
    """The words by which a product is found: its name's and its category's, normalised."""

    __tablename__ = "product_words"
    __table_args__ = (Index(None, "product_id"),)

    word: Mapped[str] = mapped_column(PlainWord, primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.product_id"), primary_key=True)


class BoughtTogetherRow(Base):
    """In how many orders two products were together; each pair both ways. Nobody's order is in it."""

    __tablename__ = "bought_together"
    __table_args__ = (Index(None, "product_id", "orders"),)

    product_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    other_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    orders: Mapped[int]


class EventRow(Base):
    __tablename__ = "events"
    __table_args__ = (
        # The same event sent twice ends here.
        UniqueConstraint("source", "message_id"),
        Index(None, "customer_id", "cart_key", "occurred_at"),
        Index(None, "customer_id", "occurred_at"),
        # Who did this, and when: of everybody, and of one.
        Index(None, "name", "customer_id", "occurred_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    source: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(120))
    properties: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    cart_key: Mapped[str | None] = mapped_column(String(120))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
