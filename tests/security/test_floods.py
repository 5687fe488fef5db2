"""Too much of it: one number that never stops, two bots that answer each other, a day that costs too much."""

from collections.abc import Callable
from datetime import timedelta
from itertools import cycle, product
from typing import Any

import pytest

from bot.turn import MOST_TURNS_IN_A_ROW
from bot.understanding import MOST_TOGETHER
from context_store.records import (
    Address,
    AddressId,
    Author,
    Channel,
    CustomerId,
    Direction,
    InputStatus,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    Verdict,
    new_id,
)
from flows.policy import Limits, Recipient, decide, load_limits, within_budget
from handoff import desk
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, at_once, execute, inputs, meet, outgoing, queue, send
from tests.bot.test_handoff import hire
from tests.doubles import NOON, SentMessage
from tests.world import World, make_world

ANA = "+34600000002"
FLOOD = 1_000
# What settings say by themselves.
MOST_ANSWERS, WITHIN = 20, timedelta(minutes=5)


@pytest.fixture
def parses(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is given to be understood, which is the costly part of a turn."""
    interpreter = sqlite_world.house.parts.interpreter
    parse, seen = interpreter.parse, []

    def counted(text: str, *others: Any) -> Any:
        seen.append(text)
        return parse(text, *others)

    monkeypatch.setattr(interpreter, "parse", counted)
    return seen


def test_a_thousand_messages_of_one_number_cost_few_turns_and_few_answers(
    sqlite_world: World, parses: list[str]
) -> None:
    world = sqlite_world
    for number in range(FLOOD):
        assert world.receive(LUCIA, f"horario {number}").status_code == 200
    sent = world.work()
    while world.tick():
        continue
    assert {status for _, status in inputs(world)} == {InputStatus.DONE}
    assert len(inputs(world)) == FLOOD, "each of them is kept"
    assert 1 <= len(sent) <= MOST_ANSWERS
    # Understood together, and once more in one line where that gave nothing.
    assert len(parses) <= 2 * FLOOD / MOST_TOGETHER
    assert max(map(len, parses)) < MOST_TOGETHER * 20


def test_others_are_answered_while_one_number_floods(sqlite_world: World) -> None:
    """One row of turns is all that a flood gets before it is the next customer's."""
    world = sqlite_world
    meet(world, LUCIA, ANA)
    # Each its own turn: on two channels by turns nothing is gathered.
    for origin in [LUCIA, LUCIA_ON_WHATSAPP] * (MOST_TURNS_IN_A_ROW * 2):
        world.receive(origin, "horario")
    world.receive(ANA, "horario")
    lucia, ana = world.customer_id(LUCIA), world.customer_id(ANA)
    assert world.bell.turns[-1] == ana
    world.house.turns.take(lucia)
    taken = [status for _, status in inputs(world)].count(InputStatus.DONE)
    assert taken - 2 == MOST_TURNS_IN_A_ROW
    world.bell.turns = [ana]
    (answer,) = [sent for sent in world.work() if sent.to.endswith(ANA)]
    assert answer.body.startswith("Abrimos")


@pytest.mark.parametrize("text", ["xyzzy", "ayuda", "BAJA"])
def test_a_flood_of_any_words_gets_no_more_than_its_answers(sqlite_world: World, text: str) -> None:
    """Keywords too: each costs a message, and none of them is heard twice."""
    answers = sum(len(sqlite_world.says(LUCIA_ON_WHATSAPP, text)) for _ in range(MOST_ANSWERS + 2))
    assert answers <= MOST_ANSWERS


Bot = Callable[[str], str]
PEERS: dict[str, Bot] = {
    "an echo": lambda said: said,
    "an autoresponder": lambda said: "Gracias por su mensaje. Le atenderemos en breve.",
    "one that asks for help": lambda said: "ayuda",
    "one that leaves and comes back": lambda said: "ALTA" if "escribiremos más" in said else "BAJA",
    "one that always changes its mind": lambda said: f"horario {len(said)} {hash(said)}",
}


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_two_bots_that_answer_each_other_over_both_channels_come_to_an_end(
    sqlite_world: World, peer: Bot
) -> None:
    """In any five minutes twenty answers at most, over both channels; then silence, and so silence there."""
    world = sqlite_world
    channels = cycle((LUCIA_ON_WHATSAPP, LUCIA))
    at: list[Any] = []
    said = "hola"
    for _ in range(MOST_ANSWERS * 2):
        answers = world.says(next(channels), peer(said)[:1500])
        at += [world.clock.now()] * len(answers)
        if not answers:
            break
        said = answers[-1]
        world.clock.forward(seconds=1)
    assert len(at) <= MOST_ANSWERS
    assert not answers, "it never ends"


def test_a_peer_that_never_falls_silent_is_answered_at_that_pace_and_no_faster(sqlite_world: World) -> None:
    world = sqlite_world
    at: list[Any] = []
    for number in range(75):
        at += [world.clock.now()] * len(world.says(LUCIA_ON_WHATSAPP, f"horario {number}"))
        world.clock.forward(seconds=8)
    assert all(sum(moment <= later < moment + WITHIN for later in at) <= MOST_ANSWERS for moment in at)
    assert len(at) == MOST_ANSWERS * 2


EXEMPT = {(author, purpose) for author, purpose in product(Author, Purpose) if author is Author.AGENT}


def message_of(author: Author, purpose: Purpose) -> Message:
    return Message(
        id=MessageId(new_id()),
        customer_id=CustomerId(new_id()),
        address_id=AddressId(new_id()),
        channel=Channel.SMS,
        direction=Direction.OUT,
        author=author,
        purpose=purpose,
        status=MessageStatus.QUEUED,
        text="x",
        created_at=NOON,
    )


def limits_of(cap: int | None) -> Limits:
    return load_limits("Europe/Madrid", cap)


@pytest.mark.parametrize(("author", "purpose"), list(product(Author, Purpose)))
def test_beyond_the_cap_everything_waits_but_agents_words(author: Author, purpose: Purpose) -> None:
    message = message_of(author, purpose)
    address = Address(
        id=AddressId(new_id()), customer_id=message.customer_id, channel=Channel.SMS, value=LUCIA
    )
    spent = Recipient(address=address, consents=(), spent=100)
    answer = within_budget(spent, message, limits_of(100), NOON)
    assert answer.verdict is (Verdict.SEND if (author, purpose) in EXEMPT else Verdict.HOLD)
    # And no other rule lets it through.
    if answer.verdict is Verdict.HOLD:
        assert decide(spent, message, limits_of(100), NOON).verdict is not Verdict.SEND
    assert within_budget(spent, message, limits_of(101), NOON).verdict is Verdict.SEND
    assert within_budget(spent, message, limits_of(None), NOON).verdict is Verdict.SEND


def capped(url: str, messages: int) -> World:
    """A day's money for so many messages, of one segment each."""
    return make_world(
        url, daily_spend_cap=messages * 0.01, sms_segment_price=0.01, whatsapp_message_price=0.01
    )


def test_when_the_money_is_spent_only_a_person_and_the_answer_to_stop_still_write(sqlite_url: str) -> None:
    world = capped(sqlite_url, 2)
    assert len(world.says(LUCIA_ON_WHATSAPP, "quiero hablar con una persona")) == 1
    execute(world, "UPDATE conversations SET controller = 'bot'")
    assert len(world.says(LUCIA_ON_WHATSAPP, "gracias")) == 1
    assert world.says(LUCIA_ON_WHATSAPP, "gracias") == []
    assert outgoing(world)[-1] == (MessageStatus.HELD, "the day's money is spent")
    agent = hire(world)
    with world.database.write() as uow:
        (request,) = uow.handoffs.of(world.customer_id(LUCIA))
        desk.take(uow, request.id, agent.id, world.clock.now())
        desk.reply(uow, request.id, agent, desk.Reply(text="Hola, soy Marta."), world.clock.now())
        uow.commit()
    world.bell.ring_sender(world.customer_id(LUCIA))
    assert [sent.body for sent in world.work()] == ["Hola, soy Marta."]
    (stopped,) = world.says(LUCIA_ON_WHATSAPP, "BAJA")
    assert "no te escribiremos más" in stopped
    world.house.close()


def test_many_customers_at_once_do_not_overdraw(database_url: str) -> None:
    world = capped(database_url, 5)
    phones = [f"+346000001{number:02d}" for number in range(12)]
    for phone in phones:
        world.receive(phone, "hola")
        execute(world, "UPDATE inputs SET status = 'done'")
        queue(world, f"para {phone}", phone=phone)
    sends: list[Callable[[], list[str]]] = [lambda phone=phone: send(world, phone) for phone in phones]  # type: ignore[misc]
    at_once(sends)
    assert len(world.channel.sent) == 5
    world.house.close()


def test_a_flood_cannot_spend_beyond_the_cap(sqlite_url: str) -> None:
    """Whoever they are and whatever they ask: not one more than the day allows."""
    world = capped(sqlite_url, 10)
    sent: list[SentMessage] = []
    for number in range(25):
        world.receive(f"whatsapp:+346000002{number:02d}", "horario")
        sent += world.work()
    assert len(sent) == 10
    world.house.close()


def test_asking_for_help_cannot_spend_beyond_the_cap(sqlite_url: str) -> None:
    world = capped(sqlite_url, 2)
    try:
        assert sum(len(world.says(LUCIA_ON_WHATSAPP, "ayuda")) for _ in range(5)) == 2
    finally:
        world.house.close()
