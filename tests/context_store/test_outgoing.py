"""The sender's side of messages: the fence around a claim, and states that only rise."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from context_store.database import Database
from context_store.records import (
    Address,
    AddressId,
    Author,
    Channel,
    Customer,
    CustomerId,
    Direction,
    Message,
    MessageId,
    MessageStatus,
    OutgoingClaim,
    new_id,
)
from context_store.unit_of_work import UnitOfWork

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SENT, DELIVERED, READ = MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ
UNDELIVERED, FAILED = MessageStatus.UNDELIVERED, MessageStatus.FAILED
REPORTS = (SENT, DELIVERED, READ, UNDELIVERED, FAILED)


def person(uow: UnitOfWork) -> Address:
    customer_id = CustomerId(new_id())
    uow.customers.add(Customer(id=customer_id, created_at=NOW))
    address = Address(
        id=AddressId(new_id()), customer_id=customer_id, channel=Channel.SMS, value="+34600000001"
    )
    uow.customers.add_address(address)
    return address


def write(uow: UnitOfWork, address: Address, text: str = "hola") -> Message:
    message = Message(
        id=MessageId(new_id()),
        customer_id=address.customer_id,
        address_id=address.id,
        channel=address.channel,
        direction=Direction.OUT,
        author=Author.BOT,
        status=MessageStatus.QUEUED,
        text=text,
        created_at=NOW,
    )
    assert uow.messages.add(message)
    return message


def claim(uow: UnitOfWork, message: Message, address: Address, owner: str) -> OutgoingClaim:
    claimed = uow.outgoing.claim(message, address, owner, lease_seconds=30)
    assert claimed is not None
    return claimed


def status_of(uow: UnitOfWork, message: Message) -> MessageStatus:
    found = uow.messages.get(message.id)
    assert found is not None
    return found.status


def test_a_message_has_one_claimer(database: Database) -> None:
    with database.write() as uow:
        address = person(uow)
        message = write(uow, address)
        claim(uow, message, address, "first")
        assert uow.outgoing.claim(message, address, "second", lease_seconds=30) is None


def finish(uow: UnitOfWork, claimed: OutgoingClaim, how: str) -> bool:
    outgoing = uow.outgoing
    return {
        "accepted": lambda: outgoing.mark_accepted(claimed, f"SM{new_id().hex}", NOW),
        "failed": lambda: outgoing.mark_failed(claimed, "Twilio 21617"),
        "put off": lambda: outgoing.put_off(claimed, "Twilio 20429", 1),
        "unknown": lambda: outgoing.mark_unknown(claimed, "no answer", 30),
    }[how]()


@pytest.mark.parametrize("how", ["failed", "put off", "unknown"])
def test_whoever_lost_its_claim_can_no_longer_finish_it(database: Database, how: str) -> None:
    with database.write() as uow:
        address = person(uow)
        message = write(uow, address)
        slow = claim(uow, message, address, "a process")
        uow.outgoing.put_off(slow, "Twilio 20429", 0)
        # The same process again: its name alone is no fence, the attempt is.
        claim(uow, message, address, "a process")
        assert not finish(uow, slow, how)
        assert status_of(uow, message) is MessageStatus.SENDING


@pytest.mark.parametrize("how", ["accepted", "failed", "put off", "unknown"])
def test_a_finished_message_is_not_finished_again(database: Database, how: str) -> None:
    with database.write() as uow:
        address = person(uow)
        message = write(uow, address)
        claimed = claim(uow, message, address, "first")
        assert uow.outgoing.mark_accepted(claimed, f"SM{new_id().hex}", NOW)
        assert not finish(uow, claimed, how)
        assert status_of(uow, message) is SENT


def expected_end(reports: tuple[MessageStatus, ...]) -> MessageStatus:
    """By the rule: a failure that came first stays; a delivery or a reading beats all else."""
    ends = [report for report in reports if report is not SENT]
    if not ends:
        return SENT
    if ends[0] is FAILED:
        return FAILED
    return next((word for word in (READ, DELIVERED) if word in ends), UNDELIVERED)


def test_reports_in_every_order_reach_the_right_end(database: Database) -> None:
    with database.write() as uow:
        address = person(uow)
        for order in permutations(REPORTS):
            message = write(uow, address)
            claim(uow, message, address, "a process")
            for count, report in enumerate(order, start=1):
                uow.outgoing.report(message.id, report, message.id.hex, None, NOW)
                heard = order[:count]
                assert status_of(uow, message) is expected_end(heard), [word.value for word in heard]


def test_a_repeated_report_changes_nothing(database: Database) -> None:
    with database.write() as uow:
        message = write(uow, person(uow))
        for report in REPORTS[:3]:
            assert uow.outgoing.report(message.id, report, "SM1", None, NOW)
            assert not uow.outgoing.report(message.id, report, "SM1", None, NOW)


def test_a_failure_of_an_earlier_try_does_not_end_a_message_that_waits_for_the_next(
    database: Database,
) -> None:
    with database.write() as uow:
        address = person(uow)
        message = write(uow, address)
        claim(uow, message, address, "a process")
        assert uow.outgoing.report(message.id, FAILED, "SM1", "later", NOW)
        assert uow.outgoing.queue_again(message.id, 0)
        assert not uow.outgoing.report(message.id, FAILED, "SM1", "again", NOW)
        claim(uow, message, address, "a process")
        assert not uow.outgoing.report(message.id, FAILED, "SM1", "again", NOW)
        assert uow.outgoing.report(message.id, SENT, "SM2", None, NOW)


CLOSED = [MessageStatus.SKIPPED, MessageStatus.CANCELED, MessageStatus.EXPIRED, MessageStatus.HELD]


@pytest.mark.parametrize("closed", CLOSED)
def test_a_message_that_never_went_out_takes_no_report(database: Database, closed: MessageStatus) -> None:
    with database.write() as uow:
        message = write(uow, person(uow))
        uow.outgoing.settle(message.id, closed)
        for report in REPORTS:
            assert not uow.outgoing.report(message.id, report, "SM1", None, NOW)
        assert status_of(uow, message) is closed


def test_the_lanes_of_two_addresses_are_apart_and_each_in_order(database: Database) -> None:
    with database.write() as uow:
        address = person(uow)
        other = Address(
            id=AddressId(new_id()), customer_id=address.customer_id, channel=Channel.WHATSAPP, value="EC.1"
        )
        uow.customers.add_address(other)
        first, second, third = (write(uow, where, "x") for where in (address, address, other))
        taken = []
        while (found := uow.outgoing.next_in_lane(address.customer_id)) is not None:
            taken.append(found.message.id)
            claim(uow, found.message, found.address, "one")
        assert taken == [first.id, third.id]
        uow.outgoing.report(first.id, SENT, "SM1", None, NOW)
        found = uow.outgoing.next_in_lane(address.customer_id)
        assert found is not None
        assert found.message.id == second.id
