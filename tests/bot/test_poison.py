"""An input that cannot be handled is tried again, then set aside and owned up to; the rest goes on."""

import pytest

from bot.turn import MOST_CRASHES, MOST_FAILURES, take_turn
from bot.understanding import understand_next
from context_store.records import Direction, InputStatus, MessageStatus
from tests.bot.helpers import (
    LUCIA,
    LUCIA_ON_WHATSAPP,
    break_flows,
    execute,
    forget_delays,
    inputs,
    statuses,
    waiting,
)
from tests.doubles import SentMessage
from tests.world import World

APOLOGY = "Perdona, se me ha atragantado tu ultimo mensaje"


def try_until_quiet(world: World, times: int = MOST_FAILURES + 2) -> list[SentMessage]:
    """As the clock does it, with all the waiting left out."""
    sent = world.work()
    for _ in range(times):
        forget_delays(world)
        sent += world.tick()
    return sent


def seconds_until_retry(world: World) -> float:
    query = (
        "SELECT (julianday(retry_at) - julianday('now')) * 86400 FROM inputs"
        if world.database.is_sqlite
        else "SELECT extract(epoch FROM retry_at - clock_timestamp()) FROM inputs"
    )
    with world.database.read() as uow:
        return float(uow._connection.exec_driver_sql(query).scalar_one())


def test_a_flow_that_raises_is_tried_again_later_and_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_flows(monkeypatch, world)
    world.says(LUCIA, "revienta")
    waits = [seconds_until_retry(world)]
    for _ in range(MOST_FAILURES - 1):
        # Before its time nobody tries.
        world.tick()
        assert waiting(world)[0].failed_count == len(waits)
        forget_delays(world)
        world.tick()
        waits.append(seconds_until_retry(world))
    # Between the failure and our look the database's clock ran on.
    assert all(
        wanted - 1.9 < wait < wanted + 0.1 for wait, wanted in zip(waits, [2, 4, 8, 16, 32], strict=True)
    )
    assert [status for _, status in inputs(world)] == [InputStatus.WAITING]


def test_it_is_set_aside_after_five_failures_and_the_customer_is_told_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = break_flows(monkeypatch, world)
    world.receive(LUCIA, "revienta")
    sent = try_until_quiet(world)
    assert seen == ["revienta"] * MOST_FAILURES
    assert [message.body.startswith(APOLOGY) for message in sent] == [True]
    assert [status for _, status in inputs(world)] == [InputStatus.PARKED]
    with world.database.read() as uow:
        row = uow._connection.exec_driver_sql("SELECT error FROM inputs").scalar_one()
    assert row.endswith("5 failures")


def test_the_next_message_is_handled_although_the_one_before_was_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_flows(monkeypatch, world)
    world.says(LUCIA, "revienta")
    world.says(LUCIA_ON_WHATSAPP, "horario")
    sent = try_until_quiet(world)
    assert [message.body[:8] for message in sent] == [APOLOGY[:8], "Abrimos "]
    assert [status for _, status in inputs(world)] == [InputStatus.PARKED, InputStatus.DONE]


def test_of_messages_that_waited_together_only_the_poison_is_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_flows(monkeypatch, world)
    for body in ("revienta", "horario", "gracias"):
        world.receive(LUCIA, body)
    sent = try_until_quiet(world)
    assert [status for _, status in inputs(world)] == [
        InputStatus.PARKED,
        InputStatus.DONE,
        InputStatus.DONE,
    ]
    assert [message.body[:8] for message in sent] == [APOLOGY[:8], "Abrimos "]


def test_a_good_message_that_waited_with_the_poison_is_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_flows(monkeypatch, world)
    for body in ("horario", "revienta"):
        world.receive(LUCIA, body)
    sent = try_until_quiet(world)
    assert [message.body[:8] for message in sent] == ["Abrimos ", APOLOGY[:8]]
    assert [status for _, status in inputs(world)] == [InputStatus.DONE, InputStatus.PARKED]


@pytest.mark.parametrize("crashes", [1, MOST_CRASHES - 1])
def test_a_start_that_ended_with_the_process_is_counted_and_tried_again(world: World, crashes: int) -> None:
    world.receive(LUCIA, "horario")
    crash(world, times=crashes)
    assert len(world.work()) == 1
    assert [status for _, status in inputs(world)] == [InputStatus.DONE]


def test_an_input_that_ended_the_process_three_times_is_set_aside(world: World) -> None:
    world.receive(LUCIA, "horario")
    crash(world, times=MOST_CRASHES)
    world.receive(LUCIA_ON_WHATSAPP, "gracias")
    sent = world.work()
    assert [message.body[:8] for message in sent] == [APOLOGY[:8], "¡De nada"]
    assert [status for _, status in inputs(world)] == [InputStatus.PARKED, InputStatus.DONE]


def test_a_crash_of_three_messages_together_does_not_condemn_all_three(world: World) -> None:
    for body in ("horario", "gracias", "donde estais"):
        world.receive(LUCIA, body)
    crash(world, times=MOST_CRASHES)
    world.work()
    # Taken apart after the first crash, the two behind it are handled together again.
    assert [status for _, status in inputs(world)] == [
        InputStatus.PARKED,
        InputStatus.DONE,
        InputStatus.DONE,
    ]


class PowerCut(BaseException):
    """Nothing catches it: as near to kill -9 as one process comes."""


def crash(world: World, times: int) -> None:
    """Take the turn, and die before the commit."""
    parts, customer_id = world.house.parts, world.customer_id(LUCIA)
    with pytest.MonkeyPatch.context() as patches:

        def die(*arguments: object) -> None:
            raise PowerCut

        patches.setattr("bot.turn.decide", die)
        for _ in range(times):
            understood = understand_next(parts, customer_id)
            assert understood is not None
            with pytest.raises(PowerCut):
                take_turn(parts, customer_id, understood)


@pytest.mark.parametrize(
    ("language", "apology"), [("en", "Sorry, I choked"), ("pt", "Desculpe, nao consegui"), ("es", APOLOGY)]
)
def test_the_apology_speaks_the_customers_language(
    sqlite_world: World, language: str, apology: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_world.says(LUCIA, "hola")
    execute(sqlite_world, "UPDATE customers SET language = ?", language)
    break_flows(monkeypatch, sqlite_world)
    sqlite_world.receive(LUCIA, "revienta")
    (sent,) = try_until_quiet(sqlite_world)
    assert sent.body.startswith(apology)


def test_no_apology_goes_to_someone_who_wants_no_messages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.says(LUCIA_ON_WHATSAPP, "BAJA")
    monkeypatch.setattr("bot.turn.decide", lambda *arguments: 1 / 0)
    world.receive(LUCIA_ON_WHATSAPP, "revienta")
    assert try_until_quiet(world) == []
    assert statuses(world)[-1:] == [MessageStatus.SKIPPED]


def test_a_failed_try_leaves_nothing_of_what_it_had_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("context_store.conversations.Conversations.save", lambda *arguments: 1 / 0)
    world.receive(LUCIA, "horario")
    try_until_quiet(world, times=2)
    assert [message.direction for message in world.thread(LUCIA)] == [Direction.IN]
    monkeypatch.undo()
    (sent,) = try_until_quiet(world, times=1)
    assert sent.body.startswith("Abrimos")
