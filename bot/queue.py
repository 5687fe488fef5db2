"""Huey on Redis, or on an in-process stand-in when embedded; plain JSON on the wire, never pickle."""

import json
import logging
from typing import Any
from uuid import UUID

from fakeredis import FakeRedisConnection, FakeServer
from huey import PriorityRedisHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer
from huey.utils import Error
from redis import ConnectionPool
from redis.exceptions import RedisError

log = logging.getLogger("hilo.queue")


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


def make_queue(redis_url: str | None) -> PriorityRedisHuey:
    """The task queue. Without a Redis it lives in this process, and so must the worker."""
    options: dict[str, Any] = {"results": False, "serializer": JsonSerializer(), "read_timeout": 1}
    if redis_url is None:
        pool = ConnectionPool(connection_class=FakeRedisConnection, server=FakeServer(), version=(7,))
        return PriorityRedisHuey("hilo", connection_pool=pool, **options)
    try:
        return PriorityRedisHuey("hilo", url=redis_url, **options)
    except (RedisError, OSError, ValueError) as error:
        raise QueueFault(
            f"REDIS_URL: the queue cannot be reached ({type(error).__name__}). Is Redis running there?"
        ) from error


class EmbeddedConsumer(Consumer):
    """Huey's consumer as threads of a process that has signal handlers of its own."""

    def _set_signal_handlers(self) -> None:
        """The process's own handlers stop it."""


def make_consumer(queue: PriorityRedisHuey, threads: int) -> EmbeddedConsumer:
    consumer = EmbeddedConsumer(
        queue, workers=threads, worker_type="thread", periodic=False, check_worker_health=False
    )
    consumer.shutdown_timeout = 5
    return consumer
