"""The day's money: counted when something is claimed, and what is beyond it waits for the next day."""

from datetime import date

from context_store.records import Channel, MessageStatus
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP, execute, message_of, queue, send
from tests.world import World, make_world


def spent(world: World) -> int:
    with world.database.read() as uow:
        return int(uow.spending.on(date(2026, 11, 23), exact_from=10**12))


def test_nothing_is_counted_without_a_cap(world: World) -> None:
    world.says(LUCIA, "hola")
    assert spent(world) == 0


def test_each_segment_is_counted_and_what_is_beyond_the_cap_is_held(database_url: str) -> None:
    world = make_world(database_url, daily_spend_cap=0.5, sms_segment_price=0.1, whatsapp_message_price=0.01)
    for origin in (LUCIA, LUCIA_ON_WHATSAPP):
        world.receive(origin, "hola")
    execute(world, "UPDATE inputs SET status = 'done'")
    queue(world, "a" * 161)
    queue(world, "uno", Channel.WHATSAPP)
    assert len(send(world)) == 2
    assert spent(world) == 210_000
    queue(world, "b" * 400)
    assert len(send(world)) == 1
    late = queue(world, "dos")
    assert send(world) == []
    message = message_of(world, late)
    assert (message.status, message.reason) == (MessageStatus.HELD, "the day's money is spent")
    world.clock.forward(hours=12, minutes=1)
    # A reply of the bot is not worth sending any more by then; a person's is.
    execute(world, "UPDATE messages SET author = 'agent' WHERE text = 'dos'")
    world.tick()
    assert message_of(world, late).status is MessageStatus.SENT
    world.house.close()
