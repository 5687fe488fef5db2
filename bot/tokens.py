"""Context tokens: made for a session elsewhere, and redeemed in the chat by whoever sends the code.

A code proves that its sender holds that session. It shows that session's cart and nothing else; a code of
somebody who is known to be another person is refused, and stays good for its owner.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from babel.numbers import get_currency_precision

from bot import shop_facts
from bot.context import Context
from bot.parts import Parts
from bot.settings import Settings
from context_store.records import (
    Cart,
    CartId,
    CartItem,
    CartStatus,
    ContextToken,
    Controller,
    Customer,
    CustomerId,
    Event,
    EventId,
    Identifier,
    IdentifierKind,
    IdentityLink,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows.effects import Outcome
from flows.elsewhere import FLOWS, Arrival, Begun
from flows.shopping import ADDED, DEFAULT_CART
from flows.situation import Situation
from nlu.context_codes import ALPHABET, LENGTH, written

log = logging.getLogger("hilo.tokens")

MOST_TRIES = 5
TRIES_COUNT_FOR = timedelta(hours=1)
LIVE = (CartStatus.OPEN, CartStatus.ABANDONED, CartStatus.RECOVERED)
# Of these one person has one: another one there is another person.
TELL_APART = (IdentifierKind.USER_ID, IdentifierKind.PHONE)
MOVED = (IdentifierKind.USER_ID, IdentifierKind.EMAIL, IdentifierKind.ANONYMOUS_ID)

SituationOf = Callable[[Parts, UnitOfWork, Context], Situation]


def new_code() -> str:
    return written("".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1)))


def digest_of(settings: Settings, code: str) -> str:
    """Keyed: whoever reads the table cannot try codes against it."""
    return hmac.new(
        settings.secret_key.encode(), f"context-token:{code}".encode(), hashlib.sha256
    ).hexdigest()


def come_over(
    parts: Parts, uow: UnitOfWork, context: Context, code: str, situation_of: SituationOf
) -> Outcome:
    """Redeem the code that they sent, and answer it. A person at the desk answers for themselves."""
    arrival = redeem(parts, uow, context, code)
    if context.conversation.controller is not Controller.BOT:
        return Outcome(state=context.conversation.state, effects=())
    known = uow.customers.get(context.customer.id) or context.customer
    situation = situation_of(parts, uow, replace(context, customer=known))
    return parts.runner.arrive(situation, arrival)


def redeem(parts: Parts, uow: UnitOfWork, context: Context, code: str) -> Arrival:
    """Use the code up, bind the session to its sender, and bring its cart along."""
    token, problem = _look_up(parts, uow, context, code)
    if token is None or problem is not None:
        log.info("a code was refused: %s", problem, extra={"action": "code_refused"})
        return Arrival(channel=context.messages[-1].channel, problem=problem)
    owner = owner_of(uow, token)
    cart = _cart_of(uow, token, owner)
    bind(uow, context.customer, token, owner, context.now)
    bring_cart(parts, uow, context, token, cart)
    log.info(
        "a session came over", extra={"action": "code_redeemed", "customer_id": str(context.customer.id)}
    )
    begun = None
    if token.flow in FLOWS:
        begun = Begun(flow=str(token.flow), channel=token.channel, slots=token.slots)
    return Arrival(channel=token.channel, begun=begun)


def bind(
    uow: UnitOfWork, customer: Customer, token: ContextToken, owner: CustomerId | None, now: datetime
) -> None:
    """The session is this customer's from now on, proved by its code.

    The one place where a token joins two people: the identifiers that named the session's owner name the
    sender now.
    """
    if token.session is not None and owner is None:
        uow.customers.link(
            IdentityLink(
                identifier=_session(token.session),
                customer_id=customer.id,
                method="token",
                confidence=1.0,
                source=token.source[:64],
                created_at=now,
            )
        )
    if owner is None or owner == customer.id:
        return
    own = {identifier.kind for identifier in uow.customers.links_of(customer.id)}
    for identifier in uow.customers.links_of(owner):
        is_second = identifier.kind in own and identifier.kind is not IdentifierKind.ANONYMOUS_ID
        if identifier.kind in MOVED and not is_second:
            uow.tokens.relink(identifier, customer.id, token.source[:64], now)


def owner_of(uow: UnitOfWork, token: ContextToken) -> CustomerId | None:
    """Whose session it is, as far as anybody knows."""
    if token.customer_id is not None:
        return token.customer_id
    return uow.customers.find_by(_session(token.session)) if token.session is not None else None


def is_anothers(sender: list[Identifier], owner: list[Identifier]) -> bool:
    """Are they known to be two people? Each has an account, or a number, and not the same one."""
    for kind in TELL_APART:
        ours = {one.value for one in sender if one.kind is kind}
        theirs = {one.value for one in owner if one.kind is kind}
        if ours and theirs and not ours & theirs:
            return True
    return False


def bring_cart(
    parts: Parts, uow: UnitOfWork, context: Context, token: ContextToken, cart: Cart | None
) -> None:
    """Told as events, like every change of a cart: the sender's cart is what the session's was."""
    if cart is None or cart.status not in LIVE:
        return
    here = uow.carts.get(context.customer.id, cart.key)
    if here is not None and (here.items or here.status not in LIVE):
        return
    event = None
    for item in cart.items:
        event = _added(context, token, cart, item)
        uow.events.add(event)
    if event is not None:
        shop_facts.retell_cart(uow, event, cart.currency)


def _look_up(
    parts: Parts, uow: UnitOfWork, context: Context, code: str
) -> tuple[ContextToken | None, str | None]:
    """The token, used up by this very call; else why not."""
    now, address = context.now, context.address
    since = now - TRIES_COUNT_FOR
    if address is not None and uow.tokens.tries_since(address.id, since) >= MOST_TRIES:
        return None, "too_many"
    token = uow.tokens.by_digest(digest_of(parts.settings, code))
    if token is None:
        if address is not None:
            uow.tokens.count_try(address.id, since, now)
        return None, "unknown"
    if token.used_by == context.customer.id and token.used_at == now:
        # This very turn is decided anew.
        return token, None
    if token.used_at is not None:
        return None, "used"
    owner = owner_of(uow, token)
    if owner is not None and owner != context.customer.id:
        links = uow.customers.links_of
        if is_anothers(links(context.customer.id), links(owner)):
            return None, "not_yours"
    if not uow.tokens.use(token.id, context.customer.id, now):
        # Somebody else's turn may have used it since we looked.
        return None, "used" if token.expires_at > now else "expired"
    return token, None


def _cart_of(uow: UnitOfWork, token: ContextToken, owner: CustomerId | None) -> Cart | None:
    """As it is now, where we are told of it; else as it was told with the token."""
    known = None
    if owner is not None:
        known = uow.carts.get(owner, token.cart_key) if token.cart_key else uow.carts.live(owner)
    if known is not None or not token.items:
        return known
    return Cart(
        id=CartId(new_id()),
        customer_id=owner or CustomerId(new_id()),
        key=token.cart_key or DEFAULT_CART,
        currency=token.currency or "EUR",
        items=token.items,
        changed_at=token.created_at,
    )


def _added(context: Context, token: ContextToken, cart: Cart, item: CartItem) -> Event:
    price = Decimal(item.unit_price).scaleb(-get_currency_precision(cart.currency))
    properties = {
        "cart_id": cart.key,
        "product_id": item.product_id,
        "name": item.name,
        "price": str(price),
        "quantity": item.quantity,
        "currency": cart.currency,
        "url": item.url,
        "image_url": item.image_url,
    }
    return Event(
        id=EventId(new_id()),
        customer_id=context.customer.id,
        source="token",
        message_id=f"{token.id}:{item.product_id}"[:120],
        name=ADDED,
        properties={name: value for name, value in properties.items() if value is not None},
        cart_key=cart.key,
        occurred_at=context.now,
        received_at=context.now,
    )


def _session(session: str) -> Identifier:
    return Identifier(kind=IdentifierKind.ANONYMOUS_ID, value=session)
