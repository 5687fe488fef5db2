"""Shopify's orders, refunds and shipments, and who bought. Pure."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.shops.told import (
    Buyer,
    Fields,
    Shop,
    ToldEvent,
    bare,
    buyer_of,
    country,
    email_id,
    first_moment,
    full_name,
    need,
    part,
    parts_of,
    phone_id,
    state_event,
    user_id,
    word,
)
from context_store.records import Identifier

SHOPIFY = "shopify"
CHANGED = ("updated_at", "created_at")
# What a parcel's own state makes of its order.
ON_THE_WAY = {"out_for_delivery": "out_for_delivery", "delivered": "delivered"}


def identified_buyer(payload: Fields, shop: Shop, cart: Identifier | None) -> Buyer | None:
    """Whom an order or checkout names. None when it names nobody: a cart alone is not somebody."""
    person = part(payload, "customer")
    billing, usual = part(payload, "billing_address"), part(person, "default_address")
    shipping = part(payload, "shipping_address")
    # A parcel may go to somebody else: only where nothing else is told is it the buyer's.
    places = [billing, usual] if billing or usual else [shipping]
    at_home = next(
        (code for each in (billing, usual, shipping) if (code := country(each.get("country_code")))), None
    )
    numbers = [payload.get("phone"), person.get("phone"), *(place.get("phone") for place in places)]
    identifiers = (
        user_id(SHOPIFY, person.get("id")),
        phone_id((number, at_home or shop.country) for number in numbers),
        email_id((payload.get("email"), payload.get("contact_email"), person.get("email"))),
    )
    if not any(identifiers):
        return None
    return buyer_of((*identifiers, cart), full_name(person, billing, *places), at_home)


def line_products(payload: Fields) -> list[dict[str, Any]]:
    return [line_product(line, line.get("quantity")) for line in parts_of(payload, "line_items")]


def line_product(line: Fields, quantity: Any) -> dict[str, Any]:
    """A line of a cart or an order. What is no product of the catalogue goes by its title."""
    title = word(line.get("title"), 200) or word(line.get("name"), 200) or "?"
    kind = word(line.get("variant_title"), 90)
    product, variant = word(line.get("product_id")), word(line.get("variant_id"))
    known_as = "-".join(each for each in (product, variant) if each)
    return bare(
        {
            "product_id": (known_as or word(line.get("sku")) or title)[:120],
            "sku": word(line.get("sku"), 120),
            "name": f"{title} ({kind})" if kind and kind != "Default Title" else title,
            "price": line.get("price"),
            "quantity": quantity,
        }
    )


def order_events(payload: Fields, shop: Shop, number: str) -> tuple[ToldEvent, ...]:
    """That it was placed, and how it stands now."""
    token = word(payload.get("checkout_token"))
    basics = {
        "order_id": number,
        "cart_id": word(payload.get("cart_token")) or (f"checkout:{token}" if token else None),
        "checkout_id": token,
        "currency": word(payload.get("currency"), 3),
        "total": payload.get("total_price"),
        "subtotal": payload.get("subtotal_price"),
        "tax": payload.get("total_tax"),
        "discount": payload.get("total_discounts"),
        "products": line_products(payload),
    }
    placed = ToldEvent(
        message_id=f"order:{need(payload, 'id')}:placed",
        name="Order Completed",
        properties=bare(basics),
        occurred_at=first_moment(payload, ("processed_at", "created_at"), shop.received_at),
    )
    name, state = order_state(payload)
    at = first_moment(payload, CHANGED, shop.received_at)
    if name == "Order Updated" and not state and at <= placed.occurred_at:
        return (placed,)
    # The cart was closed by the order: nothing that is told later concerns it.
    told = {key: value for key, value in basics.items() if key not in ("cart_id", "checkout_id")}
    return (placed, state_event(name, f"order:{payload.get('id')}", {**told, **state}, at))


def order_state(payload: Fields) -> tuple[str, dict[str, Any]]:
    if payload.get("cancelled_at"):
        return "Order Cancelled", {"reason": word(payload.get("cancel_reason"), 60)}
    if payload.get("financial_status") == "refunded":
        return "Order Refunded", {}
    sent = [each for each in parts_of(payload, "fulfillments") if each.get("status") == "success"]
    if payload.get("fulfillment_status") == "fulfilled":
        return "Order Updated", shipment(sent) or {"status": "shipped"}
    return "Order Updated", {"status": "preparing"} if sent else {}


def shipment(parcels: Sequence[Fields]) -> dict[str, Any]:
    """Of the parcel that is furthest behind: an order has arrived when all of it has."""
    if not parcels:
        return {}
    states = [ON_THE_WAY.get(str(each.get("shipment_status")), "shipped") for each in parcels]
    slowest = min(states, key=("shipped", "out_for_delivery", "delivered").index)
    parcel = parcels[states.index(slowest)]
    return bare(
        {
            "status": slowest,
            "carrier": word(parcel.get("tracking_company"), 80),
            "tracking_number": _first(parcel, "tracking_number"),
            "tracking_url": _first(parcel, "tracking_url"),
            "expected_at": word(parcel.get("estimated_delivery_at"), 40),
        }
    )


def refund_event(payload: Fields, shop: Shop, number: str | None) -> ToldEvent:
    """What went back; the receiver finds the order's number where the refund does not know it."""
    lines = parts_of(payload, "refund_line_items")
    products = [line_product(part(line, "line_item"), line.get("quantity")) for line in lines]
    properties = {
        "order_id": number,
        "refund_id": need(payload, "id"),
        "total": _amount_given_back(payload),
        "products": products,
    }
    return ToldEvent(
        message_id=f"refund:{need(payload, 'id')}",
        name="Order Refunded",
        properties=bare(properties),
        occurred_at=first_moment(payload, ("processed_at", "created_at"), shop.received_at),
    )


def _amount_given_back(payload: Fields) -> str | None:
    given = [
        each.get("amount")
        for each in parts_of(payload, "transactions")
        if each.get("kind") == "refund" and each.get("status") == "success"
    ]
    try:
        return str(sum((Decimal(str(amount)) for amount in given), Decimal(0))) if given else None
    except InvalidOperation:
        return None


def _first(parcel: Fields, name: str) -> str | None:
    """Shopify has each of these once, and once as a list."""
    several = parcel.get(f"{name}s")
    listed = several[0] if isinstance(several, list) and several else None
    return word(parcel.get(name), 2000) or word(listed, 2000)
