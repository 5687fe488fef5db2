"""A Redis that is away, at the start or for a while: one line when it goes, one when it is back."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as NoConnection

from bot import queue as queues
from bot.queue import EmbeddedConsumer, Queue, QueueFault, make_consumer, make_queue
from bot.tasks import QueueBell
from context_store.records import CustomerId, new_id
from tests.fixtures.postgres import temporary_folder
from tests.late_redis import redis_at, socket_in

ANA = CustomerId(new_id())


@dataclass
class Worker:
    """A worker's queue, bell and consumer; `heard` is who was rung for."""

    queue: Queue
    bell: QueueBell
    consumer: EmbeddedConsumer
    heard: list[CustomerId] = field(default_factory=list)


pytestmark = pytest.mark.services


@pytest.fixture
def place() -> Iterator[Path]:
    """Where a Redis may be started, and is not yet."""
    with temporary_folder("hilo-late-") as folder:
        yield folder


@contextmanager
def worker_at(place: Path) -> Iterator[Worker]:
    queue = make_queue(f"unix://{socket_in(place)}")
    queue.storage.read_timeout = 0.1
    worker = Worker(queue=queue, bell=QueueBell(queue), consumer=make_consumer(queue, threads=3))
    worker.bell.answer_with(worker.heard.append, lambda who: None)
    worker.consumer.start()
    yield worker
    worker.consumer.stop(graceful=True)
    queue.storage.conn.close()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        str(vars(record).get("action"))
        for record in caplog.records
        if str(vars(record).get("action")).startswith("queue_")
    ]


def test_a_worker_starts_without_its_redis_and_uses_it_as_soon_as_it_is_there(
    place: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(queues, "REST_SECONDS", 0.05)
    with worker_at(place) as worker:
        wait_until(lambda: told(caplog) == ["queue_away"])
        assert worker.bell.problem() is not None
        with redis_at(place):
            wait_until(lambda: told(caplog) == ["queue_away", "queue_back"])
            assert worker.bell.problem() is None
            worker.bell.ring_turns(ANA)
            wait_until(lambda: worker.heard == [ANA])


def test_each_change_is_one_line_however_long_it_lasts(
    place: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(queues, "REST_SECONDS", 0.02)
    with ExitStack() as redis:
        redis.enter_context(redis_at(place))
        with worker_at(place) as worker:
            worker.bell.ring_turns(ANA)
            wait_until(lambda: worker.heard == [ANA])
            redis.close()
            wait_until(lambda: "queue_away" in told(caplog))
            # Three threads, each trying fifty times a second.
            time.sleep(0.3)
            assert told(caplog) == ["queue_away"]
            redis.enter_context(redis_at(place))
            wait_until(lambda: told(caplog) == ["queue_away", "queue_back"])
            worker.bell.ring_turns(ANA)
            wait_until(lambda: worker.heard == [ANA, ANA])
    assert [record for record in caplog.records if record.name.startswith("huey") and record.exc_info] == []


def test_while_it_is_away_a_ringer_tries_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[bytes] = []

    def refuse(self: object, data: bytes, priority: float | None = None) -> None:
        tries.append(data)
        raise NoConnection

    monkeypatch.setattr("huey.storage.RedisPriorityQueue.enqueue", refuse)
    storage = make_queue("unix:///nowhere").storage
    for _ in range(5):
        with pytest.raises(NoConnection):
            storage.enqueue(b"ring")
    assert len(tries) == 1
    monkeypatch.setattr(queues, "REST_SECONDS", 0.0)
    with pytest.raises(NoConnection):
        storage.enqueue(b"ring")
    assert len(tries) == 2


@pytest.mark.parametrize("url", ["redis://host:port/0", "redis://[::1/0"])
def test_an_address_that_is_none_is_told_at_once(url: str) -> None:
    with pytest.raises(QueueFault, match=r"REDIS_URL: it is no address of a Redis\. Hint: "):
        make_queue(url)


def test_nobody_asks_redis_for_what_is_scheduled(place: Path) -> None:
    with redis_at(place), worker_at(place) as worker:
        time.sleep(0.1)
        calls = worker.queue.storage.conn.info("commandstats")
    assert not {"cmdstat_evalsha", "cmdstat_eval", "cmdstat_zrangebyscore"} & set(calls)
