"""Two bots that answer one another are stopped after so many answers; people are not; STOP still holds."""

from context_store.records import Channel
from tests.bot.helpers import LUCIA, LUCIA_ON_WHATSAPP
from tests.world import World


def test_after_twenty_answers_in_five_minutes_there_is_silence(world: World) -> None:
    answers = [len(world.says(LUCIA_ON_WHATSAPP, f"horario {number}")) for number in range(25)]
    assert answers == [1] * 20 + [0] * 5


def test_it_answers_again_when_the_time_has_passed(sqlite_world: World) -> None:
    for number in range(25):
        sqlite_world.says(LUCIA_ON_WHATSAPP, f"horario {number}")
    sqlite_world.clock.forward(minutes=5, seconds=1)
    assert sqlite_world.says(LUCIA_ON_WHATSAPP, "horario") != []


def test_both_channels_count_together(sqlite_world: World) -> None:
    origins = [LUCIA_ON_WHATSAPP, LUCIA] * 12
    assert sum(len(sqlite_world.says(origin, "horario")) for origin in origins) == 20


def test_somebody_who_writes_at_a_human_pace_is_always_answered(sqlite_world: World) -> None:
    for _ in range(40):
        assert len(sqlite_world.says(LUCIA_ON_WHATSAPP, "horario")) == 1
        sqlite_world.clock.forward(seconds=16)


def test_stop_is_a_stop_in_a_loop_too(sqlite_world: World) -> None:
    for number in range(21):
        sqlite_world.says(LUCIA_ON_WHATSAPP, f"horario {number}")
    assert sqlite_world.says(LUCIA_ON_WHATSAPP, "BAJA") == []
    with sqlite_world.database.read() as uow:
        lines = uow.consents.current(sqlite_world.customer_id(LUCIA))
    assert {line.channel for line in lines} >= {Channel.WHATSAPP}


def test_the_form_is_where_it_was_when_answers_come_again(sqlite_world: World) -> None:
    for number in range(20):
        sqlite_world.says(LUCIA_ON_WHATSAPP, f"horario {number}")
    with sqlite_world.database.read() as uow:
        before = uow.conversations.get(sqlite_world.customer_id(LUCIA)).state
    sqlite_world.says(LUCIA_ON_WHATSAPP, "quiero cambiar la dirección de entrega")
    with sqlite_world.database.read() as uow:
        after = uow.conversations.get(sqlite_world.customer_id(LUCIA)).state
    assert after.form == before.form
    assert after.slots == before.slots
