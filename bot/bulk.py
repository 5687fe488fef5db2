"""Journeys and broadcasts go out at their own pace, by threads of their own, within the rate.

So a reply never waits behind them: the threads that answer are others.
"""

import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bot.parts import Parts
from context_store.records import CustomerId
from context_store.unit_of_work import UnitOfWork

log = logging.getLogger("hilo.sender")

MOST_AT_ONCE = 100
# While customers wait for longer than this, bulk trickles: they share the database and the processors.
PATIENCE_SECONDS = 0.3
FEW_AT_ONCE = 4
IDLE_SECONDS = 2.0
# The rate's tokens come anew each second.
BUSY_SECONDS = 0.1


class BulkThread:
    """Looks for waiting bulk and hands each customer to the sender, until stopped."""

    def __init__(self, parts: Parts, send: Callable[[CustomerId], bool], threads: int) -> None:
        """`send` returns False when nothing may go out now, whoever it is for."""
        self._parts = parts
        self._send = send
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hilo-bulk")
        self._is_denied = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hilo-bulk", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        pause = IDLE_SECONDS
        while not self._stop.wait(pause):
            try:
                pause = BUSY_SECONDS if self.send_some() else IDLE_SECONDS
            except Exception:
                # The database may be away for a moment; the bulk waits in it.
                log.exception("bulk failed", extra={"action": "bulk_failed"})
                pause = IDLE_SECONDS

    def send_some(self) -> bool:
        """True when there was something."""
        with self._parts.database.read() as uow:
            waiting = uow.outgoing.bulk(MOST_AT_ONCE)
            if waiting and is_anybody_late(uow):
                waiting = waiting[:FEW_AT_ONCE]
        # Other processes look at the same moment: each begins elsewhere.
        random.shuffle(waiting)
        self._is_denied = False
        for _ in self._pool.map(self._send_unless_denied, waiting):
            pass
        return bool(waiting)

    def _send_unless_denied(self, customer_id: CustomerId) -> None:
        if not (self._is_denied or self._stop.is_set()):
            self._is_denied = not self._send(customer_id)


def is_anybody_late(uow: UnitOfWork) -> bool:
    """Does somebody who wrote wait for their turn, or for the answer to go out?"""
    return uow.inputs.has_waited(PATIENCE_SECONDS) or uow.outgoing.has_waiting_reply(PATIENCE_SECONDS)
