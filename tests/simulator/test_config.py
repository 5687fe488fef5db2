"""What an operator's command reads and sets on the account, through the real client."""

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.messaging.v2.channels_sender import ChannelsSenderList

from tests.simulator.conftest import ACCOUNT, Shop

BOT = "https://bot.example/twilio/messages"


def sender_update(**webhook: str) -> ChannelsSenderList.MessagingV2ChannelsSenderRequestsUpdate:
    return ChannelsSenderList.MessagingV2ChannelsSenderRequestsUpdate({"webhook": webhook})


def test_the_account_is_active_and_keeps_its_token(client: Client) -> None:
    account = client.api.v2010.accounts(ACCOUNT).fetch()
    assert (str(account.status), account.friendly_name, account.auth_token) == ("active", "Telar", None)


def test_the_number_has_webhooks_to_read_and_set(client: Client, shop: Shop) -> None:
    assert client.incoming_phone_numbers.list(phone_number="+34999999999") == []
    number = client.incoming_phone_numbers.list(phone_number="+34910000001")[0]
    assert (number.sms_url, number.sms_method, number.sms_fallback_url) == (
        f"{shop.url}/messages",
        "POST",
        "",
    )

    number.update(sms_url=f"{BOT}#rc=5&rp=all", sms_fallback_url=BOT, status_callback="")
    fetched = client.incoming_phone_numbers(number.sid or "").fetch()
    assert (fetched.sms_url, fetched.sms_fallback_url) == (f"{BOT}#rc=5&rp=all", BOT)
    assert fetched.phone_number == "+34910000001"
    assert fetched.date_updated is not None and number.date_updated is not None
    assert fetched.date_updated > number.date_updated


def test_messaging_services_are_made_and_set(client: Client) -> None:
    assert [service.friendly_name for service in client.messaging.v1.services.list(limit=9)] == ["Telar"]
    made = client.messaging.v1.services.create(friendly_name="Campañas", use_inbound_webhook_on_number=True)
    made.update(inbound_request_url=BOT, inbound_method="POST", fallback_url=BOT, validity_period=600)

    service = client.messaging.v1.services(made.sid or "").fetch()
    assert (service.inbound_request_url, service.fallback_url, service.status_callback) == (BOT, BOT, None)
    assert (service.use_inbound_webhook_on_number, service.validity_period) == (True, 600)
    names = [service.friendly_name for service in client.messaging.v1.services.list(limit=9, page_size=1)]
    assert names == ["Telar", "Campañas"]


def test_the_first_service_keeps_what_is_set(client: Client) -> None:
    first = client.messaging.v1.services.list(limit=1)[0]
    first.update(status_callback=BOT)
    [again] = client.messaging.v1.services.list(limit=9)
    assert (again.sid, again.friendly_name, again.status_callback) == (first.sid, "Telar", BOT)


def test_the_whatsapp_sender_has_webhooks(client: Client, shop: Shop) -> None:
    senders = client.messaging.v2.channels_senders
    assert senders.list(channel="rcs", limit=5) == []
    sender = senders.list(channel="whatsapp", limit=5)[0]
    assert (sender.sender_id, str(sender.status)) == ("whatsapp:+34910000002", "ONLINE")

    # The client sends null for all that is not set: that stays as it is.
    senders(sender.sid or "").update(sender_update(fallback_url=BOT, status_callback_url=BOT))
    webhook: Any = senders(sender.sid or "").fetch().webhook
    assert (webhook["callback_url"], webhook["callback_method"]) == (f"{shop.url}/messages", "POST")
    assert (webhook["fallback_url"], webhook["status_callback_url"]) == (BOT, BOT)


def test_what_is_wrong_is_refused(client: Client) -> None:
    number = client.incoming_phone_numbers.list()[0]
    sender = client.messaging.v2.channels_senders.list(channel="whatsapp", limit=1)[0]
    for refused, code in (
        (lambda: number.update(sms_url="bot.example"), 21402),
        (lambda: number.update(sms_method="PUT"), 21403),
        (lambda: client.incoming_phone_numbers("PN" + "0" * 32).fetch(), 20404),
        (lambda: client.messaging.v1.services("MG" + "0" * 32).fetch(), 20404),
        (lambda: client.messaging.v1.services.create(friendly_name=""), 20001),
        (lambda: sender.update(sender_update(callback_method="GET")), 20001),
    ):
        with pytest.raises(TwilioRestException) as error:
            refused()
        assert error.value.code == code
