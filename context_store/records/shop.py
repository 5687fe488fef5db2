"""The shop's facts, as last told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from context_store.records.ids import CartId, CustomerId, EventId, OrderId


@dataclass(frozen=True, kw_only=True)
class OrderItem:
    name: str
    quantity: int
    # Minor units of the order's currency.
    unit_price: int


class OrderStatus(StrEnum):
    PLACED = "placed"
    PREPARING = "preparing"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    address: str
    window: str


@dataclass(frozen=True, kw_only=True)
class Order:
    id: OrderId
    customer_id: CustomerId
    number: str
    status: OrderStatus
    total: int
    currency: str
    items: tuple[OrderItem, ...] = ()
    delivery: Delivery | None = None
    placed_at: datetime
    expected_at: datetime | None = None
    # When the newest fact about it happened; None where nobody told.
    changed_at: datetime | None = None
    carrier: str | None = None
    tracking_url: str | None = None
    tracking_number: str | None = None
    invoice_url: str | None = None


class CartStatus(StrEnum):
    OPEN = "open"
    ABANDONED = "abandoned"
    RECOVERED = "recovered"
    CONVERTED = "converted"


@dataclass(frozen=True, kw_only=True)
class CartItem:
    product_id: str
    name: str
    quantity: int
    # Minor units of the cart's currency.
    unit_price: int
    url: str | None = None
    image_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cart:
    id: CartId
    customer_id: CustomerId
    # The shop's own name for it; one cart per customer and key.
    key: str
    status: CartStatus = CartStatus.OPEN
    currency: str
    items: tuple[CartItem, ...] = ()
    # When the newest fact about it happened, by the fact's own time: an older one changes nothing.
    changed_at: datetime
    # The promotion code that was given for it, whatever it is worth by now.
    coupon: str | None = None

    @property
    def total(self) -> int:
        """Minor units of its currency."""
        return sum(item.quantity * item.unit_price for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Product:
    product_id: str
    name: str
    price: int
    currency: str
    url: str | None = None
    image_url: str | None = None
    category: str | None = None
    # How many are left; None: nobody told.
    stock: int | None = None
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact from a shop or a channel; `name` and `properties` are the Segment spec's."""

    id: EventId
    customer_id: CustomerId
    source: str
    # The sender's own id: the same one twice is one event.
    message_id: str
    name: str
    properties: dict[str, Any]
    # The cart that it is about, by the shop's name for it.
    cart_key: str | None = None
    occurred_at: datetime
    received_at: datetime
