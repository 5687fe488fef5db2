"""Faults of what the carrier posts: status callbacks and inbound webhooks."""

import time

from twilio.rest import Client

from bot.simulator import Carrier
from tests.simulator.conftest import Look, Order, Shop

SMS = {"to": "+34600000001", "from_": "+34910000001"}


def send(client: Client, shop: Shop) -> str:
    return client.messages.create(**SMS, body="Hola", status_callback=f"{shop.url}/status").sid or ""


def test_lost_callbacks_lose_nothing_else(client: Client, carrier: Carrier, shop: Shop, order: Order) -> None:
    order("faults", callback_lost_rate=1)
    sid = send(client, shop)
    assert carrier.settle()
    assert shop.statuses == []
    assert str(client.messages(sid).fetch().status) == "delivered"


def test_each_callback_may_come_twice(client: Client, carrier: Carrier, shop: Shop, order: Order) -> None:
    order("faults", callback_doubled_rate=1)
    sid = send(client, shop)
    assert carrier.settle()
    assert sorted(shop.steps(sid)) == ["delivered", "delivered", "sent", "sent"]
    assert shop.refused == 0


def test_late_callbacks_come_after_the_message_has_arrived(
    client: Client, carrier: Carrier, shop: Shop, order: Order
) -> None:
    order("faults", callback_late_rate=1, callback_late_seconds=0.5)
    started = time.monotonic()
    sid = send(client, shop)
    while str(client.messages(sid).fetch().status) != "delivered":
        assert shop.statuses == []
    assert shop.statuses == []
    assert carrier.settle()
    assert shop.steps(sid) == ["sent", "delivered"]
    assert time.monotonic() - started >= 0.5


def test_callbacks_may_come_in_the_wrong_order(
    client: Client, carrier: Carrier, shop: Shop, order: Order
) -> None:
    order("faults", callback_disordered_rate=1)
    sid = send(client, shop)
    service = client.messages.create(
        to="+34600000001",
        messaging_service_sid="MG" + "a" * 32,
        body="Hola",
        status_callback=f"{shop.url}/status",
    )
    assert carrier.settle()
    assert shop.steps(sid) == ["delivered", "sent"]
    assert shop.steps(service.sid or "") == ["delivered", "queued", "sent"]


def test_an_inbound_webhook_may_come_twice_at_once(carrier: Carrier, shop: Shop, order: Order) -> None:
    order("faults", inbound_doubled_rate=1)
    _, sent = order("send", person="lucia", channel="sms", body="Hola")
    assert carrier.settle()
    assert [form["MessageSid"] for form in shop.messages] == [sent["sid"]] * 2
    assert len(set(shop.tokens)) == 1


def test_an_inbound_message_may_be_in_the_list_only(
    client: Client, carrier: Carrier, shop: Shop, order: Order, look: Look
) -> None:
    order("faults", inbound_lost_rate=1)
    order("send", person="lucia", channel="sms", body="¿Hay alguien?")
    order("faults")
    order("send", person="lucia", channel="sms", body="¿Hola?")
    assert carrier.settle()
    assert [form["Body"] for form in shop.messages] == ["¿Hola?"]
    assert [message["status"] for message in look()["messages"]] == ["failed", "delivered"]
    listed = client.messages.list(to="+34910000001", limit=5)
    assert [(message.body, str(message.direction)) for message in listed] == [
        ("¿Hola?", "inbound"),
        ("¿Hay alguien?", "inbound"),
    ]
