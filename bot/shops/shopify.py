"""Shopify's webhook payloads, translated. Pure; knows nothing of HTTP or of the database.

Every payload is the whole state of a thing at its `updated_at`, and topics come in any order: so each says
a state at a moment, and the newest moment wins wherever it is read.
"""

from collections.abc import Callable
from typing import Any

from bot.shops.shopify_orders import (
    identified_buyer,
    line_products,
    order_events,
    refund_event,
    shipment,
)
from bot.shops.shopify_people import consents_of, traits_event
from bot.shops.told import (
    Fields,
    Privacy,
    Shop,
    Told,
    ToldEvent,
    buyer_of,
    email_id,
    first_moment,
    language,
    need,
    part,
    parts_of,
    phone_id,
    state_event,
    user_id,
    who_event,
    word,
)
from context_store.records import Identifier, IdentifierKind, Product
from flows.shopping import minor_units

NAME = "shopify"
ON_SALE = "active"
ONLY_VARIANT = "Default Title"
CHANGED = ("updated_at", "created_at")


def translate(topic: str, payload: Fields, shop: Shop) -> Told:
    """Raises `Untold` when the payload lacks what its topic must have."""
    translator = TOPICS.get(topic)
    return translator(payload, shop) if translator else Told(note=f"{topic} is nothing that we take")


def cart(payload: Fields, shop: Shop) -> Told:
    """A cart names nobody but itself; a checkout or a signed link tells later whose it is."""
    token = word(payload.get("token")) or need(payload, "id")
    at = first_moment(payload, CHANGED, shop.received_at)
    properties = {"cart_id": token, "products": line_products(payload)}
    return Told(
        buyer=buyer_of((_cart_id(token),), None, None),
        events=(state_event("Cart Viewed", f"cart:{token}", properties, at),),
    )


def checkout(payload: Fields, shop: Shop) -> Told:
    if payload.get("completed_at"):
        # What is told after the order must not fill the cart again.
        return Told(note="the checkout has become an order")
    token = need(payload, "token")
    key = word(payload.get("cart_token")) or f"checkout:{token}"
    at = first_moment(payload, CHANGED, shop.received_at)
    properties = {
        "cart_id": key,
        "checkout_id": token,
        "value": payload.get("total_price"),
        "tax": payload.get("total_tax"),
        "discount": payload.get("total_discounts"),
        "currency": word(payload.get("presentment_currency") or payload.get("currency"), 3),
        "coupon": _coupon(payload),
        "checkout_url": word(payload.get("abandoned_checkout_url"), 2000),
        "products": line_products(payload),
    }
    buyer = identified_buyer(payload, shop, _cart_id(word(payload.get("cart_token"))))
    if buyer is None:
        return Told(note="nobody has said yet who they are")
    return Told(
        buyer=buyer,
        events=(
            *who_event(buyer, language(payload.get("customer_locale")), shop),
            state_event("Checkout Started", f"checkout:{token}", properties, at),
        ),
        consents=consents_of(part(payload, "customer")),
    )


def order(payload: Fields, shop: Shop) -> Told:
    reference = need(payload, "id")
    number = _order_number(payload)
    buyer = identified_buyer(payload, shop, _cart_id(word(payload.get("cart_token"))))
    events = order_events(payload, shop, number)
    refunds = tuple(refund_event(each, shop, number) for each in parts_of(payload, "refunds"))
    if buyer is None:
        # A sale at the till without a name: told again once there is one.
        return Told(note="an order of nobody that we could know")
    return Told(
        buyer=buyer,
        order=(reference, number),
        events=(*who_event(buyer, language(payload.get("customer_locale")), shop), *events, *refunds),
        consents=consents_of(part(payload, "customer")),
    )


def refund(payload: Fields, shop: Shop) -> Told:
    need(payload, "id")
    return Told(about_order=need(payload, "order_id"), events=(refund_event(payload, shop, None),))


def fulfillment(payload: Fields, shop: Shop) -> Told:
    properties = shipment([payload])
    if payload.get("status") in ("cancelled", "error", "failure"):
        return Told(note="the shipment did not come about")
    at = first_moment(payload, CHANGED, shop.received_at)
    key = f"fulfillment:{need(payload, 'id')}"
    return Told(
        about_order=need(payload, "order_id"), events=(state_event("Order Updated", key, properties, at),)
    )


def customer(payload: Fields, shop: Shop) -> Told:
    known_as = need(payload, "id")
    buyer = identified_buyer({"customer": payload}, shop, None)
    event: ToldEvent = traits_event(payload, shop, f"customer:{known_as}")
    return Told(buyer=buyer, events=(event,), consents=consents_of(payload))


def product(payload: Fields, shop: Shop) -> Told:
    known_as = need(payload, "id")
    if payload.get("status") not in (None, ON_SALE) or not payload.get("published_at", True):
        return Told(gone_product=known_as, note="not on sale")
    at = first_moment(payload, CHANGED, shop.received_at)
    pictures = {image.get("id"): word(image.get("src"), 2000) for image in parts_of(payload, "images")}
    first = word(part(payload, "image").get("src"), 2000) or next(iter(pictures.values()), None)
    made = []
    for variant in parts_of(payload, "variants"):
        kind = word(variant.get("title"))
        title = word(payload.get("title"), 200) or known_as
        made.append(
            Product(
                product_id=f"{known_as}-{need(variant, 'id')}"[:120],
                name=title if kind in (None, ONLY_VARIANT) else f"{title} ({kind})"[:300],
                price=minor_units(variant.get("price"), shop.currency) or 0,
                currency=shop.currency,
                image_url=pictures.get(variant.get("image_id")) or first,
                category=word(payload.get("product_type"), 120),
                stock=_stock(variant),
                changed_at=at,
            )
        )
    return Told(products=tuple(made))


def product_deleted(payload: Fields, shop: Shop) -> Told:
    return Told(gone_product=need(payload, "id"))


def data_request(payload: Fields, shop: Shop) -> Told:
    return _privacy(payload, shop, Privacy.EXPORT, word(part(payload, "data_request").get("id")))


def customer_redact(payload: Fields, shop: Shop) -> Told:
    return _privacy(payload, shop, Privacy.ERASE, None)


def shop_redact(payload: Fields, shop: Shop) -> Told:
    return Told(
        privacy=Privacy.ERASE_SHOP, reference=f"{need(payload, 'shop_domain')}:{need(payload, 'shop_id')}"
    )


def _privacy(payload: Fields, shop: Shop, what: Privacy, reference: str | None) -> Told:
    # These fields are in no other topic's payload: the topic itself is a header, which nobody signs.
    domain, known_as = need(payload, "shop_domain"), need(payload, "shop_id")
    person = part(payload, "customer")
    identifiers = (
        user_id(NAME, person.get("id")),
        email_id((person.get("email"),)),
        phone_id(((person.get("phone"), shop.country),)),
    )
    buyer = buyer_of(identifiers, None, None)
    who = reference or word(person.get("id")) or "somebody"
    return Told(privacy=what, buyer=buyer, reference=f"{domain}:{known_as}:{who}"[:120])


def _order_number(payload: Fields) -> str:
    """As people know it: "#1001" is 1001."""
    name = word(payload.get("name"), 64)
    return (name or "").lstrip("#") or word(payload.get("order_number"), 64) or need(payload, "id")


def _coupon(payload: Fields) -> str | None:
    return next((word(each.get("code"), 60) for each in parts_of(payload, "discount_codes")), None)


def _stock(variant: Fields) -> int | None:
    """None where the shop does not count, or sells on when there is none."""
    told: Any = variant.get("inventory_quantity")
    if not variant.get("inventory_management") or variant.get("inventory_policy") == "continue":
        return None
    return max(0, told) if isinstance(told, int) and not isinstance(told, bool) else None


def _cart_id(token: str | None) -> Identifier | None:
    return Identifier(kind=IdentifierKind.ANONYMOUS_ID, value=f"{NAME}-cart:{token}") if token else None


TOPICS: dict[str, Callable[[Fields, Shop], Told]] = {
    "carts/create": cart,
    "carts/update": cart,
    "checkouts/create": checkout,
    "checkouts/update": checkout,
    "orders/create": order,
    "orders/updated": order,
    "orders/paid": order,
    "orders/fulfilled": order,
    "orders/partially_fulfilled": order,
    "orders/cancelled": order,
    "refunds/create": refund,
    "fulfillments/create": fulfillment,
    "fulfillments/update": fulfillment,
    "customers/create": customer,
    "customers/update": customer,
    "customers/enable": customer,
    "customers/disable": customer,
    "products/create": product,
    "products/update": product,
    "products/delete": product_deleted,
    "customers/data_request": data_request,
    "customers/redact": customer_redact,
    "shop/redact": shop_redact,
}
