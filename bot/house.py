"""The running parts of one process, and their starting and stopping in the right order."""

from dataclasses import dataclass

from bot.clock import ClockThread
from bot.parts import Parts
from bot.queue import EmbeddedConsumer
from bot.sender import Sender
from bot.simulator import Carrier
from bot.tasks import QueueBell
from bot.turn import Turns


@dataclass(frozen=True, kw_only=True)
class House:
    parts: Parts
    # None when a test rings by itself.
    queue_bell: QueueBell | None
    turns: Turns
    sender: Sender
    clock: ClockThread
    consumer: EmbeddedConsumer
    simulator: Carrier | None = None

    def start_bell(self) -> None:
        if self.queue_bell is not None:
            self.queue_bell.start()

    def start_work(self) -> None:
        """Answer the bell in this process: threads that take turns and send."""
        if self.queue_bell is not None:
            self.queue_bell.answer_with(self.turns.take, self.sender.send_waiting)
            self.queue_bell.start()
        self.consumer.start()

    def stop_work(self) -> None:
        """No new work; what is at it may finish, within seconds."""
        self.clock.stop()
        if self.queue_bell is not None:
            self.queue_bell.stop()
        self.consumer.stop(graceful=True)

    def close(self) -> None:
        if self.simulator is not None:
            self.simulator.stop()
        self.parts.database.dispose()
