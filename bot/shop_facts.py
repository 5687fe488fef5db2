"""Shop events in a turn: what they make of cart, order, catalogue and customer, and of journeys."""

import logging
from dataclasses import replace
from typing import Any
from uuid import UUID

from bot import appointments, surveying
from bot.context import Context
from bot.doing import Doing
from bot.parts import Parts
from context_store.records import Cart, Customer, CustomerId, Event, EventId
from context_store.unit_of_work import UnitOfWork
from flows import shopping
from flows.appointments_told import APPOINTMENT_EVENTS
from flows.effects import Outcome
from flows.journeys import Happened
from flows.texts import LANGUAGES

log = logging.getLogger("hilo.turn")

LONGEST_CODE, LONGEST_NUMBER = 40, 64


def learn(parts: Parts, uow: UnitOfWork, context: Context) -> Outcome:
    """Write what the event says, and let journeys know."""
    event = uow.events.get(EventId(UUID(context.inputs[0].payload["event_id"])))
    if event is None:
        raise LookupError("an input without its event")
    if event.name == "identify":
        joined = context.customer.is_joined
        told_of = uow.customers.get(event.customer_id) if joined else context.customer
        if told_of is not None:
            learn_traits(uow, told_of, event.properties)
        return Outcome(state=context.conversation.state, effects=())
    if event.name in APPOINTMENT_EVENTS:
        appointments.learn(parts, uow, event, context.now)
    cart = learn_event(uow, event, parts.settings.currency)
    runs = uow.enrollments.of(event.customer_id)
    steps = parts.journeys.after(Happened(event=event.name, cart=cart), runs, context.now)
    timers = surveying.timers_after(event.name, context)
    return Outcome(state=context.conversation.state, effects=(*steps, *timers))


def learn_event(uow: UnitOfWork, event: Event, currency: str) -> Cart | None:
    """Keep cart, order and catalogue as the event leaves them; the cart, when it is about one."""
    for product in shopping.products_told(event, currency):
        uow.products.learn(product)
    if event.name in shopping.ORDER_EVENTS:
        _learn_order(uow, event, currency)
    if event.name == shopping.COMPLETED:
        _redeem(uow, event)
    if event.name not in shopping.CART_EVENTS:
        return None
    return retell_cart(uow, _with_cart(uow, event), currency)


def _redeem(uow: UnitOfWork, event: Event) -> None:
    """The order used a code: counted once, however often it is told."""
    coupon, number = event.properties.get("coupon"), str(event.properties.get("order_id") or "")
    code = coupon.strip().upper() if isinstance(coupon, str) else ""
    if 0 < len(code) <= LONGEST_CODE and 0 < len(number) <= LONGEST_NUMBER and "\x00" not in code + number:
        uow.promotions.redeem(code, number, event.customer_id, event.occurred_at)


def retell_cart(uow: UnitOfWork, event: Event, currency: str) -> Cart | None:
    """The event's cart told anew from all of its events, so that their order of arrival is no matter."""
    key = event.cart_key or shopping.DEFAULT_CART
    events = uow.events.of_cart(event.customer_id, key)
    holder_id = _holder_of(uow, event.customer_id, key)
    cart = shopping.tell_cart(events, holder_id, key, currency)
    if cart is not None:
        uow.carts.save(cart)
    return cart


def owner_of_cart(doing: Doing, key: str) -> CustomerId:
    """Whose a cart is that somebody changes in chat: of a joined person, the profile's that began it."""
    return _holder_of(doing.uow, doing.context.profile_id, key)


def _holder_of(uow: UnitOfWork, profile_id: CustomerId, key: str) -> CustomerId:
    if uow.families.is_alone(profile_id):
        return profile_id
    known = uow.carts.get(profile_id, key)
    return known.customer_id if known else profile_id


def retell_carts(uow: UnitOfWork, customer_id: CustomerId, currency: str) -> None:
    """Every cart from the facts that are this customer's now: after who is who has changed."""
    for key in uow.events.cart_keys(customer_id):
        event = uow.events.newest_of_cart(customer_id, key)
        if event is not None:
            retell_cart(uow, event, currency)


def _with_cart(uow: UnitOfWork, event: Event) -> Event:
    if event.cart_key is not None:
        return event
    live = uow.carts.live(event.customer_id)
    key = live.key if live else shopping.DEFAULT_CART
    uow.events.set_cart(event.id, key)
    return replace(event, cart_key=key)


def _learn_order(uow: UnitOfWork, event: Event, currency: str) -> None:
    number = str(event.properties.get("order_id") or "")
    known = uow.orders.get(event.customer_id, number)
    order = shopping.tell_order(event, known, currency)
    if order is None:
        return
    if not uow.orders.learn(order):
        log.warning("an order number of another customer", extra={"action": "order_conflict"})
    elif order.items and not (known and known.items):
        # Once an order, however often it is told anew.
        uow.recommended.learn({item.product_id for item in shopping.products_of(event.properties, currency)})


def learn_traits(uow: UnitOfWork, customer: Customer, traits: dict[str, Any]) -> None:
    """Name and language, where we have none: what customers told us themselves counts more.

    Loyalty points are the shop's to tell: its newest word counts.
    """
    name = _name(traits)
    language = str(traits.get("language") or traits.get("locale") or "")[:2].lower()
    is_new_language = customer.language is None and language in LANGUAGES
    points = shopping.points_told(traits)
    expires = shopping.moment(traits.get("loyalty_expires_at", traits.get("points_expire_at")))
    uow.customers.save(
        replace(
            customer,
            name=name or customer.name,
            language=language if is_new_language else customer.language,
            loyalty_points=customer.loyalty_points if points is None else points,
            loyalty_expires_at=customer.loyalty_expires_at if expires is None else expires,
        )
    )


def _name(traits: dict[str, Any]) -> str | None:
    whole = traits.get("name") or " ".join(
        str(traits[part]) for part in ("firstName", "lastName") if traits.get(part)
    )
    return " ".join(str(whole).replace("\x00", "").split())[:120] or None if whole else None
