"""Faults of POST Messages and of the list, as a client meets them over a real socket."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import urllib3
import waitress
from flask import Flask
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from bot.simulator import Carrier
from tests.simulator.conftest import ACCOUNT, TOKEN, Look, Order, Shop

SMS = {"to": "+34600000001", "from_": "+34910000001"}
FORM = {"To": "+34600000001", "From": "+34910000001", "Body": "Hola"}


@pytest.fixture
def waitress_address(app: Flask) -> Iterator[str]:
    """The carrier on the server that the program itself runs on."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=2)

    def serve() -> None:
        # It is closed from outside while it waits on its sockets, which waitress does not foresee.
        with suppress(OSError):
            server.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}/simulator"
    server.close()
    thread.join(5)


@pytest.fixture(params=["address", "waitress_address"])
def send(request: pytest.FixtureRequest) -> Any:
    """Send a text with nothing between us and the socket, to each of the two servers."""
    url = f"{request.getfixturevalue(request.param)}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    headers = urllib3.make_headers(basic_auth=f"{ACCOUNT}:{TOKEN}")

    def post() -> urllib3.BaseHTTPResponse:
        with urllib3.PoolManager(retries=False) as pool:
            return pool.request("POST", url, fields=FORM, encode_multipart=False, headers=headers, timeout=5)

    return post


def bodies(carrier: Carrier) -> list[str]:
    return [row["body"] for row in carrier.store.truth(0, 1000)]


@pytest.mark.parametrize(("fault", "accepted"), [("reset_after_rate", 1), ("reset_before_rate", 0)])
def test_the_connection_breaks_without_one_byte_of_answer(
    send: Any, order: Order, carrier: Carrier, look: Look, fault: str, accepted: int
) -> None:
    order("faults", **{fault: 1})
    with pytest.raises(urllib3.exceptions.ProtocolError) as broken:
        send()
    assert isinstance(broken.value.args[1], ConnectionError)
    assert carrier.settle()
    assert bodies(carrier) == ["Hola"] * accepted
    # What was accepted arrives, and the next request is served as ever.
    assert [message["status"] for message in look()["messages"]] == ["delivered"] * accepted
    order("faults")
    assert send().status == 201


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [("error_before_rate", 503, 0), ("error_after_rate", 500, 1), ("too_many_rate", 429, 0)],
)
def test_errors_come_before_or_after_accepting(
    client: Client, order: Order, carrier: Carrier, fault: str, status: int, accepted: int
) -> None:
    order("faults", **{fault: 1})
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**SMS, body="Hola")
    assert (refused.value.status, refused.value.code) == (status, 20_000 + status)
    assert bodies(carrier) == ["Hola"] * accepted


def test_too_many_requests_says_when_to_come_back(send: Any, order: Order) -> None:
    order("faults", too_many_rate=1, retry_after_seconds=7)
    assert send().headers["Retry-After"] == "7"


def test_a_slow_answer_is_of_a_message_accepted_at_once(send: Any, order: Order, carrier: Carrier) -> None:
    order("faults", slow_rate=1, slow_seconds=0.5)
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(send().status))
    started = time.monotonic()
    waiting.start()
    while not bodies(carrier):
        assert answers == []
        time.sleep(0.005)
    assert answers == []
    waiting.join(5)
    assert answers == [201]
    assert time.monotonic() - started >= 0.5


def test_a_code_refuses_one_person_at_once(client: Client, order: Order, carrier: Carrier) -> None:
    order("faults", refuse_code=63018, refuse_to="whatsapp:+34600000001")
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to="whatsapp:+34600000001", from_="whatsapp:+34910000002", body="Hola")
    assert (refused.value.status, refused.value.code) == (400, 63018)
    client.messages.create(to="+34600000002", from_="+34910000001", body="otra")
    assert bodies(carrier) == ["otra"]


@pytest.mark.parametrize(
    ("code", "steps"), [(63049, ["failed"]), (30003, ["sent", "undelivered"]), (21610, ["failed"])]
)
def test_a_code_fails_the_message_later(
    client: Client, order: Order, carrier: Carrier, shop: Shop, code: int, steps: list[str]
) -> None:
    order("faults", fail_code=code)
    sent = client.messages.create(**SMS, body="Hola", status_callback=f"{shop.url}/status")
    assert (str(sent.status), sent.error_code) == ("queued", None)
    assert carrier.settle()
    assert shop.steps(sent.sid or "") == steps
    assert shop.statuses[-1]["ErrorCode"] == str(code)
    assert client.messages(sent.sid or "").fetch().error_code == code


def test_the_list_may_be_down(client: Client, order: Order) -> None:
    sid = client.messages.create(**SMS, body="Hola").sid or ""
    order("faults", list_down_rate=1)
    # The client has a plain error for a list that fails.
    with pytest.raises(Exception, match="503"):
        client.messages.list(limit=5)
    with pytest.raises(TwilioRestException) as refused:
        client.messages(sid).fetch()
    assert refused.value.status == 503
    order("faults")
    assert client.messages(sid).fetch().body == "Hola"


def test_the_list_may_lag(client: Client, order: Order, carrier: Carrier) -> None:
    sid = client.messages.create(**SMS, body="Hola").sid or ""
    order("send", person="lucia", channel="sms", body="de vuelta")
    order("faults", list_lag_seconds=0.4)
    assert client.messages.list(limit=5) == []
    with pytest.raises(TwilioRestException) as unknown:
        client.messages(sid).fetch()
    assert unknown.value.status == 404
    assert bodies(carrier) == ["Hola", "de vuelta"]
    time.sleep(0.45)
    assert [message.body for message in client.messages.list(limit=5)] == ["de vuelta", "Hola"]


def test_the_truth_has_both_directions_in_order(
    client: Client, app: Flask, order: Order, carrier: Carrier
) -> None:
    client.messages.create(**SMS, body="uno", status_callback="http://127.0.0.1:9/status")
    order("send", person="lucia", channel="whatsapp", body="dos")
    page = app.test_client()
    found = page.get("/simulator/api/truth").get_json()
    assert [(row["body"], row["direction"]) for row in found["messages"]] == [
        ("uno", "outbound-api"),
        ("dos", "inbound"),
    ]
    assert found["messages"][0]["status_callback"] == "http://127.0.0.1:9/status"
    assert found["messages"][1]["customer"] == "+34600000001"
    last = found["last"]
    assert page.get(f"/simulator/api/truth?after={last}").get_json() == {"messages": [], "last": last}
    assert page.get("/simulator/api/truth?after=x").status_code == 400
