"""`hilo outbox`, `hold` and `release`: what waits to go out, why, and stopping it all."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.commands.outbox import why
from context_store.outbox import StuckMessage
from context_store.records import Channel, MessageId, MessageStatus, Purpose, new_id
from context_store.switches import OUTBOUND_HOLD
from tests.bot.commands.conftest import Run, document
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, execute, meet, message_of, queue, send
from tests.world import World

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def talk(world: World) -> World:
    meet(world, LUCIA, LUCIA_ON_WHATSAPP)
    return world


def make_old(world: World, message_id: MessageId, hours: float) -> None:
    """As if it had been stored so long ago, by the database's clock."""
    stored_at = datetime.now(UTC) - timedelta(hours=hours)
    value = stored_at.strftime("%Y-%m-%d %H:%M:%S.%f") + ("" if world.database.is_sqlite else "+00")
    id_ = message_id.hex if world.database.is_sqlite else message_id
    execute(world, "UPDATE messages SET stored_at = ? WHERE id = ?", value, id_)


def is_on_hold(world: World) -> bool:
    with world.database.read() as uow:
        return uow.switches.reason(OUTBOUND_HOLD) is not None


def test_an_empty_outbox_says_so(hilo: Run, talk: World) -> None:
    assert hilo("outbox").output == "Nothing waits to go out.\n"
    assert document(hilo("outbox", "--json")) == {"on_hold": None, "counts": [], "stuck": []}


def test_what_waits_is_counted_by_state_channel_and_purpose(hilo: Run, talk: World) -> None:
    old = queue(talk, "uno")
    queue(talk, "dos")
    queue(talk, "tres", Channel.WHATSAPP)
    make_old(talk, old, hours=3)
    counts = document(hilo("outbox", "--json"))["counts"]
    assert [(count["state"], count["channel"], count["purpose"], count["number"]) for count in counts] == [
        ("queued", "sms", "reply", 2),
        ("queued", "whatsapp", "reply", 1),
    ]
    assert 3 * 3600 <= counts[0]["oldest_seconds"] < 3 * 3600 + 60


def test_the_oldest_are_shown_with_a_reason_and_without_their_words(hilo: Run, talk: World) -> None:
    first, second = queue(talk, "lámpara secreta"), queue(talk, "otra")
    for message_id, hours in ((first, 5), (second, 4)):
        make_old(talk, message_id, hours)
    output = hilo("outbox").output
    assert "nobody took it: does a worker run?" in output
    assert "an earlier message to the same recipient comes first" in output
    assert "…01" in output
    for secret in ("secreta", LUCIA[1:]):
        assert secret not in output


def test_held_and_parked_messages_are_counted_too(hilo: Run, talk: World) -> None:
    for text, status in (("uno", "held"), ("dos", "parked")):
        queue(talk, text)
        execute(talk, "UPDATE messages SET status = ? WHERE status = 'queued'", status)
    output = hilo("outbox").output
    assert "held" in output
    assert "Parked ones wait for you: `hilo parked list`." in output


STUCK = StuckMessage(
    id=MessageId(new_id()),
    status=MessageStatus.QUEUED,
    channel=Channel.SMS,
    purpose=Purpose.REPLY,
    who=LUCIA,
    since=NOW,
    reason="Twilio 429",
    not_before=None,
    has_one_before=False,
)


@pytest.mark.parametrize(
    ("changes", "on_hold", "words"),
    [
        ({}, None, "does a worker run"),
        ({}, "a restore", "on hold"),
        ({"has_one_before": True}, None, "an earlier message"),
        ({"not_before": NOW + timedelta(seconds=40)}, None, "tried in vain (Twilio 429); again in 40 s"),
        ({"status": MessageStatus.SENDING}, "a restore", "a sender has it"),
        ({"status": MessageStatus.UNKNOWN}, None, "nobody knows whether it went out: Twilio 429"),
    ],
)
def test_each_cause_has_its_words(changes: dict[str, object], on_hold: str | None, words: str) -> None:
    message = StuckMessage(**{**vars(STUCK), **changes})
    assert words in why(message, on_hold, NOW)


def test_while_on_hold_nothing_goes_out_and_customers_are_still_heard(hilo: Run, talk: World) -> None:
    hilo("hold", "--reason", "restored from last night")
    queue(talk, "uno")
    assert send(talk) == []
    assert talk.says(LUCIA, "horario") == []
    assert hilo("outbox").output.startswith("ON HOLD: restored from last night.")
    assert "on hold already: restored from last night" in hilo("hold", "--reason", "another").output


def test_a_release_says_what_waits_and_asks(hilo: Run, talk: World) -> None:
    hilo("hold")
    make_old(talk, queue(talk, "uno"), hours=5)
    queue(talk, "dos")
    refused = hilo("release", answer="n\n")
    assert "2 messages wait, the oldest for 5 h." in refused.output
    assert (refused.exit_code, is_on_hold(talk)) == (1, True)
    assert hilo("release", answer="y\n").exit_code == 0
    assert not is_on_hold(talk)
    assert send(talk) == ["uno", "dos"]


def test_what_is_too_old_is_set_aside_before_the_rest_goes_out(hilo: Run, talk: World) -> None:
    hilo("hold")
    old, held, young = queue(talk, "uno"), queue(talk, "dos"), queue(talk, "tres")
    execute(talk, "UPDATE messages SET status = 'held' WHERE text = 'dos'")
    for message_id in (old, held):
        make_old(talk, message_id, hours=3)
    assert "2 messages set aside as too old." in hilo("release", "--expire-older-than", "2", "--yes").output
    assert send(talk) == ["tres"]
    for message_id in (old, held):
        message = message_of(talk, message_id)
        assert (message.status, message.reason) == (
            MessageStatus.EXPIRED,
            "too old when the hold was released",
        )
    assert message_of(talk, young).status is MessageStatus.SENT


def test_a_release_without_a_hold_changes_nothing(hilo: Run, talk: World) -> None:
    result = hilo("release")
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "Nothing was on hold.")
