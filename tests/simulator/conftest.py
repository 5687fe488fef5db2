"""A carrier on a free loopback port, a little shop that checks signatures, and the real Twilio client."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from werkzeug.serving import BaseWSGIServer, make_server

from bot.simulator import Carrier, Person, SimulatedClock, SimulatorSettings, blueprint

ACCOUNT = "AC" + "5" * 32
TOKEN = "a token for tests"
LUCIA = Person(
    key="lucia", name="Lucía", phone="+34600000001", whatsapp_id="ES.1A2B3C", language="es", note="waits"
)
NADIE = Person(key="nadie", name="Nadie", phone=None, whatsapp_id="CO.9Z8Y7X", language="es", note="")
PAGE = {"X-Simulator-Page": "1"}


def serve(app: Flask) -> BaseWSGIServer:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


@dataclass(kw_only=True)
class Shop:
    """What the bot's side has heard; `answers` are given in turn, then plain 200."""

    url: str = ""
    messages: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    statuses: list[dict[str, str]] = field(default_factory=list)
    refused: int = 0
    answers: list[ResponseReturnValue] = field(default_factory=list)

    def steps(self, sid: str) -> list[str]:
        return [form["MessageStatus"] for form in self.statuses if form["MessageSid"] == sid]


def shop_app(shop: Shop) -> Flask:
    app = Flask("shop")

    def is_signed() -> bool:
        # The raw query: Flask's own `full_path` would show it decoded, which is not what was signed.
        query = request.query_string.decode("latin-1")
        url = shop.url + request.path + (f"?{query}" if query else "")
        signature = request.headers.get("X-Twilio-Signature", "")
        genuine = bool(RequestValidator(TOKEN).validate(url, request.form, signature))
        shop.refused += not genuine
        return genuine

    @app.post("/messages")
    def hear() -> ResponseReturnValue:
        if not is_signed():
            return "", 403
        shop.messages.append(request.form.to_dict())
        shop.tokens.append(request.headers["I-Twilio-Idempotency-Token"])
        return shop.answers.pop(0) if shop.answers else ("<Response/>", 200, {"Content-Type": "text/xml"})

    @app.post("/status")
    def note() -> ResponseReturnValue:
        if not is_signed():
            return "", 403
        shop.statuses.append(request.form.to_dict())
        return "", 204

    return app


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    server = serve(shop_app(shop))
    shop.url = f"http://127.0.0.1:{server.server_port}"
    yield shop
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(shop: Shop) -> SimulatorSettings:
    return SimulatorSettings(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sms_from="+34910000001",
        whatsapp_from="+34910000002",
        webhook_url=f"{shop.url}/messages",
        store_path=":memory:",
        shop_name="Telar",
        people=(LUCIA, NADIE),
        callback_delay=0.005,
    )


@pytest.fixture
def carrier(settings: SimulatorSettings) -> Iterator[Carrier]:
    clock = SimulatedClock(settings.store_path)
    carrier = Carrier(settings, clock=clock)
    carrier.start()
    yield carrier
    carrier.stop()
    clock.close()


@pytest.fixture
def app(carrier: Carrier) -> Flask:
    app = Flask("carrier")
    app.register_blueprint(blueprint(carrier))
    return app


def close(http_client: TwilioHttpClient) -> None:
    if http_client.session is not None:
        http_client.session.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the carrier is served."""
    server = serve(app)
    yield f"http://127.0.0.1:{server.server_port}/simulator"
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """The real client, over a real socket."""
    http_client = TwilioHttpClient(timeout=5)
    client = Client(ACCOUNT, TOKEN, http_client=http_client)
    client.api.base_url = client.content.base_url = client.messaging.base_url = address
    yield client
    close(http_client)


Order = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def order(app: Flask) -> Order:
    """Give an order as the page does; returns status and answer."""
    page = app.test_client()

    def give(path: str, **values: Any) -> tuple[int, dict[str, Any]]:
        response = page.post(f"/simulator/api/{path}", json=values, headers=PAGE)
        return response.status_code, response.get_json()

    return give


Look = Callable[..., dict[str, Any]]


@pytest.fixture
def look(app: Flask) -> Look:
    page = app.test_client()

    def state(person: str = "lucia", since: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = page.get(f"/simulator/api/state?person={person}&since={since}").get_json()
        return found

    return state
