"""What the panel of the little web shop asks and orders, in JSON. As in api.py, for the page only."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from bot.guard import guarded_by
from bot.simulator.api import PageError, asked_by_page, person_asked
from bot.simulator.carrier import Carrier
from bot.simulator.catalogue import CATALOGUE, CURRENCY
from bot.simulator.settings import Person
from bot.simulator.shop import EmptyCart, UnknownProduct, WebShop
from bot.simulator.shop_records import Cart, Sent, Trouble, trouble_of

LONGEST_PRODUCT_ID = 200
LONGEST_LINK = 200

Act = Callable[[WebShop, Person, str], Sent]


def add_shop_api(blueprint: Blueprint, carrier: Carrier) -> None:
    _add_reading(blueprint, carrier)

    def gesture(name: str, act: Act) -> None:
        @guarded_by("open")
        def view() -> ResponseReturnValue:
            asked = asked_by_page(16_384)
            shop, person = _shop(carrier), person_asked(carrier, asked.get("person"))
            try:
                sent = act(shop, person, str(asked.get("product") or "")[:LONGEST_PRODUCT_ID])
            except EmptyCart as error:
                raise PageError("this is not in the cart any more", 409, "notInCart") from error
            except UnknownProduct as error:
                raise PageError("there is no such product", 404) from error
            return jsonify(last_sent=_sent_view(sent), trouble=trouble_of(sent.status)), 201

        blueprint.add_url_rule(f"/api/shop/{name}", f"api_shop_{name}", view, methods=["POST"])

    @blueprint.post("/api/shop/go-on")
    @guarded_by("open")
    def go_on() -> ResponseReturnValue:
        asked = asked_by_page(16_384)
        way = _shop(carrier).go_on(person_asked(carrier, asked.get("person")))
        if way is None:
            raise PageError("the bot gave no code", 502, "noCode")
        return jsonify(vars(way)), 201

    gesture("view", lambda shop, person, product: shop.look_at(person, product))
    gesture("add", lambda shop, person, product: shop.add(person, product))
    gesture("less", lambda shop, person, product: shop.take_out(person, product, 1))
    gesture("remove", lambda shop, person, product: shop.take_out(person, product))
    gesture("pay", lambda shop, person, product: shop.pay(person))


def _add_reading(blueprint: Blueprint, carrier: Carrier) -> None:
    @blueprint.get("/api/shop/products")
    @guarded_by("open")
    def list_products() -> ResponseReturnValue:
        _shop(carrier)
        return jsonify(
            currency=CURRENCY,
            products=[
                {
                    "id": product.key,
                    "name": product.name,
                    "note": product.note,
                    "price": product.price,
                    "picture": url_for(".static", filename=f"products/{product.key}.svg"),
                }
                for product in CATALOGUE
            ],
        )

    @blueprint.get("/api/shop/linked")
    @guarded_by("open")
    def read_linked() -> ResponseReturnValue:
        link = request.args.get("link", "")[:LONGEST_LINK]
        cart, owner = _shop(carrier).linked(link, carrier.people())
        return jsonify(cart=_cart_view(cart), person=owner.key if owner else None)

    @blueprint.get("/api/shop/cart")
    @guarded_by("open")
    def read_cart() -> ResponseReturnValue:
        shop, person = _shop(carrier), person_asked(carrier, request.args.get("person", ""))
        cart, trouble = shop.cart(person)
        sent = shop.last_sent(person)
        return jsonify(
            cart=_cart_view(cart),
            last_sent=_sent_view(sent) if sent else None,
            trouble=_reading_trouble(trouble),
        )


def _shop(carrier: Carrier) -> WebShop:
    if carrier.web_shop is None:
        raise PageError("there is no web shop here", 404)
    return carrier.web_shop


def _reading_trouble(trouble: Trouble | None) -> str | None:
    # Another key than the one for events, so another hint.
    return "apiKey" if trouble is Trouble.KEY else trouble


def _cart_view(cart: Cart | None) -> dict[str, Any] | None:
    if cart is None:
        return None
    return {
        "currency": cart.currency,
        "total": cart.total,
        "lines": [vars(line) for line in cart.lines],
    }


def _sent_view(sent: Sent) -> dict[str, Any]:
    """The body goes as text, in the order in which it was written."""
    text = json.dumps(sent.body, ensure_ascii=False, indent=2)
    return {
        "path": sent.path,
        "names": sent.names,
        "status": sent.status,
        "text": text,
        "order_id": sent.order_id,
    }
