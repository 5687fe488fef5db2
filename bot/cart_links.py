"""Signed links that open the web's cart as it is now, and nothing else.

The link names a cart, for a time. What is in it is read when the link is opened, by the shop, with its key.
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from itsdangerous import BadSignature, Signer

from bot.settings import Settings
from context_store.records import Cart, CartId

VALID = timedelta(days=7)
PARAMETER = "hilo_cart"
SALT = "cart-link"
LONGEST = 120
ID_BYTES, TIME_BYTES = 16, 4
LAST_MOMENT = 2**32


class BadLink(Exception):
    """`is_expired` tells an old one of ours from what is none."""

    def __init__(self, *, is_expired: bool) -> None:
        super().__init__("expired" if is_expired else "no link of ours")
        self.is_expired = is_expired


def link_to(settings: Settings, cart: Cart, now: datetime) -> str | None:
    """None where the shop has no web cart."""
    if settings.store_cart_url is None:
        return None
    parts = urlsplit(settings.store_cart_url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), (PARAMETER, sign(settings, cart.id, now))]
    return urlunsplit(parts._replace(query=urlencode(query)))


def sign(settings: Settings, cart_id: CartId, now: datetime) -> str:
    # By the day: the same cart's link stays the same for a day, and says nothing of the moment.
    until = int((now + VALID).timestamp()) // 86400 * 86400
    raw = cart_id.bytes + until.to_bytes(TIME_BYTES, "big")
    payload = base64.urlsafe_b64encode(raw).rstrip(b"=")
    return _signer(settings).sign(payload).decode()


def read(settings: Settings, said: str, now: datetime) -> CartId:
    """The cart that it opens. Raises `BadLink`."""
    try:
        payload = _signer(settings).unsign(said[:LONGEST].encode("ascii", "replace"))
        raw = base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
    except (BadSignature, binascii.Error, ValueError) as error:
        raise BadLink(is_expired=False) from error
    until = int.from_bytes(raw[ID_BYTES:], "big") % LAST_MOMENT
    if now >= datetime.fromtimestamp(until, UTC):
        raise BadLink(is_expired=True)
    return CartId(UUID(bytes=raw[:ID_BYTES]))


def _signer(settings: Settings) -> Signer:
    return Signer(settings.secret_key, salt=SALT)
