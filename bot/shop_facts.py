"""Shop events in a turn: what they make of cart, order, catalogue and customer, and of journeys."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bot import appointments, surveying
from bot.context import Context
from bot.doing import Doing
from bot.parts import Parts
from context_store.records import Cart, CustomerId, Enrollment, EnrollmentStatus, Event, EventId
from context_store.unit_of_work import UnitOfWork
from flows import orders_told, shopping
from flows.appointments_told import APPOINTMENT_EVENTS
from flows.effects import Effect, Outcome
from flows.journeys import Happened, Move, Step
from flows.texts import LANGUAGES

log = logging.getLogger("hilo.turn")

LONGEST_CODE, LONGEST_NUMBER = 40, 64
LONGEST_TRAIT = 1000


@dataclass(frozen=True, kw_only=True)
class Carts:
    """A customer's carts, told anew."""

    all: dict[str, Cart]
    # Those that are not what they were.
    changed: dict[str, Cart]


def learn(parts: Parts, uow: UnitOfWork, context: Context) -> Outcome:
    """Write what the input's events say, oldest first, and let journeys know."""
    ids = _event_ids(context.inputs[0].payload)
    events = uow.events.many(ids)
    if len(events) < len(ids):
        raise LookupError("an input without its event")
    for event in events:
        if event.name == "identify":
            learn_traits(uow, event)
        elif event.name in APPOINTMENT_EVENTS:
            appointments.learn(parts, uow, event, context.now)
    # A cart that is new belongs to the profile that began it.
    profile_id = events[0].customer_id if events else context.customer.id
    carts = learn_events(uow, profile_id, events, parts.settings.currency)
    runs = uow.enrollments.of(context.customer.id)
    told = [event for event in events if event.name != "identify"]
    effects: list[Effect] = list(_steps(parts, told, carts, runs, context.now))
    for event in told:
        effects += surveying.timers_after(event.name, context)
    return Outcome(state=context.conversation.state, effects=tuple(effects))


def _event_ids(payload: Mapping[str, Any]) -> list[EventId]:
    told = payload.get("event_ids") or [payload["event_id"]]
    return [EventId(UUID(event_id)) for event_id in told]


def _steps(
    parts: Parts, events: Sequence[Event], carts: Carts | None, runs: list[Enrollment], now: datetime
) -> Iterator[Step]:
    """What each event means to runs; what the carts that they leave mean, once."""
    touched = {key: cart.changed_at for key, cart in carts.all.items() if cart.items} if carts else {}
    changed = carts.changed.values() if carts else ()
    for event in events:
        happened = Happened(event=event.name, at=event.occurred_at, touched=touched)
        for step in parts.journeys.after(happened, runs, now):
            runs = _without(runs, step)
            yield step
    for cart in sorted(changed, key=lambda one: one.changed_at):
        for step in parts.journeys.after(Happened(cart=cart), runs, now):
            runs = _without(runs, step)
            yield step


def _without(runs: list[Enrollment], step: Step) -> list[Enrollment]:
    """The runs as the step leaves them: one that has ended cannot end again, nor begin anew."""
    if step.move is not Move.EXIT or step.enrollment is None:
        return runs
    ended = step.enrollment.id
    return [replace(run, status=EnrollmentStatus.EXITED) if run.id == ended else run for run in runs]


def learn_event(uow: UnitOfWork, event: Event, currency: str) -> Cart | None:
    """Keep cart, order and catalogue as the event leaves them; the cart, when it is about one."""
    carts = learn_events(uow, event.customer_id, [event], currency)
    return max(carts.changed.values(), key=lambda cart: cart.changed_at, default=None) if carts else None


def learn_events(
    uow: UnitOfWork, customer_id: CustomerId, events: Sequence[Event], currency: str
) -> Carts | None:
    """Keep carts, orders and catalogue as the events leave them. The carts, when some are about carts."""
    products = [product for event in events for product in shopping.products_told(event, currency)]
    if products:
        uow.products.learn_all(products)
    for event in events:
        if event.name in shopping.ORDER_EVENTS:
            _learn_order(uow, event, currency)
        if event.name == shopping.COMPLETED:
            _redeem(uow, event)
    about_carts = [event for event in events if event.name in shopping.CART_EVENTS]
    for event in about_carts:
        if event.cart_key is None:
            # It came by a road that does not look for carts; else it would not be among the carts' events.
            uow.events.set_cart(event.id, shopping.cart_key(event.properties) or shopping.UNNAMED)
    return retell_carts(uow, customer_id, currency) if about_carts else None


def _redeem(uow: UnitOfWork, event: Event) -> None:
    """The order used a code: counted once, however often it is told."""
    coupon, number = event.properties.get("coupon"), str(event.properties.get("order_id") or "")
    code = coupon.strip().upper() if isinstance(coupon, str) else ""
    if 0 < len(code) <= LONGEST_CODE and 0 < len(number) <= LONGEST_NUMBER and "\x00" not in code + number:
        uow.promotions.redeem(code, number, event.customer_id, event.occurred_at)


def retell_cart(uow: UnitOfWork, event: Event, currency: str) -> Cart | None:
    """The event's cart told anew, as learn_events does."""
    retell_carts(uow, event.customer_id, currency)
    return uow.carts.get(event.customer_id, event.cart_key or shopping.DEFAULT_CART)


def retell_carts(uow: UnitOfWork, customer_id: CustomerId, currency: str) -> Carts:
    """The customer's carts told anew from all of their events, so that the order of arrival is no matter.

    Also after who is who has changed: the events are then those of all their profiles.
    """
    known = {cart.key: cart for cart in uow.carts.of(customer_id)}
    events = uow.events.of_carts(customer_id)
    told = {
        key: replace(cart, customer_id=_holder(known.get(key), customer_id))
        for key, cart in shopping.tell_carts(events, customer_id, currency).items()
    }
    changed = {key: cart for key, cart in told.items() if not _same(cart, known.get(key))}
    for cart in changed.values():
        uow.carts.save(cart)
    default = known.get(shopping.DEFAULT_CART)
    if default is not None and default.event is not None and shopping.DEFAULT_CART not in told:
        # What had been told of it turned out to be about a cart with a name.
        uow.carts.delete(default.customer_id, shopping.DEFAULT_CART)
        changed[shopping.DEFAULT_CART] = replace(default, items=())
    return Carts(all=told, changed=changed)


def owner_of_cart(doing: Doing, key: str) -> CustomerId:
    """Whose a cart is that somebody changes in chat: of a joined person, the profile's that began it."""
    profile_id = doing.context.profile_id
    if doing.uow.families.is_alone(profile_id):
        return profile_id
    return _holder(doing.uow.carts.get(profile_id, key), profile_id)


def _holder(known: Cart | None, profile_id: CustomerId) -> CustomerId:
    return known.customer_id if known else profile_id


def _same(cart: Cart, known: Cart | None) -> bool:
    return known is not None and replace(cart, id=known.id) == known


def _learn_order(uow: UnitOfWork, event: Event, currency: str) -> None:
    number = orders_told.order_number(event.properties) or ""
    known = uow.orders.get(event.customer_id, number)
    order = orders_told.tell_order(event, known, currency)
    if order is None:
        return
    if not uow.orders.learn(order):
        log.warning("an order number of another customer", extra={"action": "order_conflict"})
    elif order.items and not (known and known.items):
        # Once an order, however often it is told anew.
        uow.recommended.learn({item.product_id for item in shopping.products_of(event.properties, currency)})


def learn_traits(uow: UnitOfWork, event: Event) -> None:
    """Keep what is told. A language only where we have none: what customers told us counts more."""
    bounded = {name: value for name, value in event.properties.items() if len(repr(value)) <= LONGEST_TRAIT}
    customer = uow.customers.get(event.customer_id)
    if customer is None:
        return
    # Of the profile that it was told of, so that joined ones can be told apart again.
    known = uow.told_traits.learn(customer.id, bounded, event.source, event.occurred_at)
    traits = {name: trait.value for name, trait in known.items()}
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
            country=customer.country or _country(traits),
            loyalty_points=customer.loyalty_points if points is None else points,
            loyalty_expires_at=customer.loyalty_expires_at if expires is None else expires,
        )
    )


def _country(traits: dict[str, Any]) -> str | None:
    """Where we do not know it from their number: it decides at which hours we may write."""
    code = str(traits.get("country") or "").strip().upper()
    return code if re.fullmatch("[A-Z]{2}", code) else None


def _name(traits: dict[str, Any]) -> str | None:
    whole = traits.get("name") or " ".join(
        str(traits[part]) for part in ("firstName", "lastName") if traits.get(part)
    )
    return " ".join(str(whole).replace("\x00", "").split())[:120] or None if whole else None
