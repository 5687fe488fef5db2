"""`POST /twilio/messages`: who may call it, what it refuses and how, and that it only stores, once."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from twilio.request_validator import RequestValidator

from bot.queue import make_queue
from bot.tasks import QueueBell
from context_store.records import InputStatus
from tests.bot.helpers import FORM, LUCIA, LUCIA_ON_WHATSAPP, count_rows, inputs, post_raw
from tests.doubles import ACCOUNT, PUBLIC_URL, TOKEN
from tests.payloads import Payload, payload
from tests.world import World, make_world

SID = "SM" + "1" * 32
PATH = "/twilio/messages"
SMS = {"MessageSid": SID, "AccountSid": ACCOUNT, "From": LUCIA, "To": "+34910000001", "Body": "hola"}


def sign(fields: dict[str, str], *, url: str = f"{PUBLIC_URL}{PATH}", token: str = TOKEN) -> str:
    signature: str = RequestValidator(token).compute_signature(url, fields)
    return signature


def test_the_answer_is_an_empty_twiml_that_no_customer_sees(sqlite_world: World) -> None:
    response = sqlite_world.post(PATH, SMS)
    assert (response.status_code, response.mimetype) == (200, "text/xml")
    assert response.get_data(as_text=True).endswith("<Response/>")


def test_the_webhook_stores_and_rings_and_does_nothing_else(world: World) -> None:
    world.post(PATH, SMS)
    assert [message.text for message in world.thread(LUCIA)] == ["hola"]
    assert count_rows(world, "inputs") == 1
    assert world.bell.turns == [world.customer_id(LUCIA)]
    assert world.channel.sent == []


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        ("", "missing"),
        ("bm90IGEgc2lnbmF0dXJl", "made up"),
        (sign(SMS, token="another token"), "of another token"),
        (sign({**SMS, "Body": "adios"}), "over other fields"),
        (sign(SMS, url=f"http://bot.example{PATH}"), "over another scheme"),
        (sign(SMS, url=f"{PUBLIC_URL}{PATH}/"), "over another path"),
    ],
)
def test_a_wrong_signature_is_refused_and_nothing_is_kept(
    sqlite_world: World, signature: str, why: str
) -> None:
    response = sqlite_world.post(PATH, SMS, signature=signature)
    assert response.status_code == 403, why
    assert "PUBLIC_URL" in response.get_data(as_text=True)
    assert count_rows(sqlite_world, "messages") == 0


def test_a_missing_signature_header_is_a_403_and_no_fault(sqlite_world: World) -> None:
    response = sqlite_world.client.post(PATH, data=SMS)
    assert response.status_code == 403


def test_a_message_signed_for_another_account_is_refused(sqlite_world: World) -> None:
    for account in ("AC" + "b" * 32, ""):
        response = sqlite_world.post(PATH, {**SMS, "AccountSid": account})
        assert response.status_code == 403
        assert "another account" in response.get_data(as_text=True)
    assert count_rows(sqlite_world, "messages") == 0


@pytest.mark.parametrize("query", ["a=1", "name=Jos%C3%A9&b=a%20b", "b=%2B34&empty=", "x=1+2&y=%25"])
def test_the_signature_is_over_the_raw_query(sqlite_world: World, query: str) -> None:
    response = post_raw(sqlite_world, payload("twilio/whatsapp_text"), f"{PATH}?{query}")
    assert response.status_code == 200


def test_the_host_that_called_does_not_matter_only_the_configured_url(sqlite_world: World) -> None:
    response = sqlite_world.client.post(
        PATH, data=SMS, headers={"X-Twilio-Signature": sign(SMS)}, base_url="http://10.0.0.7:8000"
    )
    assert response.status_code == 200


@pytest.fixture
def rotating(sqlite_url: str) -> Iterator[World]:
    made = make_world(sqlite_url, twilio_auth_token="new token, old token")
    yield made
    made.house.close()


@pytest.mark.parametrize(("token", "code"), [("new token", 200), ("old token", 200), ("third token", 403)])
def test_two_tokens_are_good_while_they_are_changed(rotating: World, token: str, code: int) -> None:
    assert rotating.post(PATH, SMS, signature=sign(SMS, token=token)).status_code == code


def test_a_repeat_is_accepted_and_changes_nothing(world: World) -> None:
    assert world.says(LUCIA, "hola", MessageSid=SID)
    for body in ("hola", "another text under the same id"):
        assert world.says(LUCIA, body, MessageSid=SID) == []
    assert count_rows(world, "inputs") == 1
    assert [message.text for message in world.thread(LUCIA)][:1] == ["hola"]
    assert len(world.thread(LUCIA)) == 2


def test_a_repeat_under_another_idempotency_token_is_still_a_repeat(sqlite_world: World) -> None:
    for token in ("first", "second"):
        headers = {"X-Twilio-Signature": sign(SMS), "I-Twilio-Idempotency-Token": token}
        assert sqlite_world.client.post(PATH, data=SMS, headers=headers).status_code == 200
    assert count_rows(sqlite_world, "messages") == 1


def test_fields_that_nobody_knows_are_ignored_but_signed(sqlite_world: World) -> None:
    fields = {**SMS, "BrandNewField": "añadido", "Z": ""}
    assert sqlite_world.post(PATH, fields, signature=sign(SMS)).status_code == 403
    assert sqlite_world.post(PATH, fields).status_code == 200


@pytest.mark.parametrize("field", ["MessageSid", "From"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_message_without_an_id_or_a_sender_is_a_400_that_names_it(
    sqlite_world: World, field: str, value: str | None
) -> None:
    fields = {name: kept for name, kept in SMS.items() if name != field}
    response = sqlite_world.post(PATH, fields if value is None else {**fields, field: value})
    assert response.status_code == 400
    assert field in response.get_data(as_text=True)
    assert count_rows(sqlite_world, "customers") == 0


@pytest.mark.parametrize("sid", ["SM123", "XX" + "1" * 32, "SM" + "g" * 32, "SM" + "1" * 33])
def test_an_id_that_is_none_of_twilios_is_refused(sqlite_world: World, sid: str) -> None:
    assert sqlite_world.post(PATH, {**SMS, "MessageSid": sid}).status_code == 400


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data", ""])
def test_anything_but_a_form_is_a_415(sqlite_world: World, content_type: str) -> None:
    response = sqlite_world.client.post(PATH, data=b'{"Body": "hola"}', content_type=content_type)
    assert response.status_code == 415
    assert FORM in response.get_data(as_text=True)


def test_a_form_that_names_its_charset_is_a_form(sqlite_world: World) -> None:
    response = sqlite_world.client.post(
        PATH,
        data=payload("twilio/whatsapp_text").body,
        content_type=f"{FORM}; charset=UTF-8",
        headers={"X-Twilio-Signature": sign(payload("twilio/whatsapp_text").fields)},
    )
    assert response.status_code == 200


def test_ten_megabytes_are_refused_before_they_are_read(sqlite_world: World) -> None:
    body = b"Body=" + b"a" * 10 * 1024 * 1024
    response = sqlite_world.client.post(PATH, data=body, content_type=FORM)
    assert response.status_code == 413


@pytest.mark.parametrize("broken", [b"%FF", b"\xff\xfe", b"%C3", b"%ED%A0%80", "ñ".encode("latin-1")])
def test_invalid_utf8_is_a_400_that_says_so(sqlite_world: World, broken: bytes) -> None:
    response = sqlite_world.client.post(PATH, data=b"Body=" + broken, content_type=FORM)
    assert response.status_code == 400
    assert "UTF-8" in response.get_data(as_text=True)


TEXT_FIELDS = ("Body", "ProfileName", "From", "ExternalUserId", "Address", "Label", "OptOutType")
OTHER_FIELDS = ("ButtonPayload", "OriginalRepliedMessageSid", "MediaUrl0", "MediaContentType0", "NumMedia")
NUL_ANYWHERE = (*TEXT_FIELDS, *OTHER_FIELDS, "Latitude")


def test_nul_bytes_are_left_out_wherever_they_stand(world: World) -> None:
    plain = {**payload("twilio/whatsapp_image").fields, "Latitude": "1.5", "Longitude": "2.5"}
    for number, field in enumerate(NUL_ANYWHERE):
        changes = {"MessageSid": f"MM{number:032x}", field: f"{plain.get(field, 'some')}\x00"}
        assert world.post(PATH, {**plain, **changes}).status_code == 200, field
    world.work()
    thread = world.thread("+593990000001")
    assert len([message for message in thread if message.provider_id]) >= len(NUL_ANYWHERE)
    assert "\x00" not in repr(thread)
    assert {message.text for message in thread[: len(NUL_ANYWHERE)]} == {"¿Tienen esta lámpara?"}


def test_a_text_of_only_nul_bytes_is_an_empty_message(world: World) -> None:
    (answer,) = world.says(LUCIA, "\x00\x00")
    assert "vacío" in answer


@pytest.mark.parametrize("text", ["a" * 65_536, "👍" * 5_000, "\n" * 9_000], ids=["a", "emoji", "lines"])
def test_a_text_of_64_kilobytes_is_kept_whole_and_answered(world: World, text: str) -> None:
    (answer,) = world.says(LUCIA_ON_WHATSAPP, text)
    assert answer
    assert world.thread(LUCIA)[0].text == text


ODD_VALUES = (
    ("ProfileName", "x" * 5_000),
    ("ButtonPayload", "x" * 5_000),
    ("OriginalRepliedMessageSid", "SM" + "1" * 5_000),
    ("NumMedia", "9" * 5_000),
    ("NumMedia", "-1"),
    ("NumMedia", "3"),
    ("NumMedia", "²"),
    ("Latitude", "nan"),
    ("Latitude", "91"),
    ("MediaUrl0", "https://example.com/" + "x" * 50_000),
    ("MediaContentType0", "image/" + "x" * 5_000),
    ("From", "x" * 5_000),
    ("From", "whatsapp:"),
    ("From", "whatsapp:+34" + "6" * 400),
    ("ExternalUserId", "whatsapp:ES." + "x" * 5_000),
    ("ErrorCode", "not a number"),
    ("OptOutType", "SOMETHING"),
)


def test_fields_of_any_size_or_shape_do_no_harm(world: World) -> None:
    plain = {**payload("twilio/whatsapp_image").fields, "Longitude": "2"}
    for number, (field, value) in enumerate(ODD_VALUES):
        response = world.post(PATH, {**plain, "MessageSid": f"MM{number:032x}", field: value})
        assert response.status_code == 200, (field, value[:20])
    world.work()
    assert {status for _, status in inputs(world)} == {InputStatus.DONE}
    assert len(inputs(world)) == len(ODD_VALUES)


def test_reading_it_is_no_use(sqlite_world: World) -> None:
    assert sqlite_world.client.get(PATH).status_code == 405


def test_a_first_name_that_is_markup_is_only_a_name(sqlite_world: World) -> None:
    (answer,) = sqlite_world.says(LUCIA_ON_WHATSAPP, "hola", ProfileName="<b>{shop}</b> %s")
    assert "¡Hola, <b>{shop}</b>!" in answer


def test_a_raw_body_is_signed_as_it_was_decoded(sqlite_world: World) -> None:
    body = "&".join(
        f"{name}={quote(value, safe='')}" for name, value in {**SMS, "Body": " ¿qué? \r\n+ &"}.items()
    )
    assert post_raw(sqlite_world, Payload(body=body.encode())).status_code == 200
    assert sqlite_world.thread(LUCIA)[0].text == " ¿qué? \r\n+ &"


def test_a_message_is_kept_while_redis_is_away(sqlite_url: str) -> None:
    """The bell only hurries: a message that could not be rung for is stored, and Twilio hears 200."""
    world = make_world(sqlite_url)
    bell = QueueBell(make_queue("redis://127.0.0.1:1/0"))
    object.__setattr__(world.house.parts, "bell", bell)
    assert world.receive(LUCIA, "hola").status_code == 200
    assert count_rows(world, "inputs") == 1
    world.house.close()
