"""Stops sending while the carrier is down, and tries again by a single message.

One per process and account. It knows nothing of messages: a send that failed for the recipient's sake
counts as a carrier that answers.
"""

import threading
import time
from collections.abc import Callable

LONGEST_PAUSE = 60.0
# A trial whose thread died must not keep the way shut.
LONGEST_TRIAL = 60.0


class Breaker:
    """Closed: everything goes. Open: nothing does, until its pause is over; then one send at a time tries."""

    def __init__(self, *, failures: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_failures = failures
        self._first_pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened = 0
        self._shut_until = 0.0
        self._trial_until = 0.0

    @property
    def is_open(self) -> bool:
        with self._lock:
            return self._clock() < self._shut_until or self._failures >= self._most_failures

    def stop(self) -> None:
        """This process is about to end: no send begins any more."""
        with self._lock:
            self._shut_until = float("inf")

    def allows(self) -> bool:
        """May a send begin? While half open, True is for one caller, who must say how it ended."""
        now = self._clock()
        with self._lock:
            if now < self._shut_until:
                return False
            if self._failures < self._most_failures:
                return True
            if now < self._trial_until:
                return False
            self._trial_until = now + LONGEST_TRIAL
            return True

    def give_back(self) -> None:
        """The send that was allowed did not take place."""
        with self._lock:
            self._trial_until = 0.0

    def succeeded(self) -> None:
        with self._lock:
            self._failures = self._opened = 0
            self._trial_until = 0.0

    def failed(self) -> bool:
        """True when this failure opened it (or kept it open)."""
        with self._lock:
            self._failures += 1
            self._trial_until = 0.0
            if self._failures < self._most_failures:
                return False
            pause = min(self._first_pause * 2**self._opened, LONGEST_PAUSE)
            self._opened += 1
            self._shut_until = self._clock() + pause
            return True

    def rest(self, seconds: float) -> None:
        """The carrier asked for a pause (429); it is no failure."""
        with self._lock:
            self._shut_until = max(self._shut_until, self._clock() + seconds)
            self._trial_until = 0.0
