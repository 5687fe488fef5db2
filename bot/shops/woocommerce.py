"""WooCommerce's webhook payloads, translated. Pure; knows nothing of HTTP or of the database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.shops.told import (
    Buyer,
    Fields,
    Shop,
    Told,
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
    who_event,
    word,
)
from context_store.records import Product
from flows.shopping import minor_units

NAME = "woocommerce"
CHANGED = ("date_modified_gmt", "date_modified", "date_created_gmt", "date_created")
PLACED = ("date_created_gmt", "date_created")
PAID = ("date_paid_gmt", "date_paid", *PLACED)
# A checkout comes before its own order, even where Woo gives both one second.
JUST_BEFORE = timedelta(microseconds=1)
# Not ordered yet, or not any more; everything else is an order.
UNPAID = frozenset(("pending", "checkout-draft", "auto-draft", "failed"))
STATES = {
    "processing": "preparing",
    "completed": "shipped",
    "on-hold": "placed",
}
# Where the usual plug-ins for shipments keep what they know.
SHIPMENTS = ("_wc_shipment_tracking_items", "_aftership_tracking_items")
VARIATION = "variation"


def translate(topic: str, payload: Fields, shop: Shop) -> Told:
    """Raises `Untold` when the payload lacks what its topic must have."""
    translator = TOPICS.get(topic)
    return translator(payload, shop) if translator else Told(note=f"{topic} is nothing that we take")


def order(payload: Fields, shop: Shop) -> Told:
    reference = need(payload, "id")
    number = word(payload.get("number"), 64) or reference
    buyer = _buyer(payload, shop)
    if buyer is None:
        return Told(note="an order of nobody that we could know")
    return Told(
        buyer=buyer,
        order=(reference, number),
        events=(*who_event(buyer, None, shop), *_events(payload, shop, number)),
    )


def order_deleted(payload: Fields, shop: Shop) -> Told:
    """Only the id is told; an order in the bin is not going to be sent."""
    event = ToldEvent(
        message_id=f"order:{need(payload, 'id')}:deleted",
        name="Order Cancelled",
        properties={},
        occurred_at=shop.received_at,
    )
    return Told(about_order=need(payload, "id"), events=(event,))


def customer(payload: Fields, shop: Shop) -> Told:
    known_as = need(payload, "id")
    billing = part(payload, "billing")
    traits = {
        "name": full_name(payload, billing),
        "email": word(payload.get("email")),
        "country": country(billing.get("country")),
    }
    at = first_moment(payload, CHANGED, shop.received_at)
    return Told(
        buyer=_buyer({**payload, "customer_id": known_as}, shop),
        events=(state_event("identify", f"customer:{known_as}", traits, at),),
    )


def product(payload: Fields, shop: Shop) -> Told:
    own_id = need(payload, "id")
    parent = word(payload.get("parent_id")) if payload.get("type") == VARIATION else None
    known_as = f"{parent}-{own_id}" if parent and parent != "0" else own_id
    if payload.get("status") not in (None, "publish"):
        return Told(gone_product=known_as, note="not on sale")
    picture = next((word(image.get("src"), 2000) for image in parts_of(payload, "images")), None)
    return Told(
        products=(
            Product(
                product_id=known_as[:120],
                name=word(payload.get("name"), 300) or known_as,
                price=minor_units(payload.get("price") or payload.get("regular_price"), shop.currency) or 0,
                currency=shop.currency,
                url=_link(payload.get("permalink")),
                image_url=_link(picture),
                category=next(
                    (word(each.get("name"), 120) for each in parts_of(payload, "categories")), None
                ),
                stock=_stock(payload),
                changed_at=first_moment(payload, CHANGED, shop.received_at),
            ),
        )
    )


def product_deleted(payload: Fields, shop: Shop) -> Told:
    return Told(gone_product=need(payload, "id"))


def coupon(payload: Fields, shop: Shop) -> Told:
    return Told(note="coupons are kept by the shop alone")


def _events(payload: Fields, shop: Shop, number: str) -> tuple[ToldEvent, ...]:
    status = str(payload.get("status") or "")
    basics = {
        "order_id": number,
        "currency": word(payload.get("currency"), 3),
        "total": payload.get("total"),
        "tax": payload.get("total_tax"),
        "shipping": payload.get("shipping_total"),
        "discount": payload.get("discount_total"),
        "coupon": next((word(each.get("code"), 60) for each in parts_of(payload, "coupon_lines")), None),
        "products": [_line(line) for line in parts_of(payload, "line_items")],
    }
    at = first_moment(payload, CHANGED, shop.received_at)
    key = f"order:{need(payload, 'id')}"
    if status in UNPAID:
        link = {"value": payload.get("total"), "checkout_url": _link(payload.get("payment_url"))}
        unpaid = {name: value for name, value in basics.items() if name != "total"}
        begun = first_moment(payload, PLACED, shop.received_at) - JUST_BEFORE
        return (state_event("Checkout Started", key, {**unpaid, **link}, begun),)
    placed = ToldEvent(
        message_id=f"{key}:placed",
        name="Order Completed",
        properties=bare(basics),
        occurred_at=first_moment(payload, PAID, shop.received_at),
    )
    name, state = _state(status, payload)
    is_new = status == "on-hold" and at <= placed.occurred_at
    stands = () if is_new else (state_event(name, key, {**basics, **state}, at),)
    return (placed, *stands, *(_refund(each, number, at) for each in parts_of(payload, "refunds")))


def _state(status: str, payload: Fields) -> tuple[str, dict[str, Any]]:
    if status in ("cancelled", "trash"):
        return "Order Cancelled", {}
    if status == "refunded":
        return "Order Refunded", {}
    return "Order Updated", bare({"status": STATES.get(status)}) | _shipment(payload)


def _refund(payload: Fields, number: str, at: Any) -> ToldEvent:
    """Woo tells the amount below zero, and no time of its own."""
    amount = word(str(payload.get("total") or payload.get("amount") or ""), 30)
    return ToldEvent(
        message_id=f"refund:{need(payload, 'id')}",
        name="Order Refunded",
        properties=bare(
            {
                "order_id": number,
                "refund_id": word(payload.get("id")),
                "total": amount.lstrip("-") if amount else None,
                "products": [],
            }
        ),
        occurred_at=at,
    )


def _shipment(payload: Fields) -> dict[str, Any]:
    for entry in parts_of(payload, "meta_data"):
        parcels = parts_of(entry, "value") if entry.get("key") in SHIPMENTS else []
        if parcels:
            newest = parcels[-1]
            carrier = newest.get("tracking_provider") or newest.get("custom_tracking_provider")
            return bare(
                {
                    "carrier": word(carrier, 80),
                    "tracking_number": word(newest.get("tracking_number"), 120),
                    "tracking_url": _link(newest.get("custom_tracking_link") or newest.get("tracking_link")),
                }
            )
    return {}


def _buyer(payload: Fields, shop: Shop) -> Buyer | None:
    billing = part(payload, "billing")
    at_home = country(billing.get("country"))
    identifiers = (
        user_id(NAME, payload.get("customer_id")),
        phone_id(((billing.get("phone"), at_home or shop.country),)),
        email_id((billing.get("email"), payload.get("email"))),
    )
    return buyer_of(identifiers, full_name(billing, payload), at_home)


def _line(line: Fields) -> dict[str, Any]:
    name = word(line.get("name"), 300) or "?"
    product_id, variation = word(line.get("product_id")), word(line.get("variation_id"))
    known_as = "-".join(each for each in (product_id, variation) if each and each != "0")
    price = line.get("price")
    return bare(
        {
            "product_id": (known_as or word(line.get("sku")) or name)[:120],
            "sku": word(line.get("sku"), 120),
            "name": name,
            # A float of many digits, which the receiver rounds to the currency.
            "price": price if isinstance(price, int | float | str) else None,
            "quantity": line.get("quantity"),
            "image_url": _link(part(line, "image").get("src")),
        }
    )


def _stock(payload: Fields) -> int | None:
    if payload.get("stock_status") == "outofstock":
        return 0
    told = payload.get("stock_quantity")
    is_counted = payload.get("manage_stock") and not payload.get("backorders_allowed")
    return max(0, told) if is_counted and isinstance(told, int) and not isinstance(told, bool) else None


def _link(value: Any) -> str | None:
    found = word(value, 2000)
    return found if found and found.startswith(("https://", "http://")) else None


TOPICS: dict[str, Callable[[Fields, Shop], Told]] = {
    "order.created": order,
    "order.updated": order,
    "order.restored": order,
    "order.deleted": order_deleted,
    "customer.created": customer,
    "customer.updated": customer,
    "product.created": product,
    "product.updated": product,
    "product.restored": product,
    "product.deleted": product_deleted,
    "coupon.created": coupon,
    "coupon.updated": coupon,
    "coupon.deleted": coupon,
    "coupon.restored": coupon,
}
