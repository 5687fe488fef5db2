"""Huey on Redis, or on an in-process stand-in when embedded; plain JSON on the wire, never pickle."""

import json
import logging
import threading
import time
from typing import Any
from uuid import UUID

from fakeredis import FakeRedisConnection, FakeServer
from huey import PriorityRedisHuey
from huey.consumer import Consumer, Scheduler
from huey.exceptions import HueyException
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import PriorityRedisStorage
from huey.utils import Error
from redis import ConnectionPool
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError

log = logging.getLogger("hilo.queue")

# A webhook rings while Twilio waits for its answer: a machine that swallows packets must not hold it long.
CONNECT_SECONDS = 2.0
# After a failure nobody tries for so long: each try may take as long as the connection's patience.
REST_SECONDS = 1.0
AWAY = (RedisError, OSError)
NO_RING = (HueyException, ValueError, TypeError, AttributeError, RecursionError)


class QueueFault(Exception):
    """There is no queue to work with, in words for the operator."""


class JsonSerializer(Serializer):
    """Huey's own tuples and our ids, tagged; anything else is refused."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(_to_json(data)).encode()

    def _deserialize(self, data: bytes) -> Any:
        return _from_json(json.loads(data))


def _to_json(value: Any) -> Any:
    if isinstance(value, Message):
        return {"message": [_to_json(part) for part in value]}
    if isinstance(value, Error):
        return {"error": value.metadata}
    if isinstance(value, UUID):
        return {"uuid": value.hex}
    if isinstance(value, tuple | list):
        return {"row": [_to_json(part) for part in value]}
    if isinstance(value, dict):
        return {"map": {str(key): _to_json(part) for key, part in value.items()}}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} does not go through the queue")


def _from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    if tag == "message":
        return Message(*(_from_json(part) for part in content))
    if tag == "error":
        return Error(content)
    if tag == "uuid":
        return UUID(hex=content)
    if tag == "row":
        return tuple(_from_json(part) for part in content)
    return {key: _from_json(part) for key, part in content.items()}


class Outage:
    """Whether Redis is away, as its last caller found it. Threads share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed_at: float | None = None
        self._is_told = False

    def is_fresh(self) -> bool:
        failed_at = self._failed_at
        return failed_at is not None and time.monotonic() - failed_at < REST_SECONDS

    def note_failure(self) -> None:
        self._failed_at = time.monotonic()

    def note_answer(self) -> None:
        self._failed_at = None

    def tell(self, error: Exception | None) -> None:
        """One line when it goes and one when it is back, however many threads find out."""
        with self._lock:
            if self._is_told is (error is not None):
                return
            self._is_told = error is not None
        if error is None:
            log.info("the queue is back", extra={"action": "queue_back"})
        else:
            log.warning(
                "the queue cannot be reached (%s); the sweep does its work meanwhile",
                type(error).__name__,
                extra={"action": "queue_away"},
            )


class PatientStorage(PriorityRedisStorage):
    """Huey's, but a Redis that is away costs a ringer one try a second, not one each."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.outage = Outage()

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        if self.outage.is_fresh():
            raise NoConnection("it was away a moment ago")
        try:
            super().enqueue(data, priority)
        except AWAY:
            self.outage.note_failure()
            raise

    def dequeue(self) -> bytes | None:
        # Not Huey's own: that takes a Redis that never answers for an empty queue.
        found = self.conn.bzpopmin(self.queue_key, timeout=self.read_timeout)
        # Huey's eight bytes in front keep equal priorities in order.
        return None if found is None else bytes(found[1])[8:]


class Queue(PriorityRedisHuey):
    """The task queue of one process: starts without its Redis, and uses it as soon as it is there."""

    storage_class = PatientStorage

    def dequeue(self) -> Any:
        """The next task; None when there is none, or nobody to ask."""
        outage: Outage = self.storage.outage
        try:
            task = super().dequeue()
        except AWAY as error:
            outage.note_failure()
            outage.tell(error)
            time.sleep(REST_SECONDS)
            return None
        outage.note_answer()
        outage.tell(None)
        return task

    def deserialize_task(self, data: bytes) -> Any:
        """Whom to look at; None for what no process of ours can have put there."""
        try:
            message = self.serializer.deserialize(data)
            (customer_id,) = message.args
            if not isinstance(customer_id, UUID):
                raise TypeError("no customer's id")
            # And no more than that of it: a ring is never retried, put off or followed by another.
            ring = Message(id=str(message.id), name=message.name, args=(customer_id,))
            return self._registry.create_task(ring)
        except NO_RING as error:
            log.warning(
                "something in the queue was no ring (%s)",
                type(error).__name__,
                extra={"action": "queue_miss"},
            )
            return None

    def is_revoked(self, *arguments: Any, **options: Any) -> bool:
        """Nothing of ours ever is: no need to ask Redis at each ring."""
        return False


def make_queue(redis_url: str | None) -> Queue:
    """The task queue; connects at first use. Without a URL it lives in this process, and so must the worker.

    Raises `QueueFault` when the URL is no URL.
    """
    return Queue("hilo", connection_pool=_pool(redis_url), results=False, serializer=JsonSerializer())


def _pool(redis_url: str | None) -> ConnectionPool:
    if redis_url is None:
        return ConnectionPool(connection_class=FakeRedisConnection, server=FakeServer(), version=(7,))
    try:
        # What the URL itself asks for goes before this.
        return ConnectionPool.from_url(redis_url, **_patience(redis_url))
    except (RedisError, ValueError) as error:
        raise QueueFault(
            "REDIS_URL: it is no address of a Redis. Hint: redis://host:6379/0, and a password's "
            "special characters written as %40 and the like"
        ) from error


def _patience(redis_url: str) -> dict[str, float]:
    return {} if redis_url.startswith("unix:") else {"socket_connect_timeout": CONNECT_SECONDS}


class IdleScheduler(Scheduler):
    """Nothing of ours is ever scheduled in Redis: no need to ask it every second."""

    def loop(self, now: Any = None) -> None:
        self.stop_flag.wait()


class EmbeddedConsumer(Consumer):
    """Huey's consumer as threads of a process that has signal handlers of its own."""

    scheduler_class = IdleScheduler

    def _set_signal_handlers(self) -> None:
        """The process's own handlers stop it."""


def make_consumer(queue: Queue, threads: int) -> EmbeddedConsumer:
    consumer = EmbeddedConsumer(
        queue, workers=threads, worker_type="thread", periodic=False, check_worker_health=False
    )
    consumer.shutdown_timeout = 8
    return consumer
