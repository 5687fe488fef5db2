"""The only place that sends: one in flight per recipient and in order, nothing twice, faults sorted."""

from functools import partial
from itertools import count

import pytest

from bot.aftermath import MOST_ATTEMPTS
from bot.channels.base import Fate, SendFault
from context_store.outgoing import OutgoingMessages
from context_store.records import AddressStatus, Channel, MessageId, MessageStatus, OutgoingClaim
from tests.bot.helpers import (
    LUCIA,
    LUCIA_ON_WHATSAPP,
    at_once,
    claim_next,
    forget_delays,
    meet,
    message_of,
    queue,
    send,
)
from tests.world import World, make_world

BUSY = SendFault(Fate.RETRYABLE, "Twilio 20429")


@pytest.fixture
def met(world: World) -> World:
    """Lucía has written on both channels."""
    meet(world, LUCIA, LUCIA_ON_WHATSAPP)
    return world


def state(world: World, message_id: MessageId) -> tuple[MessageStatus, str | None]:
    message = message_of(world, message_id)
    return message.status, message.reason


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """By how many seconds messages were put off, in turn."""
    seen: list[float] = []
    put_off = OutgoingMessages.put_off

    def watched(self: OutgoingMessages, claim: OutgoingClaim, reason: str, seconds: float) -> bool:
        seen.append(seconds)
        return put_off(self, claim, reason, seconds)

    monkeypatch.setattr(OutgoingMessages, "put_off", watched)
    return seen


def test_messages_go_out_in_the_order_they_were_written(met: World) -> None:
    for text in ("uno", "dos", "tres"):
        queue(met, text)
    assert send(met) == ["uno", "dos", "tres"]


def test_while_one_is_in_flight_the_next_to_that_address_waits_and_others_go(met: World) -> None:
    queue(met, "uno")
    queue(met, "dos")
    queue(met, "on WhatsApp", Channel.WHATSAPP)
    seen: list[object] = []

    def look_around(message_id: MessageId) -> None:
        for _ in range(2):
            claim = claim_next(met)
            seen.append(getattr(getattr(claim, "message", None), "text", None))

    met.channel.faults = [look_around]
    send(met)
    assert seen == ["on WhatsApp", None]
    assert [sent.body for sent in met.channel.sent] == ["uno", "dos"]


def test_nothing_is_open_in_the_database_while_the_carrier_is_called(met: World) -> None:
    queue(met, "uno")
    pool = met.database._engine.pool
    in_use: list[int] = []
    met.channel.faults = [lambda message_id: in_use.append(pool.checkedout())]
    send(met)
    assert in_use == [0]


def test_two_senders_at_once_send_each_message_once_and_in_order(database_url: str) -> None:
    worlds = [make_world(database_url), make_world(database_url)]
    meet(worlds[0], LUCIA, LUCIA_ON_WHATSAPP)
    # What either of them sends, in the order of sending; the carrier gives no id twice.
    worlds[1].channel.sent = worlds[0].channel.sent
    worlds[1].channel._sids = (f"SM{number:032x}" for number in count(1_000))
    wanted = [str(number) for number in range(10)]
    for text in wanted:
        queue(worlds[0], text)
        queue(worlds[0], text, Channel.WHATSAPP)
    customer_id = worlds[0].customer_id(LUCIA)
    for _ in range(5):
        at_once([partial(world.house.sender.send_waiting, customer_id) for world in worlds])
    for address in (f"sms:{LUCIA}", LUCIA_ON_WHATSAPP):
        assert [sent.body for sent in worlds[0].channel.sent if sent.to == address] == wanted
    for world in worlds:
        world.house.close()


def test_a_message_that_was_certainly_not_sent_is_put_off_longer_each_time(
    met: World, waits: list[float]
) -> None:
    message_id = queue(met, "uno")
    for _ in range(MOST_ATTEMPTS - 1):
        met.channel.faults = [BUSY]
        assert send(met) == []
        assert state(met, message_id) == (MessageStatus.QUEUED, "Twilio 20429")
        forget_delays(met)
    assert waits == [1, 2, 4, 8, 16]
    met.channel.faults = [BUSY]
    assert send(met) == []
    assert state(met, message_id) == (MessageStatus.FAILED, "Twilio 20429")


def test_a_carrier_that_says_when_to_come_back_is_obeyed(met: World, waits: list[float]) -> None:
    queue(met, "uno")
    met.channel.faults = [SendFault(Fate.RETRYABLE, "Twilio 20429", retry_after=40)]
    for _ in range(3):
        assert send(met) == []
    assert waits == [40]


def test_what_went_out_at_last_has_no_reason_to_show(met: World) -> None:
    message_id = queue(met, "uno")
    met.channel.faults = [BUSY]
    send(met)
    forget_delays(met)
    assert send(met) == ["uno"]
    assert state(met, message_id) == (MessageStatus.SENT, None)
    assert message_of(met, message_id).provider_id == met.channel.sent[0].provider_id


def test_a_message_that_is_put_off_keeps_its_place_in_the_lane(met: World) -> None:
    queue(met, "uno")
    queue(met, "dos")
    queue(met, "on WhatsApp", Channel.WHATSAPP)
    met.channel.faults = [BUSY]
    assert send(met) == ["on WhatsApp"]
    forget_delays(met)
    assert send(met) == ["uno", "dos"]


def test_a_final_refusal_fails_that_message_and_the_lane_goes_on(met: World) -> None:
    refused = queue(met, "uno")
    queue(met, "dos")
    met.channel.faults = [SendFault(Fate.FINAL, "Twilio 21617")]
    assert send(met) == ["dos"]
    assert state(met, refused) == (MessageStatus.FAILED, "Twilio 21617")


def test_an_unreachable_address_is_marked_and_spared_and_the_other_is_not(met: World) -> None:
    first, second = queue(met, "uno"), queue(met, "dos")
    met.channel.faults = [SendFault(Fate.UNREACHABLE, "Twilio 21614")]
    assert send(met) == []
    assert state(met, first) == (MessageStatus.FAILED, "Twilio 21614")
    assert state(met, second) == (MessageStatus.SKIPPED, "unreachable: Twilio 21614")
    with met.database.read() as uow:
        address = uow.customers.find_address(Channel.SMS, LUCIA)
    assert (address.status, address.reason) == (AddressStatus.UNREACHABLE, "Twilio 21614")
    queue(met, "on WhatsApp", Channel.WHATSAPP)
    assert send(met) == ["on WhatsApp"]


def test_a_fault_of_our_own_in_the_act_is_never_tried_blindly_again(met: World) -> None:
    message_id = queue(met, "uno")

    def broken(message_id: MessageId) -> None:
        raise ZeroDivisionError("a fault of ours, after the carrier took it")

    met.channel.faults = [broken]
    with pytest.raises(ZeroDivisionError):
        send(met)
    assert state(met, message_id) == (MessageStatus.SENDING, None)
    forget_delays(met)
    met.tick()
    assert len(met.channel.sent) == 1


def test_the_sweep_sends_what_no_bell_brought_to_a_sender(met: World) -> None:
    queue(met, "uno")
    # The bell has its own two seconds first.
    assert met.tick() == []
    forget_delays(met)
    assert [sent.body for sent in met.tick()] == ["uno"]


def test_the_sweep_takes_the_turn_that_no_bell_rang_for(met: World) -> None:
    met.receive(LUCIA, "horario")
    met.bell.turns.clear()
    assert met.tick() == []
    forget_delays(met)
    assert [sent.body[:8] for sent in met.tick()] == ["Abrimos "]
    assert met.tick() == []


def test_more_than_one_row_of_sends_is_left_to_the_sweep(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sender.MOST_SENDS_IN_A_ROW", 2)
    meet(sqlite_world, LUCIA)
    for text in ("uno", "dos", "tres"):
        queue(sqlite_world, text)
    assert send(sqlite_world) == ["uno", "dos"]
    forget_delays(sqlite_world)
    assert [sent.body for sent in sqlite_world.tick()] == ["tres"]
