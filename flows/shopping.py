"""What shop events make of carts, orders and products. Pure; the Segment spec's names and properties.

Events come late, twice and out of order: a cart is told anew from all its events by their own time, so the
order of arrival changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

from context_store.records import (
    Cart,
    CartId,
    CartItem,
    CartStatus,
    CustomerId,
    Event,
    Order,
    OrderId,
    OrderItem,
    OrderStatus,
    Product,
    new_id,
)

VIEWED = "Product Viewed"
ADDED = "Product Added"
REMOVED = "Product Removed"
COMPLETED = "Order Completed"
# These name everything that is in the cart at that moment.
SNAPSHOTS = frozenset(("Cart Viewed", "Checkout Started"))
COUPON_APPLIED = "Coupon Applied"
COUPON_REMOVED = "Coupon Removed"
CART_EVENTS = frozenset((ADDED, REMOVED, COMPLETED, COUPON_APPLIED, COUPON_REMOVED, *SNAPSHOTS))

ORDER_STATUS = {
    COMPLETED: OrderStatus.PLACED,
    "Order Refunded": OrderStatus.REFUNDED,
    "Order Cancelled": OrderStatus.CANCELLED,
}
ORDER_EVENTS = frozenset((*ORDER_STATUS, "Order Updated"))

DEFAULT_CART = "default"
MOST_ITEMS = 200
LONGEST_CODE = 60
STOCK_NAMES = ("stock", "inventory", "inventory_quantity")
LARGEST_STOCK = 10**6
LARGEST_QUANTITY = 10_000
LARGEST_PRICE = 10**12


def tell_cart(events: Sequence[Event], customer_id: CustomerId, key: str, currency: str) -> Cart | None:
    """The cart as its events, oldest first, leave it. None without one that concerns carts."""
    items: dict[str, CartItem] = {}
    status, changed_at, known_currency = CartStatus.OPEN, None, currency
    coupon: str | None = None
    for event in events:
        if event.name not in CART_EVENTS:
            continue
        changed_at = event.occurred_at
        known_currency = _word(event.properties.get("currency")) or known_currency
        if event.name == COMPLETED:
            status = CartStatus.CONVERTED
            continue
        if status is CartStatus.CONVERTED:
            # A new start after the order: what was bought is not in the cart any more.
            items, status, coupon = {}, CartStatus.OPEN, None
        coupon = _coupon(event, coupon)
        _apply(items, event, known_currency)
    if changed_at is None:
        return None
    return Cart(
        id=CartId(new_id()),
        customer_id=customer_id,
        key=key,
        status=status,
        currency=known_currency,
        items=tuple(items.values())[:MOST_ITEMS],
        changed_at=changed_at,
        coupon=coupon,
    )


def cart_key(properties: Mapping[str, Any]) -> str | None:
    return _word(properties.get("cart_id"))


def tell_order(event: Event, known: Order | None, currency: str) -> Order | None:
    """The order as the event leaves it; None when it is old news, or names no order."""
    number = _word(event.properties.get("order_id"))
    if number is None or (known and known.changed_at and known.changed_at > event.occurred_at):
        return None
    money = _word(event.properties.get("currency")) or currency
    items = tuple(
        OrderItem(name=item.name, quantity=item.quantity, unit_price=item.unit_price)
        for item in products_of(event.properties, money)
    )
    if known is None:
        known = Order(
            id=OrderId(new_id()),
            customer_id=event.customer_id,
            number=number,
            status=OrderStatus.PLACED,
            total=0,
            currency=money,
            placed_at=event.occurred_at,
        )
    total = minor_units(event.properties.get("total", event.properties.get("revenue")), money)
    is_partial = event.name == "Order Refunded" and _gives_back_a_part(items, total, known)
    status = known.status if is_partial else _order_status(event, known)
    return replace(
        known,
        **_shipment(event.properties),
        status=status,
        items=known.items if event.name == "Order Refunded" else items or known.items,
        total=known.total if event.name == "Order Refunded" or total is None else total,
        changed_at=event.occurred_at,
    )


def _gives_back_a_part(items: Sequence[OrderItem], amount: int | None, known: Order) -> bool:
    """Fewer pieces than were bought, or less money where no pieces are named."""
    if items:
        return sum(item.quantity for item in items) < sum(item.quantity for item in known.items)
    return amount is not None and amount < known.total


def products_told(event: Event, currency: str) -> list[Product]:
    """What the event says of the catalogue in passing: name, price, picture, category, stock."""
    money = _word(event.properties.get("currency")) or currency
    told = [
        _product(entry, money, event.occurred_at) for entry in [*_entries(event.properties), event.properties]
    ]
    return [product for product in told if product is not None]


def products_of(properties: Mapping[str, Any], currency: str) -> list[CartItem]:
    items = [_item(entry, currency) for entry in _entries(properties)]
    return [item for item in items if item is not None]


def _entries(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = properties.get("products")
    if not isinstance(listed, list):
        return []
    return [entry for entry in listed[:MOST_ITEMS] if isinstance(entry, Mapping)]


def minor_units(value: Any, currency: str) -> int | None:
    """19.9 or "19.90" of EUR is 1990; None for what is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < LARGEST_PRICE:
        return None
    return int((amount * 10 ** get_currency_precision(currency)).to_integral_value())


def _apply(items: dict[str, CartItem], event: Event, currency: str) -> None:
    if event.name in SNAPSHOTS:
        listed = products_of(event.properties, currency)
        if listed or isinstance(event.properties.get("products"), list):
            items.clear()
            items.update({item.product_id: item for item in listed})
        return
    item = _item(event.properties, currency)
    if item is None:
        return
    before = items.get(item.product_id)
    if event.name == ADDED:
        quantity = item.quantity + (before.quantity if before else 0)
        items[item.product_id] = replace(item, quantity=min(quantity, LARGEST_QUANTITY))
    elif before is not None:
        left = before.quantity - item.quantity if "quantity" in event.properties else 0
        if left > 0:
            items[item.product_id] = replace(before, quantity=left)
        else:
            del items[item.product_id]


def _item(entry: Mapping[str, Any], currency: str) -> CartItem | None:
    product_id = _word(entry.get("product_id")) or _word(entry.get("sku"))
    if product_id is None:
        return None
    return CartItem(
        product_id=product_id,
        name=_word(entry.get("name"), 300) or product_id,
        quantity=_quantity(entry.get("quantity")),
        unit_price=minor_units(entry.get("price"), currency) or 0,
        url=_link(entry.get("url")),
        image_url=_link(entry.get("image_url")),
    )


def _quantity(value: Any) -> int:
    try:
        return max(1, min(int(value), LARGEST_QUANTITY))
    except (TypeError, ValueError, OverflowError):
        return 1


def _product(entry: Mapping[str, Any], currency: str, changed_at: datetime) -> Product | None:
    item = _item(entry, currency)
    if item is None:
        return None
    return Product(
        product_id=item.product_id,
        name=item.name,
        price=item.unit_price,
        currency=currency,
        url=item.url,
        image_url=item.image_url,
        category=_word(entry.get("category")),
        stock=_stock(entry),
        changed_at=changed_at,
    )


def _stock(entry: Mapping[str, Any]) -> int | None:
    """How many are left, under whichever of the usual names; None when nothing is said."""
    if entry.get("in_stock") is False:
        return 0
    told = next((entry[name] for name in STOCK_NAMES if name in entry), None)
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        return max(0, min(int(told), LARGEST_STOCK))
    except (ValueError, OverflowError):
        return None


def points_told(traits: Mapping[str, Any]) -> int | None:
    """The loyalty balance; None when it is not told, or is no number."""
    told = traits.get("loyalty_points", traits.get("points"))
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        return max(0, min(int(told), LARGEST_STOCK))
    except (ValueError, OverflowError):
        return None


def _coupon(event: Event, before: str | None) -> str | None:
    """The code that stands after the event."""
    if event.name == COUPON_REMOVED:
        return None
    if event.name != COUPON_APPLIED:
        return before
    told = event.properties.get("coupon_id", event.properties.get("coupon_name"))
    return _word(told, LONGEST_CODE) or before


def _order_status(event: Event, known: Order) -> OrderStatus:
    """By the event's name; an update may name it ("shipped")."""
    if event.name in ORDER_STATUS:
        return ORDER_STATUS[event.name]
    told = str(event.properties.get("status") or "").strip().lower().replace(" ", "_")
    return OrderStatus(told) if told in tuple(OrderStatus) else known.status


def _shipment(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of the parcel and the invoice; what is not told stays as it was."""
    told = {
        "carrier": _word(properties.get("carrier"), 80),
        "tracking_url": _link(properties.get("tracking_url")),
        "tracking_number": _word(properties.get("tracking_number")),
        "invoice_url": _link(properties.get("invoice_url")),
        "expected_at": moment(properties.get("expected_at", properties.get("estimated_delivery"))),
    }
    return {name: value for name, value in told.items() if value is not None}


def moment(value: Any) -> datetime | None:
    """An ISO time, UTC where it names no zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _word(value: Any, longest: int = 120) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return " ".join(str(value).replace("\x00", "").split())[:longest] or None


def _link(value: Any) -> str | None:
    """Only addresses that a browser may follow safely."""
    is_link = isinstance(value, str) and value.startswith(("https://", "http://")) and len(value) <= 2000
    return value if is_link else None
