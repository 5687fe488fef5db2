"""A send whose fate nobody knows is looked for in the carrier's list, and only then decided."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import Fate, Listed, SendFault
from context_store.records import Author, Channel, MessageId, MessageStatus, Purpose
from tests.bot.helpers import (
    LUCIA,
    LUCIA_ON_WHATSAPP,
    execute,
    let_horizon_pass,
    let_leases_run_out,
    look,
    meet,
    message_of,
    queue,
    send,
)
from tests.doubles import SentMessage
from tests.world import World

NO_ANSWER = SendFault(Fate.UNKNOWN, "no answer from Twilio (ReadTimeoutError)", is_of_account=True)
SID, OTHER_SID = "SM" + "e" * 32, "SM" + "f" * 32


@pytest.fixture
def lost(world: World) -> tuple[World, MessageId]:
    """A reply to Lucía of whose sending nothing was heard."""
    meet(world, LUCIA, LUCIA_ON_WHATSAPP)
    message_id = queue(world, "uno")
    world.channel.faults = [NO_ANSWER]
    assert send(world) == []
    return world, message_id


def listed(
    body: str = "uno", sid: str = SID, *, age: float = 0.0, status: MessageStatus | None = None
) -> Listed:
    created_at = datetime.now(UTC) - timedelta(seconds=age)
    return Listed(provider_id=sid, body=body, created_at=created_at, status=status)


def state(world: World, message_id: MessageId) -> MessageStatus:
    return message_of(world, message_id).status


def test_nobody_looks_before_the_callback_had_its_time(lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    world.channel.listed = [listed()]
    from bot.reconcile import look_for_unknown

    assert look_for_unknown(world.house.parts) == 0
    assert state(world, message_id) is MessageStatus.UNKNOWN


@pytest.mark.parametrize(
    ("shown", "becomes"),
    [
        (None, MessageStatus.SENT),
        (MessageStatus.SENT, MessageStatus.SENT),
        (MessageStatus.DELIVERED, MessageStatus.DELIVERED),
        (MessageStatus.READ, MessageStatus.READ),
        (MessageStatus.UNDELIVERED, MessageStatus.UNDELIVERED),
    ],
)
def test_what_the_list_shows_is_adopted(
    lost: tuple[World, MessageId], shown: MessageStatus | None, becomes: MessageStatus
) -> None:
    world, message_id = lost
    world.channel.listed = [listed(status=shown)]
    assert look(world) == 1
    message = message_of(world, message_id)
    assert (message.status, message.provider_id) == (becomes, SID)
    assert send(world) == []


@pytest.mark.parametrize(
    "entry",
    [
        listed("dos"),
        listed(age=3600),
        listed(status=MessageStatus.FAILED),
    ],
    ids=["other words", "older than the try", "failed at its creation"],
)
def test_what_is_not_it_is_not_adopted(lost: tuple[World, MessageId], entry: Listed) -> None:
    world, message_id = lost
    world.channel.listed = [entry]
    assert look(world) == 0
    assert state(world, message_id) is MessageStatus.UNKNOWN


def test_what_belongs_to_another_message_is_not_adopted(world: World) -> None:
    meet(world, LUCIA)
    queue(world, "uno")
    send(world)
    world.channel.listed = [listed(sid=world.channel.sent[0].provider_id)]
    message_id = queue(world, "uno")
    world.channel.faults = [NO_ANSWER]
    send(world)
    assert look(world, 3) == 0
    assert state(world, message_id) is MessageStatus.UNKNOWN


def test_a_reply_that_is_nowhere_is_said_again_once_and_then_set_aside(lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    let_horizon_pass(world)
    assert look(world, 3) == 1
    assert state(world, message_id) is MessageStatus.QUEUED
    world.channel.faults = [NO_ANSWER]
    assert send(world) == []
    let_horizon_pass(world)
    assert look(world, 3) == 1
    assert state(world, message_id) is MessageStatus.PARKED
    queue(world, "dos")
    assert send(world) == ["dos"]


def test_it_takes_three_looks_and_the_whole_horizon(lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    assert look(world, 5) == 0
    let_horizon_pass(world)
    assert look(world) == 1
    assert send(world) == ["uno"]
    assert state(world, message_id) is MessageStatus.SENT


@pytest.mark.parametrize("purpose", [Purpose.MARKETING, Purpose.SURVEY, Purpose.TRANSACTIONAL])
def test_what_is_no_reply_is_set_aside_and_never_said_again(
    lost: tuple[World, MessageId], purpose: Purpose
) -> None:
    world, message_id = lost
    execute(world, "UPDATE messages SET purpose = ? WHERE text = 'uno'", purpose.value)
    let_horizon_pass(world)
    assert look(world, 3) == 1
    assert state(world, message_id) is MessageStatus.PARKED
    assert send(world) == []


def test_a_journeys_words_are_never_said_again(lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    execute(world, "UPDATE messages SET author = ? WHERE text = 'uno'", Author.JOURNEY.value)
    let_horizon_pass(world)
    look(world, 3)
    assert state(world, message_id) is MessageStatus.PARKED


def test_while_the_list_is_away_nothing_is_guessed(lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    world.channel.listed = SendFault(Fate.UNKNOWN, "Twilio 503", is_of_account=True)
    let_horizon_pass(world)
    assert look(world, 10) == 0
    assert state(world, message_id) is MessageStatus.UNKNOWN
    world.channel.listed = [listed()]
    execute(world, "UPDATE messages SET claimed_at = ? WHERE text = 'uno'", str(datetime.now(UTC))[:26])
    assert look(world) == 1


def test_a_list_that_lags_is_not_believed(lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    let_horizon_pass(world)
    queue(world, "otra cosa", Channel.WHATSAPP)
    queue(world, "dos", Channel.SMS)
    let_leases_run_out(world)
    assert send(world) == ["otra cosa", "dos"] or send(world) == []
    # The list does not show "dos", which was certainly taken after "uno" was tried.
    assert look(world, 10) == 0
    assert state(world, message_id) is MessageStatus.UNKNOWN
    later = next(sent for sent in world.channel.sent if sent.body == "dos")
    world.channel.listed = [listed("dos", later.provider_id)]
    assert look(world, 3) == 1
    assert state(world, message_id) is MessageStatus.QUEUED


def test_a_callback_that_comes_after_all_stops_the_second_saying(lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    let_horizon_pass(world)
    look(world, 3)
    world.status(SentMessage(id=message_id, to="", body="", provider_id=SID), "sent")
    assert send(world) == []
    assert state(world, message_id) is MessageStatus.SENT


@pytest.mark.parametrize("heard", ["sent", "failed", "undelivered", "delivered"])
def test_a_callback_is_believed_even_after_it_was_set_aside(
    lost: tuple[World, MessageId], heard: str
) -> None:
    world, message_id = lost
    execute(world, "UPDATE messages SET purpose = 'transactional' WHERE text = 'uno'")
    let_horizon_pass(world)
    look(world, 3)
    assert state(world, message_id) is MessageStatus.PARKED
    world.status(SentMessage(id=message_id, to="", body="", provider_id=SID), heard)
    assert state(world, message_id).value == heard
