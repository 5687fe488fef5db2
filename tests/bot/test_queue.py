"""The bell and its muscle: plain JSON on the wire, the same on the stand-in and on a real Redis."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.queue import EmbeddedConsumer, JsonSerializer, make_consumer, make_queue
from bot.tasks import MOST_DELAYS, DelayLine, QueueBell
from context_store.records import CustomerId, new_id

ANA, LUCIA = CustomerId(new_id()), CustomerId(new_id())
NOBODY_LISTENS = "redis://127.0.0.1:1/0"

PLAIN = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False)
    | some.text()
    | some.uuids(allow_nil=True)
)
NESTED = some.recursive(
    PLAIN, lambda part: some.lists(part).map(tuple) | some.dictionaries(some.text(), part), max_leaves=8
)


@settings(max_examples=60, deadline=None)
@given(NESTED)
def test_what_goes_through_the_queue_comes_out_the_same_and_is_json_on_the_way(value: Any) -> None:
    wire = JsonSerializer().serialize(value)
    json.loads(wire)
    assert JsonSerializer().deserialize(wire) == value


def test_a_list_comes_out_as_a_tuple() -> None:
    serializer = JsonSerializer()
    assert serializer.deserialize(serializer.serialize([1, [ANA]])) == (1, (ANA,))


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 1, 1, tzinfo=UTC), {1, 2}, b"bytes", object(), ValueError("x"), (1, [object()])],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="does not go through the queue"):
        JsonSerializer().serialize(value)


@pytest.mark.parametrize("wire", [b"\x80\x04N.", b"not json", b'{"two": 1, "tags": 2}'])
def test_what_is_no_message_of_ours_is_never_run(wire: bytes) -> None:
    with pytest.raises(ValueError):
        JsonSerializer().deserialize(wire)


@dataclass
class Desk:
    """A bell, whoever answers it, and what they were told."""

    bell: QueueBell
    consumer: EmbeddedConsumer
    heard: list[tuple[str, object]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, what: str, who: object) -> None:
        with self.changed:
            self.heard.append((what, who))
            self.changed.notify_all()

    def wait_for(self, count: int) -> list[tuple[str, object]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard) >= count, timeout=10), self.heard
            return self.heard


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.services)])
def redis_or_none(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "embedded" else str(request.getfixturevalue("redis_url"))


@pytest.fixture
def desk(redis_or_none: str | None) -> Iterator[Desk]:
    """Nothing runs yet: `desk.consumer.start()`."""
    queue = make_queue(redis_or_none)
    # A consumer notices that it is told to stop when its read ends.
    queue.storage.read_timeout = 0.1
    made = Desk(bell=QueueBell(queue), consumer=make_consumer(queue, threads=1))
    made.bell.answer_with(lambda who: made.note("turn", who), lambda who: made.note("send", who))
    made.bell.start()
    yield made
    made.bell.stop()
    if made.consumer.worker_threads and made.consumer.worker_threads[0][1].is_alive():
        made.consumer.stop(graceful=True)
    queue.storage.conn.close()


def test_a_ring_reaches_the_one_it_is_for_with_the_customers_id(desk: Desk) -> None:
    desk.consumer.start()
    desk.bell.ring_turns(ANA)
    assert desk.wait_for(1) == [("turn", ANA)]
    desk.bell.ring_sender(LUCIA)
    assert desk.wait_for(2)[1:] == [("send", LUCIA)]
    assert isinstance(desk.heard[0][1], UUID)


def test_rings_wait_until_somebody_is_there_and_turns_go_before_sends(desk: Desk) -> None:
    for who in (ANA, LUCIA):
        desk.bell.ring_sender(who)
        desk.bell.ring_turns(who)
    desk.consumer.start()
    assert [what for what, _ in desk.wait_for(4)] == ["turn", "turn", "send", "send"]


def test_work_that_raises_does_not_stop_the_consumer(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def fail_for_ana(who: CustomerId) -> None:
        desk.note("turn", who)
        if who == ANA:
            raise RuntimeError("a fault in this turn")

    desk.bell.answer_with(fail_for_ana, lambda who: None)
    desk.consumer.start()
    desk.bell.ring_turns(ANA)
    desk.bell.ring_turns(LUCIA)
    assert [who for _, who in desk.wait_for(2)] == [ANA, LUCIA]


def test_rings_in_quick_succession_are_one_ring_a_moment_later(desk: Desk) -> None:
    desk.consumer.start()
    for _ in range(3):
        desk.bell.ring_turns(ANA, delay=0.3)
    assert desk.wait_for(1) == [("turn", ANA)]
    desk.bell.ring_sender(LUCIA)
    assert desk.wait_for(2) == [("turn", ANA), ("send", LUCIA)]


def test_a_working_queue_reports_no_problem(desk: Desk) -> None:
    assert desk.bell.problem() is None


def test_one_process_rings_and_another_answers(redis_url: str) -> None:
    producer, worker = make_queue(redis_url), make_queue(redis_url)
    worker.storage.read_timeout = 0.1
    only_rings, answers = QueueBell(producer), QueueBell(worker)
    consumer = make_consumer(worker, threads=1)
    desk = Desk(bell=answers, consumer=consumer)
    answers.answer_with(lambda who: desk.note("turn", who), lambda who: desk.note("send", who))
    consumer.start()
    only_rings.ring_turns(ANA)
    assert desk.wait_for(1) == [("turn", ANA)]
    consumer.stop(graceful=True)
    producer.storage.conn.close()
    worker.storage.conn.close()


def test_what_waits_in_redis_is_json_with_an_id_and_nothing_of_a_customer(redis_url: str) -> None:
    queue = make_queue(redis_url)
    QueueBell(queue).ring_turns(ANA)
    with redis.Redis.from_url(redis_url) as client:
        (key,) = client.keys("*")
        (waiting,) = client.zrange(key, 0, -1)
    queue.storage.conn.close()
    # Huey puts eight bytes before it, so that equal priorities keep their order.
    text = waiting[8:].decode()
    assert ANA.hex in json.dumps(json.loads(text))
    assert b"pickle" not in waiting


def test_while_redis_is_away_a_worker_does_the_work_itself() -> None:
    bell, heard = QueueBell(make_queue(NOBODY_LISTENS)), []
    bell.answer_with(lambda who: heard.append(("turn", who)), lambda who: heard.append(("send", who)))
    bell.ring_turns(ANA)
    bell.ring_sender(LUCIA)
    assert heard == [("turn", ANA), ("send", LUCIA)]


def test_while_redis_is_away_a_process_that_only_rings_goes_on_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bell = QueueBell(make_queue(NOBODY_LISTENS))
    bell.ring_turns(ANA)
    bell.ring_sender(ANA)
    assert [record.message for record in caplog.records] == [
        "the queue cannot be reached (ConnectionError)"
    ] * 2
    problem = bell.problem()
    assert problem is not None
    assert "sweep" in problem


@dataclass
class Watch:
    """A clock that goes when it is told to."""

    seconds: float = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch()
    monkeypatch.setattr("bot.tasks.time", made)
    return made


def test_each_customer_has_a_delay_of_their_own(watch: Watch) -> None:
    line = DelayLine(lambda who: None)
    line.put(ANA, 0.8)
    line.put(LUCIA, 0.2)
    watch.seconds += 1
    assert [line._next(), line._next()] == [LUCIA, ANA]


def test_a_burst_puts_the_ring_off_but_not_for_ever(watch: Watch) -> None:
    line = DelayLine(lambda who: None)
    begun = watch.seconds
    for _ in range(20):
        line.put(ANA, 0.5)
        watch.seconds += 0.25
    (due, latest) = line._due[ANA]
    assert due == latest == begun + 0.5 * MOST_DELAYS
    assert line._next() == ANA
    assert ANA not in line._due


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_ring_that_fails_does_not_silence_the_line() -> None:
    rung: list[CustomerId] = []

    def fail_for_ana(who: CustomerId) -> None:
        rung.append(who)
        if who == ANA:
            raise RuntimeError("the queue is in a bad mood")

    line = DelayLine(fail_for_ana)
    line.start()
    line.put(ANA, 0.01)
    line.put(LUCIA, 0.01)
    wait_until(lambda: len(rung) == 2)
    line.stop()


def test_a_line_that_was_stopped_rings_no_more() -> None:
    rung: list[CustomerId] = []
    line = DelayLine(rung.append)
    line.start()
    line.put(ANA, 0.2)
    line.stop()
    assert not line._thread.is_alive()
    assert rung == []
