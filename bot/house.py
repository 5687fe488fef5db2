"""The running parts of one process, and their starting and stopping in the right order."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.bulk import BulkThread
from bot.chores import ChoresThread
from bot.clock import ClockThread
from bot.notifier import NotifierThread, WantedThread
from bot.parts import Parts
from bot.queue import EmbeddedConsumer
from bot.sender import Sender
from bot.simulator import Carrier
from bot.tasks import QueueBell
from bot.turn import Turns

# Whoever asks us to stop kills us after ten.
STOP_SECONDS = 8.0


@dataclass(frozen=True, kw_only=True)
class House:
    parts: Parts
    # None when a test rings by itself.
    queue_bell: QueueBell | None
    turns: Turns
    sender: Sender
    clock: ClockThread
    chores: ChoresThread
    bulk: BulkThread
    notifier: NotifierThread
    # In every process: each tells what happens in it.
    wanted: WantedThread
    consumer: EmbeddedConsumer
    simulator: Carrier | None = None

    def start_bell(self) -> None:
        self.wanted.start()
        if self.queue_bell is not None:
            self.queue_bell.start()

    def start_work(self) -> None:
        """Answer the bell in this process: threads that take turns and send."""
        if self.queue_bell is not None:
            self.queue_bell.answer_with(self.turns.take, self.sender.send_waiting)
            self.queue_bell.start()
        self.wanted.start()
        self.parts.watchdog.start()
        self.consumer.start()
        self.bulk.start()
        self.notifier.start()

    def start_clock(self) -> None:
        """Timers, the sweep, and what is to be done every so often. Any number of processes may."""
        self.wanted.start()
        self.clock.start()
        self.chores.start()

    def stop_clock(self) -> None:
        self.clock.stop()
        self.chores.stop()

    def stop_work(self) -> None:
        """No new work; what is at it may finish, in eight seconds all told.

        What takes longer than that is a slow carrier: its message is of unknown fate, and is looked for.
        """
        self.parts.breaker.stop()
        # What hangs now is left behind by the end itself.
        self.parts.watchdog.stop()
        self._stop_together(
            self.stop_clock,
            self.bulk.stop,
            self.notifier.stop,
            self.wanted.stop,
            self._stop_bell,
            partial(self.consumer.stop, graceful=True),
        )

    def stop_ringing(self) -> None:
        """The same for a process that takes no work."""
        self._stop_together(self.stop_clock, self.wanted.stop, self._stop_bell)

    def _stop_bell(self) -> None:
        if self.queue_bell is not None:
            self.queue_bell.stop()

    def _stop_together(self, *stops: Callable[[], None]) -> None:
        # One after the other, each with its own patience, would take longer than a machine waits.
        threads = [threading.Thread(target=stop, name="hilo-stop", daemon=True) for stop in stops]
        for thread in threads:
            thread.start()
        until = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        if self.simulator is not None:
            self.simulator.stop()
        self.parts.database.dispose()
