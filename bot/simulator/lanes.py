"""Work in lanes: within one lane strictly in order, one lane never waits for another.

Knows nothing of messages. Nothing here outlives the process: the carrier refills the lanes from its store.
"""

import heapq
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

logger = logging.getLogger(__name__)

# Does one piece of work; a number means "not done, come back in so many seconds, and hold the lane".
Work = Callable[[], float | None]

WORKERS = 8
STOP_PATIENCE = 0.9


class Lanes:
    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: dict[str, deque[tuple[float, Work]]] = {}
        self._due: list[tuple[float, int, str]] = []  # the first work of every lane that is not running
        self._order = itertools.count()
        self._threads: list[threading.Thread] = []
        self._is_running = False

    def start(self) -> None:
        with self._condition:
            if self._is_running:
                return
            self._is_running = True
        self._threads = [
            # Daemons, because a shop that never answers must not keep the process from ending.
            threading.Thread(target=self._work, name=f"carrier-{number}", daemon=True)
            for number in range(WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends within a second; work not yet begun stays undone."""
        with self._condition:
            self._is_running = False
            self._condition.notify_all()
        deadline = time.monotonic() + STOP_PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._threads = []

    def submit(self, lane: str, work: Work, delay: float = 0.0) -> None:
        due_at = time.monotonic() + delay
        with self._condition:
            if lane in self._waiting:
                self._waiting[lane].append((due_at, work))
                return
            self._waiting[lane] = deque([(due_at, work)])
            self._schedule(lane, due_at)

    def settle(self, timeout: float) -> bool:
        """Wait until no work is left; False when some still is."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._waiting, timeout)

    def _schedule(self, lane: str, due_at: float) -> None:
        heapq.heappush(self._due, (due_at, next(self._order), lane))
        self._condition.notify()

    def _work(self) -> None:
        while (lane := self._next_lane()) is not None:
            work = self._waiting[lane][0][1]
            try:
                again = work()
            except Exception:
                # A worker must outlive one broken delivery; the message stays where it was.
                # After stop the store is closed, and a late answer has nowhere to go.
                if self._is_running:
                    logger.exception("delivery failed", extra={"action": "simulator.work"})
                again = None
            self._finish(lane, work, again)

    def _next_lane(self) -> str | None:
        with self._condition:
            while self._is_running:
                if not self._due:
                    self._condition.wait()
                    continue
                wait = self._due[0][0] - time.monotonic()
                if wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._condition.wait(wait)
            return None

    def _finish(self, lane: str, work: Work, again: float | None) -> None:
        with self._condition:
            queue = self._waiting[lane]
            if again is not None:
                queue[0] = (time.monotonic() + again, work)
            else:
                queue.popleft()
            if queue:
                self._schedule(lane, queue[0][0])
                return
            del self._waiting[lane]
            self._condition.notify_all()
