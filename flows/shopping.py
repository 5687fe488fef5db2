"""What shop events make of carts and products. Pure; the Segment spec's names and properties.

Events come late, twice and out of order: a cart is told anew from all its events by their own time, so the
order of arrival changes nothing. What becomes of orders: flows/orders_told.py.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    OrderStatus,
    Product,
    new_id,
)

VIEWED = "Product Viewed"
ADDED = "Product Added"
WISH_ADDED = "Wishlist Product Added to Cart"
REMOVED = "Product Removed"
COMPLETED = "Order Completed"
# These name everything that is in the cart at that moment.
SNAPSHOTS = frozenset(("Cart Viewed", "Checkout Started"))
COUPON_APPLIED = "Coupon Applied"
COUPON_REMOVED = "Coupon Removed"
COUPON_DENIED = "Coupon Denied"
STEP_VIEWED = "Checkout Step Viewed"
STEP_COMPLETED = "Checkout Step Completed"
PAYMENT = "Payment Info Entered"
CHECKOUT = frozenset(("Checkout Started", STEP_VIEWED, STEP_COMPLETED, PAYMENT))
CART_EVENTS = frozenset(
    (ADDED, WISH_ADDED, REMOVED, COMPLETED, COUPON_APPLIED, COUPON_REMOVED, COUPON_DENIED)
) | (SNAPSHOTS | CHECKOUT)

ORDER_STATUS = {COMPLETED: OrderStatus.PLACED, "Order Cancelled": OrderStatus.CANCELLED}
ORDER_EVENTS = frozenset((*ORDER_STATUS, "Order Updated", "Order Refunded"))

DEFAULT_CART = "default"
# The key of an event about a cart that does not say which: the others around it tell.
UNNAMED = ""
MOST_ITEMS = 200
LONGEST_CODE = 60
LONGEST_STEP = 40
STOCK_NAMES = ("stock", "inventory", "inventory_quantity")
LARGEST_STOCK = 10**6
LARGEST_QUANTITY = 10_000
LARGEST_PRICE = 10**12


def tell_carts(events: Iterable[Event], customer_id: CustomerId, currency: str) -> dict[str, Cart]:
    """A customer's carts by their keys, as these events, in any order, leave them."""
    found: dict[str, Cart] = {}
    for key, told in by_cart(events).items():
        cart = tell_cart(told, customer_id, key, currency)
        if cart is not None:
            found[key] = cart
    return found


def by_cart(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Which event is about which cart, each cart's oldest first.

    One that names no cart (an order seldom does) is about the cart that was named last before it; else
    about the one that is named next, else about the default one.
    """
    ordered = sorted((event for event in events if event.name in CART_EVENTS), key=_by_time)
    following = next((event.cart_key for event in ordered if event.cart_key), DEFAULT_CART)
    found: dict[str, list[Event]] = {}
    for event in ordered:
        following = event.cart_key or following
        found.setdefault(following, []).append(event)
    return found


def _by_time(event: Event) -> tuple[Any, ...]:
    # Of one moment: what was put into the cart is what was bought. The id tells which was sent first.
    return event.occurred_at, event.name == COMPLETED, event.received_at, event.id


def tell_cart(events: Sequence[Event], customer_id: CustomerId, key: str, currency: str) -> Cart | None:
    """The cart as its events, oldest first, leave it. None without one that concerns carts."""
    told = [event for event in events if event.name in CART_EVENTS]
    if not told:
        return None
    items: dict[str, CartItem] = {}
    status, coupon, step = CartStatus.OPEN, None, None
    for event in told:
        # Its prices are in its own currency, or in the one that was told before it.
        currency = currency_of(event.properties) or currency
        if event.name == COMPLETED:
            status = CartStatus.CONVERTED
            continue
        if status is CartStatus.CONVERTED:
            # A new start after the order: what was bought is not in the cart any more.
            items, status, coupon, step = {}, CartStatus.OPEN, None, None
        coupon = _coupon(event, coupon)
        step = _checkout_step(event, step)
        _apply(items, event, currency)
    last = told[-1]
    return Cart(
        id=CartId(new_id()),
        customer_id=customer_id,
        key=key,
        status=status,
        currency=currency,
        items=tuple(items.values())[:MOST_ITEMS],
        changed_at=last.occurred_at,
        coupon=coupon,
        checkout_step=step,
        source=last.source,
        event=last.name,
        told_at=last.received_at,
    )


def cart_key(properties: Mapping[str, Any]) -> str | None:
    return word(properties.get("cart_id"))


def cart_key_of(name: str, properties: Mapping[str, Any]) -> str | None:
    """The cart that an event is about; `UNNAMED` when it is about one and does not say which."""
    return cart_key(properties) or (UNNAMED if name in CART_EVENTS else None)


def currency_of(properties: Mapping[str, Any]) -> str | None:
    """Three letters, or nothing."""
    told = properties.get("currency")
    found = told.strip().upper() if isinstance(told, str) else ""
    return found if len(found) == 3 and found.isascii() and found.isalpha() else None


def products_told(event: Event, currency: str) -> list[Product]:
    """What the event says of the catalogue in passing: name, price, picture, category, stock."""
    money = currency_of(event.properties) or currency
    told = [_product(entry, money, event) for entry in [*entries_of(event.properties), event.properties]]
    return [product for product in told if product is not None]


def products_of(properties: Mapping[str, Any], currency: str) -> list[CartItem]:
    items = [_item(entry, currency) for entry in entries_of(properties)]
    return [item for item in items if item is not None]


def entries_of(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
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
    if event.name not in (ADDED, WISH_ADDED, REMOVED):
        return
    item = _item(event.properties, currency)
    if item is None:
        return
    before = items.get(item.product_id)
    if event.name in (ADDED, WISH_ADDED):
        quantity = item.quantity + (before.quantity if before else 0)
        items[item.product_id] = replace(item, quantity=min(quantity, LARGEST_QUANTITY))
    elif before is not None:
        left = before.quantity - item.quantity if "quantity" in event.properties else 0
        if left > 0:
            items[item.product_id] = replace(before, quantity=left)
        else:
            del items[item.product_id]


def _item(entry: Mapping[str, Any], currency: str) -> CartItem | None:
    product_id = word(entry.get("product_id")) or word(entry.get("sku"))
    if product_id is None:
        return None
    return CartItem(
        product_id=product_id,
        name=word(entry.get("name"), 300) or product_id,
        quantity=_quantity(entry.get("quantity")),
        unit_price=minor_units(entry.get("price"), currency) or 0,
        url=link(entry.get("url")),
        image_url=link(entry.get("image_url")),
    )


def _quantity(value: Any) -> int:
    try:
        return max(1, min(int(value), LARGEST_QUANTITY))
    except (TypeError, ValueError, OverflowError):
        return 1


def _product(entry: Mapping[str, Any], currency: str, event: Event) -> Product | None:
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
        category=word(entry.get("category")),
        stock=_stock(entry),
        changed_at=event.occurred_at,
        source=event.source,
        event=event.name,
        told_at=event.received_at,
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
    told = event.properties.get("coupon_id", event.properties.get("coupon_name"))
    code = word(told, LONGEST_CODE)
    if event.name == COUPON_REMOVED:
        return None
    if event.name == COUPON_DENIED:
        return None if code in (None, before) else before
    return (code or before) if event.name == COUPON_APPLIED else before


def _checkout_step(event: Event, before: str | None) -> str | None:
    """How far they have come; a look at the cart or a change of it is no way back."""
    if event.name == "Checkout Started":
        return "started"
    if event.name == PAYMENT:
        return "payment"
    if event.name in (STEP_VIEWED, STEP_COMPLETED):
        return word(event.properties.get("step"), LONGEST_STEP) or before or "started"
    return before


def moment(value: Any) -> datetime | None:
    """An ISO time, UTC where it names no zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def word(value: Any, longest: int = 120) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return " ".join(str(value).replace("\x00", "").split())[:longest] or None


def link(value: Any) -> str | None:
    """Only addresses that a browser may follow safely."""
    is_link = isinstance(value, str) and value.startswith(("https://", "http://")) and len(value) <= 2000
    return value if is_link else None
