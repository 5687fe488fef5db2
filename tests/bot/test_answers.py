"""What answers leave behind: a picture on WhatsApp only, a request with its facts, votes, codes in links."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from context_store.records import Channel, Controller, CustomerId, Handoff, HandoffStatus
from handoff import desk
from nlu.interpreter import EmbeddedInterpreter
from nlu.parsed import Entity, Parsed
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, count_rows
from tests.bot.offers import offer_promotions
from tests.bot.test_events import post
from tests.world import World, make_world

PICTURE = "https://casaluna.example/vela.png"


def track(world: World, event: str, number: int = 1, **properties: Any) -> None:
    body = {
        "userId": "u1",
        "messageId": f"e{event}{number}",
        "event": event,
        "properties": {"currency": "EUR", **properties},
        "timestamp": world.clock.now().isoformat(),
    }
    assert post(world, "track", body).status_code == 200
    world.work()


def identify(world: World, **traits: Any) -> None:
    body = {"userId": "u1", "messageId": f"i{len(traits)}", "traits": {"phone": LUCIA, **traits}}
    assert post(world, "identify", body).status_code == 200
    world.work()


@pytest.fixture
def shop(world: World) -> World:
    identify(world, language="es", email="lucia@example.com")
    track(world, "Product Viewed", product_id="candle", name="Vela de higuera", price=40, image_url=PICTURE)
    return world


def handoff_of(world: World, customer_id: CustomerId) -> Handoff:
    with world.database.read() as uow:
        found: Handoff = uow.handoffs.open_of(customer_id)
    return found


def test_a_picture_goes_out_on_whatsapp_and_not_by_sms(shop: World) -> None:
    shop.says(LUCIA_ON_WHATSAPP, "busco una vela")
    shop.says(LUCIA, "busco una vela")
    media = {
        message.channel: [each.url for each in message.media]
        for message in shop.thread(LUCIA)
        if message.direction.value == "out"
    }
    assert media == {Channel.WHATSAPP: [PICTURE], Channel.SMS: []}


def test_a_request_reaches_the_desk_with_its_facts(shop: World) -> None:
    shop.says(LUCIA, "hola")
    track(shop, "Order Completed", order_id="1042", total=40)
    shop.says(LUCIA, "quiero la factura del pedido 1042")
    handoff = handoff_of(shop, shop.customer_id(LUCIA))
    assert handoff.reason == "invoice"
    assert handoff.details == "send the invoice of order 1042, to lucia@example.com"


def test_they_are_asked_once_and_one_vote_counts(shop: World) -> None:
    first = shop.says(LUCIA, "¿hacéis talleres?")
    shop.says(LUCIA, "2")
    again = shop.says(LUCIA, "¿hacéis talleres?")
    assert "¿Te ha servido?" in first[0]
    assert "¿Te ha servido?" not in again[0]
    assert count_rows(shop, "knowledge_votes") == 1
    with shop.database.write() as uow:
        votes = uow.knowledge_votes
        customer_id = shop.customer_id(LUCIA)
        assert votes.asked(customer_id) == ["workshops"]
        assert not votes.vote(customer_id, "workshops", useful=True, now=shop.clock.now())


@pytest.fixture
def paying(sqlite_url: str) -> Iterator[World]:
    """A shop whose cart has an address, and 40 € in Lucía's."""
    world = make_world(sqlite_url, store_cart_url="https://casaluna.example/cart?lang=es")
    world.database.migrate()
    offer_promotions(world)
    identify(world, language="es")
    track(world, "Product Added", cart_id="c1", product_id="candle", name="Vela de higuera", price=40)
    yield world
    world.house.close()


def test_the_best_code_is_pointed_out_once_they_pay_and_travels_in_the_link(paying: World) -> None:
    before = paying.says(LUCIA, "quiero pagar")[0]
    assert "https://casaluna.example/cart?lang=es&hilo_cart=" in before
    assert "con el codigo LUNA10" in before
    assert "36,00 €" in before
    paying.says(LUCIA, "tengo un código de descuento LUNA10")
    after = paying.says(LUCIA, "quiero pagar")[0]
    assert "https://casaluna.example/cart?lang=es&hilo_cart=" in after
    assert "&discount=LUNA10" in after
    assert after.replace("\xa0", " ").startswith("Son 36,00 €")
    assert "Por cierto" not in after


@pytest.mark.parametrize("hours", [1, 35, 37])
def test_nothing_is_sold_to_somebody_who_has_just_complained(paying: World, hours: int) -> None:
    customer_id = paying.customer_id(LUCIA)
    with paying.database.write() as uow:
        desk.ask_for_person(uow, customer_id, "complaint", paying.clock.now())
        handoff = uow.handoffs.open_of(customer_id)
        uow.handoffs.close(handoff.id, HandoffStatus.RETURNED, paying.clock.now())
        uow.conversations.hand_to(customer_id, Controller.BOT)
        uow.commit()
    paying.clock.forward(hours=hours)
    assert ("Por cierto" in paying.says(LUCIA, "quiero pagar")[0]) == (hours > 36)


def test_a_code_of_the_web_is_told_in_chat(paying: World) -> None:
    track(paying, "Coupon Applied", cart_id="c1", coupon_id="luna10")
    assert "Codigo luna10: -4,00 €" in paying.says(LUCIA, "ver mi carrito")[0]


def test_a_day_that_is_named_is_answered_for_that_day(world: World) -> None:
    answers = []
    for day in ("2026-11-23", "2026-11-24", "2026-11-29", "2026-12-25", "no day"):
        entity = Entity(name="date", value=day, start=0, end=0)
        parsed = Parsed(
            text="¿abrís?", intent="opening_hours", confidence=1.0, language="es", entities=(entity,)
        )
        with patch.object(EmbeddedInterpreter, "parse", return_value=parsed):
            answers += world.says(LUCIA, "¿abrís?")
    assert answers == [
        "Hoy abrimos de 9:00 a 20:00.",
        "Mañana abrimos de 9:00 a 20:00.",
        "El domingo, 29 de noviembre, cerramos.",
        "El viernes, 25 de diciembre, cerramos por festivo.",
        "Abrimos de lunes a viernes de 9:00 a 20:00 y los sabados de 10:00 a 14:00.",
    ]
