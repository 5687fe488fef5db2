"""The REST surface as the real Twilio client uses it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from bot.simulator import Carrier
from tests.simulator.conftest import ACCOUNT, LUCIA, TOKEN, Order, Shop, close

SMS = {"to": "+34600000001", "from_": "+34910000001"}
WHATSAPP = {"to": "whatsapp:+34600000001", "from_": "whatsapp:+34910000002"}


def test_a_message_is_created_and_fetched(client: Client) -> None:
    created = client.messages.create(**SMS, body="Hola, señor €")
    assert str(created.status) == "queued"
    assert str(created.direction) == "outbound-api"
    assert (created.from_, created.to, created.num_media) == ("+34910000001", "+34600000001", "0")
    assert created.sid is not None and created.sid.startswith("SM") and len(created.sid) == 34

    fetched = client.messages(created.sid).fetch()
    assert fetched.body == "Hola, señor €"
    assert fetched.date_created is not None
    assert abs(fetched.date_created - datetime.now(UTC)) < timedelta(minutes=1)


def test_callbacks_come_in_order_and_none_for_the_first_status(
    client: Client, carrier: Carrier, shop: Shop
) -> None:
    sid = client.messages.create(**SMS, body="Hola", status_callback=f"{shop.url}/status?id=Jos%C3%A9%20").sid
    assert carrier.settle()
    assert shop.steps(sid or "") == ["sent", "delivered"]
    assert shop.refused == 0
    assert shop.statuses[0]["SmsStatus"] == "sent"
    assert shop.statuses[0]["To"] == "+34600000001"


def test_an_open_whatsapp_phone_reads(client: Client, carrier: Carrier, shop: Shop, order: Order) -> None:
    order("send", person="lucia", channel="whatsapp", body="Hola")
    sid = client.messages.create(**WHATSAPP, body="Hola", status_callback=f"{shop.url}/status").sid or ""
    assert carrier.settle()
    order("read", person="lucia", channel="whatsapp")
    assert carrier.settle()
    assert shop.steps(sid) == ["sent", "delivered", "read"]
    assert shop.statuses[-1]["EventType"] == "READ"
    assert str(client.messages(sid).fetch().status) == "read"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"from_": "+34910000001", "body": "a"}, 21604),
        ({"to": "+34600000001", "body": "a"}, 21603),
        ({"to": "+34600000001", "from_": "+34999999999", "body": "a"}, 21606),
        ({"to": "600 000 001", "from_": "+34910000001", "body": "a"}, 21211),
        ({"to": "whatsapp:nobody", "from_": "whatsapp:+34910000002", "body": "a"}, 21211),
        (SMS | {"body": "  "}, 21602),
        (SMS | {"body": "a" * 1601}, 21617),
        ({"to": "whatsapp:+34600000001", "from_": "+34910000001", "body": "a"}, 21910),
        (SMS | {"body": "a", "status_callback": "not a url"}, 21609),
        (SMS | {"media_url": ["file:///etc/passwd"]}, 21620),
        (SMS | {"body": "a", "content_variables": "{}"}, 21654),
        (SMS | {"content_sid": "HX" + "0" * 32}, 21655),
    ],
)
def test_it_refuses_as_twilio_does(client: Client, asked: dict[str, Any], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**({"to": ""} | asked))
    assert refused.value.code == code
    assert refused.value.status == 400


def test_a_wrong_token_is_refused(client: Client) -> None:
    http_client = TwilioHttpClient(timeout=5)
    stranger = Client(ACCOUNT, "wrong", http_client=http_client)
    stranger.api.base_url = client.api.base_url
    with pytest.raises(TwilioRestException) as refused:
        stranger.messages.create(**SMS, body="Hola")
    close(http_client)
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_a_user_id_can_be_written_to(client: Client) -> None:
    to, sender = "whatsapp:CO.9Z8Y7X", "whatsapp:+34910000002"
    assert client.messages.create(to=to, from_=sender, body="Hola").to == to


def test_a_messaging_service_chooses_the_sender(client: Client, carrier: Carrier) -> None:
    created = client.messages.create(to="+34600000001", messaging_service_sid="MG" + "a" * 32, body="Hola")
    assert (str(created.status), created.from_, created.num_segments) == ("accepted", None, "0")
    assert carrier.settle()
    assert client.messages(created.sid or "").fetch().from_ == "+34910000001"


def test_lists_filter_and_page(client: Client, carrier: Carrier, order: Order) -> None:
    for number in range(5):
        client.messages.create(**SMS, body=str(number))
    order("send", person="lucia", channel="sms", body="de vuelta")
    assert carrier.settle()
    today = datetime.now(UTC)
    sent = client.messages.list(to="+34600000001", date_sent_after=today, page_size=2)
    assert [message.body for message in sent] == ["4", "3", "2", "1", "0"]
    assert [str(each.direction) for each in client.messages.list(from_="+34600000001", limit=9)] == [
        "inbound"
    ]
    assert client.messages.list(date_sent_before=today - timedelta(days=2), limit=9) == []


def test_redact_and_delete(client: Client, carrier: Carrier) -> None:
    message = client.messages(client.messages.create(**SMS, body="secreto").sid or "")
    assert carrier.settle()
    assert message.update(body="").body == ""
    assert message.delete()
    with pytest.raises(TwilioRestException) as gone:
        message.fetch()
    assert gone.value.status == 404


def test_what_was_delivered_cannot_be_canceled(client: Client, carrier: Carrier) -> None:
    message = client.messages(client.messages.create(**SMS, body="a").sid or "")
    assert carrier.settle()
    with pytest.raises(TwilioRestException) as late:
        message.update(status="canceled")
    assert late.value.status == 409


def test_media_needs_the_account(client: Client, carrier: Carrier, shop: Shop, order: Order) -> None:
    order("send", person="lucia", channel="whatsapp", sample="parcel")
    assert carrier.settle()
    url = shop.messages[0]["MediaUrl0"].replace(f"{shop.url}/simulator", client.api.base_url)
    listed = client.messages(shop.messages[0]["MessageSid"]).media.list(limit=5)
    assert [media.content_type for media in listed] == ["image/png"]
    assert requests.get(url, timeout=5).status_code == 401
    response = requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5)
    assert response.headers["Content-Type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")


def test_after_a_day_of_silence_whatsapp_needs_a_template(
    client: Client, carrier: Carrier, shop: Shop, order: Order
) -> None:
    order("send", person="lucia", channel="whatsapp", body="Hola")
    carrier.clock.advance(25 * 3600)
    sid = client.messages.create(**WHATSAPP, body="¿Sigues ahí?", status_callback=f"{shop.url}/status").sid
    assert carrier.settle()
    assert shop.steps(sid or "") == ["failed"]
    assert shop.statuses[0]["ErrorCode"] == "63016"
    assert carrier.person_at("+34600000001") == LUCIA


def test_a_page_goes_on_where_the_one_before_ended(client: Client, carrier: Carrier) -> None:
    for number in range(4):
        client.messages.create(**SMS, body=str(number))
    page = client.messages.page(page_size=2)
    assert [message.body for message in page] == ["3", "2"]
    client.messages.create(**SMS, body="meanwhile")
    following = page.next_page()
    assert following is not None
    assert [message.body for message in following] == ["1", "0"]
    assert following.next_page() is None


def test_a_message_has_no_date_sent_before_it_is_sent(client: Client, carrier: Carrier) -> None:
    carrier.delivery.lanes.stop()  # nothing is carried on
    sid = client.messages.create(**SMS, body="Hola").sid or ""
    assert client.messages(sid).fetch().date_sent is None
    assert client.messages.list(date_sent=datetime.now(UTC), limit=5) == []
    assert [message.sid for message in client.messages.list(to=SMS["to"], limit=5)] == [sid]


def test_the_list_tells_the_channels_and_directions_apart(
    client: Client, carrier: Carrier, order: Order
) -> None:
    order("send", person="lucia", channel="whatsapp", body="por WhatsApp")
    order("send", person="lucia", channel="sms", body="por SMS")
    client.messages.create(**WHATSAPP, body="de la tienda")
    table: list[tuple[dict[str, Any], list[str]]] = [
        ({"to": WHATSAPP["from_"]}, ["por WhatsApp"]),
        ({"to": SMS["from_"]}, ["por SMS"]),
        ({"from_": WHATSAPP["to"], "to": WHATSAPP["from_"]}, ["por WhatsApp"]),
        ({"from_": SMS["to"]}, ["por SMS"]),
        ({"from_": WHATSAPP["from_"], "to": WHATSAPP["to"]}, ["de la tienda"]),
        ({"to": SMS["to"]}, []),
    ]
    for asked, bodies in table:
        assert [message.body for message in client.messages.list(**asked, limit=5)] == bodies
