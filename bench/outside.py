"""The world outside, in one process: it posts signed webhooks and is the carrier that takes the replies.

It reads one JSON command a line from standard input and answers with one line; meanwhile and between
commands the carrier accepts.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import count
from socket import socket
from typing import Any
from urllib.parse import urlencode

from bench.carrier import Carrier
from bench.loop import Loop, connect, length_of, received, status_of
from bot.simulator.signing import sign

LOST_AFTER_SECONDS = 10.0
DRAIN_SECONDS = 5.0
# Each is answered by one message, whatever came before it.
TEXTS = ("Hola", "¿Dónde está mi pedido?", "¿Qué horario tenéis?", "Gracias")
# Prime to any number of people that is asked for: neighbours in time are none in the tables.
STRIDE = 7_919


def number_of(person: int) -> str:
    return f"+346{person:08d}"


def is_on_whatsapp(person: int) -> bool:
    """Every other one."""
    return person % 2 == 1


def origin_of(person: int) -> str:
    return f"whatsapp:{number_of(person)}" if is_on_whatsapp(person) else number_of(person)


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where webhooks go, and what signs them."""

    port: int
    path: str
    account: str
    token: str
    # What is signed.
    public_url: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """So many clients, each of whom waits for an answer before writing again."""

    door: Door
    clients: int
    seconds: float
    # Done when the reply was accepted, not when the webhook was acknowledged.
    with_reply: bool
    # Each message is from another one of so many people; 0: each client is one person.
    people: int = 0


class Writing:
    """Makes the requests; each has an id of its own."""

    def __init__(self) -> None:
        self._numbers = count(time.time_ns())

    def form(self, account: str, origin: str) -> dict[str, str]:
        """One message, as Twilio tells of it."""
        number = next(self._numbers)
        provider_id = f"SM{number:032x}"
        return {
            "ToCountry": "ES",
            "SmsMessageSid": provider_id,
            "NumMedia": "0",
            "FromCountry": "ES",
            "MessageSid": provider_id,
            "AccountSid": account,
            "From": origin,
            "To": "whatsapp:+34910000002" if origin.startswith("w") else "+34910000001",
            "Body": TEXTS[number % len(TEXTS)],
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }

    def request(self, door: Door, origin: str) -> tuple[str, bytes]:
        """The message's id and the whole signed request."""
        form = self.form(door.account, origin)
        body = urlencode(form).encode()
        head = (
            f"POST {door.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"X-Twilio-Signature: {sign(door.token, door.public_url + door.path, form)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return form["MessageSid"], head.encode() + body


@dataclass
class Client:
    person: int
    connection: socket | None = None
    buffer: bytes = b""
    started_at: float = 0.0
    is_acknowledged: bool = True
    is_answered: bool = True


@dataclass
class Tally:
    seconds: list[float] = field(default_factory=list)
    in_time: int = 0
    failed: int = 0
    lost: int = 0


class Outside:
    def __init__(self) -> None:
        self.loop = Loop()
        self.carrier = Carrier(self.loop, self._note_reply)
        self.writing = Writing()
        self._turns = count()
        self._by_number: dict[str, Client] = {}
        self._tally = Tally()

    def run(self, job: Job) -> dict[str, Any]:
        self._job, self._tally = job, Tally()
        self.carrier.taken.clear()
        cpu, started = time.process_time(), time.monotonic()
        self._until = started + job.seconds
        clients = [Client(person=index) for index in range(job.clients)]
        self._by_number = {}
        for client in clients:
            self._send(client)
        while any(not client.is_answered for client in clients):
            self.loop.turn()
            self._give_up_on_lost_ones(clients)
        for client in clients:
            self._close(client)
        tally = self._tally
        times = sorted(tally.seconds) or [0.0]
        result = {
            "done": len(tally.seconds),
            "rate": tally.in_time / job.seconds,
            "failed": tally.failed,
            "lost": tally.lost,
            "p50": times[len(times) // 2],
            "p95": times[int(len(times) * 0.95)],
            "cpu": time.process_time() - cpu,
        }
        return {**result, "times": times} if job.people else result

    def _send(self, client: Client) -> None:
        client.started_at = time.monotonic()
        if client.started_at >= self._until:
            return
        if self._job.people:
            client.person = next(self._turns) * STRIDE % self._job.people
        self._by_number[number_of(client.person)] = client
        client.is_acknowledged, client.is_answered = False, False
        _, request = self.writing.request(self._job.door, origin_of(client.person))
        if client.connection is None:
            client.connection = connect(self._job.door.port)
            client.buffer = b""
            self.loop.watch(client.connection, partial(self._read_answer, client))
        client.connection.sendall(request)

    def _read_answer(self, client: Client) -> None:
        assert client.connection is not None
        found = received(client.connection)
        if not found:
            self._close(client)
            if not client.is_acknowledged:
                # A server may close a connection that was idle, just as we use it.
                self._finish(client, failed=True)
            return
        client.buffer += found
        size = length_of(client.buffer)
        if size is None or len(client.buffer) < size:
            return
        status = status_of(client.buffer)
        client.buffer = client.buffer[size:]
        client.is_acknowledged = True
        if not 200 <= status < 300:
            self._finish(client, failed=True)
        elif not self._job.with_reply or client.is_answered:
            self._finish(client)

    def _finish(self, client: Client, *, failed: bool = False) -> None:
        now = time.monotonic()
        self._leave(client)
        if failed:
            self._tally.failed += 1
        else:
            self._tally.seconds.append(now - client.started_at)
            self._tally.in_time += now <= self._until
        self._send(client)

    def _leave(self, client: Client) -> None:
        client.is_acknowledged, client.is_answered = True, True
        self._by_number.pop(number_of(client.person), None)

    def _give_up_on_lost_ones(self, clients: list[Client]) -> None:
        now = time.monotonic()
        for client in clients:
            waited = now - client.started_at
            if not client.is_answered and (
                waited > LOST_AFTER_SECONDS or (now > self._until + DRAIN_SECONDS and waited > DRAIN_SECONDS)
            ):
                self._tally.lost += 1
                self._leave(client)
                self._close(client)
                self._send(client)

    def _close(self, client: Client) -> None:
        if client.connection is not None:
            self.loop.forget(client.connection)
            client.connection.close()
            client.connection = None

    def _note_reply(self, number: str) -> None:
        client = self._by_number.get(number)
        if client is None or client.is_answered or not self._job.with_reply:
            return
        client.is_answered = True
        # The reply may well be here before the webhook's own answer.
        if client.is_acknowledged:
            self._finish(client)


class Commands:
    """What standard input asks for."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._buffer = b""
        self.is_over = False

    def read(self) -> None:
        found = os.read(sys.stdin.fileno(), 65536)
        self.is_over = not found
        self._buffer += found
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            print(json.dumps(self._obey(**json.loads(line))), flush=True)

    def _obey(self, command: str, **what: Any) -> Any:
        if command == "run":
            return self._outside.run(Job(**{**what, "door": Door(**what["door"])}))
        if command == "pace":
            # Imported here: it imports what stands above.
            from bench.crowd import Crowd, Pace

            pace = Pace(**{**what, "door": Door(**what["door"])})
            return Crowd(self._outside.loop, self._outside.writing, pace).run()
        if command == "latency":
            self._outside.carrier.latency = what["seconds"]
        taken, self._outside.carrier.taken = self._outside.carrier.taken, []
        return taken


def as_command(name: str, job: Any) -> str:
    return json.dumps({"command": name, **asdict(job)})


def main() -> None:
    outside = Outside()
    commands = Commands(outside)
    outside.loop.watch(sys.stdin, commands.read)
    print(json.dumps({"port": outside.carrier.port}), flush=True)
    while not commands.is_over:
        outside.loop.turn()


if __name__ == "__main__":
    main()
