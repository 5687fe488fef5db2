"""One person behind several profiles: what they had goes on together, and apart again nothing is lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from context_store.identity import join, part
from context_store.records import (
    AddressId,
    Author,
    Channel,
    Consent,
    ConsentStatus,
    Controller,
    CustomerId,
    CustomerStatus,
    Direction,
    Identifier,
    IdentifierKind,
    Message,
    MessageId,
    MessageStatus,
    Method,
    Purpose,
    RunningForm,
    TimerKind,
    Topic,
    Why,
    new_id,
)
from flows.policy import WEEK
from handoff import desk
from tests.bot.helpers import LUCIA, add_order, statuses
from tests.bot.test_events import post
from tests.bot.test_handoff import hire
from tests.world import World

OTHER = "+34600000002"
STAFF = Why(method=Method.STAFF, actor="agent:1", reason="they said so")
USER, VISITOR = IdentifierKind.USER_ID, IdentifierKind.ANONYMOUS_ID


def identify(world: World, number: int, **body: Any) -> None:
    answer = post(world, "identify", {"messageId": f"i{number}", "traits": {}, **body})
    assert answer.status_code == 200, answer.text


def merge(world: World, survivor: CustomerId, other: CustomerId) -> bool:
    with world.database.write() as uow:
        is_new: bool = join(uow.customers, survivor, other, STAFF, world.clock.now())
        uow.commit()
    world.work()
    return is_new


def unmerge(world: World, merged: CustomerId) -> CustomerId | None:
    with world.database.write() as uow:
        survivor: CustomerId | None = part(uow.customers, merged, STAFF, world.clock.now())
        uow.commit()
    if survivor is not None:
        world.bell.ring_turns(survivor)
        world.bell.ring_turns(merged)
    world.work()
    return survivor


def two(world: World) -> tuple[CustomerId, CustomerId]:
    """Two who have written, each from a number of their own."""
    world.says(LUCIA, "hola")
    world.says(OTHER, "hola")
    return world.customer_id(LUCIA), world.customer_id(OTHER)


def texts(world: World, customer_id: CustomerId) -> list[str]:
    with world.database.read() as uow:
        found = uow.messages.newest(customer_id, limit=200)
    return [message.text for message in found if message.direction is Direction.IN]


def person(world: World, kind: IdentifierKind, value: str) -> CustomerId | None:
    with world.database.read() as uow:
        found: CustomerId | None = uow.customers.find_by(Identifier(kind=kind, value=value))
    return found


def test_each_is_answered_where_they_write_and_their_words_stay_with_their_address(world: World) -> None:
    lucia, other = two(world)
    assert merge(world, lucia, other)
    assert not merge(world, lucia, other)
    world.says(OTHER, "horario")
    world.says(LUCIA, "gracias")
    assert [sent.to for sent in world.channel.sent[-2:]] == [f"sms:{OTHER}", f"sms:{LUCIA}"]
    assert texts(world, lucia) == texts(world, other) == ["hola", "hola", "horario", "gracias"]
    assert unmerge(world, other) == lucia
    assert texts(world, lucia) == ["hola", "gracias"]
    assert texts(world, other) == ["hola", "horario"]
    world.says(OTHER, "¿sigues ahí?")
    assert world.channel.sent[-1].to == f"sms:{OTHER}"
    assert texts(world, other)[-1] == "¿sigues ahí?"
    assert texts(world, lucia) == ["hola", "gracias"]


def test_what_waits_is_handled_after_a_merge_and_goes_back_with_its_writer(world: World) -> None:
    lucia, other = two(world)
    world.receive(OTHER, "horario")
    merge(world, lucia, other)
    world.tick()
    assert statuses(world)[-1] is MessageStatus.SENT
    world.receive(LUCIA, "gracias")
    world.receive(OTHER, "horario")
    with world.database.write() as uow:
        part(uow.customers, other, STAFF, world.clock.now())
        uow.commit()
    with world.database.read() as uow:
        for whose, text in ((lucia, "gracias"), (other, "horario")):
            about = [entry.message_id for entry in uow.inputs.waiting(whose) if entry.message_id]
            assert [message.text for message in uow.messages.by_ids(about).values()] == [text]


def test_what_comes_in_while_they_are_being_joined_finds_the_common_thread(world: World) -> None:
    lucia, other = two(world)
    world.receive(OTHER, "horario")
    with world.database.write() as uow:
        join(uow.customers, lucia, other, STAFF, world.clock.now())
        # As if the webhook had looked before the merge and written after it.
        uow._connection.exec_driver_sql(
            "UPDATE inputs SET customer_id = (SELECT id FROM customers WHERE merged_into IS NOT NULL) "
            "WHERE status = 'waiting' AND message_id IS NOT NULL"
        )
        uow.commit()
    before = len(world.channel.sent)
    world.work()
    assert [sent.to for sent in world.channel.sent[before:]] == [f"sms:{OTHER}"]


def test_a_stop_to_either_is_a_stop(world: World) -> None:
    lucia, other = two(world)
    world.says(OTHER, "BAJA")
    merge(world, lucia, other)
    assert world.says(LUCIA, "horario") == []
    unmerge(world, other)
    assert world.says(LUCIA, "horario")
    assert world.says(OTHER, "horario") == []


def test_a_start_after_the_merge_counts_for_both_numbers(world: World) -> None:
    lucia, other = two(world)
    world.says(OTHER, "BAJA")
    merge(world, lucia, other)
    world.clock.forward(minutes=1)
    # Twilio answers that one.
    assert world.says(LUCIA, "START") == []
    assert world.says(OTHER, "horario")


def test_the_weekly_cap_counts_what_went_to_either(sqlite_world: World) -> None:
    world = sqlite_world
    lucia, other = two(world)
    for whose, phone in ((lucia, LUCIA), (other, OTHER)):
        _sent(world, whose, phone)
    merge(world, lucia, other)
    with world.database.read() as uow:
        since = world.clock.now() - WEEK
        assert len(uow.messages.unasked_since(other, since)) == 2
        assert len(uow.messages.unasked_since(lucia, since)) == 2


def _sent(world: World, whose: CustomerId, phone: str) -> None:
    with world.database.write() as uow:
        address = uow.customers.find_address(Channel.SMS, phone)
        uow.messages.add(
            Message(
                id=MessageId(new_id()),
                customer_id=whose,
                address_id=AddressId(address.id),
                channel=Channel.SMS,
                direction=Direction.OUT,
                author=Author.JOURNEY,
                purpose=Purpose.MARKETING,
                status=MessageStatus.SENT,
                text="Vuelve",
                sent_at=world.clock.now(),
                created_at=world.clock.now(),
            )
        )
        uow.commit()


def test_an_open_request_comes_along_and_the_bot_stays_silent(world: World) -> None:
    lucia, other = two(world)
    world.says(OTHER, "quiero hablar con una persona")
    merge(world, lucia, other)
    assert world.says(LUCIA, "horario") == []
    with world.database.read() as uow:
        assert uow.handoffs.open_of(lucia).customer_id == other
        assert uow.conversations.get(other).controller is Controller.QUEUE
    unmerge(world, other)
    assert world.says(LUCIA, "horario")
    assert world.says(OTHER, "horario") == []


def test_of_two_requests_the_one_that_somebody_has_taken_stays(world: World) -> None:
    lucia, other = two(world)
    for phone in (LUCIA, OTHER):
        world.says(phone, "quiero hablar con una persona")
    marta = hire(world)
    with world.database.write() as uow:
        taken = uow.handoffs.open_of(other)
        desk.take(uow, taken.id, marta.id, world.clock.now())
        uow.commit()
    merge(world, lucia, other)
    with world.database.read() as uow:
        assert uow.handoffs.open_of(lucia).id == taken.id
        assert uow.conversations.get(lucia).agent_id == marta.id
    unmerge(world, other)
    with world.database.read() as uow:
        assert uow.handoffs.open_of(lucia).id != taken.id
        assert uow.conversations.get(lucia).controller is Controller.QUEUE
        assert uow.handoffs.open_of(other).id == taken.id


def test_a_running_form_goes_on_from_the_other_number(world: World) -> None:
    lucia, other = two(world)
    asked = world.says(OTHER, "quiero reservar una cita")
    with world.database.read() as uow:
        form = uow.conversations.get(other).state.form
        timers = [timer.key for timer in uow.timers.waiting(other) if timer.kind is TimerKind.FORM_TIMEOUT]
    assert isinstance(form, RunningForm), asked
    merge(world, lucia, other)
    with world.database.read() as uow:
        assert uow.conversations.get(lucia).state.form == form
        assert [t.key for t in uow.timers.waiting(lucia) if t.kind is TimerKind.FORM_TIMEOUT] == timers
    unmerge(world, other)
    with world.database.read() as uow:
        assert uow.conversations.get(lucia).state.form is None
        assert uow.conversations.get(other).state.form == form
        assert [t.key for t in uow.timers.waiting(other) if t.kind is TimerKind.FORM_TIMEOUT] == timers
        assert not [t for t in uow.timers.waiting(lucia) if t.kind is TimerKind.FORM_TIMEOUT]


def test_orders_are_read_together_and_stay_whose_they_are(world: World) -> None:
    lucia, other = two(world)
    add_order(world, LUCIA, number="1042")
    add_order(world, OTHER, number="1043")
    merge(world, lucia, other)
    with world.database.read() as uow:
        assert {order.number for order in uow.orders.newest(lucia)} == {"1042", "1043"}
        assert uow.orders.get(lucia, "1043").customer_id == other
    unmerge(world, other)
    with world.database.read() as uow:
        assert [order.number for order in uow.orders.newest(lucia)] == ["1042"]


def test_merges_of_merges_are_undone_one_by_one(world: World) -> None:
    lucia, other = two(world)
    world.says("+34600000003", "hola")
    third = world.customer_id("+34600000003")
    merge(world, other, third)
    merge(world, lucia, other)
    with world.database.read() as uow:
        assert set(uow.customers.family(third)) == {lucia, other, third}
        assert uow.customers.family(third)[0] == lucia
    assert unmerge(world, other) == lucia
    with world.database.read() as uow:
        assert uow.customers.family(third) == (other, third)
        assert uow.customers.family(lucia) == (lucia,)
        assert uow.customers.get(lucia).survivor_id is None
    merge(world, third, lucia)
    with world.database.read() as uow:
        assert uow.customers.family(lucia)[0] == other
        assert uow.customers.get(lucia).status is CustomerStatus.MERGED


def test_traits_that_are_told_later_follow_their_profile(world: World) -> None:
    lucia, other = two(world)
    merge(world, lucia, other)
    with world.database.write() as uow:
        uow.traits.answer(other, "interests", "lamps", world.clock.now())
        uow.traits.answer(lucia, "interests", "rugs", world.clock.now() - timedelta(days=1))
        uow.commit()
    with world.database.read() as uow:
        assert uow.traits.value(lucia, "interests") == "lamps"
        assert [trait.value for trait in uow.traits.of(lucia)] == ["lamps"]
    unmerge(world, other)
    with world.database.read() as uow:
        assert uow.traits.value(lucia, "interests") == "rugs"


def test_a_line_of_the_ledger_belongs_to_the_number_that_it_was_said_from(world: World) -> None:
    lucia, other = two(world)
    merge(world, lucia, other)
    world.says(OTHER, "BAJA")
    with world.database.read() as uow:
        ledger: list[Consent] = uow.consents.ledger(lucia)
    assert [(line.customer_id, line.status, line.topic) for line in ledger] == [
        (other, ConsentStatus.OPTED_OUT, Topic.ALL)
    ]


def test_saving_a_customer_that_was_read_before_the_merge_does_not_undo_it(sqlite_world: World) -> None:
    lucia, other = two(sqlite_world)
    before = sqlite_world.customer(OTHER)
    merge(sqlite_world, lucia, other)
    with sqlite_world.database.write() as uow:
        uow.customers.save(replace(before, name="Eva"))
        uow.commit()
    with sqlite_world.database.read() as uow:
        found = uow.customers.get(other)
    assert (found.name, found.status, found.survivor_id) == ("Eva", CustomerStatus.MERGED, lucia)
