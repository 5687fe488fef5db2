"""`POST /twilio/status/<message id>/<proof>`: who may report, and what a report changes."""

from itertools import permutations
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from context_store.records import Channel, Message, MessageId, MessageStatus
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, meet, queue, send, statuses
from tests.doubles import ACCOUNT, SentMessage
from tests.world import World

SID = "SM" + "e" * 32


def fields(status: str = "delivered", **extra: str) -> dict[str, str]:
    return {"MessageSid": SID, "AccountSid": ACCOUNT, "MessageStatus": status, **extra}


def path(world: World, message_id: UUID, proof: str | None = None) -> str:
    return f"/twilio/status/{message_id}/{proof or world.channel.status_proof(message_id)}"


@pytest.fixture
def spoken(sqlite_world: World) -> World:
    """One message of ours is out."""
    meet(sqlite_world, LUCIA)
    queue(sqlite_world, "uno")
    send(sqlite_world)
    return sqlite_world


def sent_by(world: World) -> SentMessage:
    return world.channel.sent[-1]


def last(world: World) -> Message:
    return world.thread(LUCIA)[-1]


def test_a_report_moves_the_status_and_is_answered_with_nothing(spoken: World) -> None:
    response = spoken.status(sent_by(spoken), "delivered")
    assert (response.status_code, response.get_data()) == (204, b"")
    assert last(spoken).status is MessageStatus.DELIVERED


def test_a_report_may_come_twice(spoken: World) -> None:
    for _ in range(3):
        assert spoken.status(sent_by(spoken), "delivered").status_code == 204
    assert last(spoken).status is MessageStatus.DELIVERED


@pytest.mark.parametrize(
    ("status", "extra", "reason"),
    [
        ("failed", {"ErrorCode": "30003"}, "the phone was off or out of reach (Twilio 30003)"),
        (
            "undelivered",
            {"ErrorCode": "63024", "ChannelStatusMessage": "no such user"},
            "cannot be reached on WhatsApp (Twilio 63024)",
        ),
        ("failed", {}, "Twilio gave no reason"),
        ("failed", {"ErrorCode": ""}, "Twilio gave no reason"),
        ("failed", {"ErrorCode": "nonsense"}, "Twilio gave no reason"),
        ("failed", {"ErrorCode": "²"}, "Twilio gave no reason"),
    ],
)
def test_a_failure_keeps_the_carriers_code(
    spoken: World, status: str, extra: dict[str, str], reason: str
) -> None:
    spoken.status(sent_by(spoken), status, **extra)
    assert (last(spoken).status, last(spoken).reason) == (MessageStatus(status), reason)


def test_a_delivery_after_all_takes_the_reason_away(spoken: World) -> None:
    spoken.status(sent_by(spoken), "undelivered", ErrorCode="30008")
    spoken.status(sent_by(spoken), "delivered")
    assert (last(spoken).status, last(spoken).reason) == (MessageStatus.DELIVERED, None)


@pytest.mark.parametrize(
    "word", ["queued", "accepted", "sending", "scheduled", "received", "", "of tomorrow"]
)
def test_a_word_that_changes_nothing_is_acknowledged(sqlite_world: World, word: str) -> None:
    meet(sqlite_world, LUCIA)
    queue(sqlite_world, "uno")
    send(sqlite_world)
    assert sqlite_world.status(sent_by(sqlite_world), word).status_code == 204
    assert last(sqlite_world).status is MessageStatus.SENT


@pytest.mark.parametrize("proof", ["0" * 32, "x", "ñ" * 32, "0" * 5_000])
def test_a_wrong_proof_is_refused_although_the_signature_is_right(spoken: World, proof: str) -> None:
    response = spoken.post(path(spoken, sent_by(spoken).id, quote(proof)), fields())
    assert response.status_code == 403
    assert last(spoken).status is MessageStatus.SENT


def test_the_proof_of_one_message_is_none_for_another(spoken: World) -> None:
    queue(spoken, "dos")
    send(spoken)
    first, second = spoken.channel.sent
    response = spoken.post(path(spoken, second.id, spoken.channel.status_proof(first.id)), fields())
    assert response.status_code == 403


def test_a_wrong_signature_is_refused_although_the_proof_is_right(spoken: World) -> None:
    response = spoken.post(path(spoken, sent_by(spoken).id), fields(), signature="wrong")
    assert response.status_code == 403
    assert last(spoken).status is MessageStatus.SENT


def test_a_report_on_a_message_that_we_do_not_have_changes_nothing(sqlite_world: World) -> None:
    assert sqlite_world.post(path(sqlite_world, uuid4()), fields()).status_code == 204


def test_a_report_cannot_touch_what_a_customer_wrote(sqlite_world: World) -> None:
    sqlite_world.says(LUCIA, "hola")
    written = sqlite_world.thread(LUCIA)[0]
    assert sqlite_world.post(path(sqlite_world, written.id), fields("failed")).status_code == 204
    assert sqlite_world.thread(LUCIA)[0].status is MessageStatus.RECEIVED


@pytest.mark.parametrize(
    ("change", "code"),
    [({"MessageSid": ""}, 400), ({"MessageSid": "SM1"}, 400), ({"AccountSid": "AC" + "b" * 32}, 403)],
)
def test_a_report_without_what_it_needs_is_refused(
    sqlite_world: World, change: dict[str, str], code: int
) -> None:
    assert sqlite_world.post(path(sqlite_world, uuid4()), {**fields(), **change}).status_code == code


def test_a_path_that_names_no_message_is_not_found(sqlite_world: World) -> None:
    assert sqlite_world.post("/twilio/status/42/proof", fields()).status_code == 404
    assert sqlite_world.client.get(path(sqlite_world, uuid4())).status_code == 405


def test_reports_in_any_order_reach_the_same_end_as_the_real_one(sqlite_world: World) -> None:
    """The whole table is in tests/context_store; here the usual four over the wire."""
    meet(sqlite_world, LUCIA_ON_WHATSAPP)
    orders = list(permutations(("sent", "delivered", "read")))
    for number in range(len(orders)):
        queue(sqlite_world, f"mensaje {number}", Channel.WHATSAPP)
    send(sqlite_world)
    for sent, order in zip(sqlite_world.channel.sent, orders, strict=True):
        for status in order:
            sqlite_world.status(sent, status)
    assert statuses(sqlite_world)[1:] == [MessageStatus.READ] * len(orders)


def test_a_report_with_the_id_of_another_message_changes_nothing(spoken: World) -> None:
    queue(spoken, "dos")
    send(spoken)
    first, second = spoken.channel.sent
    theirs = {**fields("delivered"), "MessageSid": provider_id_of(spoken, first.id)}
    assert spoken.post(path(spoken, second.id), theirs).status_code == 204
    assert statuses(spoken)[-2:] == [MessageStatus.SENT, MessageStatus.SENT]


def test_a_failure_of_a_try_that_nobody_knows_of_is_none_of_the_one_that_went_out(spoken: World) -> None:
    message = sent_by(spoken)
    unknown = {**fields("failed"), "MessageSid": "SM" + "e" * 32}
    assert spoken.post(path(spoken, message.id), unknown).status_code == 204
    assert last(spoken).status is MessageStatus.SENT
    assert last(spoken).provider_id == provider_id_of(spoken, message.id)


def provider_id_of(world: World, message_id: MessageId) -> str:
    with world.database.read() as uow:
        message = uow.messages.get(message_id)
    assert message is not None and message.provider_id is not None
    return str(message.provider_id)
