"""Every payload of Twilio's, as a raw file, is parsed to the facts of the table and kept whole."""

from dataclasses import dataclass

import pytest

from bot.channels.twilio_parse import error_code, incoming, status_report
from context_store.records import Channel, Identifier, IdentifierKind, Location, MessageStatus
from tests.bot.helpers import execute, post_raw
from tests.payloads import names, payload
from tests.world import World

PHONE, USER_ID, RAW = IdentifierKind.PHONE, IdentifierKind.WHATSAPP_USER_ID, IdentifierKind.RAW_SENDER


@dataclass(frozen=True, kw_only=True)
class Facts:
    channel: Channel = Channel.WHATSAPP
    address: str = "+593990000001"
    identifiers: tuple[tuple[IdentifierKind, str], ...] = (
        (PHONE, "+593990000001"),
        (USER_ID, "EC.4480000000000694"),
    )
    name: str | None = "Ana Ríos"
    country: str = "EC"
    text: str = ""
    media: tuple[str, ...] = ()
    location: Location | None = None
    choice: str | None = None
    quotes: str | None = None
    carrier_keyword: str | None = None
    is_answerable: bool = True


def sms(text: str, address: str = "+16505550101", *, kind: IdentifierKind = PHONE, **others: object) -> Facts:
    key = address if kind is PHONE else f"sms:{address}"
    country = "US" if kind is PHONE else "ES"
    return Facts(
        channel=Channel.SMS,
        address=address,
        identifiers=((kind, key),),
        name=None,
        country=country,
        text=text,
        is_answerable=kind is PHONE,
        **others,  # type: ignore[arg-type]
    )


NO_NUMBER = "CO.1A2B3C4D5E6F7G8H9I0J"
QUOTED = "SM0000000000000000000000000000009b"
PICKED = Facts(text="Martes 10:00", choice="slot_2026_12_01_10", quotes=QUOTED)

FACTS = {
    "sms": sms("Hola, quiero una cita"),
    "sms_in_a_service": sms("Hola, quiero una cita"),
    "sms_short_code": sms("Su código es 4411", "72727", kind=RAW),
    "sms_alphanumeric": sms("Novedades", "BANCOSOL", kind=RAW),
    "sms_anonymous": sms("hola", "Anonymous", kind=RAW),
    "sms_stop": sms("STOP", carrier_keyword="STOP"),
    "mms": sms("mira", media=("image/jpeg", "image/png")),
    "whatsapp_text": Facts(text="Hola"),
    "whatsapp_without_number": Facts(
        address=NO_NUMBER,
        identifiers=((USER_ID, NO_NUMBER),),
        name="juli 🌻",
        country="CO",
        text="Buenas, ¿tienen envíos?",
    ),
    "whatsapp_button": Facts(text="Confirmar cita", choice="confirm_8841", quotes=QUOTED),
    "whatsapp_list": PICKED,
    "whatsapp_list_as_button": PICKED,
    "whatsapp_list_without_id": Facts(text="Martes 10:00", quotes=QUOTED),
    "whatsapp_location": Facts(
        location=Location(
            latitude=-0.180653, longitude=-78.467834, address="Av. Amazonas N24, Quito", label="Oficina"
        )
    ),
    "whatsapp_pin": Facts(location=Location(latitude=-0.180653, longitude=-78.467834)),
    "whatsapp_voice": Facts(media=("audio/ogg",)),
    "whatsapp_image": Facts(media=("image/jpeg",), text="¿Tienen esta lámpara?"),
    "whatsapp_sticker": Facts(media=("image/webp",)),
    "whatsapp_contact": Facts(media=("text/vcard",)),
    "whatsapp_from_an_ad": Facts(text="Hola, vi su anuncio"),
    "whatsapp_stop": Facts(text="BAJA", carrier_keyword="STOP"),
}

STATUSES = {
    "status_delivered": (MessageStatus.DELIVERED, None),
    "status_failed": (MessageStatus.FAILED, 30003),
    "status_read": (MessageStatus.READ, None),
}


def test_every_payload_file_is_in_a_table() -> None:
    assert {f"twilio/{name}" for name in (*FACTS, *STATUSES)} == set(names("twilio"))


@pytest.mark.parametrize(("name", "facts"), FACTS.items(), ids=FACTS)
def test_a_payload_is_parsed_to_its_facts(name: str, facts: Facts) -> None:
    found = incoming(payload(f"twilio/{name}").fields, "ES")
    assert found == incoming({**payload(f"twilio/{name}").fields, "NewField": "of next year"}, "ES")
    assert (
        Facts(
            channel=found.sender.channel,
            address=found.sender.address,
            identifiers=tuple((each.kind, each.value) for each in found.sender.identifiers),
            name=found.sender.name,
            country=found.sender.country or "",
            text=found.text,
            media=tuple(media.content_type for media in found.media),
            location=found.location,
            choice=found.choice,
            quotes=found.quotes,
            carrier_keyword=found.carrier_keyword,
            is_answerable=found.sender.unreachable is None,
        )
        == facts
    )


@pytest.mark.parametrize(("name", "facts"), FACTS.items(), ids=FACTS)
def test_a_payload_is_stored_with_all_it_says(sqlite_world: World, name: str, facts: Facts) -> None:
    sent = payload(f"twilio/{name}")
    response = post_raw(sqlite_world, sent)
    assert (response.status_code, response.mimetype) == (200, "text/xml")
    kind, value = facts.identifiers[0]
    with sqlite_world.database.read() as uow:
        customer_id = uow.customers.find_by(Identifier(kind=kind, value=value))
        (message,) = uow.messages.newest(customer_id)
        (entry,) = uow.inputs.waiting(customer_id)
        customer = uow.customers.get(customer_id)
    assert (message.channel, message.text) == (facts.channel, facts.text)
    assert tuple(media.content_type for media in message.media) == facts.media
    assert (message.location, message.choice, message.quotes) == (
        facts.location,
        facts.choice,
        facts.quotes,
    )
    assert message.provider_id == sent.fields["MessageSid"]
    assert entry.message_id == message.id
    assert entry.payload.get("carrier_keyword") == facts.carrier_keyword
    assert (customer.name, customer.country) == (facts.name, facts.country)


def test_each_media_keeps_its_own_address(sqlite_world: World) -> None:
    post_raw(sqlite_world, payload("twilio/mms"))
    (message,) = sqlite_world.thread("+16505550101")
    assert [media.url[-1] for media in message.media] == ["a", "b"]


@pytest.mark.parametrize(("name", "facts"), STATUSES.items(), ids=STATUSES)
def test_a_callback_is_parsed_to_its_facts(name: str, facts: tuple[MessageStatus, int | None]) -> None:
    fields = payload(f"twilio/{name}").fields
    found = status_report(fields)
    assert (found.status, error_code(fields)) == facts
    assert found.provider_id == payload(f"twilio/{name}").fields["MessageSid"]


@pytest.mark.parametrize("name", STATUSES)
def test_a_callback_about_a_message_of_ours_is_written_down(sqlite_world: World, name: str) -> None:
    sqlite_world.says("+16505550101", "hola")
    (sent,) = sqlite_world.channel.sent
    path = f"/twilio/status/{sent.id}/{sqlite_world.channel.status_proof(sent.id)}"
    sid = payload(f"twilio/{name}").fields["MessageSid"]
    execute(sqlite_world, "UPDATE messages SET provider_id = ? WHERE direction = 'out'", sid)
    assert post_raw(sqlite_world, payload(f"twilio/{name}"), path).status_code == 204
    message = sqlite_world.thread("+16505550101")[-1]
    status, code = STATUSES[name]
    assert message.status is status
    assert (message.reason or "").endswith(f"(Twilio {code})") if code else message.reason is None
