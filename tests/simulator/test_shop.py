"""The web shop: what goes over the wire, whose cart it shows, what it says when the bot is not there."""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bot.simulator import Carrier, SimulatedClock, SimulatorSettings, blueprint
from bot.simulator.catalogue import CATALOGUE
from tests.simulator.conftest import Order, serve
from tests.simulator.fake_bot import API_KEY, WRITE_KEY, FakeBot, bot_app

STATIC = Path(__file__).parents[2] / "bot" / "simulator" / "static"


@pytest.fixture
def bot() -> Iterator[FakeBot]:
    bot = FakeBot()
    server = serve(bot_app(bot))
    bot.url = f"http://127.0.0.1:{server.server_port}"
    yield bot
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(settings: SimulatorSettings, bot: FakeBot) -> SimulatorSettings:
    return replace(settings, bot_url=bot.url, write_key=WRITE_KEY, api_key=API_KEY)


def panel(app: Flask, person: str = "lucia") -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get(f"/simulator/api/shop/cart?person={person}").get_json()
    return found


def quantities(app: Flask, person: str = "lucia") -> dict[str, int]:
    cart = panel(app, person)["cart"] or {"lines": []}
    return {line["product_id"]: line["quantity"] for line in cart["lines"]}


def test_the_first_tap_says_who_it_is(order: Order, bot: FakeBot, carrier: Carrier) -> None:
    assert order("shop/add", person="lucia", product="lamp-alba")[0] == 201
    order("shop/add", person="lucia", product="lamp-alba")
    order("shop/view", person="nadie", product="vase-duna")
    assert [kind for kind, _ in bot.requests] == ["identify", "track", "track", "identify", "track"]
    assert bot.messages[0]["traits"] == {"name": "Lucía", "phone": "+34600000001", "language": "es"}
    assert bot.messages[3]["traits"] == {"name": "Nadie", "language": "es"}
    assert {message["userId"] for message in bot.messages} == {"shop-lucia", "shop-nadie"}


def test_a_fact_has_the_spec_s_shape(order: Order, bot: FakeBot, carrier: Carrier) -> None:
    carrier.clock.advance(86_400)
    order("shop/add", person="lucia", product="candle-fig")
    message = bot.messages[1]
    properties = message.pop("properties")
    assert properties.pop("cart_id").startswith("cart-")
    base = carrier.settings.public_url
    assert properties == {
        "product_id": "candle-fig",
        "name": "Vela de higuera",
        "price": 12.5,
        "quantity": 1,
        "currency": "EUR",
        "url": f"{base}#product-candle-fig",
        "image_url": f"{base}/static/products/candle-fig.png",
    }
    assert uuid.UUID(message["messageId"]).version == 4
    assert message["context"]["library"]["name"] == "casa-luna-shop"
    assert message["timestamp"] == message["sentAt"]
    told_at = datetime.fromisoformat(message["timestamp"])
    assert abs((told_at - carrier.clock.now()).total_seconds()) < 5


def test_the_cart_is_the_bot_s(app: Flask, order: Order, bot: FakeBot) -> None:
    assert panel(app) == {"cart": None, "last_sent": None, "trouble": None}
    for product in ("lamp-alba", "candle-fig", "candle-fig"):
        order("shop/add", person="lucia", product=product)
    assert quantities(app) == {"lamp-alba": 1, "candle-fig": 2}
    bot.change("shop-lucia", "candle-fig", "Vela de higuera", 1250, 3)
    assert quantities(app) == {"lamp-alba": 1, "candle-fig": 5}
    assert panel(app)["cart"]["total"] == 4900 + 5 * 1250
    assert quantities(app, "nadie") == {}


def test_taking_out_one_and_all(app: Flask, order: Order, bot: FakeBot) -> None:
    for _ in range(3):
        order("shop/add", person="lucia", product="vase-duna")
    order("shop/less", person="lucia", product="vase-duna")
    assert quantities(app) == {"vase-duna": 2}
    order("shop/remove", person="lucia", product="vase-duna")
    assert quantities(app) == {}
    removed = [m["properties"]["quantity"] for m in bot.messages if m.get("event") == "Product Removed"]
    assert removed == [1, 2]
    status, answer = order("shop/remove", person="lucia", product="vase-duna")
    assert (status, answer["reason"]) == (409, "notInCart")


def test_what_only_the_chat_knows_can_be_changed_too(app: Flask, order: Order, bot: FakeBot) -> None:
    order("shop/add", person="lucia", product="vase-duna")
    bot.change("shop-lucia", "gift-wrap", "Papel de regalo", 300, 1)
    order("shop/add", person="lucia", product="gift-wrap")
    assert quantities(app) == {"vase-duna": 1, "gift-wrap": 2}
    assert bot.messages[-1]["properties"]["price"] == 3.0


def test_paying_is_one_batch_and_the_next_cart_is_another(app: Flask, order: Order, bot: FakeBot) -> None:
    order("shop/add", person="lucia", product="lamp-alba")
    order("shop/add", person="lucia", product="candle-fig")
    first_cart = bot.carts["shop-lucia"]["key"]
    assert order("shop/pay", person="lucia")[1]["last_sent"]["order_id"] == "2001"
    kind, body = bot.requests[-1]
    started, completed = (message["properties"] for message in body["batch"])
    assert kind == "batch" and bot.events[-2:] == ["Checkout Started", "Order Completed"]
    assert body["batch"][0]["timestamp"] < body["batch"][1]["timestamp"]
    assert started["cart_id"] == completed["cart_id"] == first_cart
    assert (started["value"], completed["total"], completed["currency"]) == (61.5, 61.5, "EUR")
    assert [(each["product_id"], each["price"], each["quantity"]) for each in completed["products"]] == [
        ("lamp-alba", 49.0, 1),
        ("candle-fig", 12.5, 1),
    ]
    assert quantities(app) == {}
    order("shop/add", person="lucia", product="vase-duna")
    assert bot.carts["shop-lucia"]["key"] != first_cart
    assert order("shop/pay", person="lucia")[1]["last_sent"]["order_id"] == "2002"


def test_the_same_cart_is_never_paid_twice(app: Flask, order: Order, bot: FakeBot) -> None:
    order("shop/add", person="lucia", product="lamp-alba")
    bot.statuses = [500]
    assert order("shop/pay", person="lucia")[1]["trouble"] == "fault"
    # It was not known whether the order arrived: the number stays.
    bot.carts["shop-lucia"]["status"] = "open"
    assert order("shop/pay", person="lucia")[1]["last_sent"]["order_id"] == "2001"
    bot.carts["shop-lucia"]["status"] = "open"  # the bot is slow to see it
    assert panel(app)["cart"] is None
    assert order("shop/pay", person="lucia")[0] == 409


def test_what_is_sent_again_keeps_its_message_id(app: Flask, order: Order, bot: FakeBot) -> None:
    bot.statuses = [200, 503]
    order("shop/add", person="lucia", product="lamp-alba")
    first, again = (body["messageId"] for kind, body in bot.requests if kind == "track")
    assert first == again
    assert quantities(app) == {"lamp-alba": 1}


def test_without_a_name_no_fact_goes_out(app: Flask, order: Order, bot: FakeBot) -> None:
    bot.statuses = [400]
    answer = order("shop/add", person="lucia", product="lamp-alba")[1]
    assert (answer["trouble"], answer["last_sent"]["names"]) == ("fault", ["identify"])
    order("shop/add", person="lucia", product="lamp-alba")
    assert [kind for kind, _ in bot.requests] == ["identify", "identify", "track"]


@pytest.mark.parametrize(
    ("context", "trouble"),
    [
        ([], "fault"),
        ({"cart": {"key": "a"}}, "fault"),
        ({"cart": "none"}, "fault"),
        ({"cart": None}, None),
        ({}, None),
        ({"cart": {"status": "converted"}}, None),
    ],
)
def test_a_strange_context_is_no_cart(app: Flask, bot: FakeBot, context: Any, trouble: str | None) -> None:
    bot.context = context
    assert panel(app) == {"cart": None, "last_sent": None, "trouble": trouble}


@pytest.mark.parametrize(
    ("changes", "reading", "sending", "status"),
    [
        ({"write_key": "wrong"}, None, "key", 401),
        ({"api_key": "wrong"}, "apiKey", None, 200),
        ({"bot_url": "http://127.0.0.1:9"}, "away", "away", None),
    ],
)
def test_trouble_with_the_bot_is_said_and_breaks_nothing(
    settings: SimulatorSettings,
    changes: dict[str, str],
    reading: str | None,
    sending: str | None,
    status: int | None,
) -> None:
    clock = SimulatedClock(":memory:")
    carrier = Carrier(replace(settings, **changes), clock=clock)  # type: ignore[arg-type]
    app = Flask("carrier")
    app.register_blueprint(blueprint(carrier))
    page = app.test_client()
    assert panel(app)["trouble"] == reading
    asked = {"person": "lucia", "product": "lamp-alba"}
    answer = page.post("/simulator/api/shop/add", json=asked, headers={"X-Simulator-Page": "1"})
    assert (answer.status_code, answer.get_json()["trouble"]) == (201, sending)
    assert answer.get_json()["last_sent"]["status"] == status
    assert page.get("/simulator/api/state?person=lucia").status_code == 200
    carrier.stop()
    clock.close()


def test_what_the_page_may_not_ask(app: Flask, order: Order, bot: FakeBot) -> None:
    page = app.test_client()
    assert page.post("/simulator/api/shop/add", json={"person": "lucia"}).status_code == 403
    assert order("shop/add", person="nobody", product="lamp-alba")[0] == 404
    assert order("shop/add", person="lucia", product="../secret")[0] == 404
    assert order("shop/view", person="lucia", product="nothing")[0] == 404
    assert order("shop/pay", person="lucia")[0] == 409
    assert bot.messages == []


def test_two_at_once_share_one_cart_id(carrier: Carrier) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda n=number: found.append(carrier.store.shop_cart("lucia", f"cart-{n}")))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


@pytest.mark.parametrize("product", CATALOGUE, ids=lambda product: product.key)
def test_each_product_has_its_pictures(app: Flask, product: Any) -> None:
    drawn, painted = (STATIC / "products" / f"{product.key}.{kind}" for kind in ("svg", "png"))
    assert painted.read_bytes().startswith(b"\x89PNG") and painted.stat().st_size < 40_000
    assert "<script" not in drawn.read_text(encoding="utf-8")


def test_the_way_into_the_chat_takes_the_session_and_its_cart_along(order: Order, bot: FakeBot) -> None:
    order("shop/add", person="lucia", product="lamp-alba")
    status, way = order("shop/go-on", person="lucia")
    assert status == 201
    assert way["text"] == "Hola, sigo con mi compra por aquí. HILO-00000-00001"
    assert way["url"].startswith("https://wa.me/34910000002?text=")
    asked = bot.tokens[0]
    assert (asked["session"], asked["customer"]) == ("web-lucia", "user_id:shop-lucia")
    assert asked["cart"] == {"id": bot.carts["shop-lucia"]["key"]}


def test_whom_the_bot_has_not_met_goes_on_as_a_session_without_a_name(order: Order, bot: FakeBot) -> None:
    assert order("shop/go-on", person="nadie")[0] == 201
    assert [sorted(asked) for asked in bot.tokens] == [["session", "text"]]


def test_without_a_code_it_says_so(order: Order, app: Flask, bot: FakeBot, carrier: Carrier) -> None:
    bot.url = ""
    carrier.web_shop._client._url = "http://127.0.0.1:9"  # type: ignore[union-attr]
    assert order("shop/go-on", person="lucia")[0] == 502


def test_a_link_of_the_chat_opens_the_very_cart_and_tells_whose_it_is(
    order: Order, app: Flask, bot: FakeBot
) -> None:
    order("shop/add", person="lucia", product="lamp-alba")
    bot.links["good"] = "shop-lucia"

    def opened(link: str) -> Any:
        return app.test_client().get(f"/simulator/api/shop/linked?link={link}").get_json()

    assert opened("good")["person"] == "lucia"
    assert [line["product_id"] for line in opened("good")["cart"]["lines"]] == ["lamp-alba"]
    assert opened("bad") == {"cart": None, "person": None}
    order("shop/pay", person="lucia")
    assert opened("good") == {"cart": None, "person": None}
