"""What strangers type is data: kept and said as it is, never read as code, and read in little time."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from bot.ingest import LARGEST_MESSAGE
from context_store.records import InputStatus
from flows.registry import INTENTS
from flows.slots import KNOWN
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, add_order, execute, inputs
from tests.bot.test_events import added, post
from tests.security.looks import everything
from tests.world import World, load_interpreter

TEMPLATES = (
    "{{7*7}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "%s %d %(name)s %n",
    "{0.__class__} {name!r} {shop} {delivery_window}",
    "{{1}} {{2}}",
    "$(touch x) `touch x` ; touch x | touch x",
    "'; DROP TABLE messages; --",
    '" OR 1=1 UNION SELECT secret FROM agents --',
    "\\x41 \\u0041 \\N{BULLET} \\",
    "\u202egnirts desrever\u202c \u200f\u2066x\u2069",
    "\ufeff\u200b\u2060\U000e0041",
    "<script>alert(1)</script>&lt;",
    "a\r\nX-Header: 1\r\n\r\nHTTP/1.1 200 OK",
    "-1e999 NaN Infinity null undefined",
    "__import__('os').system('touch x')",
)
QUESTION = "horario"


OPEN = ("Abrimos", "We are open")


def assert_next_message_works(world: World, origin: str = LUCIA_ON_WHATSAPP) -> None:
    world.clock.forward(minutes=1)
    # Whatever was said before may have called a person: here the bot goes on.
    execute(world, "UPDATE conversations SET controller = 'bot'")
    (answer,) = world.says(origin, QUESTION)
    assert answer.startswith(OPEN), answer
    assert {status for _, status in inputs(world)} == {InputStatus.DONE}


@pytest.fixture
def people(sqlite_world: World) -> list[tuple[str, str]]:
    """A text for each of as many people, who have written and have an order under way."""
    texts = dict(zip((f"+346000001{number:02d}" for number in range(len(TEMPLATES))), TEMPLATES, strict=True))
    for phone in texts:
        sqlite_world.says(f"whatsapp:{phone}", "buenos días")
        add_order(sqlite_world, phone, number=phone[-4:])
    return list(texts.items())


def asks_for_delivery(world: World, phone: str) -> None:
    execute(world, "UPDATE conversations SET controller = 'bot'")
    (question,) = world.says(f"whatsapp:{phone}", "quiero cambiar la dirección de entrega")
    assert "dirección" in question or "Adónde" in question


def test_a_message_is_kept_as_it_was_written_and_answered(
    sqlite_world: World, people: list[tuple[str, str]]
) -> None:
    for phone, text in people:
        (answer,) = sqlite_world.says(f"whatsapp:{phone}", text)
        assert sqlite_world.thread(phone)[-2].text == text
        assert "49" not in answer
        assert_next_message_works(sqlite_world, f"whatsapp:{phone}")


def test_a_name_is_greeted_by_letter_by_letter(sqlite_world: World) -> None:
    for number, text in enumerate(TEMPLATES):
        phone = f"+346000001{number:02d}"
        (greeting,) = sqlite_world.says(f"whatsapp:{phone}", "hola", ProfileName=text)
        assert sqlite_world.customer(phone).name == text[:120].strip()
        assert text.split()[0][:20] in greeting


def test_an_address_is_noted_letter_by_letter(sqlite_world: World, people: list[tuple[str, str]]) -> None:
    for phone, text in people:
        asks_for_delivery(sqlite_world, phone)
        address = f"Calle Luna 8, {text}"
        sqlite_world.says(f"whatsapp:{phone}", address)
        (noted,) = sqlite_world.says(f"whatsapp:{phone}", "por la tarde")
        assert " ".join(address.split()) in noted
        assert_next_message_works(sqlite_world, f"whatsapp:{phone}")


def test_the_name_of_a_place_and_the_kind_of_a_file_are_words(
    sqlite_world: World, people: list[tuple[str, str]]
) -> None:
    for phone, text in people[::2]:
        asks_for_delivery(sqlite_world, phone)
        place = {"Latitude": "1.5", "Longitude": "2.5", "Label": f"Calle {text} 8", "Address": text}
        sqlite_world.says(f"whatsapp:{phone}", "", **place)
        (noted,) = sqlite_world.says(f"whatsapp:{phone}", "por la tarde")
        assert " ".join(f"Calle {text} 8, {text}".split()) in noted
        file = {"NumMedia": "1", "MediaUrl0": f"https://api.twilio.com/{text}", "MediaContentType0": text}
        assert sqlite_world.says(f"whatsapp:{phone}", "", **file)
        assert_next_message_works(sqlite_world, f"whatsapp:{phone}")


def test_what_the_shop_calls_its_things_is_words_too(
    sqlite_world: World, people: list[tuple[str, str]]
) -> None:
    """Names and ids come with events; the id stands in a button's payload, as JSON."""
    for phone, text in people[1::2]:
        identify = {"type": "identify", "userId": phone, "messageId": f"i{phone}", "traits": {"phone": phone}}
        assert post(sqlite_world, "identify", identify).status_code == 200
        for number, product_id in enumerate((f'{text}", "yes_no": "yes', f"{text}\\")):
            things = {"cart_id": phone, "product_id": product_id, "name": f"{number} {text}", "price": 3}
            event = added(f"m{number}{phone}", userId=phone, properties=things)
            assert post(sqlite_world, "track", event).status_code == 200
        sqlite_world.work()
        (question,) = sqlite_world.says(f"whatsapp:{phone}", "cambia mi carrito")
        assert " ".join(text.split())[:10] in question
        (answer,) = sqlite_world.says(f"whatsapp:{phone}", "2")
        assert "¿Cuántos quieres?" in answer, answer
        with sqlite_world.database.read() as uow:
            slots = uow.conversations.get(sqlite_world.customer_id(phone)).state.slots
        assert slots == {"cart_product": " ".join(f"{text}\\".split())}
        assert_next_message_works(sqlite_world, f"whatsapp:{phone}")


# What a customer could want to bring about without having been offered it.
ENTITIES: tuple[dict[str, str], ...] = (
    {},
    {"topic": "marketing", **dict.fromkeys(sorted(KNOWN), "1042")},
    {
        "rating": "1",
        "quantity": "99",
        "product": "lamp",
        "order_number": "1042",
        "language": "pt",
        "yes_no": "yes",
    },
)
# These would be other if it had.
EFFECTS = ("consents", "customers", "enrollments", "events", "handoffs", "orders", "surveys", "timers")
NEVER_OFFERED = tuple(
    f"/{intent}{json.dumps(entities) if entities else ''}"
    for intent in (*INTENTS, "inform", "restart", "return_to_bot", "start_survey", "action_save_delivery")
    for entities in ENTITIES
)


def effects_of(world: World) -> dict[str, Any]:
    rows = everything(world)
    with world.database.read() as uow:
        state = uow.conversations.get(world.customer_id(LUCIA)).state
    kept = {name: value for name, value in asdict(state).items() if name in ("slots", "form", "interrupted")}
    return {**{table: rows[table] for table in EFFECTS}, **kept}


@pytest.mark.parametrize("field", ["ButtonPayload", "ListId"])
def test_a_button_that_was_never_offered_brings_nothing_about(sqlite_world: World, field: str) -> None:
    """Only what stands among the options that were offered last is read as a payload."""
    world = sqlite_world
    world.says(LUCIA_ON_WHATSAPP, "hola")
    add_order(world)
    world.says(LUCIA_ON_WHATSAPP, QUESTION)
    before = effects_of(world)
    with world.database.read() as uow:
        offered = {
            option.payload for option in uow.conversations.get(world.customer_id(LUCIA)).state.last_options
        }
    for payload in [*NEVER_OFFERED][:: 1 if field == "ButtonPayload" else 9]:
        if payload in offered:
            continue
        world.clock.forward(seconds=20)
        (answer,) = world.says(LUCIA_ON_WHATSAPP, QUESTION, **{field: payload})
        assert "Abrimos" in answer, payload
    assert effects_of(world) == before


def test_a_forged_button_is_not_the_answer_to_a_question_either(sqlite_world: World) -> None:
    """In mid-form its words count, as if they had been typed, and nothing else of it."""
    world = sqlite_world
    world.says(LUCIA_ON_WHATSAPP, "hola")
    add_order(world)
    world.says(LUCIA_ON_WHATSAPP, "quiero cambiar la dirección de entrega")
    forged = '/inform{"delivery_address": "Calle Ajena 1", "delivery_window": "evening"}'
    world.says(LUCIA_ON_WHATSAPP, "Calle Luna 8, Madrid", ButtonPayload=forged)
    (noted,) = world.says(LUCIA_ON_WHATSAPP, "por la tarde", ButtonPayload=forged)
    assert "Calle Luna 8, Madrid, por la tarde" in noted


def test_one_customers_offer_is_not_anothers(sqlite_world: World) -> None:
    world, other = sqlite_world, "whatsapp:+34600000002"
    world.says(LUCIA_ON_WHATSAPP, "hola")
    with world.database.read() as uow:
        offered = uow.conversations.get(world.customer_id(LUCIA)).state.last_options
    world.says(other, QUESTION)
    (mine,) = world.says(LUCIA_ON_WHATSAPP, "x", ButtonPayload=offered[0].payload)
    (theirs,) = world.says(other, "x", ButtonPayload=offered[0].payload)
    assert "pedido" in mine
    assert "no lo he entendido" in theirs


def test_a_payload_that_is_typed_is_read_as_words() -> None:
    for payload in (*NEVER_OFFERED[::3], '/inform{"cart_product": "x"}', "/x" + "{" * 300):
        parsed = load_interpreter().parse(payload, "es")
        assert not {entity.name for entity in parsed.entities} & {"topic", "product", *KNOWN}, payload


HALF = "\ud83d"  # what is left of an emoji that a program has cut in two
ODD_EVENTS: dict[str, bytes | dict[str, Any]] = {
    "half an emoji in a name": {"type": "identify", "userId": "u1", "traits": {"name": f"Ana {HALF}"}},
    "half an emoji in a product": added(
        "", properties={"product_id": f"p{HALF}", "name": HALF, "cart_id": HALF}
    ),
    "half an emoji in an id": added(f"m{HALF}", userId=f"u{HALF}"),
    "a written backslash": b'{"userId": "u1", "event": "x", "properties": {"path": "C:\\\\u0000x"}}',
    "a NUL": b'{"userId": "u1", "event": "x", "properties": {"path": "C:\\u0000x"}}',
    "names that Python knows": {
        "userId": "u1",
        "event": "x",
        "properties": {"__class__": "os", "__proto__": {}},
    },
}
NOT_EVENTS = {
    "lists in lists": b"[" * LARGEST_MESSAGE,
    "objects in objects": b'{"a":' * 6_000,
    "deep, but closed": b'{"userId":"u1","event":"x","properties":{"a":' + b"[" * 900 + b"]" * 900 + b"}}",
    "a number of 5,000 digits": b'{"userId": "u1", "event": "x", "timestamp": ' + b"9" * 5_000 + b"}",
    "no number": b'{"userId": "u1", "event": "Product Added", "properties": {"product_id": "p", "x": NaN}}',
    "more than a number": b'{"userId": "u1", "event": "Product Added", "properties": {"price": 1e999}}',
    "no UTF-8": b'{"userId": "\xff"}',
}


def test_an_odd_event_is_taken_and_handled(world: World) -> None:
    for name, body in ODD_EVENTS.items():
        kind = "identify" if isinstance(body, dict) and body.get("type") == "identify" else "track"
        assert post(world, kind, body).status_code == 200, name
        world.work()
        assert {status for _, status in inputs(world)} == {InputStatus.DONE}, name
    assert len(inputs(world)) == len(ODD_EVENTS)


def test_what_is_no_event_is_the_senders_fault_not_ours(sqlite_world: World) -> None:
    for name, body in NOT_EVENTS.items():
        for key in ("test-write-key", "wrong"):
            assert post(sqlite_world, "track", body, key=key).status_code in (400, 401), name
    assert not inputs(sqlite_world)


def test_a_strange_write_key_is_a_wrong_one(sqlite_world: World) -> None:
    for key in (HALF, "ñ", "\x00", "x" * 9_000, ["test-write-key"], {"test-write-key": 1}, True):
        body = json.dumps({"writeKey": key, "userId": "u1", "event": "x"})
        response = sqlite_world.client.post("/v1/track", data=body, content_type="application/json")
        assert response.status_code == 401, key


def test_an_identifier_of_the_api_is_compared_and_never_run(world: World) -> None:
    post(world, "track", added("m1"))
    headers = {"Authorization": "Bearer test-api-key"}
    found = {
        name: world.client.get(f"/v1/customers/{name}/context", headers=headers).status_code
        for name in (
            "user_id:u1",
            "user_id:u1' OR '1'='1",
            "phone:%25",
            "user_id:u_",
            "email:%00",
            "email:%F0",
        )
    }
    assert found == {**dict.fromkeys(found, 404), "user_id:u1": 200, "email:%00": 400}
