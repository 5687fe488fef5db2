"""The running parts together, in one process with threads of its own: rung for, answered, stopped tidily."""

import threading
import time
from collections.abc import Iterator

import pytest

import app
from bot.queue import EmbeddedConsumer
from context_store.records import InputStatus
from tests.bot.helpers import LUCIA, inputs
from tests.doubles import FakeBell, FakeChannel, FakeClock, make_settings
from tests.world import World, load_interpreter


@pytest.fixture
def running(sqlite_url: str) -> Iterator[World]:
    """A whole embedded bot at work; only the carrier is a double."""
    settings = make_settings(sqlite_url, gather_seconds=1, worker_threads=3)
    channel = FakeChannel(settings)
    house = app.build(settings, channel=channel, interpreter=load_interpreter())
    client = app.create_app(house=house).test_client()
    house.start_work()
    yield World(house=house, client=client, channel=channel, bell=FakeBell(), clock=FakeClock())
    house.stop_work()
    house.close()


def wait_for_answers(world: World, count: int) -> list[str]:
    deadline = time.monotonic() + 20
    while len(world.channel.sent) < count:
        assert time.monotonic() < deadline, "nobody answered"
        time.sleep(0.01)
    return [sent.body for sent in world.channel.sent]


def test_a_row_of_messages_is_gathered_and_answered_once(running: World) -> None:
    for body in ("hola", "por favor", "horario"):
        assert running.receive(LUCIA, body).status_code == 200
    (answer,) = wait_for_answers(running, 1)
    assert answer.startswith("Abrimos ")
    assert [status for _, status in inputs(running)] == [InputStatus.DONE] * 3


def test_many_people_at_once_are_all_answered(running: World) -> None:
    people = [f"+346000000{number:02d}" for number in range(12)]
    for person in people:
        running.receive(person, "horario")
    wait_for_answers(running, len(people))
    assert sorted(sent.to for sent in running.channel.sent) == [f"sms:{person}" for person in people]


def test_stopping_ends_every_thread_it_began(sqlite_url: str) -> None:
    before = set(threading.enumerate())
    house = app.build(make_settings(sqlite_url), interpreter=load_interpreter())
    house.start_work()
    house.clock.start()
    begun = set(threading.enumerate()) - before
    assert begun
    house.stop_work()
    house.close()
    for thread in begun:
        thread.join(timeout=10)
    assert [thread.name for thread in begun if thread.is_alive()] == []


def test_the_consumer_leaves_the_process_its_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal.signal", lambda *arguments: pytest.fail("a signal handler was replaced"))
    EmbeddedConsumer._set_signal_handlers(object.__new__(EmbeddedConsumer))
