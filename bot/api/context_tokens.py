"""Codes and links that bring a session into the chat, and the carts that our own links open."""

from datetime import timedelta
from io import BytesIO
from urllib.parse import quote
from uuid import UUID

import segno

from bot import cart_links, tokens
from bot.api.answers import CartTold, LinkedCart, TokenState, TokenTold
from bot.api.bodies import TokenBody
from bot.api.callers import Scope
from bot.api.finding import customer_named
from bot.api.operations import Given, Operation
from bot.api.problems import Problem, invalid
from bot.settings import Settings
from context_store.records import CartItem, ContextToken, ContextTokenId, CustomerId, new_id


def make(given: Given) -> TokenTold:
    body: TokenBody = given.body
    if body.customer is None and body.session is None:
        raise invalid("whose session is it: `customer`, `session`, or both", "/session")
    customer_id = customer_named(given, body.customer).id if body.customer is not None else None
    code = tokens.new_code()
    token = _token(given, customer_id, body, code)
    given.uow.tokens.add(token)
    return _told(given.parts.settings, token, code, body.text)


def show(given: Given) -> TokenState:
    try:
        token = given.uow.tokens.get(ContextTokenId(UUID(given.path["token_id"])))
    except ValueError:
        token = None
    if token is None:
        raise Problem(404, "no-such-token", "there is no such token")
    is_over = token.expires_at <= given.now
    state = "used" if token.used_at else "expired" if is_over else "waiting"
    return TokenState.model_validate({**vars(token), "state": state})


def open_link(given: Given) -> LinkedCart:
    """What a signed link opens: that cart as it is now, and nothing else."""
    try:
        cart_id = cart_links.read(given.parts.settings, given.path["link"], given.now)
    except cart_links.BadLink as bad:
        if bad.is_expired:
            raise Problem(
                410, "link-expired", "this link has run out: ask for a new one in the chat"
            ) from bad
        raise Problem(404, "no-such-link", "this is no link of ours") from bad
    cart = given.uow.carts.by_id(cart_id)
    if cart is None:
        raise Problem(404, "no-such-link", "this is no link of ours")
    return LinkedCart(cart=CartTold.model_validate(cart))


def _token(given: Given, customer_id: CustomerId | None, body: TokenBody, code: str) -> ContextToken:
    cart = body.cart
    return ContextToken(
        id=ContextTokenId(new_id()),
        digest=tokens.digest_of(given.parts.settings, code),
        customer_id=customer_id,
        session=body.session,
        channel=body.channel,
        cart_key=cart.id if cart else None,
        items=tuple(CartItem(**item.model_dump()) for item in cart.items) if cart else (),
        currency=cart.currency if cart else None,
        flow=body.flow,
        slots=dict(body.slots),
        source=given.caller.name,
        created_at=given.now,
        expires_at=given.now + timedelta(minutes=body.expires_in_minutes),
    )


def _told(settings: Settings, token: ContextToken, code: str, words: str) -> TokenTold:
    text = f"{' '.join(words.split())} {code}".strip()
    whatsapp = (
        f"https://wa.me/{settings.whatsapp_from[1:]}?text={quote(text)}" if settings.whatsapp_from else None
    )
    sms = f"sms:{settings.sms_from}?body={quote(text)}" if settings.sms_from else None
    link = whatsapp or sms
    return TokenTold(
        id=token.id,
        code=code,
        text=text,
        whatsapp_url=whatsapp,
        sms_url=sms,
        qr_svg=_picture(link) if link else None,
        expires_at=token.expires_at,
    )


def _picture(link: str) -> str:
    picture = BytesIO()
    made = segno.make(link, error="m", micro=False)
    made.save(picture, kind="svg", xmldecl=False, nl=False, omitsize=True, scale=4, border=2)
    return picture.getvalue().decode()


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/context-tokens",
        name="makeContextToken",
        summary="A code, links and a QR code: who sends it goes on in the chat with the session's cart",
        scope=Scope.TOKENS_WRITE,
        body=TokenBody,
        answer=TokenTold,
        status=201,
        also={404: "Nobody is known by that name."},
        do=make,
    ),
    Operation(
        method="GET",
        path="/v1/context-tokens/{token_id}",
        name="readContextToken",
        summary="Has the code been sent?",
        scope=Scope.TOKENS_READ,
        answer=TokenState,
        also={404: "There is no such token."},
        do=show,
    ),
    Operation(
        method="GET",
        path="/v1/cart-links/{link}",
        name="openCartLink",
        summary="The cart that a link of the chat opens (the parameter hilo_cart), as it is now",
        scope=Scope.CARTS_READ,
        answer=LinkedCart,
        also={404: "It is no link of ours.", 410: "It has run out."},
        do=open_link,
    ),
)
