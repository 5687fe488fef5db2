"""The bot's events API as the web shop needs it: keys, message ids taken once, a cart told by events."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

WRITE_KEY, API_KEY = "write-key", "api-key"


@dataclass(kw_only=True)
class FakeBot:
    url: str = ""
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    carts: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)  # answered in turn instead of 200, after taking it
    context: Any = None  # answered as it is instead of the told cart
    tokens: list[dict[str, Any]] = field(default_factory=list)  # what was asked for
    links: dict[str, str] = field(default_factory=dict)  # a cart link -> whose cart it opens

    @property
    def events(self) -> list[str]:
        return [message.get("event", message["type"]) for message in self.messages]

    def take(self, message: dict[str, Any]) -> None:
        if any(message["messageId"] == each["messageId"] for each in self.messages):
            return
        self.messages.append(message)
        if message["type"] == "track":
            self._tell(message["userId"], message["event"], message["properties"])

    def _tell(self, user_id: str, event: str, told: dict[str, Any]) -> None:
        if event not in ("Product Added", "Product Removed", "Order Completed"):
            return
        cart = self.carts.get(user_id)
        if cart is None or cart["key"] != told["cart_id"]:
            cart = {"key": told["cart_id"], "status": "open", "currency": "EUR", "items": [], "total": 0}
            self.carts[user_id] = cart
        if event == "Order Completed":
            cart["status"] = "converted"
            return
        sign = 1 if event == "Product Added" else -1
        self.change(
            user_id, told["product_id"], told["name"], round(told["price"] * 100), sign * told["quantity"]
        )

    def change(self, user_id: str, product_id: str, name: str, price: int, quantity: int) -> None:
        cart = self.carts[user_id]
        items = {item["product_id"]: item for item in cart["items"]}
        item = items.setdefault(
            product_id,
            {
                "product_id": product_id,
                "name": name,
                "quantity": 0,
                "unit_price": price,
                "url": None,
                "image_url": None,
            },
        )
        item["quantity"] += quantity
        cart["items"] = [each for each in items.values() if each["quantity"] > 0]
        cart["total"] = sum(each["quantity"] * each["unit_price"] for each in cart["items"])


def bot_app(bot: FakeBot) -> Flask:
    app = Flask("fake-bot")

    @app.post("/v1/<kind>")
    def take(kind: str) -> ResponseReturnValue:
        given = request.authorization
        if given is None or (given.username, given.password) != (WRITE_KEY, ""):
            return jsonify(error="unknown write key"), 401
        body = request.get_json()
        bot.requests.append((kind, body))
        for message in body["batch"] if kind == "batch" else [body]:
            bot.take(message)
        status = bot.statuses.pop(0) if bot.statuses else 200
        return jsonify(success=status == 200), status

    @app.get("/v1/customers/user_id:<user_id>/context")
    def show(user_id: str) -> ResponseReturnValue:
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return jsonify(error="unknown api key"), 401
        if bot.context is not None:
            return jsonify(bot.context)
        if not any(message["userId"] == user_id for message in bot.messages):
            return jsonify(error="no such customer"), 404
        return jsonify(customer={"name": "x"}, cart=bot.carts.get(user_id), orders=[])

    add_session_routes(app, bot)
    return app


def add_session_routes(app: Flask, bot: FakeBot) -> None:
    @app.post("/v1/context-tokens")
    def make_token() -> ResponseReturnValue:
        body = request.get_json()
        user_id = body.get("customer", "").removeprefix("user_id:")
        if user_id and not any(message["userId"] == user_id for message in bot.messages):
            return jsonify(title="no such customer"), 404
        bot.tokens.append(body)
        code = f"HILO-00000-0000{len(bot.tokens)}"
        url = f"https://wa.me/34910000002?text={code}"
        return jsonify(text=f"{body['text']} {code}", whatsapp_url=url, sms_url=None, qr_svg="<svg/>"), 201

    @app.get("/v1/cart-links/<link>")
    def open_link(link: str) -> ResponseReturnValue:
        if link not in bot.links:
            return jsonify(title="no such link"), 404
        return jsonify(cart=bot.carts[bot.links[link]])
