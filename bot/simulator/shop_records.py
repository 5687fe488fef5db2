"""The little web shop's own words: a cart as the bot tells it, and what the shop sent last."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# A cart that can still become an order, in the bot's words.
LIVE = frozenset({"open", "abandoned", "recovered"})
MOST_LINES = 200


class Trouble(StrEnum):
    """Why the bot could not be told or asked; the page says it in its own language."""

    AWAY = "away"  # nobody answered
    KEY = "key"  # it does not know our key
    FAULT = "fault"  # it answered something else than yes


@dataclass(frozen=True, kw_only=True)
class CartLine:
    product_id: str
    name: str
    quantity: int
    unit_price: int  # minor units of the cart's currency


@dataclass(frozen=True, kw_only=True)
class Cart:
    key: str
    currency: str
    lines: tuple[CartLine, ...]
    total: int  # minor units, as the bot adds it up

    def line(self, product_id: str) -> CartLine | None:
        return next((line for line in self.lines if line.product_id == product_id), None)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request as it went over the wire."""

    path: str
    names: tuple[str, ...]  # the event's name, or "identify"
    body: Mapping[str, Any]
    status: int | None  # None: nobody answered
    order_id: str | None = None  # the order that it placed

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, kw_only=True)
class WayOver:
    """What brings the shop's session into the chat, as the bot made it."""

    text: str  # what the phone sends: words and a code
    url: str
    qr_svg: str


def trouble_of(status: int | None) -> Trouble | None:
    if status is None:
        return Trouble.AWAY
    if status in (401, 403):
        return Trouble.KEY
    return None if 200 <= status < 300 else Trouble.FAULT


def read_cart(answer: bytes) -> Cart | None:
    """The live cart in a customer's context; None without one. Raises ValueError when it is no context."""
    context = json.loads(answer)
    if not isinstance(context, dict):
        raise ValueError("the context must be an object")
    found = context.get("cart")
    try:
        if found is None or found["status"] not in LIVE:
            return None
        return Cart(
            key=str(found["key"]),
            currency=str(found["currency"]),
            lines=tuple(_line(item) for item in found["items"][:MOST_LINES]),
            total=int(found["total"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("the cart is not as agreed") from error


def read_way_over(answer: bytes) -> WayOver:
    """Raises ValueError when it is no context token with a link and a picture."""
    told = json.loads(answer)
    try:
        return WayOver(
            text=str(told["text"]),
            url=str(told["whatsapp_url"] or told["sms_url"]),
            qr_svg=str(told["qr_svg"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("the token is not as agreed") from error


def _line(item: Mapping[str, Any]) -> CartLine:
    return CartLine(
        product_id=str(item["product_id"]),
        name=str(item["name"]),
        quantity=int(item["quantity"]),
        unit_price=int(item["unit_price"]),
    )
