"""Context tokens: made for a session elsewhere, and redeemed in the chat by whoever sends the code.

A code proves that its sender holds that session. It shows that session's cart and nothing else; a code of
somebody who is known to be another person is refused, and stays good for its owner.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from babel.numbers import get_currency_precision

from bot import shop_facts
from bot.context import Context
from bot.parts import Parts
from bot.settings import Settings
from context_store import identity
from context_store.identity_faults import CannotMerge
from context_store.identity_rules import Verdict
from context_store.records import (
    Cart,
    CartId,
    CartItem,
    CartStatus,
    ContextToken,
    Controller,
    CustomerId,
    Event,
    EventId,
    Identifier,
    IdentifierKind,
    IdentityLink,
    Method,
    Why,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows.effects import Outcome
from flows.elsewhere import FLOWS, Arrival, Begun
from flows.policy import has_opted_out
from flows.shopping import ADDED, DEFAULT_CART
from flows.situation import Situation
from nlu.context_codes import ALPHABET, LENGTH, find_code, written

log = logging.getLogger("hilo.tokens")

MOST_TRIES = 5
TRIES_COUNT_FOR = timedelta(hours=1)
LIVE = (CartStatus.OPEN, CartStatus.ABANDONED, CartStatus.RECOVERED)
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
    situation = situation_of(parts, uow, context)
    return parts.runner.arrive(situation, arrival)


def redeem(parts: Parts, uow: UnitOfWork, context: Context, code: str) -> Arrival:
    """Use the code up, bind the session to its sender, and bring its cart along."""
    token, problem = _look_up(parts, uow, context, code)
    problem = _take(uow, context, token) if token is not None else problem
    if problem == "unknown" and context.address is not None:
        uow.tokens.count_try(context.address.id, context.now - TRIES_COUNT_FOR, context.now)
    if token is None or problem is not None:
        log.info("a code was refused: %s", problem, extra={"action": "code_refused"})
        return Arrival(channel=context.messages[-1].channel, problem=problem)
    owner = owner_of(uow, token)
    cart = _cart_of(uow, token, owner)
    _bind_session(uow, context, token)
    bring_cart(parts, uow, context, token, cart)
    log.info(
        "a session came over", extra={"action": "code_redeemed", "customer_id": str(context.customer.id)}
    )
    begun = None
    if token.flow in FLOWS:
        begun = Begun(flow=str(token.flow), channel=token.channel, slots=token.slots)
    return Arrival(channel=token.channel, begun=begun)


def join_owner(parts: Parts, uow: UnitOfWork, context: Context) -> bool:
    """Before the turn: if their code is of somebody else's session, both become one person, proved by it.

    True when they did, and the code is used: the caller commits, and the message is handled anew, on the
    thread that both share. Where the rules of identity see two people, staff are asked, and the code stays
    good for its owner.
    """
    code = find_code(context.text)
    if code is None or _is_deaf(uow, context):
        return False
    token, problem = _look_up(parts, uow, context, code)
    if token is None or problem is not None or token.used_at is not None:
        return False
    owner = owner_of(uow, token)
    is_theirs = owner is None or uow.families.survivor(owner) == context.customer.id
    if is_theirs or owner is None or not uow.tokens.use(token.id, context.profile_id, context.now):
        return False
    identifier = _session(token.session) if token.session is not None else None
    why = Why(method=Method.TOKEN, actor=token.source, identifier=identifier)
    try:
        judgement = identity.bind(uow.customers, context.profile_id, owner, why, context.now)
        is_joined = judgement.verdict is Verdict.MERGE
    except CannotMerge:
        is_joined = False
    if not is_joined:
        uow.tokens.give_back(token.id)
    return is_joined


def _bind_session(uow: UnitOfWork, context: Context, token: ContextToken) -> None:
    """A session that nobody is known by is theirs from now on."""
    if token.session is None or uow.customers.owner(_session(token.session)) is not None:
        return
    uow.customers.link(
        IdentityLink(
            identifier=_session(token.session),
            customer_id=context.profile_id,
            method=Method.TOKEN,
            confidence=1.0,
            source=token.source[:64],
            created_at=context.now,
        )
    )


def _is_deaf(uow: UnitOfWork, context: Context) -> bool:
    """Who has said STOP here is not answered, so their code is not used up either."""
    consents = uow.consents.current(context.customer.id) if context.has_consents else []
    return context.address is not None and has_opted_out(consents, context.address.channel)


def owner_of(uow: UnitOfWork, token: ContextToken) -> CustomerId | None:
    """Whose session it is, as far as anybody knows."""
    if token.customer_id is not None:
        return token.customer_id
    return uow.customers.find_by(_session(token.session)) if token.session is not None else None


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
    """The token that may be used; else why not."""
    now, address = context.now, context.address
    since = now - TRIES_COUNT_FOR
    if address is not None and uow.tokens.tries_since(address.id, since) >= MOST_TRIES:
        return None, "too_many"
    token = uow.tokens.by_digest(digest_of(parts.settings, code))
    if token is None:
        return None, "unknown"
    if token.used_at is not None:
        return (token, None) if _used_by_this(uow, context, token) else (None, "used")
    return (token, None) if token.expires_at > now else (None, "expired")


def _used_by_this(uow: UnitOfWork, context: Context, token: ContextToken) -> bool:
    """This very message has used it, when its sender and the session's owner became one person."""
    is_theirs = token.used_by is not None and uow.families.survivor(token.used_by) == context.customer.id
    return is_theirs and token.used_at is not None and context.messages[-1].created_at <= token.used_at


def _take(uow: UnitOfWork, context: Context, token: ContextToken) -> str | None:
    """Use it up. Why not, or None."""
    if _used_by_this(uow, context, token):
        return None
    owner = owner_of(uow, token)
    if owner is not None and uow.families.survivor(owner) != context.customer.id:
        return "not_yours"
    # Somebody else's turn may have used it since we looked.
    return None if uow.tokens.use(token.id, context.profile_id, context.now) else "used"


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
        customer_id=context.profile_id,
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
