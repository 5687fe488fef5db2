"""Wishes about our messages hold at once: in the ledger with their words, and at the moment of sending."""

from datetime import timedelta

from context_store.records import Channel, ConsentStatus, Customer, HandoffStatus, MessageStatus, Topic
from tests.bot.test_events import PHONE, added, post
from tests.bot.test_reminder import agree, happens, journey_messages
from tests.bot.test_surveys import ask
from tests.world import World

WHATSAPP = f"whatsapp:{PHONE}"


def known(world: World) -> Customer:
    post(world, "identify", {"userId": "u1", "messageId": "i1", "traits": {"phone": PHONE, "language": "es"}})
    world.work()
    agree(world, ConsentStatus.OPTED_IN)
    return world.customer(PHONE)


def test_the_ledger_keeps_their_words_and_the_message_that_proves_them(world: World) -> None:
    world.says(WHATSAPP, "menos mensajes")
    with world.database.read() as uow:
        lines = uow.consents.current(world.customer_id(PHONE))
    assert {(one.topic, one.status, one.per_week) for one in lines} == {(Topic.ALL, ConsentStatus.LIMITED, 1)}
    assert {one.channel for one in lines} == {Channel.WHATSAPP, Channel.SMS, Channel.EMAIL}
    message = next(one for one in world.thread(PHONE) if one.text == "menos mensajes")
    assert {(one.wording, one.proof) for one in lines} == {("menos mensajes", str(message.id))}


def test_fewer_messages_are_one_a_week(world: World) -> None:
    known(world)
    world.says(WHATSAPP, "menos mensajes")
    world.clock.forward(hours=1)
    happens(world, added("m1"))
    world.clock.forward(minutes=61)
    assert len(world.tick()) == 1
    world.clock.forward(days=2)
    happens(world, added("m2", properties={"cart_id": "c2", "product_id": "p2"}))
    world.clock.forward(minutes=61)
    assert world.tick() == []
    held = journey_messages(world)[-1]
    assert held.status is MessageStatus.HELD and "1 are the most" in str(held.reason)


def test_a_pause_holds_what_was_on_its_way_and_ends_by_itself(world: World) -> None:
    known(world)
    world.says(WHATSAPP, "pausa dos semanas")
    world.clock.forward(minutes=30)
    assert ask(world, "csat") == []
    held = world.thread(PHONE)[-1]
    assert (held.status, held.reason) == (MessageStatus.HELD, "they asked for a pause")
    world.clock.forward(days=15)
    world.tick()
    assert world.thread(PHONE)[-1].reason == "it has outlived its purpose"
    happens(world, added("m1"))
    world.clock.forward(minutes=61)
    assert len(world.tick()) == 1, "the consent to advertising is as it was"


def test_only_orders_leaves_no_surveys_and_no_advertising(world: World) -> None:
    known(world)
    world.says(WHATSAPP, "solo pedidos")
    world.clock.forward(minutes=30)
    assert ask(world, "csat") == []
    happens(world, added("m1"))
    world.clock.forward(minutes=61)
    assert world.tick() == []
    assert "horario" not in world.says(WHATSAPP, "hola")[0], "an answer still comes"


def test_the_chosen_channel_is_where_surveys_go(world: World) -> None:
    known(world)
    world.says(WHATSAPP, "solo por SMS")
    world.clock.forward(minutes=30)
    assert ask(world, "csat")
    assert world.channel.sent[-1].to == f"sms:{PHONE}"


def test_erasure_is_asked_for_twice_noted_once_and_given_to_a_person(world: World) -> None:
    world.says(PHONE, "borren mis datos")
    with world.database.read() as uow:
        assert uow.erasures.waiting() == []
    world.says(PHONE, "Borrar mis datos")
    with world.database.write() as uow:
        assert uow.erasures.waiting() == [world.customer_id(PHONE)]
        assert not uow.erasures.request(world.customer_id(PHONE), world.clock.now(), None, None)
        handoff = uow.handoffs.open_of(world.customer_id(PHONE))
    assert handoff is not None
    assert (handoff.reason, handoff.status) == ("erase_data", HandoffStatus.QUEUED)


def test_no_more_messages_in_a_sentence_means_every_channel_unless_one_is_named(world: World) -> None:
    assert "por SMS" in world.says(PHONE, "no quiero recibir más sms")[0]
    world.clock.forward(minutes=1)
    assert "canal" in world.says(WHATSAPP, "no me escriban más")[0]
    world.clock.moment += timedelta(hours=1)
    assert world.says(WHATSAPP, "hola") == []
