"""A customer writes STOP by SMS: the carrier blocks the pair, answers itself, and still tells the shop."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from bot.simulator import Carrier
from tests.simulator.conftest import Look, Order, Shop


def test_stop_blocks_and_start_unblocks(
    client: Client, carrier: Carrier, shop: Shop, order: Order, look: Look
) -> None:
    order("send", person="lucia", channel="sms", body="stop")
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to="+34600000001", from_="+34910000001", body="Hola")
    assert refused.value.code == 21610

    order("send", person="lucia", channel="sms", body="START")
    client.messages.create(to="+34600000001", from_="+34910000001", body="Hola")
    assert carrier.settle()
    assert [form["Body"] for form in shop.messages] == ["stop", "START"]
    authors = [message["author"] for message in look()["messages"]]
    assert authors == ["customer", "carrier", "customer", "carrier", "shop"]
    assert len(client.messages.list(limit=20)) == 3  # the carrier's own answers are not the shop's


def test_whatsapp_has_no_automatic_answer(carrier: Carrier, shop: Shop, order: Order, look: Look) -> None:
    order("send", person="lucia", channel="whatsapp", body="STOP")
    assert carrier.settle()
    assert [message["author"] for message in look()["messages"]] == ["customer"]
    assert [form["Body"] for form in shop.messages] == ["STOP"]
