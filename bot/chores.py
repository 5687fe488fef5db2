"""What is to be done every so often by one process among many. Each chore may call the network."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.parts import Parts

log = logging.getLogger("hilo.chores")

# A chore is looked for so many times between two of its rounds, and not more often than each second.
LOOKS_A_ROUND = 20
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 15.0


@dataclass(frozen=True, kw_only=True)
class Chore:
    """`do` gets the parts and since when this chore is known to the database."""

    name: str
    every_seconds: float
    # Longer than it ever takes: another process takes it over after that.
    lease_seconds: float
    do: Callable[[Parts, datetime], None]
    # A cheap look that spares an idle process the lease: two writes each time.
    is_needed: Callable[[Parts], bool] = lambda parts: True


def do_if_due(parts: Parts, chore: Chore, owner: str) -> bool:
    """True when it was due and is done. A chore that raises is tried again when its lease has run out."""
    if not chore.is_needed(parts):
        return False
    with parts.database.read() as uow:
        if not uow.chores.may_be_due(chore.name):
            return False
    with parts.database.write() as uow:
        uow.chores.ensure(chore.name)
        known_since = uow.chores.take(chore.name, owner, chore.lease_seconds)
        uow.commit()
    if known_since is None:
        return False
    chore.do(parts, known_since)
    with parts.database.write() as uow:
        uow.chores.finish(chore.name, owner, chore.every_seconds)
        uow.commit()
    return True


class ChoresThread:
    """Looks now and then whether something is due. One that fails is logged; the others come anyway."""

    def __init__(self, parts: Parts, chores: Sequence[Chore]) -> None:
        self._parts = parts
        self._chores = chores
        self._owner = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self._stop = threading.Event()
        self._threads = [
            # One each: a slow list of the carrier must not keep unknown messages waiting.
            threading.Thread(target=self._run, args=(chore,), name=f"hilo-{chore.name}", daemon=True)
            for chore in chores
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=5)

    def _run(self, chore: Chore) -> None:
        pause = min(max(chore.every_seconds / LOOKS_A_ROUND, SHORTEST_PAUSE), LONGEST_PAUSE)
        pause = min(pause, chore.every_seconds)
        # Soon after the start: what is due is due now, the search for lost messages above all.
        wait = min(pause, SHORTEST_PAUSE)
        while not self._stop.wait(wait):
            wait = pause
            try:
                do_if_due(self._parts, chore, self._owner)
            except Exception:
                # The database or the carrier may be away for a moment; the chore comes again.
                log.exception("a chore failed", extra={"action": "chore_failed", "chore": chore.name})
