"""What the little web shop says to the events API, in the Segment spec's shapes. Pure but for the ids."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.simulator.catalogue import CURRENCY
from bot.simulator.settings import Person
from bot.simulator.shop_records import Cart, CartLine

LIBRARY = {"name": "casa-luna-shop", "version": "1.0.0"}


def user_id(person: Person) -> str:
    return f"shop-{person.key}"


def identify(person: Person, at: datetime) -> dict[str, Any]:
    traits = {"name": person.name, "phone": person.phone, "language": person.language}
    known = {name: value for name, value in traits.items() if value}
    return {"type": "identify", "traits": known, **_common(person, at)}


def track(person: Person, event: str, properties: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {"type": "track", "event": event, "properties": properties, **_common(person, at)}


def name_of(message: dict[str, Any]) -> str:
    return str(message.get("event") or message["type"])


def product_properties(line: CartLine, public_url: str) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "name": line.name,
        "price": decimal(line.unit_price),
        "quantity": line.quantity,
        "currency": CURRENCY,
        "url": f"{public_url}#product-{line.product_id}",
        "image_url": f"{public_url}/static/products/{line.product_id}.png",
    }


def checkout_properties(cart: Cart, checkout_id: str, public_url: str) -> dict[str, Any]:
    return {
        "checkout_id": checkout_id,
        "cart_id": cart.key,
        "value": decimal(cart.total),
        "currency": cart.currency,
        "products": _products(cart.lines, public_url),
    }


def order_properties(cart: Cart, checkout_id: str, order_id: str, public_url: str) -> dict[str, Any]:
    return {
        "checkout_id": checkout_id,
        "order_id": order_id,
        "cart_id": cart.key,
        "total": decimal(cart.total),
        "currency": cart.currency,
        "products": _products(cart.lines, public_url),
    }


def decimal(minor_units: int) -> float:
    """49.0 for 4900: the spec's prices are plain numbers."""
    return round(minor_units / 100, 2)


def _products(lines: Iterable[CartLine], public_url: str) -> list[dict[str, Any]]:
    products = [product_properties(line, public_url) for line in lines]
    return [{name: value for name, value in each.items() if name != "currency"} for each in products]


def _common(person: Person, at: datetime) -> dict[str, Any]:
    moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "userId": user_id(person),
        "messageId": str(uuid.uuid4()),
        "timestamp": moment,
        "sentAt": moment,
        "context": {"library": LIBRARY, "locale": person.language},
    }
