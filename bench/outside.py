"""The world outside, in one process: it posts signed webhooks and is the carrier that takes the replies.

A minimal carrier that only accepts, with Twilio's surface, in place of the simulator: that one writes each
message to a store and calls back, and would take the machine from what is measured. It reads one JSON
command a line from standard input and answers with one line.
"""

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode

from bot.simulator.signing import sign

LOST_AFTER_SECONDS = 10.0
DRAIN_SECONDS = 5.0
# Each is answered by one message, whatever came before it.
TEXTS = ("Hola", "¿Dónde está mi pedido?", "¿Qué horario tenéis?", "Gracias")


def number_of(client: int) -> str:
    return f"+3460000{client:04d}"


def origin_of(client: int) -> str:
    """Every other one writes on WhatsApp."""
    return f"whatsapp:{number_of(client)}" if client % 2 else number_of(client)


@dataclass(frozen=True, kw_only=True)
class Job:
    port: int
    path: str
    clients: int
    seconds: float
    account: str
    token: str
    # What is signed.
    public_url: str
    # Done when the reply was accepted, not when the webhook was acknowledged.
    with_reply: bool


@dataclass
class Client:
    number: str
    origin: str
    connection: socket.socket | None = None
    buffer: bytes = b""
    started_at: float = 0.0
    is_acknowledged: bool = True
    is_answered: bool = True


@dataclass
class CarrierConnection:
    connection: socket.socket
    buffer: bytes = b""


@dataclass
class Tally:
    seconds: list[float] = field(default_factory=list)
    in_time: int = 0
    failed: int = 0
    lost: int = 0


class Outside:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._carrier = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._carrier.setblocking(False)
        self._selector.register(self._carrier, selectors.EVENT_READ)
        self.port = int(self._carrier.getsockname()[1])
        self._numbers = count(time.time_ns())
        self._by_number: dict[str, Client] = {}
        self._tally = Tally()

    def run(self, job: Job) -> dict[str, Any]:
        self._job, self._tally = job, Tally()
        cpu, started = time.process_time(), time.monotonic()
        self._until = started + job.seconds
        clients = [Client(number=number_of(index), origin=origin_of(index)) for index in range(job.clients)]
        self._by_number = {client.number: client for client in clients}
        for client in clients:
            self._send(client)
        while any(not client.is_answered for client in clients):
            for key, _ in self._selector.select(0.1):
                self._handle(key)
            self._give_up_on_lost_ones(clients)
        for client in clients:
            self._close(client)
        tally = self._tally
        times = sorted(tally.seconds) or [0.0]
        return {
            "done": len(tally.seconds),
            "rate": tally.in_time / job.seconds,
            "failed": tally.failed,
            "lost": tally.lost,
            "p50": times[len(times) // 2],
            "p95": times[int(len(times) * 0.95)],
            "cpu": time.process_time() - cpu,
        }

    def _handle(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._carrier:
            self._accept()
        elif isinstance(key.data, CarrierConnection):
            self._read_reply(key.data)
        elif isinstance(key.data, Client):
            self._read_answer(key.data)

    # The customers

    def _send(self, client: Client) -> None:
        client.started_at = time.monotonic()
        if client.started_at >= self._until:
            return
        client.is_acknowledged, client.is_answered = False, False
        request = self._request(client)
        if client.connection is None:
            client.connection = socket.create_connection(("127.0.0.1", self._job.port), timeout=5)
            client.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.buffer = b""
            self._selector.register(client.connection, selectors.EVENT_READ, client)
        client.connection.sendall(request)

    def _request(self, client: Client) -> bytes:
        job, number = self._job, next(self._numbers)
        form = {
            "ToCountry": "ES",
            "SmsMessageSid": f"SM{number:032x}",
            "NumMedia": "0",
            "FromCountry": "ES",
            "MessageSid": f"SM{number:032x}",
            "AccountSid": job.account,
            "From": client.origin,
            "To": "whatsapp:+34910000002" if client.origin.startswith("w") else "+34910000001",
            "Body": TEXTS[number % len(TEXTS)],
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        body = urlencode(form).encode()
        head = (
            f"POST {job.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"X-Twilio-Signature: {sign(job.token, job.public_url + job.path, form)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _read_answer(self, client: Client) -> None:
        assert client.connection is not None
        received = _received(client.connection)
        if not received:
            self._close(client)
            if not client.is_acknowledged:
                # A server may close a connection that was idle, just as we use it.
                self._finish(client, failed=True)
            return
        client.buffer += received
        size = _length_of(client.buffer)
        if size is None or len(client.buffer) < size:
            return
        status = int(client.buffer[9:12])
        client.buffer = client.buffer[size:]
        client.is_acknowledged = True
        if not 200 <= status < 300:
            self._finish(client, failed=True)
        elif not self._job.with_reply or client.is_answered:
            self._finish(client)

    def _finish(self, client: Client, *, failed: bool = False) -> None:
        now = time.monotonic()
        client.is_acknowledged, client.is_answered = True, True
        if failed:
            self._tally.failed += 1
        else:
            self._tally.seconds.append(now - client.started_at)
            self._tally.in_time += now <= self._until
        self._send(client)

    def _give_up_on_lost_ones(self, clients: list[Client]) -> None:
        now = time.monotonic()
        for client in clients:
            waited = now - client.started_at
            if not client.is_answered and (
                waited > LOST_AFTER_SECONDS or (now > self._until + DRAIN_SECONDS and waited > DRAIN_SECONDS)
            ):
                self._tally.lost += 1
                client.is_acknowledged, client.is_answered = True, True
                self._close(client)
                self._send(client)

    def _close(self, client: Client) -> None:
        if client.connection is not None:
            self._selector.unregister(client.connection)
            client.connection.close()
            client.connection = None

    # The carrier

    def _accept(self) -> None:
        connection, _ = self._carrier.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection, selectors.EVENT_READ, CarrierConnection(connection))

    def _read_reply(self, carrier: CarrierConnection) -> None:
        received = _received(carrier.connection)
        if not received:
            self._selector.unregister(carrier.connection)
            carrier.connection.close()
            return
        carrier.buffer += received
        size = _length_of(carrier.buffer)
        if size is None or len(carrier.buffer) < size:
            return
        request, carrier.buffer = carrier.buffer[:size], carrier.buffer[size:]
        # Content items come as JSON, and are only ever accepted.
        fields = parse_qs(request.partition(b"\r\n\r\n")[2].decode())
        body = json.dumps({"sid": f"SM{next(self._numbers):032x}", "status": "queued"}).encode()
        head = (
            f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        carrier.connection.sendall(head.encode() + body)
        self._note_reply(fields.get("To", [""])[0].removeprefix("whatsapp:"))

    def _note_reply(self, number: str) -> None:
        client = self._by_number.get(number)
        if client is None or client.is_answered or not self._job.with_reply:
            return
        client.is_answered = True
        # The reply may well be here before the webhook's own answer.
        if client.is_acknowledged:
            self._finish(client)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def _length_of(message: bytes) -> int | None:
    """The length of the whole HTTP message at the start; None until its head is here."""
    end = message.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = message[:end].lower()
    start = head.find(b"content-length:")
    if start < 0:
        return end + 4
    return end + 4 + int(head[start + 15 :].split(b"\r\n", 1)[0])


def main() -> None:
    outside = Outside()
    print(json.dumps({"port": outside.port}), flush=True)
    for line in sys.stdin:
        print(json.dumps(outside.run(Job(**json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
