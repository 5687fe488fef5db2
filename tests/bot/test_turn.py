"""One input, one transaction: in order over channels, together where they belong together, all or nothing."""

from functools import partial
from typing import Any

import pytest

from bot import turn
from bot.turn import End, take_turn
from bot.understanding import understand_next
from context_store.inputs import Inputs
from context_store.records import Channel, Direction, InputStatus
from nlu.interpreter import EmbeddedInterpreter
from nlu.parsed import Parsed
from tests.bot.helpers import (
    LUCIA,
    LUCIA_ON_WHATSAPP,
    at_once,
    break_flows,
    execute,
    forget_delays,
    inputs,
    waiting,
)
from tests.world import World, make_world

HOURS = "Abrimos de lunes a viernes"


def test_inputs_are_taken_in_the_order_they_came_whatever_the_channel(world: World) -> None:
    for origin, body in [
        (LUCIA_ON_WHATSAPP, "horario"),
        (LUCIA, "donde estais"),
        (LUCIA_ON_WHATSAPP, "gracias"),
        (LUCIA, "adios"),
    ]:
        world.receive(origin, body)
    world.work()
    answers = [message for message in world.thread(LUCIA) if message.direction is Direction.OUT]
    assert [message.channel for message in answers] == [Channel.WHATSAPP, Channel.SMS] * 2
    assert [message.text[:8] for message in answers] == ["Abrimos ", "Nos encu", "¡De nada", "¡Hasta p"]


IN_PIECES = {
    "three thoughts": (["hola", "por favor", "horario"], HOURS),
    "one sentence": (["hi", "where is", "my order"], "I see no order"),
    "a greeting and a question": (["buenas", "a qué hora abrís?"], HOURS),
}


@pytest.mark.parametrize(("bodies", "answer"), IN_PIECES.values(), ids=IN_PIECES)
def test_messages_that_wait_together_are_one_utterance_with_one_answer(
    world: World, bodies: list[str], answer: str
) -> None:
    for body in bodies:
        world.receive(LUCIA, body)
    assert [sent.body[: len(answer)] for sent in world.work()] == [answer]
    assert [status for _, status in inputs(world)] == [InputStatus.DONE] * len(bodies)


def test_a_message_that_comes_after_the_answer_gets_an_answer_of_its_own(world: World) -> None:
    assert len(world.says(LUCIA, "hola")) == 1
    assert len(world.says(LUCIA, "horario")) == 1


def test_a_keyword_stands_alone_among_messages_that_wait_together(world: World) -> None:
    for body in ("hola", "BAJA", "horario"):
        world.receive(LUCIA_ON_WHATSAPP, body)
    sent = world.work()
    # The greeting was decided before the STOP, but not sent yet: it no longer goes out.
    assert [message.body[:6] for message in sent] == ["Listo:"]


def test_fifty_messages_in_a_second_are_all_kept_and_get_few_answers(world: World) -> None:
    for number in range(50):
        world.receive(LUCIA, f"mensaje {number}: horario")
    sent = world.work()
    received = [message.text for message in world.thread(LUCIA) if message.direction is Direction.IN]
    assert received == [f"mensaje {number}: horario" for number in range(50)]
    assert [status for _, status in inputs(world)] == [InputStatus.DONE] * 50
    # The carrier takes more than 15 answers in 30 seconds for a loop of two machines.
    assert 1 <= len(sent) <= 5


def test_what_one_row_of_turns_leaves_is_swept_up(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "MOST_TURNS_IN_A_ROW", 3)
    for number in range(5):
        sqlite_world.receive(LUCIA if number % 2 else LUCIA_ON_WHATSAPP, "horario")
    sqlite_world.work()
    assert len(waiting(sqlite_world)) == 2
    forget_delays(sqlite_world)
    sqlite_world.tick()
    assert waiting(sqlite_world) == []


def test_a_turn_keeps_everything_or_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.says(LUCIA_ON_WHATSAPP, "hola")
    before = state_of(world)

    def power_cut(self: Inputs, numbers: object, now: object) -> None:
        raise OSError("the lights went out, after everything was written")

    monkeypatch.setattr(Inputs, "close", power_cut)
    assert world.says(LUCIA_ON_WHATSAPP, "BAJA TOTAL") == []
    assert state_of(world) == before
    assert [message.direction for message in world.thread(LUCIA)][-1:] == [Direction.IN]
    with world.database.read() as uow:
        assert uow.consents.ledger(world.customer_id(LUCIA)) == []
    assert len(waiting(world)) == 1


def state_of(world: World) -> tuple[object, int]:
    with world.database.read() as uow:
        conversation = uow.conversations.get(world.customer_id(LUCIA))
    return conversation.state, conversation.version


def test_an_input_that_was_handled_meanwhile_is_not_handled_again(world: World) -> None:
    world.receive(LUCIA, "horario")
    parts, customer_id = world.house.parts, world.customer_id(LUCIA)
    understood = understand_next(parts, customer_id)
    assert understood is not None
    assert take_turn(parts, customer_id, understood) is End.TOOK_LAST
    assert take_turn(parts, customer_id, understood) is End.TOOK_ONE
    assert len(world.thread(LUCIA)) == 2


def test_a_turn_over_inputs_of_which_one_was_handled_meanwhile_is_void(world: World) -> None:
    for body in ("horario", "gracias"):
        world.receive(LUCIA, body)
    parts, customer_id = world.house.parts, world.customer_id(LUCIA)
    understood = understand_next(parts, customer_id)
    assert understood is not None and len(understood.numbers) == 2
    execute(world, "UPDATE inputs SET status = 'done' WHERE number = ?", understood.numbers[1])
    assert take_turn(parts, customer_id, understood) is End.TOOK_ONE
    assert len(world.thread(LUCIA)) == 2
    assert len(world.work()) == 1


def test_what_was_understood_is_kept_for_the_next_try(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    parse = EmbeddedInterpreter.parse

    def counting_parse(self: EmbeddedInterpreter, text: str, *others: Any) -> Parsed:
        read.append(text)
        return parse(self, text, *others)

    monkeypatch.setattr(EmbeddedInterpreter, "parse", counting_parse)
    seen = break_flows(monkeypatch, world)
    world.says(LUCIA, "revienta")
    world.bell.ring_turns(world.customer_id(LUCIA))
    world.work()
    assert seen == ["revienta"] * 2
    assert read == ["revienta"]


def test_a_message_that_comes_during_the_retries_does_not_jump_the_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = break_flows(monkeypatch, world)
    world.says(LUCIA, "revienta")
    world.says(LUCIA, "horario")
    assert seen == ["revienta"] * 2
    monkeypatch.undo()
    world.receive(LUCIA, "gracias")
    assert [sent.body[:8] for sent in world.work()] == ["Perdona,", "Abrimos "]


def test_understanding_that_breaks_still_gets_an_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: EmbeddedInterpreter, text: str, language: str | None) -> Parsed:
        raise ConnectionError("the model is away")

    monkeypatch.setattr(EmbeddedInterpreter, "parse", broken)
    (answer,) = world.says(LUCIA, "horario")
    assert answer.startswith("Perdona, no lo he entendido")


def test_a_worker_leaves_a_conversation_that_another_has_locked(postgres_world: World) -> None:
    world = postgres_world
    world.receive(LUCIA, "horario")
    parts, customer_id = world.house.parts, world.customer_id(LUCIA)
    understood = understand_next(parts, customer_id)
    assert understood is not None
    with world.database.write() as uow:
        assert uow.conversations.lock(customer_id) is not None
        (end,) = at_once([partial(take_turn, parts, customer_id, understood)])
    assert end is End.BUSY
    (entry,) = waiting(world)
    assert (entry.started_count, entry.failed_count) == (0, 0)
    # The other one let go without handling it: the next ring does.
    assert len(world.work()) == 1


def test_two_workers_at_once_answer_each_input_once(postgres_url: str) -> None:
    worlds = [make_world(postgres_url), make_world(postgres_url)]
    people = [f"+346000000{number:02d}" for number in range(8)]
    for person in people:
        for body in ("horario", "gracias"):
            worlds[0].receive(person, body)
    ids = [worlds[0].customer_id(person) for person in people]

    def take_all(world: World) -> None:
        for customer_id in ids:
            world.house.turns.take(customer_id)

    at_once([partial(take_all, world) for world in worlds])
    at_once([partial(take_all, world) for world in worlds])
    for person in people:
        assert len([each for each in worlds[0].thread(person) if each.direction is Direction.OUT]) == 1
    for world in worlds:
        world.house.close()
