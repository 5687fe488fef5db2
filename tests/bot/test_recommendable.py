"""What the store knows of what goes with what, and to whom nothing is offered unasked."""

from datetime import timedelta
from typing import Any

import pytest

from bot.recommendable import is_open_to_offers, recommendable
from context_store.records import (
    Agent,
    AgentId,
    Channel,
    Consent,
    ConsentStatus,
    CustomerId,
    InputKind,
    Role,
    Topic,
    new_id,
)
from handoff import desk
from tests.bot.test_events import post
from tests.world import World

PHONE = "+34600111222"
PAIR = ("candle", "mugs")


def track(world: World, number: int, event: str, **properties: Any) -> None:
    body = {"userId": "u1", "messageId": f"e{number}", "event": event, "properties": properties}
    assert post(world, "track", {**body, "timestamp": world.clock.now().isoformat()}).status_code == 200
    world.work()


def bought(world: World, number: int, order: str, keys: tuple[str, ...] = PAIR) -> None:
    things = [{"product_id": key, "name": key.title(), "price": 10} for key in keys]
    track(world, number, "Order Completed", order_id=order, products=things)


def went_with(world: World, key: str) -> list[str]:
    with world.database.read() as uow:
        return [product.product_id for _, product in uow.recommended.bought_with([key])]


@pytest.fixture
def known(world: World) -> CustomerId:
    body = {"userId": "u1", "messageId": "e0", "traits": {"phone": PHONE}}
    assert post(world, "identify", body).status_code == 200
    world.work()
    return world.customer_id(PHONE)


def test_two_orders_make_a_pair_and_one_is_a_coincidence(world: World, known: CustomerId) -> None:
    bought(world, 1, "A")
    assert went_with(world, "candle") == []
    bought(world, 2, "B", ("candle", "mugs", "lamp"))
    assert went_with(world, "candle") == ["mugs"]
    assert went_with(world, "mugs") == ["candle"]


def test_an_order_that_is_told_again_counts_once(world: World, known: CustomerId) -> None:
    bought(world, 1, "A")
    bought(world, 2, "A")
    things = [{"product_id": key, "price": 10} for key in PAIR]
    track(world, 3, "Order Updated", order_id="A", status="shipped", products=things)
    assert went_with(world, "candle") == []


def test_what_is_sold_out_does_not_go_with_anything(world: World, known: CustomerId) -> None:
    bought(world, 1, "A")
    bought(world, 2, "B")
    world.clock.moment += timedelta(minutes=1)
    track(world, 3, "Product Viewed", product_id="mugs", name="Mugs", price=10, stock=0)
    assert went_with(world, "candle") == []


def test_what_they_saw_is_newest_first_and_brings_its_category(world: World, known: CustomerId) -> None:
    for number, (key, category) in enumerate((("lamp", "Luz"), ("candle", "Velas"), ("sea", "Velas"))):
        world.clock.moment += timedelta(minutes=1)
        told = {"product_id": key, "name": key.title(), "price": 10, "category": category}
        track(world, number + 1, "Product Viewed", **told)
    with world.database.write() as uow:
        uow.traits.answer(known, "interests", "todo lo de luz", world.clock.now())
        found = recommendable(uow, known, ["candle"])
    assert [each["product_id"] for each in found["seen"]] == ["sea", "candle", "lamp"]
    assert [each["product_id"] for each in found["alike"]] == ["candle", "sea"]
    assert [each["product_id"] for each in found["liked"]] == ["lamp"]


def test_nothing_is_offered_to_who_waits_for_a_person(world: World, known: CustomerId) -> None:
    now = world.clock.now()
    with world.database.write() as uow:
        assert is_open_to_offers(uow, known, now)
        desk.ask_for_person(uow, known, "asked", now)
        assert not is_open_to_offers(uow, known, now)


def rated(world: World, known: CustomerId, score: int) -> None:
    """They answer how a talk with a person was; what calls for a person is dealt with at once."""
    with world.database.write() as uow:
        payload = {"command": "start_survey", "survey": "csat"}
        uow.inputs.add(known, InputKind.COMMAND, now=world.clock.now(), payload=payload)
        uow.commit()
    world.bell.ring_turns(known)
    world.work()
    world.says(PHONE, str(score))
    with world.database.write() as uow:
        request = uow.handoffs.open_of(known)
        if request is not None:
            agent = Agent(id=AgentId(new_id()), email="m@example.com", name="M", role=Role.AGENT,
                          created_at=world.clock.now())  # fmt: skip
            uow.agents.add(agent, "no password")
            desk.take(uow, request.id, agent.id, world.clock.now())
            desk.give_back(uow, request.id, agent, desk.Ending(is_resolved=False), now=world.clock.now())
        uow.commit()
    world.bell.ring_turns(known)
    world.work()


@pytest.mark.parametrize(
    ("score", "days", "is_open"), [(1, 0, False), (1, 6.9, False), (1, 7.1, True), (5, 0, True)]
)
def test_nor_for_a_week_to_who_has_rated_us_badly(
    world: World, known: CustomerId, score: int, days: float, is_open: bool
) -> None:
    world.says(PHONE, "hola")
    rated(world, known, score)
    with world.database.read() as uow:
        assert uow.handoffs.open_of(known) is None
        assert [one.is_bad for one in uow.surveys.of(known)] == [score == 1]
        assert is_open_to_offers(uow, known, world.clock.now() + timedelta(days=days)) is is_open


@pytest.mark.parametrize(
    ("topic", "status", "is_open"),
    [
        (Topic.MARKETING, ConsentStatus.OPTED_OUT, False),
        (Topic.ALL, ConsentStatus.OPTED_OUT, False),
        (Topic.MARKETING, ConsentStatus.PAUSED, False),
        (Topic.MARKETING, ConsentStatus.OPTED_IN, True),
    ],
)
def test_nor_to_who_wants_no_offers(
    world: World, known: CustomerId, topic: Topic, status: ConsentStatus, is_open: bool
) -> None:
    now = world.clock.now()
    consent = Consent(
        customer_id=known, channel=Channel.SMS, topic=topic, status=status, method="form", created_at=now
    )
    with world.database.write() as uow:
        uow.consents.add(consent)
        assert is_open_to_offers(uow, known, now) is is_open
