"""A carrier with Twilio's surface that only accepts, and remembers what came when.

In place of the simulator: that one writes each message to a store and calls back, and would take the machine
from what is measured.
"""

import json
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from urllib.parse import parse_qs

from bench.loop import Loop, length_of, received

CALLBACK = re.compile(r"/twilio/status/([0-9a-f-]{36})/")


@dataclass
class Connection:
    socket: socket.socket
    buffer: bytes = b""


class Carrier:
    def __init__(self, loop: Loop, on_reply: Callable[[str], None]) -> None:
        """`on_reply` hears the number of everybody who is sent something."""
        self._loop = loop
        self._on_reply = on_reply
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listening.setblocking(False)
        self._numbers = count(time.time_ns())
        self.port = int(self._listening.getsockname()[1])
        # How long it takes to accept a message.
        self.latency = 0.0
        # When it was accepted, for whom, and the id that its callback would name.
        self.taken: list[tuple[float, str, str]] = []
        loop.watch(self._listening, self._accept)

    def _accept(self) -> None:
        accepted, _ = self._listening.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(accepted)
        self._loop.watch(accepted, partial(self._read, connection))

    def _read(self, connection: Connection) -> None:
        found = received(connection.socket)
        if not found:
            self._loop.forget(connection.socket)
            connection.socket.close()
            return
        connection.buffer += found
        size = length_of(connection.buffer)
        if size is None or len(connection.buffer) < size:
            return
        request, connection.buffer = connection.buffer[:size], connection.buffer[size:]
        # Content items come as JSON, and are only ever accepted.
        fields = parse_qs(request.partition(b"\r\n\r\n")[2].decode())
        if self.latency:
            self._loop.call_at(time.monotonic() + self.latency, partial(self._answer, connection, fields))
        else:
            self._answer(connection, fields)

    def _answer(self, connection: Connection, fields: dict[str, list[str]]) -> None:
        body = json.dumps({"sid": f"SM{next(self._numbers):032x}", "status": "queued"}).encode()
        head = (
            f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            connection.socket.sendall(head.encode() + body)
        except OSError:
            # Whoever asked is gone: it was stopped in the middle.
            return
        number = fields.get("To", [""])[0].removeprefix("whatsapp:")
        callback = CALLBACK.search(fields.get("StatusCallback", [""])[0])
        if callback:
            self.taken.append((time.monotonic(), number, callback[1]))
        self._on_reply(number)
