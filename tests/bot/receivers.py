"""Another system that listens: a real HTTP server on loopback, which keeps what it got."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from bot.notifier import Manners, deliver_waiting, due_endpoints
from bot.webhook_signing import new_secret
from context_store.records import Endpoint, EndpointId, NoticeDelivery, NoticeKind, new_id
from tests.bot.test_retention import with_settings
from tests.world import World

# At once, and as often as the real ones.
AT_ONCE = Manners(delays=(0.0,) * 11)


@dataclass(kw_only=True)
class Got:
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verified(self, secret: str) -> Any:
        """By the vendor's own library. Raises when the signature is not right."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Webhook(secret).verify(self.body, headers)


@dataclass(kw_only=True)
class Receiver:
    url: str
    got: list[Got] = field(default_factory=list)
    status: int = 200
    text: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    # Called before it answers, with what came.
    before: Callable[[Got], None] = lambda got: None

    @property
    def types(self) -> list[str]:
        return [got.told["type"] for got in self.got]


@contextmanager
def listening() -> Iterator[Receiver]:
    receiver = Receiver(url="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got(headers=dict(self.headers.items()), body=body)
            receiver.got.append(got)
            receiver.before(got)
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.text)

        def log_message(self, *said: object) -> None:
            """Not into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks?token=t"
    yield receiver
    server.shutdown()
    server.server_close()


def lenient(world: World) -> World:
    """Its webhooks may go to this machine."""
    return with_settings(world, webhook_loopback=True)


def add_endpoint(world: World, url: str, *kinds: NoticeKind, with_body: bool = False) -> Endpoint:
    """All kinds, where none is named."""
    endpoint = Endpoint(
        id=EndpointId(new_id()),
        url=url,
        kinds=kinds or tuple(NoticeKind),
        with_body=with_body,
        secret=new_secret(),
        created_at=world.clock.now(),
    )
    with world.database.write() as uow:
        uow.webhooks.add(endpoint)
        uow.commit()
    world.database.learn_wanted()
    return endpoint


def deliver_all(world: World, manners: Manners = AT_ONCE) -> int:
    """Rounds until nothing is due. How many tries that took."""
    done = 0
    while due := due_endpoints(world.house.parts):
        done += sum(deliver_waiting(world.house.parts, each, "a test", manners) for each in due)
    return done


def deliveries(world: World, endpoint: Endpoint) -> list[NoticeDelivery]:
    """Newest first."""
    with world.database.read() as uow:
        found: list[NoticeDelivery] = uow.webhook_deliveries.newest(endpoint.id)
    return found


def endpoint_now(world: World, endpoint: Endpoint) -> Endpoint:
    with world.database.read() as uow:
        found: Endpoint = uow.webhooks.get(endpoint.id)
    return found
