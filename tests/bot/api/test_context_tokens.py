"""Codes that bring a session over: used once, by the right person, and seeing nothing of anybody else's."""

from functools import partial
from typing import Any

import pytest

from bot.tokens import MOST_TRIES, new_code
from context_store.records import IdentifierKind
from tests.bot.api.calling import get, met, post, told
from tests.bot.helpers import LUCIA, add_order, at_once, execute, whose
from tests.bot.test_events import added
from tests.bot.test_events import post as track
from tests.world import World

ANA, EVA = "+34600111222", "+34600333444"
ITEM = {"product_id": "candle", "name": "Vela de higuera", "quantity": 2, "unit_price": 1250}
CART = {"id": "web-7", "items": [ITEM]}


def token(world: World, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = told(post(world, "context-tokens", {"session": "s1", **body}), 201)
    return made


def known(world: World, phone: str, user: str) -> None:
    traits = {"phone": phone, "language": "es"}
    track(world, "identify", {"userId": user, "messageId": f"i-{user}", "traits": traits})
    world.work()


def test_it_has_links_for_both_channels_and_a_picture(sqlite_world: World) -> None:
    made = token(sqlite_world, text="Hola, sigo aquí.")
    assert made["whatsapp_url"].startswith(
        "https://wa.me/34910000002?text=Hola%2C%20sigo%20aqu%C3%AD.%20HILO-"
    )
    assert made["sms_url"].startswith("sms:+34910000001?body=")
    assert made["qr_svg"].startswith("<svg") and "<script" not in made["qr_svg"]
    assert made["text"] == f"Hola, sigo aquí. {made['code']}"


def test_who_sends_it_is_bound_to_the_session_with_proof(world: World) -> None:
    made = token(world, cart=CART)
    answer = world.says(f"whatsapp:{LUCIA}", made["text"])[0]
    assert "2 × Vela de higuera: 25,00" in answer
    assert whose(world, IdentifierKind.ANONYMOUS_ID, "s1") == world.customer_id(LUCIA)
    with world.database.read() as uow:
        method = uow._connection.exec_driver_sql(
            "SELECT method FROM identity_links WHERE value = 's1'"
        ).scalar_one()
    assert method == "token"
    state = told(get(world, f"context-tokens/{made['id']}"))
    assert (state["state"], state["used_by"]) == ("used", str(world.customer_id(LUCIA)))


def test_the_sessions_own_cart_comes_as_it_is_now(world: World) -> None:
    def add(number: int) -> None:
        properties = {
            "cart_id": "c1",
            "product_id": "lamp",
            "name": "Lámpara",
            "price": 49,
            "currency": "EUR",
        }
        event = {"anonymousId": "s1", "event": "Product Added", "messageId": f"m{number}"}
        assert track(world, "track", {**event, "properties": properties}).status_code == 200
        world.work()

    add(1)
    made = token(world, cart={"id": "c1"})
    add(2)
    assert "2 x Lampara: 98,00" in world.says(LUCIA, made["code"])[0]
    # What the browser adds from now on is theirs too.
    add(3)
    assert "3 x Lampara: 147,00" in world.says(LUCIA, "ver mi carrito")[0]


@pytest.mark.parametrize("spoil", [str.lower, lambda code: code.replace("-", " "), lambda code: f"({code}!)"])
def test_case_spaces_and_words_around_it_are_forgiven(sqlite_world: World, spoil: Any) -> None:
    made = token(sqlite_world, cart=CART)
    answers = sqlite_world.says(LUCIA, f"buenas {spoil(made['code'])} gracias")
    assert "Vela de higuera" in answers[0]


def test_two_who_send_it_at_once_are_one(world: World) -> None:
    made = token(world, cart=CART)
    met(world, ANA, ANA), met(world, EVA, EVA)
    for phone in (ANA, EVA):
        world.receive(phone, made["code"])
    at_once([partial(world.house.turns.take, world.customer_id(phone)) for phone in (ANA, EVA)])
    texts = [message.body for message in world.work()]
    assert sum("Vela de higuera" in text for text in texts) == 1
    assert sum("ya se us" in text for text in texts) == 1


def test_somebody_elses_code_is_refused_and_stays_good(world: World) -> None:
    known(world, ANA, "ana")
    known(world, EVA, "eva")
    made = token(world, customer="user_id:ana", session="s1", cart=CART)
    answer = world.says(EVA, made["code"])[0]
    assert "es de otra persona" in answer
    assert "Vela" not in answer
    assert "Vela de higuera" in world.says(ANA, made["code"])[0]
    assert whose(world, IdentifierKind.USER_ID, "ana") == world.customer_id(ANA)


def test_a_signed_in_shopper_and_a_number_that_nobody_knew_are_one_person(world: World) -> None:
    traits = {"name": "Inês", "email": "ines@example.com"}
    track(world, "identify", {"userId": "ines", "messageId": "i-ines", "traits": traits})
    track(world, "track", added("m1", userId="ines"))
    world.work()
    made = token(world, customer="user_id:ines")
    assert "1 × Vela" in world.says(f"whatsapp:{EVA}", made["code"])[0]
    assert whose(world, IdentifierKind.USER_ID, "ines") == whose(world, IdentifierKind.PHONE, EVA)
    state = told(get(world, f"context-tokens/{made['id']}"))
    assert state["state"] == "used"
    by_phone, by_account = (
        told(get(world, f"customers/{name}")) for name in (f"phone:{EVA}", "user_id:ines")
    )
    assert by_phone["id"] == by_account["id"]


def test_guesses_are_few_and_then_even_a_good_code_waits(world: World) -> None:
    made = token(world, cart=CART, expires_in_minutes=600)
    for _ in range(MOST_TRIES):
        assert "No encuentro ese" in world.says(EVA, new_code())[0]
    assert "demasiados" in world.says(EVA, made["code"])[0]
    world.clock.forward(minutes=61)
    assert "Vela de higuera" in world.says(EVA, made["code"])[0]


def test_the_code_itself_is_not_kept(sqlite_world: World) -> None:
    made = token(sqlite_world)
    with sqlite_world.database.read() as uow:
        rows = uow._connection.exec_driver_sql("SELECT * FROM context_tokens").all()
    assert made["code"] not in str(rows)


def test_it_comes_over_silently_while_a_person_has_the_thread(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    made = token(sqlite_world, cart=CART)
    told(post(sqlite_world, "handoffs", {"customer": customer}), 201)
    assert sqlite_world.says(f"whatsapp:{LUCIA}", made["code"]) == []
    context = told(get(sqlite_world, f"customers/{customer}/context"))
    assert context["cart"]["key"] == "web-7"


def test_stop_wins_over_a_code(sqlite_world: World) -> None:
    met(sqlite_world, LUCIA, LUCIA)
    made = token(sqlite_world, cart=CART)
    sqlite_world.says(LUCIA, "STOP")
    assert sqlite_world.says(LUCIA, made["code"]) == []
    assert told(get(sqlite_world, f"context-tokens/{made['id']}"))["state"] == "waiting"


def test_a_bought_cart_does_not_come_back(sqlite_world: World) -> None:
    made = token(sqlite_world, cart=CART)
    sqlite_world.says(LUCIA, made["code"])
    execute(sqlite_world, "UPDATE carts SET status = 'converted'")
    sqlite_world.clock.forward(minutes=1)
    again = token(sqlite_world, cart=CART)
    answer = sqlite_world.says(LUCIA, again["code"])[0]
    assert "Vela" not in answer


def test_who_asks_for_a_person_beside_the_code_gets_both(sqlite_world: World) -> None:
    made = token(sqlite_world, cart=CART)
    said = "\n".join(sqlite_world.says(LUCIA, f"{made['code']} quiero hablar con una persona"))
    assert "Vela de higuera" in said
    assert "Te paso con una persona" in said


def test_an_order_number_is_none_and_none_is_an_order_number(sqlite_world: World) -> None:
    add_order(sqlite_world, met_phone(sqlite_world), number="1042")
    assert "1042" in sqlite_world.says(LUCIA, "¿dónde está mi pedido 1042?")[0]
    made = token(sqlite_world, cart=CART)
    assert "pedido" not in sqlite_world.says(LUCIA, made["code"])[0]


def met_phone(world: World) -> str:
    met(world, LUCIA, LUCIA)
    return LUCIA
