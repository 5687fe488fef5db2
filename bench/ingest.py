"""`python -m bench ingest`: events a second and core, beside a bare Flask that only inserts, interleaved.

All run in this process and are called without a socket; CPU is ours and the database's. The anchor reads the
JSON and inserts its events in one commit, by the ORM or by one Core statement: no identities, no duplicates,
no checks, no counts, nothing for a turn to do. Then: from a `Product Added` until the chat knows the cart.
"""

import argparse
import base64
import io
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask, jsonify, request
from sqlalchemy import JSON, Engine, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from uuid_utils.compat import uuid7

from app import build, create_app
from bench.anchors import _engine
from bench.processes import cpu_seconds
from bench.town import Town, empty_town, migrate, start_servers
from bot.settings import Settings
from context_store.database import Database
from context_store.records import Identifier, IdentifierKind
from tests.doubles import FakeBell

KEY = "bench-write-key"
PEOPLE = 200
GOAL = 0.5
OURS, ORM, CORE, ONE = "ours", "ORM anchor", "Core anchor", "ours, one a request"
LONGEST_WAIT = 10.0


class Base(DeclarativeBase):
    pass


class AnchorEvent(Base):
    __tablename__ = "anchor_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(index=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    properties: Mapped[dict[str, Any]] = mapped_column(JSON)
    occurred_at: Mapped[datetime]


@dataclass
class Writing:
    """Makes bodies; every message has an id of its own."""

    _numbers: Iterator[int] = field(default_factory=lambda: count(time.time_ns()))

    def message(self) -> dict[str, Any]:
        number = next(self._numbers)
        now = datetime.now(UTC).isoformat()
        return {
            "type": "track",
            "userId": f"u{number % PEOPLE}",
            "anonymousId": f"a{number % PEOPLE}",
            "event": ("Product Viewed", "Product Added", "Product Clicked")[number % 3],
            "messageId": f"bench-{number}",
            "timestamp": now,
            "sentAt": now,
            "properties": {
                "cart_id": f"c{number % PEOPLE}",
                "product_id": f"p{number % 50}",
                "name": "Lámpara de mesa Alba",
                "category": "Luz",
                "price": 49.9,
                "quantity": 1,
                "currency": "EUR",
                "url": "https://shop.example/lamp",
            },
            "context": {"library": {"name": "bench", "version": "1"}, "ip": "203.0.113.7", "locale": "es-ES"},
            "integrations": {},
        }

    def batch(self, size: int) -> bytes:
        return json.dumps({"batch": [self.message() for _ in range(size)]}).encode()


def anchor_app(engine: Engine) -> Flask:
    app = Flask("anchor", static_folder=None)

    @app.post("/orm")
    def by_orm() -> Any:
        with Session(engine) as session:
            session.add_all([AnchorEvent(**row) for row in _rows()])
            session.commit()
        return jsonify(success=True)

    @app.post("/core")
    def by_core() -> Any:
        with engine.begin() as connection:
            connection.execute(insert(AnchorEvent), _rows())
        return jsonify(success=True)

    return app


def _rows() -> list[dict[str, Any]]:
    body = request.get_json()
    return [
        {
            "id": uuid7(),
            "user_id": message["userId"],
            "message_id": message["messageId"],
            "name": message["event"],
            "properties": message["properties"],
            "occurred_at": datetime.fromisoformat(message["timestamp"]).replace(tzinfo=None),
        }
        for message in body["batch"]
    ]


def call(app: Flask, path: str, body: bytes) -> None:
    """A request without a socket. Raises when it is not answered 200."""
    credentials = base64.b64encode(f"{KEY}:".encode()).decode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Basic {credentials}",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    answered: list[str] = []

    def start(status: str, headers: Any, *others: Any) -> Callable[[bytes], object]:
        answered.append(status)
        return lambda content: None

    content = b"".join(app.wsgi_app(environ, start))
    if not answered[0].startswith("200") or b'"rejected":{"' in content:
        raise RuntimeError(f"{path} answered {answered[0]}: {content[:200]!r}")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One target in one round."""

    place: str
    target: str
    events: int
    seconds: float
    cpu: float

    @property
    def per_core(self) -> float:
        return self.events / self.cpu


def measure(
    place: str, target: str, pids: tuple[int, ...], bodies: list[bytes], size: int, send: Any
) -> Figure:
    before, cpu, started = cpu_seconds(pids) or 0.0, time.process_time(), time.perf_counter()
    for body in bodies:
        send(body)
    seconds, own = time.perf_counter() - started, time.process_time() - cpu
    others = (cpu_seconds(pids) or 0.0) - before
    return Figure(place=place, target=target, events=len(bodies) * size, seconds=seconds, cpu=own + others)


@contextmanager
def ours(made: Town, url: str) -> Iterator[tuple[Flask, FakeBell]]:
    """Our application, whose bell nobody answers: what turns take is measured elsewhere."""
    bell = FakeBell()
    changes = {"event_write_keys": f"web:{KEY}", "var_folder": made.folder}
    house = build(Settings.from_env(made.settings(url, **changes)), bell=bell)
    try:
        yield create_app(house=house), bell
    finally:
        house.close()


def rounds(
    made: Town, place: str, url: str, pids: tuple[int, ...], options: argparse.Namespace
) -> list[Figure]:
    writing, size = Writing(), options.size
    engine = _engine(url)
    Base.metadata.create_all(engine)
    found: list[Figure] = []
    with ours(made, url) as (app, bell):
        anchor = anchor_app(engine)
        targets: list[tuple[str, int, int, Callable[[bytes], None]]] = [
            (ORM, options.batches, size, lambda body: call(anchor, "/orm", body)),
            (OURS, options.batches, size, lambda body: call(app, "/v1/batch", body)),
            (CORE, options.batches, size, lambda body: call(anchor, "/core", body)),
            (ONE, options.batches, 1, lambda body: call(app, "/v1/batch", body)),
        ]
        for number in range(options.rounds + 1):
            for target, batches, each, send in targets:
                bodies = [writing.batch(each) for _ in range(batches if number else 4)]
                figure = measure(place, target, pids, bodies, each, send)
                # The first round makes the customers, and compiles the statements.
                found += [figure] if number else []
            bell.turns.clear()
    engine.dispose()
    return found


def until_seen(made: Town, url: str, times: int) -> list[float]:
    """Seconds from sending `Product Added` until what the chat reads has it, all in one process."""
    settings = made.settings(
        url, event_write_keys=f"web:{KEY}", api_keys="bench-api-key", var_folder=made.folder
    )
    house = build(Settings.from_env(settings))
    app, writing, waits = create_app(house=house), Writing(), []
    house.start_work()
    try:
        for number in range(times):
            message = {**writing.message(), "userId": f"seen{number}", "event": "Product Added"}
            started = time.perf_counter()
            call(app, "/v1/batch", json.dumps({"batch": [message]}).encode())
            who = Identifier(kind=IdentifierKind.USER_ID, value=f"seen{number}")
            while time.perf_counter() - started < LONGEST_WAIT:
                # Seldom enough not to be what is measured.
                time.sleep(0.01)
                if has_cart(house.parts.database, who):
                    waits.append(time.perf_counter() - started)
                    break
    finally:
        house.stop_work()
        house.close()
    if len(waits) < times:
        raise RuntimeError(f"{times - len(waits)} of {times} carts were not seen in {LONGEST_WAIT} s")
    return sorted(waits)


def has_cart(database: Database, who: Identifier) -> bool:
    with database.read() as uow:
        customer_id = uow.customers.find_by(who)
        return customer_id is not None and uow.carts.live(customer_id) is not None


def ratio(figures: list[Figure], place: str, target: str, to: str) -> float:
    """Events a second of CPU, compared within each round."""
    one = [figure.per_core for figure in figures if (figure.place, figure.target) == (place, target)]
    other = [figure.per_core for figure in figures if (figure.place, figure.target) == (place, to)]
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def print_figures(figures: list[Figure], place: str) -> None:
    print(f"\n{place:<22}{'events/s':>12}{'events/s a core':>18}{'of the ORM':>12}{'of Core':>10}")
    for target in (ORM, CORE, OURS, ONE):
        own = [figure for figure in figures if (figure.place, figure.target) == (place, target)]
        rate = statistics.median(figure.events / figure.seconds for figure in own)
        core = statistics.median(figure.per_core for figure in own)
        shares = [ratio(figures, place, target, to) for to in (ORM, CORE)]
        print(f"  {target:<20}{rate:>12,.0f}{core:>18,.0f}{shares[0]:>12.2f}{shares[1]:>10.2f}")


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    figures: list[Figure] = []
    with empty_town() as made:
        url = f"sqlite:///{made.folder / 'ingest.db'}"
        migrate(url)
        figures += rounds(made, "embedded", url, (), options)
        waits = until_seen(made, url, options.seen)
        if not options.embedded_only:
            servers = start_servers(made)
            figures += rounds(made, "PostgreSQL", servers.new_database(), (servers.postgres_pid,), options)
    places = list(dict.fromkeys(figure.place for figure in figures))
    for place in places:
        print_figures(figures, place)
    print(f"\nFrom `Product Added` to the cart in chat: p50 {waits[len(waits) // 2] * 1000:.0f} ms, ", end="")
    print(f"p95 {waits[int(len(waits) * 0.95)] * 1000:.0f} ms, of {len(waits)}.")
    reached = {place: ratio(figures, place, OURS, ORM) for place in places}
    for place, value in reached.items():
        print(f"{place}: batches of {options.size}, of the ORM anchor: {value:.2f} (goal {GOAL})")
    if options.json:
        written = {"figures": [vars(figure) for figure in figures], "reached": reached, "seen": waits}
        options.json.write_text(json.dumps(written, indent=1), "utf-8")
    return 0 if min(reached.values()) >= GOAL else 1


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench ingest", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=20, help="a target and round")
    parser.add_argument("--size", type=int, default=100, help="events of a batch")
    parser.add_argument("--seen", type=int, default=40, help="carts to wait for")
    parser.add_argument("--embedded-only", action="store_true", help="without PostgreSQL")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    return parser.parse_args(arguments)
