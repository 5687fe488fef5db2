"""The task engine's entry points, thin, and the bell that rings them.

A task only says "look at customer 42": it can be lost or run twice without harm.
"""

import heapq
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from huey import PriorityRedisHuey
from redis.exceptions import RedisError

from context_store.records import CustomerId

log = logging.getLogger("hilo.queue")

TURN_PRIORITY = 20
SEND_PRIORITY = 10
# Due timers and shop events: nobody waits for the answer.
BULK_PRIORITY = 1

Work = Callable[[CustomerId], None]
# A burst of messages may put its turn off, but not for ever.
MOST_DELAYS = 4


class QueueBell:
    """Rings through the queue. While the queue is away, the ringer does the work itself."""

    def __init__(self, queue: PriorityRedisHuey) -> None:
        self._take_turns: Work | None = None
        self._send_waiting: Work | None = None
        self._queue = queue
        # Whose turn this thread is taking.
        self._at_work = threading.local()
        self._delayed = DelayLine(self._ring_turns_now)
        self._delayed_sends = DelayLine(self._ring_sender_now)

        # Huey finds a task by the function's name: producers and workers register the same two.
        def take_turns(customer_id: CustomerId) -> None:
            if self._take_turns is not None:
                self._turns_then_sends(self._take_turns, customer_id)

        def send_waiting(customer_id: CustomerId) -> None:
            if self._send_waiting is not None:
                self._send_waiting(customer_id)

        self._turns_task: Any = queue.task()(take_turns)
        self._sends_task: Any = queue.task()(send_waiting)

    def answer_with(self, take_turns: Work, send_waiting: Work) -> None:
        """Who comes when it rings. A process that only produces never calls this."""
        self._take_turns = take_turns
        self._send_waiting = send_waiting

    def start(self) -> None:
        self._delayed.start()
        self._delayed_sends.start()

    def stop(self) -> None:
        self._delayed.stop()
        self._delayed_sends.stop()

    def ring_turns(self, customer_id: CustomerId, delay: float = 0.0, *, is_bulk: bool = False) -> None:
        if delay > 0:
            self._delayed.put(customer_id, delay)
        else:
            self._ring(
                self._turns_task,
                self._take_turns,
                customer_id,
                priority=BULK_PRIORITY if is_bulk else TURN_PRIORITY,
            )

    def ring_sender(self, customer_id: CustomerId, delay: float = 0.0) -> None:
        if delay > 0:
            self._delayed_sends.put(customer_id, delay)
        elif getattr(self._at_work, "customer_id", None) == customer_id:
            self._at_work.is_rung = True
        else:
            self._ring_sender_now(customer_id)

    def problem(self) -> str | None:
        try:
            self._queue.storage.conn.ping()
        except (RedisError, OSError) as error:
            return f"the queue cannot be reached ({type(error).__name__}); the sweep does its work meanwhile"
        return None

    def _turns_then_sends(self, take_turns: Work, customer_id: CustomerId) -> None:
        """A turn that rings for its own answer is sent for by the same thread: no trip through the queue."""
        self._at_work.customer_id, self._at_work.is_rung = customer_id, False
        try:
            take_turns(customer_id)
        finally:
            self._at_work.customer_id = None
            is_rung = self._at_work.is_rung
        if is_rung and self._send_waiting is not None:
            self._send_waiting(customer_id)

    def _ring_turns_now(self, customer_id: CustomerId) -> None:
        self._ring(self._turns_task, self._take_turns, customer_id, priority=TURN_PRIORITY)

    def _ring_sender_now(self, customer_id: CustomerId) -> None:
        self._ring(self._sends_task, self._send_waiting, customer_id, priority=SEND_PRIORITY)

    def _ring(self, task: Any, work: Work | None, customer_id: CustomerId, *, priority: int) -> None:
        try:
            task(customer_id, priority=priority)
        except (RedisError, OSError) as error:
            log.warning(
                "the queue cannot be reached (%s)", type(error).__name__, extra={"action": "bell_failed"}
            )
            if work is not None:
                # A worker whose Redis is gone still has SQL and hands: slower, but nobody waits for ever.
                work(customer_id)


class DelayLine:
    """Holds a ring back for a moment, so that a row of messages is answered as one. Lost with the process."""

    def __init__(self, ring: Work) -> None:
        self._ring = ring
        self._wake = threading.Condition()
        self._heap: list[tuple[float, int, CustomerId]] = []
        # Customer -> (when it rings, the latest that it may ring).
        self._due: dict[CustomerId, tuple[float, float]] = {}
        self._count = 0
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="hilo-bell", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._is_stopped = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def put(self, customer_id: CustomerId, delay: float) -> None:
        """Ring in `delay` seconds; another message meanwhile moves it, a few times at most."""
        now = time.monotonic()
        with self._wake:
            _, latest = self._due.get(customer_id, (0.0, now + MOST_DELAYS * delay))
            due = min(now + delay, latest)
            self._due[customer_id] = (due, latest)
            self._count += 1
            heapq.heappush(self._heap, (due, self._count, customer_id))
            self._wake.notify()

    def _run(self) -> None:
        while True:
            customer_id = self._next()
            if customer_id is None:
                return
            try:
                self._ring(customer_id)
            except Exception:
                # One customer's trouble must not silence the bell; the sweep rings again.
                log.exception("a delayed ring failed", extra={"action": "bell_failed"})

    def _next(self) -> CustomerId | None:
        with self._wake:
            while not self._is_stopped:
                if not self._heap:
                    self._wake.wait()
                    continue
                due, _, customer_id = self._heap[0]
                wait = due - time.monotonic()
                if wait > 0:
                    self._wake.wait(wait)
                    continue
                heapq.heappop(self._heap)
                if self._due.get(customer_id, (None,))[0] == due:
                    del self._due[customer_id]
                    return customer_id
            return None
