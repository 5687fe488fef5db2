"""Customers built in bulk are customers like any other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bench.outside import is_on_whatsapp, number_of
from bench.people import MESSAGES_EACH, Bulk, add_bulk, build, customer_id_of, waking_zone
from context_store.database import Database
from context_store.records import (
    Author,
    Channel,
    ConsentStatus,
    CustomerId,
    Identifier,
    IdentifierKind,
    InputKind,
    MessageStatus,
    Topic,
)
from flows.policy import load_limits

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def database(postgres_url: str, capsys: pytest.CaptureFixture[str]) -> Iterator[Database]:
    build(postgres_url, 20, now=NOW)
    assert "20 customers" in capsys.readouterr().out
    database = Database.connect(postgres_url)
    yield database
    database.dispose()


def test_they_have_their_history(database: Database) -> None:
    for person in (0, 1, 19):
        with database.read() as uow:
            phone = Identifier(kind=IdentifierKind.PHONE, value=number_of(person))
            customer_id = uow.customers.find_by(phone)
            assert customer_id is not None
            assert str(customer_id) == customer_id_of(person)
            channels = {address.channel for address in uow.customers.addresses_of(customer_id)}
            assert channels == ({Channel.SMS, Channel.WHATSAPP} if is_on_whatsapp(person) else {Channel.SMS})
            thread = uow.messages.newest(customer_id, limit=100)
            assert len(thread) == MESSAGES_EACH + (person % 10 == 0)
            assert {message.author for message in thread} >= {Author.CUSTOMER, Author.BOT}
            assert all(message.sent_at is None or message.sent_at < NOW for message in thread)
            (consent, *_) = uow.consents.current(customer_id)
            assert (consent.topic, consent.status) == (Topic.MARKETING, ConsentStatus.OPTED_IN)
            conversation = uow.conversations.get(customer_id)
            assert conversation is not None
            assert conversation.state.slots
            assert not uow.inputs.waiting(customer_id)
            assert uow.orders.newest(customer_id) or person % 2 == 0


def test_who_comes_later_counts_on(database: Database) -> None:
    customer_id = one_of(database)
    with database.write() as uow:
        uow.inputs.add(customer_id, InputKind.COMMAND, now=NOW)
        (entry,) = uow.inputs.waiting(customer_id)
        assert entry.number == 20 * MESSAGES_EACH // 2 + 1


def test_a_campaign_waits_to_go_out(database: Database, postgres_url: str) -> None:
    add_bulk(postgres_url, Bulk(first=5, count=3, now=NOW))
    with database.read() as uow:
        waiting = uow.outgoing.bulk(10)
        assert [str(customer_id) for customer_id in waiting] == [
            customer_id_of(person) for person in (5, 6, 7)
        ]
        message = uow.messages.newest(waiting[0])[-1]
    assert (message.author, message.status, message.channel) == (
        Author.JOURNEY,
        MessageStatus.QUEUED,
        Channel.SMS,
    )


@pytest.mark.parametrize("hour", range(24))
def test_somewhere_it_is_noon(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=59) - timedelta(days=1)  # a Sunday
    hours = load_limits("Europe/Madrid").hours_in("US")
    assert hours.allow(now, waking_zone(now))


def one_of(database: Database) -> CustomerId:
    with database.read() as uow:
        found = uow.customers.find_by(Identifier(kind=IdentifierKind.PHONE, value=number_of(3)))
    assert found is not None
    return found
