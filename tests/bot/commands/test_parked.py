"""`hilo parked`: what was given up on is shown without its words, tried again, or dropped."""

import pytest

from context_store.records import (
    ConsentStatus,
    EnrollmentStatus,
    InputStatus,
    MessageId,
    MessageStatus,
    new_id,
)
from context_store.switches import OUTBOUND_HOLD
from tests.bot.commands.conftest import Run, document
from tests.bot.helpers import LUCIA, break_flows, execute, inputs, meet, message_of, queue
from tests.bot.test_events import PHONE, added, post
from tests.bot.test_poison import APOLOGY, try_until_quiet
from tests.bot.test_reminder import agree, happens, run_of
from tests.world import World

SECRET = "revienta, me llamo Lucía"


@pytest.fixture
def poisoned(world: World) -> World:
    """One input was given up on; what broke on it has been mended since."""
    with pytest.MonkeyPatch.context() as patches:
        break_flows(patches, world)
        world.receive(LUCIA, SECRET)
        assert [sent.body[: len(APOLOGY)] for sent in try_until_quiet(world)] == [APOLOGY]
    return world


@pytest.fixture
def lost(world: World) -> tuple[World, MessageId]:
    """One message of which nobody knows the fate."""
    meet(world, LUCIA)
    message_id = queue(world, "tu pedido va de camino")
    park(world)
    return world, message_id


def park(world: World) -> None:
    reason = "no answer from Twilio (ReadTimeoutError)"
    execute(
        world,
        "UPDATE messages SET status = 'parked', reason = ?, attempt = 6, owner = 'somebody' "
        "WHERE status = 'queued'",
        reason,
    )


def test_nothing_parked_is_said(hilo: Run) -> None:
    assert hilo("parked", "list").output == "Nothing is parked.\n"
    assert document(hilo("parked", "list", "--json")) == {"inputs": [], "messages": [], "deliveries": []}


def test_the_list_shows_what_and_why_and_never_the_text_or_the_number(hilo: Run, poisoned: World) -> None:
    result = hilo("parked", "list")
    (number, _) = inputs(poisoned)[0]
    line = result.output.splitlines()[1].split()
    assert (line[0], line[3], line[4]) == (str(number), "…01", "message")
    assert "5 failures" in result.output
    for secret in ("revienta", "Lucía", LUCIA, LUCIA[1:]):
        assert secret not in result.output


def test_both_sorts_are_in_the_document(hilo: Run, lost: tuple[World, MessageId]) -> None:
    _, message_id = lost
    found = document(hilo("parked", "list", "--json"))
    assert found["inputs"] == []
    (message,) = found["messages"]
    assert message["id"] == str(message_id)
    assert message["what"] == "sms reply"
    assert message["customer"] == "…01"
    assert "pedido" not in str(found)


def test_an_input_that_is_tried_again_is_found_by_the_sweep_and_answered(hilo: Run, poisoned: World) -> None:
    (number, _) = inputs(poisoned)[0]
    result = hilo("parked", "retry", str(number))
    assert (result.exit_code, result.output.split(";")[0]) == (0, "1 thing waiting again")
    assert inputs(poisoned) == [(number, InputStatus.WAITING)]
    assert len(poisoned.tick()) == 1
    assert inputs(poisoned) == [(number, InputStatus.DONE)]


def test_a_message_is_tried_again_only_after_a_warning(hilo: Run, lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    refused = hilo("parked", "retry", str(message_id), answer="n\n")
    assert refused.exit_code == 1
    assert "may reach the customer a second time" in refused.output
    assert message_of(world, message_id).status is MessageStatus.PARKED
    hilo("parked", "retry", str(message_id), answer="y\n")
    execute(world, "UPDATE messages SET stored_at = '2020-01-01 00:00:00.000000'")
    assert [sent.body for sent in world.tick()] == ["tu pedido va de camino"]


def test_a_message_that_is_tried_again_has_all_its_tries(hilo: Run, lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    hilo("parked", "retry", "--all", "--yes")
    with world.database.read() as uow:
        assert uow.outgoing.attempts(message_id) == 0
    message = message_of(world, message_id)
    assert (message.status, message.reason) == (MessageStatus.QUEUED, None)


def test_what_is_dropped_is_never_tried_again(hilo: Run, poisoned: World) -> None:
    (number, _) = inputs(poisoned)[0]
    assert hilo("parked", "drop", str(number), answer="n\n").exit_code == 1
    assert inputs(poisoned) == [(number, InputStatus.PARKED)]
    assert hilo("parked", "drop", str(number), "--yes").output == "1 thing dropped.\n"
    assert inputs(poisoned) == [(number, InputStatus.DONE)]
    assert poisoned.tick() == []


def test_a_dropped_message_has_failed_with_that_reason(hilo: Run, lost: tuple[World, MessageId]) -> None:
    world, message_id = lost
    hilo("parked", "drop", "--all", "--yes")
    message = message_of(world, message_id)
    assert (message.status, message.reason) == (MessageStatus.FAILED, "dropped by an operator")


def test_a_journey_goes_on_without_its_dropped_message(hilo: Run, world: World) -> None:
    post(world, "identify", {"userId": "u1", "messageId": "i1", "traits": {"phone": PHONE}})
    world.work()
    agree(world, ConsentStatus.OPTED_IN)
    with world.database.write() as uow:
        uow.switches.turn_on(OUTBOUND_HOLD, "a test", world.clock.now())
        uow.commit()
    happens(world, added("m1"))
    world.clock.forward(hours=2)
    world.tick()
    park(world)
    before = run_of(world).status
    hilo("parked", "drop", "--all", "--yes")
    execute(world, "UPDATE inputs SET retry_at = '2020-01-01 00:00:00.000000' WHERE status = 'waiting'")
    world.tick()
    assert before in (EnrollmentStatus.ACTIVE, EnrollmentStatus.WAITING)
    assert run_of(world).status not in (EnrollmentStatus.ACTIVE, EnrollmentStatus.WAITING)


def test_many_are_changed_in_one_go(hilo: Run, world: World) -> None:
    meet(world, LUCIA)
    for number in range(130):
        queue(world, f"mensaje {number}")
    park(world)
    assert hilo("parked", "retry", "--all", "--yes").output.startswith("130 things waiting again;")


@pytest.mark.parametrize(
    "arguments",
    [("retry",), ("drop",), ("retry", "--all", "17"), ("retry", "seventeen"), ("drop", "-1")],
    ids=" ".join,
)
def test_it_must_be_clear_what_is_meant(hilo: Run, arguments: tuple[str, ...]) -> None:
    assert hilo("parked", *arguments, "--yes").exit_code == 2


def test_an_id_that_is_not_parked_is_told_and_left_alone(hilo: Run, world: World) -> None:
    world.says(LUCIA, "hola")
    (number, _) = inputs(world)[0]
    result = hilo("parked", "retry", str(number), str(new_id()), "--yes")
    assert result.output.endswith("Of 2 nothing is parked, or not any more.\n")
    assert inputs(world) == [(number, InputStatus.DONE)]
