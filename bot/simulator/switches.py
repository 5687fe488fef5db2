"""Which faults are on, kept in the store so that they outlive the process, and the dice that play them."""

import json
import random
import threading
from dataclasses import asdict

from bot.simulator.faults import (
    CallbackFate,
    Faults,
    FaultsError,
    SendFate,
    fate_of_callback,
    fate_of_send,
    inbound_posts,
    read_faults,
)
from bot.simulator.shelf import Shelf

KIND = "faults"


class Switches:
    def __init__(self, store: Shelf) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._read: tuple[str, Faults] = ("", Faults())
        self._dice = random.Random(self.faults().seed or None)

    def faults(self) -> Faults:
        kept = self._store.resource_text(KIND, "")
        # Asked for several times for each message: checked again only when another process has set them.
        if kept != self._read[0]:
            self._read = (kept, _checked(kept))
        return self._read[1]

    def set(self, faults: Faults) -> None:
        self._store.save_resource(KIND, "", asdict(faults))
        with self._lock:
            self._dice.seed(faults.seed or None)

    def fate_of_send(self, customer: str) -> SendFate:
        return fate_of_send(self.faults(), customer, self._draw)

    def fate_of_callback(self, *, has_successor: bool) -> CallbackFate:
        return fate_of_callback(self.faults(), self._draw, has_successor=has_successor)

    def inbound_posts(self) -> int:
        return inbound_posts(self.faults(), self._draw)

    def is_list_down(self) -> bool:
        return self._draw() < self.faults().list_down_rate

    def _draw(self) -> float:
        with self._lock:
            return self._dice.random()


def _checked(kept: str) -> Faults:
    try:
        return read_faults(json.loads(kept)) if kept else Faults()
    except FaultsError:
        # Kept by another version, which knew other faults.
        return Faults()
