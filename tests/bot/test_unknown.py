"""A send whose fate nobody knows: its lane waits, a callback settles it, nothing is sent blindly."""

from collections.abc import Iterator

import pytest

from bot.channels.base import Fate, SendFault
from context_store.records import Channel, MessageId, MessageStatus
from tests.bot.helpers import (
    LUCIA,
    LUCIA_ON_WHATSAPP,
    claim_next,
    let_leases_run_out,
    meet,
    message_of,
    queue,
    send,
)
from tests.doubles import SentMessage
from tests.world import World

NO_ANSWER = SendFault(Fate.UNKNOWN, "no answer from Twilio (ReadTimeoutError)")
SID = "SM" + "e" * 32


@pytest.fixture
def met(world: World) -> Iterator[World]:
    meet(world, LUCIA, LUCIA_ON_WHATSAPP)
    yield world


@pytest.fixture
def lost(met: World) -> tuple[World, MessageId]:
    """A message to Lucía of whose sending nothing was heard."""
    message_id = queue(met, "uno")
    met.channel.faults = [NO_ANSWER]
    assert send(met) == []
    return met, message_id


def report(world: World, message_id: MessageId, status: str) -> int:
    sent = SentMessage(id=message_id, to="", body="", provider_id=SID)
    return world.status(sent, status).status_code


def test_the_lane_of_an_unknown_message_waits_and_other_lanes_do_not(
    lost: tuple[World, MessageId],
) -> None:
    world, message_id = lost
    queue(world, "dos")
    queue(world, "on WhatsApp", Channel.WHATSAPP)
    assert send(world) == ["on WhatsApp"]
    message = message_of(world, message_id)
    assert (message.status, message.reason) == (MessageStatus.UNKNOWN, NO_ANSWER.reason)


@pytest.mark.parametrize(
    ("heard", "status"),
    [
        ("sent", MessageStatus.SENT),
        ("delivered", MessageStatus.DELIVERED),
        ("read", MessageStatus.READ),
        ("failed", MessageStatus.FAILED),
        ("undelivered", MessageStatus.UNDELIVERED),
    ],
)
def test_a_callback_settles_it_and_rings_for_the_lane(
    lost: tuple[World, MessageId], heard: str, status: MessageStatus
) -> None:
    world, message_id = lost
    queue(world, "dos")
    assert report(world, message_id, heard) == 204
    assert [sent.body for sent in world.work()] == ["dos"]
    message = message_of(world, message_id)
    assert (message.status, message.provider_id) == (status, SID)


def test_after_the_wait_a_different_text_passes_and_the_same_text_stays(
    lost: tuple[World, MessageId],
) -> None:
    world, _ = lost
    for text in ("uno", "dos"):
        queue(world, text)
    let_leases_run_out(world)
    # The second "uno" could not be told from the first in the carrier's list; it also holds what follows.
    assert send(world) == []
    queue(world, "tres", Channel.WHATSAPP)
    assert send(world) == ["tres"]


def test_after_the_wait_a_lane_without_the_same_text_goes_on(lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    for text in ("dos", "tres"):
        queue(world, text)
    let_leases_run_out(world)
    assert send(world) == ["dos", "tres"]
    assert message_of(world, message_id).status is MessageStatus.UNKNOWN


def test_a_sender_that_vanished_in_the_act_leaves_an_unknown_message(met: World) -> None:
    message_id = queue(met, "uno")
    assert claim_next(met) is not None
    met.tick()
    assert message_of(met, message_id).status is MessageStatus.SENDING
    let_leases_run_out(met)
    assert met.tick() == []
    message = message_of(met, message_id)
    assert message.status is MessageStatus.UNKNOWN
    assert message.reason == "the sender stopped before it could say what happened"
    queue(met, "dos")
    assert send(met) == []


def test_a_sender_that_was_slower_than_its_lease_may_still_say_what_happened(met: World) -> None:
    message_id = queue(met, "uno")

    def be_slow(message_id: MessageId) -> None:
        let_leases_run_out(met)
        met.tick()
        assert message_of(met, message_id).status is MessageStatus.UNKNOWN

    met.channel.faults = [be_slow]
    assert send(met) == ["uno"]
    message = message_of(met, message_id)
    assert (message.status, message.reason) == (MessageStatus.SENT, None)


BEFORE_OUR_201 = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}


@pytest.mark.parametrize(("heard", "status"), BEFORE_OUR_201.items())
def test_a_callback_before_our_own_201_is_not_undone_by_it(
    met: World, heard: str, status: MessageStatus
) -> None:
    message_id = queue(met, "uno")

    def report_at_once(message_id: MessageId) -> None:
        assert met.status(met.channel.sent[-1], heard).status_code == 204

    met.channel.faults = [report_at_once]
    assert send(met) == ["uno"]
    message = message_of(met, message_id)
    assert (message.status, message.provider_id) == (status, met.channel.sent[0].provider_id)
    # It counts for the caps on how often we write, whoever told us first.
    with met.database.read() as uow:
        query = "SELECT count(*) FROM messages WHERE text = 'uno' AND sent_at IS NULL"
        assert uow._connection.exec_driver_sql(query).scalar_one() == 0
