"""What a phone sends, as the shop's webhook hears it."""

import json
import time
from dataclasses import replace

import pytest

from bot.simulator import Carrier, SimulatedClock, SimulatorSettings
from bot.simulator.carrier import PhoneMessage
from bot.simulator.records import Channel, Kind
from tests.simulator.conftest import LUCIA, Look, Order, Shop

PLACE = {"latitude": 40.41, "longitude": -3.7, "label": "Sol", "address": "Madrid"}


def test_a_text_message(carrier: Carrier, shop: Shop, order: Order) -> None:
    status, answer = order("send", person="lucia", channel="sms", body="¡Hola, señor! 👍")
    assert carrier.settle()
    form = shop.messages[0]
    assert status == 201
    assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"] == answer["sid"]
    assert (form["From"], form["To"], form["Body"]) == ("+34600000001", "+34910000001", "¡Hola, señor! 👍")
    assert (form["NumMedia"], form["SmsStatus"], form["FromCity"]) == ("0", "received", "")
    assert "ProfileName" not in form and "OptOutType" not in form


def test_a_whatsapp_message(carrier: Carrier, shop: Shop, order: Order) -> None:
    order("send", person="lucia", channel="whatsapp", body="Hola")
    assert carrier.settle()
    form = shop.messages[0]
    assert form["From"] == "whatsapp:+34600000001"
    assert (form["ProfileName"], form["WaId"]) == ("Lucía", "34600000001")
    assert (form["ExternalUserId"], form["MessageType"]) == ("whatsapp:ES.1A2B3C", "text")
    assert json.loads(form["ChannelMetadata"])["data"]["context"]["WaId"] == "34600000001"
    assert "FromCity" not in form


def test_a_person_without_a_number_comes_as_a_user_id(carrier: Carrier, shop: Shop, order: Order) -> None:
    order("send", person="nadie", channel="whatsapp", body="Hola")
    assert carrier.settle()
    form = shop.messages[0]
    assert form["From"] == form["ExternalUserId"] == "whatsapp:CO.9Z8Y7X"
    assert "WaId" not in form


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"sample": "sticker"}, {"MessageType": "sticker", "MediaContentType0": "image/webp"}),
        ({"sample": "voice"}, {"MessageType": "audio", "MediaContentType0": "audio/ogg", "Body": ""}),
        ({"sample": "contact"}, {"MessageType": "contacts", "MediaContentType0": "text/vcard"}),
        ({"sample": "receipt", "body": "mira"}, {"MessageType": "image", "Body": "mira", "NumMedia": "1"}),
        ({"location": PLACE}, {"Latitude": "40.41", "Longitude": "-3.7", "Label": "Sol", "NumMedia": "0"}),
        (
            {"body": "Sí", "button": {"id": "yes_1", "message": "SM" + "0" * 32}},
            {"ButtonText": "Sí", "ButtonPayload": "yes_1", "MessageType": "button"},
        ),
        (
            {"body": "Martes", "button": {"id": "day_2", "kind": "list"}},
            {"Body": "Martes", "ListId": "day_2", "ListTitle": "Martes", "ButtonPayload": None},
        ),
    ],
)
def test_every_kind_has_its_fields(
    carrier: Carrier, shop: Shop, order: Order, sent: dict[str, object], expected: dict[str, str | None]
) -> None:
    order("send", person="lucia", channel="whatsapp", **sent)
    assert carrier.settle()
    form = shop.messages[0]
    assert {name: form.get(name) for name in expected} == expected
    assert form["MessageSid"][:2] == ("MM" if form["NumMedia"] == "1" else "SM")


def test_it_tries_again_with_the_same_token_and_keeps_the_order(
    carrier: Carrier, shop: Shop, order: Order
) -> None:
    shop.answers = [("", 500), ("", 503)]
    for body in ("uno", "dos", "tres"):
        order("send", person="lucia", channel="sms", body=body)
    assert carrier.settle()
    assert [form["Body"] for form in shop.messages] == ["uno", "uno", "uno", "dos", "tres"]
    assert len(set(shop.tokens[:3])) == 1 and len(set(shop.tokens)) == 3


def test_a_refused_message_is_shown_as_not_delivered(
    carrier: Carrier, shop: Shop, order: Order, look: Look
) -> None:
    shop.answers = [("no", 403)]
    order("send", person="lucia", channel="sms", body="Hola")
    assert carrier.settle()
    message = look()["messages"][0]
    assert (message["status"], message["trouble"]) == ("failed", "403")
    assert len(shop.messages) == 1


def test_after_five_retries_it_gives_up(carrier: Carrier, shop: Shop, order: Order, look: Look) -> None:
    shop.answers = [("", 500)] * 9
    order("send", person="lucia", channel="sms", body="Hola")
    assert carrier.settle()
    assert len(shop.messages) == 6
    assert look()["messages"][0]["trouble"] == "500"


def test_one_person_does_not_wait_for_another(carrier: Carrier, shop: Shop, order: Order) -> None:
    shop.answers = [("", 500)] * 4
    order("send", person="lucia", channel="whatsapp", body="lenta")
    time.sleep(0.02)
    order("send", person="nadie", channel="whatsapp", body="rápida")
    assert carrier.settle()
    bodies = [form["Body"] for form in shop.messages]
    assert bodies.index("rápida") < len(bodies) - 1


def test_twiml_is_sent_as_a_reply(carrier: Carrier, shop: Shop, order: Order, look: Look) -> None:
    twiml = "<Response><Message>Hola &amp; gracias</Message></Response>"
    shop.answers = [(twiml, 200, {"Content-Type": "text/xml"})]
    order("send", person="lucia", channel="sms", body="Hola")
    assert carrier.settle()
    bodies = [(message["author"], message["body"]) for message in look()["messages"]]
    assert bodies == [("customer", "Hola"), ("shop", "Hola & gracias")]


def test_what_a_stopped_process_left_is_delivered_after_the_next_start(
    settings: SimulatorSettings, shop: Shop, tmp_path: object
) -> None:
    kept = replace(settings, store_path=f"{tmp_path}/carrier.sqlite")
    clock = SimulatedClock(kept.store_path)
    clock.advance(3600)
    first = Carrier(kept, clock=clock)  # never started: the process ended too soon
    first.send_from_phone(
        PhoneMessage(person=LUCIA, channel=Channel.SMS, kind=Kind.TEXT, body="Hola", extra={})
    )
    first.stop()
    clock.close()

    second_clock = SimulatedClock(kept.store_path)
    second = Carrier(kept, clock=second_clock)
    second.start()
    assert second.settle()
    assert [form["Body"] for form in shop.messages] == ["Hola"]
    assert second.store.clock_offset() == 3600
    second.stop()
    second_clock.close()


def test_it_stops_at_once_while_the_shop_is_silent(carrier: Carrier, shop: Shop, order: Order) -> None:
    shop.answers = [("", 500)] * 9
    order("send", person="lucia", channel="sms", body="Hola")
    started = time.monotonic()
    carrier.delivery.stop()
    # Its retries would go on for longer than that.
    assert time.monotonic() - started < 10
