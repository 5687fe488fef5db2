"""Who writes: one person behind every number and user id, and senders whom nobody can answer."""

import pytest

from context_store.records import (
    AddressStatus,
    Channel,
    CustomerId,
    Identifier,
    IdentifierKind,
    MessageStatus,
)
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, count_customers, whose
from tests.world import World

PHONE, USER_ID, RAW = IdentifierKind.PHONE, IdentifierKind.WHATSAPP_USER_ID, IdentifierKind.RAW_SENDER
ANA = "ES.1A2B3C"
ANA_WITHOUT_NUMBER = {"origin": f"whatsapp:{ANA}", "ExternalUserId": f"whatsapp:{ANA}"}
ANA_WITH_NUMBER = {"origin": LUCIA_ON_WHATSAPP, "ExternalUserId": f"whatsapp:{ANA}"}
ANA_ON_SMS = {"origin": LUCIA}


def says(world: World, writer: dict[str, str], body: str = "hola") -> list[str]:
    extra = {name: value for name, value in writer.items() if name != "origin"}
    return world.says(writer["origin"], body, **extra)


def addresses(world: World, customer_id: CustomerId) -> set[tuple[Channel, str]]:
    with world.database.read() as uow:
        return {(each.channel, each.value) for each in uow.customers.addresses_of(customer_id)}


def test_one_number_on_sms_and_on_whatsapp_is_one_person_with_one_thread(world: World) -> None:
    world.says(LUCIA_ON_WHATSAPP, "hola", ProfileName="Lucía")
    world.says(LUCIA, "horario")
    assert count_customers(world) == 1
    assert [message.channel for message in world.thread(LUCIA)] == [
        Channel.WHATSAPP,
        Channel.WHATSAPP,
        Channel.SMS,
        Channel.SMS,
    ]
    assert [sent.to for sent in world.channel.sent] == [LUCIA_ON_WHATSAPP, f"sms:{LUCIA}"]
    assert world.customer(LUCIA).name == "Lucía"


ORDERS_OF_APPEARANCE = {
    "id first, then id and number": [ANA_WITHOUT_NUMBER, ANA_WITH_NUMBER],
    "id and number first, then id alone": [ANA_WITH_NUMBER, ANA_WITHOUT_NUMBER],
    "SMS, then both, then id alone": [ANA_ON_SMS, ANA_WITH_NUMBER, ANA_WITHOUT_NUMBER],
    "id alone, then both, then SMS": [ANA_WITHOUT_NUMBER, ANA_WITH_NUMBER, ANA_ON_SMS],
}


@pytest.mark.parametrize("writers", ORDERS_OF_APPEARANCE.values(), ids=ORDERS_OF_APPEARANCE)
def test_a_user_id_and_a_number_that_came_together_are_one_person(
    world: World, writers: list[dict[str, str]]
) -> None:
    for writer in writers:
        assert says(world, writer)
    assert count_customers(world) == 1
    assert whose(world, PHONE, LUCIA) == whose(world, USER_ID, ANA)


def test_a_person_without_a_number_is_answered_at_their_user_id(world: World) -> None:
    assert says(world, ANA_WITHOUT_NUMBER)
    (sent,) = world.channel.sent
    assert sent.to == f"whatsapp:{ANA}"
    customer_id = whose(world, USER_ID, ANA)
    assert customer_id is not None
    assert addresses(world, customer_id) == {(Channel.WHATSAPP, ANA)}


def test_a_parent_user_id_of_linked_businesses_is_an_address_too(sqlite_world: World) -> None:
    assert sqlite_world.says("whatsapp:CO.ENT.9Z8Y7X", "hola")
    assert whose(sqlite_world, USER_ID, "CO.ENT.9Z8Y7X") is not None


def test_two_whom_the_carrier_shows_to_be_one_are_joined_and_nothing_changes_hands(world: World) -> None:
    """Both exist already; then a message carries the number of one and the user id of the other."""
    says(world, ANA_ON_SMS)
    says(world, ANA_WITHOUT_NUMBER)
    says(world, ANA_WITH_NUMBER)
    assert count_customers(world) == 2
    by_phone = whose(world, PHONE, LUCIA)
    assert by_phone is not None
    assert by_phone == whose(world, USER_ID, ANA)
    both = {(Channel.SMS, LUCIA), (Channel.WHATSAPP, LUCIA)}
    assert addresses(world, by_phone) == {*both, (Channel.WHATSAPP, ANA)}
    with world.database.read() as uow:
        assert {(each.channel, each.value) for each in uow.customers.own_addresses_of(by_phone)} == both


UNANSWERABLE = [
    "BANCOSOL",
    "72727",
    "Anonymous",
    "+1",
    "+99999999999999999",
    "anonymous",
    "WhatsApp",
    "ES.12",
]


@pytest.mark.parametrize("sender", UNANSWERABLE)
def test_a_sender_that_is_no_number_is_kept_and_answered_with_nothing(
    sqlite_world: World, sender: str
) -> None:
    assert sqlite_world.says(sender, "hola") == []
    customer_id = whose(sqlite_world, RAW, f"sms:{sender}")
    with sqlite_world.database.read() as uow:
        received, answer = uow.messages.newest(customer_id)
        address = uow.customers.find_address(Channel.SMS, sender)
    assert (received.text, received.status) == ("hola", MessageStatus.RECEIVED)
    assert answer.status is MessageStatus.SKIPPED
    assert answer.reason == "unreachable: not a number that can be answered"
    assert address.status is AddressStatus.UNREACHABLE


def test_a_sender_that_is_no_number_stays_unanswerable_however_often_it_writes(world: World) -> None:
    for _ in range(3):
        assert world.says("BANCOSOL", "hola") == []
    assert count_customers(world) == 1


def test_an_address_that_was_given_up_is_good_again_when_they_write_from_it(world: World) -> None:
    world.says(LUCIA, "hola")
    with world.database.write() as uow:
        address = uow.customers.find_address(Channel.SMS, LUCIA)
        uow.customers.mark_unreachable(address.id, "Twilio 21211")
        uow.commit()
    assert world.says(LUCIA, "horario")


def test_writing_opens_the_window_of_that_address_alone(world: World) -> None:
    world.says(LUCIA_ON_WHATSAPP, "hola")
    first = world.clock.now()
    world.clock.forward(hours=3)
    world.says(LUCIA, "hola")
    with world.database.read() as uow:
        whatsapp = uow.customers.find_address(Channel.WHATSAPP, LUCIA)
        sms = uow.customers.find_address(Channel.SMS, LUCIA)
    assert (whatsapp.last_inbound_at, sms.last_inbound_at) == (first, world.clock.now())


def test_every_identifier_is_linked_with_its_evidence(sqlite_world: World) -> None:
    says(sqlite_world, ANA_WITH_NUMBER)
    with sqlite_world.database.read() as uow:
        links = uow.customers.links_of(sqlite_world.customer_id(LUCIA))
    assert links == [Identifier(kind=PHONE, value=LUCIA), Identifier(kind=USER_ID, value=ANA)]
