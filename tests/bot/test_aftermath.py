"""What a failure leads to: it is learnt from, tried again, said by SMS instead, or told to its journey."""

import pytest

from bot.channels.base import Fate, SendFault
from bot.channels.twilio_codes import REACTIONS, UNKNOWN_CODE, fault_of
from context_store.records import (
    AddressStatus,
    Channel,
    ConsentStatus,
    Message,
    MessageId,
    MessageStatus,
    Topic,
)
from tests.bot.helpers import (
    LUCIA,
    LUCIA_ON_WHATSAPP,
    claim_next,
    execute,
    forget_delays,
    meet,
    message_of,
    queue,
    send,
)
from tests.doubles import SentMessage
from tests.world import World


@pytest.fixture
def met(world: World) -> World:
    """Lucía has written on both channels."""
    meet(world, LUCIA, LUCIA_ON_WHATSAPP)
    return world


def sent_on(world: World, channel: Channel, text: str = "uno") -> tuple[MessageId, SentMessage]:
    message_id = queue(world, text, channel)
    assert send(world) == [text]
    return message_id, world.channel.sent[-1]


def fail(world: World, sent: SentMessage, code: int, status: str = "failed") -> None:
    to = f"whatsapp:{LUCIA}" if sent.to.startswith("whatsapp") else LUCIA
    assert world.status(sent, status, ErrorCode=str(code), To=to).status_code == 204


def by_sms(world: World) -> list[Message]:
    return [message for message in world.thread(LUCIA) if message.fallback_of is not None]


@pytest.mark.parametrize("code", sorted(REACTIONS))
def test_every_code_leads_to_its_reaction_when_a_callback_brings_it(sqlite_world: World, code: int) -> None:
    """The table, acted out: nothing is left in between, and what was learnt is written down."""
    meet(sqlite_world, LUCIA, LUCIA_ON_WHATSAPP)
    reaction = REACTIONS[code]
    channel = Channel.WHATSAPP if code > 60000 else Channel.SMS
    message_id, sent = sent_on(sqlite_world, channel)
    fail(sqlite_world, sent, code)
    message = message_of(sqlite_world, message_id)
    is_tried_again = reaction.fate is Fate.RETRYABLE
    assert message.status is (MessageStatus.QUEUED if is_tried_again else MessageStatus.FAILED)
    assert message.reason == f"{reaction.text} (Twilio {code})"
    with sqlite_world.database.read() as uow:
        address = uow.customers.find_address(channel, LUCIA)
        lines = uow.consents.current(message.customer_id)
    assert (address.status is AddressStatus.UNREACHABLE) == (reaction.fate is Fate.UNREACHABLE)
    has_opted_out = any(line.channel is channel and line.topic is Topic.ALL for line in lines)
    assert has_opted_out == (reaction.fate is Fate.OPTED_OUT)
    falls_back = reaction.may_fall_back and channel is Channel.WHATSAPP
    assert len(by_sms(sqlite_world)) == falls_back


@pytest.mark.parametrize("code", sorted(REACTIONS))
def test_every_code_leads_to_its_reaction_when_it_is_the_answer(sqlite_world: World, code: int) -> None:
    meet(sqlite_world, LUCIA, LUCIA_ON_WHATSAPP)
    channel = Channel.WHATSAPP if code > 60000 else Channel.SMS
    message_id = queue(sqlite_world, "uno", channel)
    fault = fault_of(code, LUCIA)
    sqlite_world.channel.faults = [fault]
    send(sqlite_world)
    message = message_of(sqlite_world, message_id)
    assert message.status is (MessageStatus.QUEUED if fault.fate.may_try_again else MessageStatus.FAILED)
    assert len(by_sms(sqlite_world)) == (fault.may_fall_back and channel is Channel.WHATSAPP)


def test_a_code_that_nobody_knows_is_a_plain_failure() -> None:
    fault = fault_of(99999, LUCIA)
    assert (fault.fate, fault.reason) == (Fate.FINAL, f"{UNKNOWN_CODE.text} (Twilio 99999)")


def test_an_opt_out_that_only_a_callback_tells_is_kept(met: World) -> None:
    _, sent = sent_on(met, Channel.SMS)
    fail(met, sent, 21610)
    with met.database.read() as uow:
        (line,) = uow.consents.current(met.customer_id(LUCIA))
    assert (line.channel, line.status, line.method) == (Channel.SMS, ConsentStatus.OPTED_OUT, "carrier")
    queue(met, "dos", Channel.SMS)
    assert send(met) == []


def test_what_surely_failed_for_a_while_is_tried_again_by_the_same_message(met: World) -> None:
    message_id, sent = sent_on(met, Channel.WHATSAPP)
    fail(met, sent, 63018)
    assert message_of(met, message_id).status is MessageStatus.QUEUED
    assert send(met) == []
    forget_delays(met)
    assert send(met) == ["uno"]
    second = met.channel.sent[-1]
    # The first try is over: what is still told of it changes nothing.
    fail(met, sent, 63018)
    assert message_of(met, message_id).status is MessageStatus.SENT
    assert met.status(second, "delivered").status_code == 204
    assert message_of(met, message_id).status is MessageStatus.DELIVERED


def test_the_us_gets_advertisements_by_sms_and_never_again_by_whatsapp() -> None:
    assert fault_of(63049, "whatsapp:+12025550123").fate is Fate.FINAL
    assert fault_of(63049, "whatsapp:+12025550123").may_fall_back
    assert fault_of(63049, LUCIA_ON_WHATSAPP).fate is Fate.RETRYABLE


def test_what_did_not_arrive_on_whatsapp_goes_by_sms_once(met: World) -> None:
    message_id, sent = sent_on(met, Channel.WHATSAPP)
    fail(met, sent, 63024, "undelivered")
    (again,) = by_sms(met)
    assert (again.fallback_of, again.channel, again.text) == (message_id, Channel.SMS, "uno")
    assert send(met) == ["uno"]
    fail(met, met.channel.sent[-1], 30005)
    assert len(by_sms(met)) == 1


def test_it_does_not_go_by_sms_when_the_first_arrived_meanwhile(met: World) -> None:
    _, sent = sent_on(met, Channel.WHATSAPP)
    fail(met, sent, 63032, "undelivered")
    met.status(sent, "delivered")
    assert send(met) == []
    (again,) = by_sms(met)
    assert (again.status, again.reason) == (MessageStatus.SKIPPED, "the first try has arrived after all")


@pytest.mark.parametrize("code", [63014, 63033])
def test_who_has_blocked_us_gets_no_sms_instead(met: World, code: int) -> None:
    _, sent = sent_on(met, Channel.WHATSAPP)
    fail(met, sent, code)
    assert by_sms(met) == []


def test_the_policy_is_asked_again_before_the_sms(met: World) -> None:
    _, sent = sent_on(met, Channel.WHATSAPP)
    fail(met, sent, 63024)
    assert met.receive(LUCIA, "BAJA").status_code == 200
    met.house.turns.take(met.customer_id(LUCIA))
    assert "uno" not in send(met)
    assert by_sms(met)[0].status is MessageStatus.SKIPPED


def test_without_a_number_for_sms_there_is_no_sms(met: World) -> None:
    execute(met, "UPDATE addresses SET status = 'unreachable' WHERE channel = 'sms'")
    _, sent = sent_on(met, Channel.WHATSAPP)
    fail(met, sent, 63024)
    assert by_sms(met) == []


def test_a_window_that_was_closed_after_all_is_remembered(met: World) -> None:
    _, sent = sent_on(met, Channel.WHATSAPP)
    fail(met, sent, 63016)
    queue(met, "dos", Channel.WHATSAPP)
    assert send(met) == ["uno"]  # by SMS
    assert [message.reason for message in met.thread(LUCIA) if message.text == "dos"] == [
        "WhatsApp's 24-hour window has closed"
    ]


def test_the_accounts_trouble_uses_up_no_tries(met: World) -> None:
    message_id = queue(met, "uno")
    for _ in range(20):
        met.channel.faults = [SendFault(Fate.RETRYABLE, "Twilio cannot be reached", is_of_account=True)]
        met.house.parts.breaker.succeeded()
        send(met)
        forget_delays(met)
    assert message_of(met, message_id).status is MessageStatus.QUEUED
    met.house.parts.breaker.succeeded()
    assert send(met) == ["uno"]


def test_sending_pauses_for_everybody_when_the_carrier_fails_in_a_row(met: World) -> None:
    for number in range(8):
        queue(met, f"{number}", Channel.SMS if number % 2 else Channel.WHATSAPP)
    met.channel.faults = [SendFault(Fate.RETRYABLE, "Twilio cannot be reached", is_of_account=True)] * 8
    for _ in range(8):
        send(met)
        forget_delays(met)
    # Five failures open it; what did not try keeps its place.
    assert len(met.channel.faults) == 3
    assert met.house.parts.breaker.is_open


def test_a_claim_of_a_vanished_sender_does_not_stop_other_people(met: World) -> None:
    queue(met, "uno")
    assert claim_next(met) is not None
    meet(met, "+34600000002")
    queue(met, "hola", phone="+34600000002")
    assert send(met, "+34600000002") == ["hola"]
