"""Sockets and moments in one thread, and as much of HTTP as a measurement needs."""

import heapq
import selectors
import socket
import time
from collections.abc import Callable
from itertools import count
from typing import Any

Act = Callable[[], None]
LONGEST_WAIT = 0.1


class Loop:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._later: list[tuple[float, int, Act]] = []
        self._count = count()

    def watch(self, readable: Any, act: Act) -> None:
        """Call `act` whenever there is something to read."""
        self._selector.register(readable, selectors.EVENT_READ, act)

    def forget(self, readable: Any) -> None:
        self._selector.unregister(readable)

    def call_at(self, moment: float, act: Act) -> None:
        """`moment` on the monotonic clock."""
        heapq.heappush(self._later, (moment, next(self._count), act))

    def turn(self) -> None:
        """Wait a moment for something to do, and do it."""
        wait = self._later[0][0] - time.monotonic() if self._later else LONGEST_WAIT
        for key, _ in self._selector.select(min(max(wait, 0.0), LONGEST_WAIT)):
            key.data()
        while self._later and self._later[0][0] <= time.monotonic():
            heapq.heappop(self._later)[2]()


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def received(connection: socket.socket) -> bytes:
    """What has come; nothing when the other side has closed."""
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def length_of(message: bytes) -> int | None:
    """The length of the whole HTTP message at the start; None until its head is here."""
    end = message.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = message[:end].lower()
    start = head.find(b"content-length:")
    if start < 0:
        return end + 4
    return end + 4 + int(head[start + 15 :].split(b"\r\n", 1)[0])


def status_of(message: bytes) -> int:
    return int(message[9:12])
