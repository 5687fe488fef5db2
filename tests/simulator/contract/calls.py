"""Everything the bot and an operator ask of Twilio, through the real client and our own channel."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from twilio.base.exceptions import TwilioException
from twilio.rest import Client
from twilio.rest.messaging.v2.channels_sender import ChannelsSenderList

from bot.channels.base import SendFault
from bot.channels.twilio import TwilioChannel
from context_store.records import Address, AddressId, Channel, CustomerId, MessageId, Option
from flows.planner import Content, ContentKind, Form
from tests.simulator.conftest import ACCOUNT

CUSTOMER = "+34600000001"
SMS: dict[str, Any] = {"to": CUSTOMER, "from_": "+34910000001"}
WHATSAPP: dict[str, Any] = {"to": f"whatsapp:{CUSTOMER}", "from_": "whatsapp:+34910000002"}
BOT = "https://bot.example/twilio/messages"


def use_messages(client: Client, picture: str) -> None:
    callback = "https://bot.example/twilio/status/1"
    client.messages.create(**SMS, body="Hola", status_callback=callback, validity_period=600)
    client.messages.create(**WHATSAPP, body="mira", media_url=[picture])
    client.messages.create(**WHATSAPP, body="Sol", persistent_action=["geo:40.41,-3.7|Sol"])
    service = "MG" + "a" * 32
    canceled = client.messages.create(to=CUSTOMER, messaging_service_sid=service, body="a")
    with suppress(TwilioException):
        # Too late when the carrier was quick; then it is an error to look at.
        client.messages(canceled.sid or "").update(status="canceled")
    redacted = client.messages(client.messages.create(**SMS, body="secreto").sid or "")
    redacted.fetch()
    redacted.update(body="")
    redacted.delete()


def use_lists(client: Client) -> None:
    message = client.messages.create(**SMS, body="Hola")
    assert message.date_created is not None
    client.messages.list(to=CUSTOMER, limit=50)
    client.messages.list(from_=CUSTOMER, page_size=1, limit=3)
    client.messages.list(date_sent_after=message.date_created, limit=3)
    client.messages.list(date_sent=message.date_created, date_sent_before=message.date_created, limit=3)
    for listed in client.messages.list(limit=50):
        for media in listed.media.list(limit=3):
            media.fetch()


def meet_errors(client: Client) -> None:
    asked: list[Callable[[], object]] = [
        lambda: client.messages.create(to="", from_=SMS["from_"], body="a"),
        lambda: client.messages.create(**SMS, body="a" * 1601),
        lambda: client.messages.create(**SMS, media_url=["file:///etc/passwd"]),
        lambda: client.messages.create(**SMS, content_sid="HX" + "0" * 32),
        lambda: client.messages("SM" + "0" * 32).fetch(),
        lambda: client.content.v1.contents("HX" + "0" * 32).fetch(),
        lambda: client.incoming_phone_numbers("PN" + "0" * 32).fetch(),
        lambda: client.messaging.v1.services("MG" + "0" * 32).fetch(),
        lambda: client.messaging.v2.channels_senders("XE" + "0" * 32).fetch(),
    ]
    for ask in asked:
        try:
            ask()
        except TwilioException:
            continue
        raise AssertionError("the carrier took what it should refuse")


def use_channel(channel: TwilioChannel, client: Client, picture: str) -> None:
    """What the bot itself sends: text, media, templates, menus."""
    for kind in (Channel.SMS, Channel.WHATSAPP):
        address = _address(kind, CUSTOMER)
        channel.send(MessageId(uuid4()), address, Form(body="Hola"))
        channel.send(MessageId(uuid4()), address, Form(body="mira", media_urls=(picture,)))
        channel.list_sent(address)
    options = (Option(title="Sí", payload="yes"), Option(title="No", payload="no"))
    whatsapp = _address(Channel.WHATSAPP, CUSTOMER)
    for content in (
        Content(kind=ContentKind.QUICK_REPLY, body="¿{{1}}?", language="es", options=options),
        Content(kind=ContentKind.LIST, body="¿{{1}}?", language="es", options=options, list_label="Ver"),
        Content(kind=ContentKind.TEMPLATE, body="Hola {{1}}", language="es", name="saludo"),
    ):
        sid = channel.create_content(content)
        form = Form(body="", variables=("Lucía",))
        channel.send(MessageId(uuid4()), whatsapp, form, content_sid=sid)
        client.content.v1.contents(sid).fetch()
        client.content.v1.contents(sid).approval_fetch().fetch()
    client.content.v1.contents.list(page_size=1, limit=3)
    client.content.v1.contents(sid).delete()
    with suppress(SendFault):
        channel.send(MessageId(uuid4()), _address(Channel.SMS, "+1"), Form(body="a"))


def use_configuration(client: Client) -> None:
    client.api.v2010.accounts(ACCOUNT).fetch()
    number = client.incoming_phone_numbers.list(phone_number=SMS["from_"])[0]
    number.update(sms_url=f"{BOT}#rc=5&rp=all", sms_method="POST", sms_fallback_url=BOT, status_callback=BOT)
    number.fetch()
    services = client.messaging.v1.services
    service = services.create(friendly_name="Campañas", use_inbound_webhook_on_number=True)
    service.update(inbound_request_url=BOT, fallback_url=BOT, status_callback=BOT, validity_period=600)
    service.fetch()
    services.list(limit=5)
    senders = client.messaging.v2.channels_senders
    sender = senders.list(channel="whatsapp", limit=5)[0]
    webhook = {"callback_url": BOT, "callback_method": "POST", "fallback_url": BOT}
    senders(sender.sid or "").update(
        ChannelsSenderList.MessagingV2ChannelsSenderRequestsUpdate({"webhook": webhook})
    )
    senders(sender.sid or "").fetch()


def show_typing(client: Client, sid: str) -> None:
    client.messaging.v2.typing_indicator.create(channel="whatsapp", message_id=sid)


def _address(channel: Channel, value: str) -> Address:
    return Address(id=AddressId(uuid4()), customer_id=CustomerId(uuid4()), channel=channel, value=value)
