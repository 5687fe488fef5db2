"""Timers become inputs, once; a form that waits too long is set aside; the clock itself never stops."""

import threading
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from freezegun import freeze_time

import app
from bot import clock
from bot.clock import ClockThread, fire_due_timers
from context_store.records import ConversationState, InputKind, InputStatus, Timer, TimerKind
from tests.bot.helpers import (
    LUCIA,
    LUCIA_ON_WHATSAPP,
    add_order,
    at_once,
    forget_delays,
    inputs,
    meet,
    waiting,
)
from tests.world import World, make_world

DAY = timedelta(hours=24)


def set_timer(world: World, phone: str, key: str, due_at: datetime) -> None:
    with world.database.write() as uow:
        uow.timers.set(world.customer_id(phone), TimerKind.REMINDER, key, due_at, {"about": key})
        uow.commit()


def timers(world: World, phone: str = LUCIA) -> list[Timer]:
    with world.database.read() as uow:
        found: list[Timer] = uow.timers.waiting(world.customer_id(phone))
    return found


def state_of(world: World, phone: str = LUCIA) -> ConversationState:
    with world.database.read() as uow:
        state: ConversationState = uow.conversations.get(world.customer_id(phone)).state
    return state


def test_a_timer_becomes_one_input_when_it_is_due_and_not_before(world: World) -> None:
    meet(world, LUCIA)
    set_timer(world, LUCIA, "call", world.clock.now() + timedelta(minutes=5))
    assert fire_due_timers(world.house.parts) == []
    world.clock.forward(minutes=5)
    assert fire_due_timers(world.house.parts) == [world.customer_id(LUCIA)]
    assert fire_due_timers(world.house.parts) == []
    (entry,) = waiting(world)
    assert entry.kind is InputKind.TIMER
    whose = str(world.customer_id(LUCIA))
    told = {"kind": "reminder", "key": "call", "customer_id": whose, "about": "call"}
    assert entry.payload == told
    assert entry.created_at == world.clock.now()


def test_setting_a_timer_again_moves_it(world: World) -> None:
    meet(world, LUCIA)
    now = world.clock.now()
    for minutes in (5, 50):
        set_timer(world, LUCIA, "call", now + timedelta(minutes=minutes))
    set_timer(world, LUCIA, "another", now + timedelta(minutes=20))
    assert [(each.key, each.due_at - now) for each in timers(world)] == [
        ("another", timedelta(minutes=20)),
        ("call", timedelta(minutes=50)),
    ]


def test_what_was_canceled_does_not_fire(world: World) -> None:
    meet(world, LUCIA)
    set_timer(world, LUCIA, "call", world.clock.now())
    with world.database.write() as uow:
        uow.timers.cancel(world.customer_id(LUCIA), "call")
        uow.commit()
    assert fire_due_timers(world.house.parts) == []


def test_more_timers_than_one_round_takes_fire_in_the_next(sqlite_world: World) -> None:
    meet(sqlite_world, LUCIA)
    for number in range(205):
        set_timer(sqlite_world, LUCIA, f"call {number}", sqlite_world.clock.now())
    for expected in (200, 205):
        fire_due_timers(sqlite_world.house.parts)
        with sqlite_world.database.read() as uow:
            waiting_inputs = uow.inputs.waiting(sqlite_world.customer_id(LUCIA), limit=500)
        assert len(waiting_inputs) == expected


def test_two_clocks_at_once_fire_each_timer_once(postgres_url: str) -> None:
    worlds = [make_world(postgres_url), make_world(postgres_url)]
    people = [f"+346000000{number:02d}" for number in range(12)]
    meet(worlds[0], *people)
    for person in people:
        set_timer(worlds[0], person, "call", worlds[0].clock.now())
    fired = at_once([partial(fire_due_timers, world.house.parts) for world in worlds])
    assert sorted([*fired[0], *fired[1]]) == sorted(worlds[0].customer_id(person) for person in people)
    assert [len(waiting(worlds[0], person)) for person in people] == [1] * len(people)
    for world in worlds:
        world.house.close()


@pytest.fixture
def asked(world: World) -> World:
    """Lucía was asked on WhatsApp where to deliver to."""
    world.says(LUCIA_ON_WHATSAPP, "hola")
    add_order(world)
    (question,) = world.says(LUCIA_ON_WHATSAPP, "datos de entrega")
    assert question.endswith("¿A qué dirección lo llevamos?")
    return world


def test_a_form_that_waits_too_long_is_set_aside_without_a_word(asked: World) -> None:
    asked.clock.moment += DAY - timedelta(seconds=1)
    assert asked.tick() == []
    assert state_of(asked).form is not None
    asked.clock.forward(seconds=1)
    assert asked.tick() == []
    assert state_of(asked).form is None
    assert [form.requested_slot for form in state_of(asked).interrupted] == ["delivery_address"]
    assert timers(asked) == []


def test_what_was_set_aside_is_offered_again_once_when_they_write(asked: World) -> None:
    asked.clock.moment += DAY
    asked.tick()
    offer = "Nos quedamos a medias con una pregunta. ¿Seguimos?"
    assert [offer in asked.says(LUCIA, "horario")[0] for _ in range(2)] == [True, False]
    assert state_of(asked).form is None


def test_an_answer_gives_the_form_another_day(asked: World) -> None:
    asked.clock.moment += DAY - timedelta(minutes=1)
    asked.says(LUCIA, "Calle Mayor 5, Madrid")
    asked.clock.moment += DAY - timedelta(minutes=1)
    asked.tick()
    assert state_of(asked).form is not None
    assert asked.says(LUCIA, "2")[0].endswith("por la tarde.")


def test_a_finished_form_leaves_no_timer_behind(asked: World) -> None:
    asked.says(LUCIA, "Calle Mayor 5, Madrid")
    asked.says(LUCIA, "2")
    assert timers(asked) == []


def test_an_answer_that_was_handled_just_before_its_timeout_keeps_the_form(asked: World) -> None:
    """The worker was away: the answer and the timeout wait together, in this order."""
    asked.receive(LUCIA, "Calle Mayor 5, Madrid")
    asked.clock.moment += DAY
    fire_due_timers(asked.house.parts)
    (question,) = asked.work()
    assert question.body.startswith("¿Cuando te viene mejor?")
    form = state_of(asked).form
    assert form is not None
    assert form.requested_slot == "delivery_window"
    assert {status for _, status in inputs(asked)} == {InputStatus.DONE}


def test_a_round_that_fails_does_not_stop_the_clock(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(sqlite_url, sweep_seconds=0.001)
    rounds = threading.Semaphore(0)

    def failing_tick(parts: object) -> None:
        rounds.release()
        raise OSError("the database is away")

    monkeypatch.setattr(clock, "tick", failing_tick)
    thread = ClockThread(world.house.parts)
    thread.start()
    for _ in range(3):
        assert rounds.acquire(timeout=5)
    thread.stop()
    assert "clock round failed" in caplog.text
    world.house.close()


def test_an_idle_clock_rings_for_nobody(world: World) -> None:
    meet(world, LUCIA)
    forget_delays(world)
    world.bell.turns.clear()
    world.bell.sends.clear()
    clock.tick(world.house.parts)
    assert (world.bell.turns, world.bell.sends) == ([], [])


@freeze_time("2026-03-29 01:30:00")
def test_the_clock_on_the_wall_is_utc_whatever_the_machines_zone() -> None:
    assert app.utc_now() == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert app.utc_now().tzinfo is UTC
