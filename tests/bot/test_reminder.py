"""A cart left alone brings one polite reminder, or a recorded reason why not."""

from typing import Any

import pytest

from context_store.records import (
    Channel,
    Consent,
    ConsentStatus,
    EnrollmentStatus,
    MessageStatus,
    Topic,
    Verdict,
)
from tests.bot.test_events import PHONE, added, post
from tests.world import World

WHATSAPP = f"whatsapp:{PHONE}"


@pytest.fixture
def shop(world: World) -> World:
    """Somebody known by number and web account, who agreed to reminders on WhatsApp."""
    traits = {"phone": PHONE, "language": "es"}
    post(world, "identify", {"userId": "u1", "messageId": "i1", "traits": traits})
    world.work()
    agree(world, ConsentStatus.OPTED_IN)
    return world


def agree(world: World, status: ConsentStatus) -> None:
    consent = Consent(
        customer_id=world.customer_id(PHONE),
        channel=Channel.WHATSAPP,
        topic=Topic.MARKETING,
        status=status,
        method="form",
        created_at=world.clock.now(),
    )
    with world.database.write() as uow:
        uow.consents.add(consent)
        uow.commit()


def happens(world: World, event: dict[str, Any]) -> None:
    stamped = {**event, "timestamp": world.clock.now().isoformat()}
    assert post(world, "track", stamped).status_code == 200
    world.work()


def completed() -> dict[str, Any]:
    return added("o1", event="Order Completed", properties={"cart_id": "c1", "order_id": "7"})


def run_of(world: World) -> Any:
    with world.database.read() as uow:
        return uow.enrollments.of(world.customer_id(PHONE))[0]


def journey_messages(world: World) -> list[Any]:
    return [message for message in world.thread(PHONE) if message.enrollment_id]


def test_a_cart_untouched_for_an_hour_brings_one_reminder(shop: World) -> None:
    happens(shop, added("m1"))
    shop.clock.forward(minutes=40)
    happens(shop, added("m2"))
    shop.clock.forward(minutes=40)
    assert shop.tick() == [], "it was touched forty minutes ago"
    shop.clock.forward(minutes=21)
    (sent,) = shop.tick()
    assert "2 × Vela" in sent.body and "Ver carrito" in sent.body
    assert sent.content_sid is not None, "outside the window it goes out as a template"
    shop.clock.forward(days=3)
    happens(shop, added("m3"))
    shop.clock.forward(hours=2)
    assert shop.tick() == [], "one reminder per cart"
    assert run_of(shop).status is EnrollmentStatus.COMPLETED


def test_its_button_shows_the_cart(shop: World) -> None:
    happens(shop, added("m1"))
    shop.clock.forward(minutes=61)
    shop.tick()
    assert "Total" in shop.says(WHATSAPP, "Ver carrito", ButtonPayload="/see_cart")[0]
    assert "para pagar" in shop.says(PHONE, "1")[0], "on the other channel the number means the newest list"


def test_no_more_reminders_is_remembered_and_replies_still_come(shop: World) -> None:
    happens(shop, added("m1"))
    shop.clock.forward(minutes=61)
    shop.tick()
    assert "no te enviaremos más avisos" in shop.says(WHATSAPP, "3")[0]
    assert shop.says(WHATSAPP, "hola")
    with shop.database.read() as uow:
        newest = uow.consents.ledger(shop.customer_id(PHONE))[-1]
    assert (newest.topic, newest.status) == (Topic.MARKETING, ConsentStatus.OPTED_OUT)


def test_buying_ends_it_while_it_waits(shop: World) -> None:
    happens(shop, added("m1"))
    happens(shop, completed())
    shop.clock.forward(hours=5)
    assert shop.tick() == []
    assert run_of(shop).reason == "event: Order Completed"


def test_buying_between_decision_and_sending_takes_it_back(shop: World) -> None:
    happens(shop, added("m1"))
    shop.clock.forward(hours=12)  # midnight in Madrid: decided, and held for the morning
    assert shop.tick() == []
    (held,) = journey_messages(shop)
    assert (held.status, held.reason) == (MessageStatus.HELD, "quiet hours where they are")
    happens(shop, completed())
    shop.clock.forward(hours=12)
    assert shop.tick() == []
    (dropped,) = journey_messages(shop)
    assert dropped.status is MessageStatus.SKIPPED


def test_an_order_that_is_stored_but_not_handled_stops_it_too(shop: World) -> None:
    happens(shop, added("m1"))
    shop.clock.forward(minutes=61)
    post(shop, "track", {**completed(), "timestamp": shop.clock.now().isoformat()})
    shop.bell.turns.clear()
    assert shop.tick() == []
    assert [message.status for message in journey_messages(shop)] in ([], [MessageStatus.SKIPPED])


def test_what_was_held_goes_out_in_the_morning(shop: World) -> None:
    happens(shop, added("m1"))
    shop.clock.forward(hours=12)
    shop.tick()
    # Nine o'clock on the Canary Islands, where a Spanish number may be: ten in Madrid.
    shop.clock.forward(hours=9, minutes=50)
    assert shop.tick() == []
    shop.clock.forward(minutes=11)
    assert len(shop.tick()) == 1


@pytest.mark.parametrize("status", [None, ConsentStatus.OPTED_OUT])
def test_without_consent_it_is_dropped_and_the_reason_kept(
    sqlite_world: World, status: ConsentStatus | None
) -> None:
    traits = {"phone": PHONE}
    post(sqlite_world, "identify", {"userId": "u1", "messageId": "i1", "traits": traits})
    sqlite_world.work()
    if status:
        agree(sqlite_world, status)
    sqlite_world.says(WHATSAPP, "hola")  # writing in is no consent
    happens(sqlite_world, added("m1"))
    sqlite_world.clock.forward(minutes=61)
    assert sqlite_world.tick() == []
    with sqlite_world.database.read() as uow:
        (decision,) = uow.decisions.newest(sqlite_world.customer_id(PHONE))
    assert decision.verdict is Verdict.SKIP
    assert decision.strictest.rule == "consent"
    assert len(decision.answers) == 12
    assert run_of(sqlite_world).status is EnrollmentStatus.EXITED


def test_writing_while_it_waits_begins_the_hour_anew(shop: World) -> None:
    happens(shop, added("m1"))
    shop.clock.forward(minutes=50)
    shop.says(WHATSAPP, "hola")
    shop.clock.forward(minutes=20)
    assert shop.tick() == []
    shop.clock.forward(minutes=41)
    assert len(shop.tick()) == 1


def test_an_emptied_cart_is_not_reminded_of(shop: World) -> None:
    happens(shop, added("m1"))
    happens(shop, added("m2", event="Product Removed"))
    shop.clock.forward(hours=3)
    assert shop.tick() == []
    assert run_of(shop).reason == "the cart is empty"
