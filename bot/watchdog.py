"""A turn that hangs is ended with its process, which starts anew: a thread of Python cannot be ended alone.

The start was counted before, so the third time the message is set aside like one that kills its process.
"""

import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sentry_sdk

log = logging.getLogger("hilo.turn")

MOST_LOOK_SECONDS = 1.0
FLUSH_SECONDS = 2.0
# Of the stack: enough to find the flow or the library that hangs.
FRAMES = 3


def start_anew() -> None:
    """This process becomes a new one of the same command; files and sockets are closed, locks let go."""
    sentry_sdk.flush(timeout=FLUSH_SECONDS)
    sys.stdout.flush()
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


class Watchdog:
    """Watches the turns of one process."""

    def __init__(self, most_seconds: float, give_up: Callable[[], None] | None = None) -> None:
        """`give_up` is called from a thread of its own, once; without one the process starts anew."""
        self._most_seconds = most_seconds
        self._give_up = give_up
        # Thread -> since when it is at it. Each thread writes only its own.
        self._since: dict[int, float] = {}
        self._suspects = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hilo-watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    @contextmanager
    def watch(self, *, is_suspect: bool = False) -> Iterator[None]:
        """What this thread does meanwhile may take `most_seconds`.

        Suspects, who were there when a process ended, go one at a time: so the one that is to blame cannot
        take another one with it again.
        """
        if is_suspect:
            with self._suspects, self.watch():
                yield
            return
        thread = threading.get_ident()
        self._since[thread] = time.monotonic()
        try:
            yield
        finally:
            self._since.pop(thread, None)

    def hanging(self) -> int | None:
        """The thread that has been at it for too long."""
        too_old = time.monotonic() - self._most_seconds
        return next((thread for thread, since in list(self._since.items()) if since < too_old), None)

    def _run(self) -> None:
        look_seconds = min(MOST_LOOK_SECONDS, self._most_seconds / 4)
        while not self._stop.wait(look_seconds):
            thread = self.hanging()
            if thread is not None:
                log.critical(
                    "a turn has taken more than %g s, so this process starts anew; it hangs at %s",
                    self._most_seconds,
                    _where(thread),
                    extra={"action": "turn_hangs"},
                )
                (self._give_up or start_anew)()
                return


def _where(thread: int) -> str:
    frame = sys._current_frames().get(thread)
    found = traceback.extract_stack(frame)[-FRAMES:] if frame else []
    return " < ".join(f"{step.filename}:{step.lineno} {step.name}" for step in reversed(found))
