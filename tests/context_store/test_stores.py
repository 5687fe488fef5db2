"""The stores' promises that no other test leans on: order, uniqueness, clean values, all or nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from context_store.customers import AlreadyLinked
from context_store.database import Database
from context_store.identity import Sender, resolve
from context_store.records import (
    Author,
    Channel,
    Consent,
    ConsentStatus,
    Customer,
    CustomerId,
    Delivery,
    Direction,
    Event,
    EventId,
    Identifier,
    IdentifierKind,
    Media,
    Message,
    MessageId,
    MessageStatus,
    Option,
    Order,
    OrderId,
    OrderItem,
    OrderStatus,
    Topic,
    new_id,
)
from context_store.unit_of_work import UnitOfWork

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
PHONE = Identifier(kind=IdentifierKind.PHONE, value="+34600000001")
SENDER = Sender(channel=Channel.SMS, address=PHONE.value, identifiers=(PHONE,), source="twilio")


def person(uow: UnitOfWork) -> CustomerId:
    return resolve(uow.customers, SENDER, NOW).customer_id


def message(customer_id: CustomerId, text: str = "hola", **others: Any) -> Message:
    plain = Message(
        id=MessageId(new_id()),
        customer_id=customer_id,
        address_id=None,
        channel=Channel.SMS,
        direction=Direction.IN,
        author=Author.CUSTOMER,
        status=MessageStatus.RECEIVED,
        text=text,
        created_at=NOW,
    )
    return replace(plain, **others)


def test_leaving_without_a_commit_undoes_everything(database: Database) -> None:
    with database.write() as uow:
        customer_id = person(uow)
    with database.read() as uow:
        assert uow.customers.get(customer_id) is None
        assert uow.customers.find_by(PHONE) is None


def test_an_error_undoes_everything_too(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as uow:
        person(uow)
        raise ZeroDivisionError
    with database.read() as uow:
        assert uow.customers.find_by(PHONE) is None


def test_a_message_comes_back_as_it_was_put_in(database: Database) -> None:
    with database.write() as uow:
        written = message(
            person(uow),
            "¿Qué tal? 👋",
            options=(Option(title="Sí", payload='/yes{"a": "b"}'),),
            media=(Media(url="https://example.com/a", content_type="image/png"),),
            provider_id="SM1",
            quotes="SM0",
            choice="/yes",
        )
        assert uow.messages.add(written)
        uow.commit()
    with database.read() as uow:
        found = uow.messages.get(written.id)
    assert found is not None
    assert found.position is not None
    assert replace(found, position=None) == written


@pytest.mark.parametrize(
    "twin",
    [{"provider_id": "SM1"}, {"dedupe_key": "42:0"}],
    ids=["the provider's id", "the key of a turn"],
)
def test_a_message_that_is_here_already_is_not_added_again(database: Database, twin: dict[str, str]) -> None:
    with database.write() as uow:
        customer_id = person(uow)
        assert uow.messages.add(message(customer_id, **twin))
        assert not uow.messages.add(message(customer_id, "another text", **twin))
        assert [found.text for found in uow.messages.newest(customer_id)] == ["hola"]


def test_one_providers_id_may_come_on_two_channels(database: Database) -> None:
    with database.write() as uow:
        customer_id = person(uow)
        for channel in (Channel.SMS, Channel.WHATSAPP):
            assert uow.messages.add(message(customer_id, provider_id="SM1", channel=channel))


def test_a_thread_is_read_page_by_page_newest_last(database: Database) -> None:
    with database.write() as uow:
        customer_id = person(uow)
        for number in range(7):
            uow.messages.add(message(customer_id, str(number)))
        pages: list[list[str]] = []
        before: int | None = None
        while page := uow.messages.newest(customer_id, limit=3, before=before):
            pages.append([found.text for found in page])
            before = page[0].position
    assert pages == [["4", "5", "6"], ["1", "2", "3"], ["0"]]


def test_times_come_back_aware_and_in_utc_whatever_zone_they_had(database: Database) -> None:
    lima = timezone(timedelta(hours=-5))
    with database.write() as uow:
        customer_id = CustomerId(new_id())
        uow.customers.add(Customer(id=customer_id, created_at=datetime(2026, 11, 23, 6, 0, tzinfo=lima)))
        found = uow.customers.get(customer_id)
    assert found is not None
    assert found.created_at == NOW
    assert found.created_at.tzinfo is UTC


def test_a_naive_time_is_refused(database: Database) -> None:
    with database.write() as uow, pytest.raises(Exception, match="a naive datetime cannot be stored"):
        uow.customers.add(Customer(id=CustomerId(new_id()), created_at=NOW.replace(tzinfo=None)))


def consent(customer_id: CustomerId, status: ConsentStatus, **others: object) -> Consent:
    plain = Consent(
        customer_id=customer_id,
        channel=Channel.SMS,
        topic=Topic.ALL,
        status=status,
        method="keyword",
        created_at=NOW,
    )
    return replace(plain, **others)  # type: ignore[arg-type]


def test_the_newest_line_of_a_channel_and_topic_counts_and_all_lines_stay(database: Database) -> None:
    out, back = ConsentStatus.OPTED_OUT, ConsentStatus.OPTED_IN
    with database.write() as uow:
        customer_id = person(uow)
        # The ledger's order counts, not the time that a line claims.
        uow.consents.add(consent(customer_id, out, created_at=NOW + timedelta(days=1)))
        uow.consents.add(consent(customer_id, out, channel=Channel.WHATSAPP))
        uow.consents.add(consent(customer_id, out, topic=Topic.MARKETING))
        uow.consents.add(consent(customer_id, back))
        current = uow.consents.current(customer_id)
        assert len(uow.consents.ledger(customer_id)) == 4
    assert [(line.channel, line.topic, line.status) for line in current] == [
        (Channel.WHATSAPP, Topic.ALL, out),
        (Channel.SMS, Topic.MARKETING, out),
        (Channel.SMS, Topic.ALL, back),
    ]


def order(customer_id: CustomerId, number: str = "1042", days_ago: int = 1) -> Order:
    return Order(
        id=OrderId(new_id()),
        customer_id=customer_id,
        number=number,
        status=OrderStatus.SHIPPED,
        total=1250,
        currency="EUR",
        items=(OrderItem(name="Vela", quantity=1, unit_price=1250),),
        placed_at=NOW - timedelta(days=days_ago),
    )


def test_orders_come_newest_first_and_only_their_owners(database: Database) -> None:
    with database.write() as uow:
        lucia = person(uow)
        ana = CustomerId(new_id())
        uow.customers.add(Customer(id=ana, created_at=NOW))
        for customer_id, number, days in ((lucia, "1", 9), (lucia, "2", 1), (ana, "3", 5)):
            uow.orders.add(order(customer_id, number, days))
        assert [found.number for found in uow.orders.newest(lucia)] == ["2", "1"]
        where = Delivery(address="Calle Mayor 5", window="morning")
        uow.orders.set_delivery(lucia, "3", where)
        uow.orders.set_delivery(lucia, "2", where)
        assert [found.delivery for found in uow.orders.newest(ana)] == [None]
        assert [found.delivery for found in uow.orders.newest(lucia)] == [where, None]


def test_events_of_one_moment_keep_the_order_they_were_told_in(database: Database) -> None:
    with database.write() as uow:
        customer_id = person(uow)
        told = [
            Event(
                id=EventId(new_id()),
                customer_id=customer_id,
                source="shop",
                message_id=str(number),
                name="Product Added",
                properties={},
                cart_key="c1",
                occurred_at=NOW,
                received_at=NOW,
            )
            for number in range(5)
        ]
        # However the database has come to keep them.
        for event in reversed(told):
            uow.events.add(event)
        assert [event.message_id for event in uow.events.of_cart(customer_id, "c1")] == list("01234")
        assert [event.message_id for event in uow.events.newest(customer_id)] == list("43210")


def test_an_identifier_names_one_person_only(database: Database) -> None:
    with database.write() as uow:
        person(uow)
        uow.commit()
    other = Customer(id=CustomerId(new_id()), created_at=NOW)
    with database.write() as uow, pytest.raises(AlreadyLinked):
        uow.customers.add(other)
        address = uow.customers.find_address(Channel.SMS, PHONE.value)
        assert address is not None
        uow.customers.add_address(replace(address, id=new_id(), customer_id=other.id))  # type: ignore[arg-type]


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(1_000)]
    assert made == sorted(made)
    assert {each.version for each in made} == {7}
