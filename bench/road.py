"""`python -m bench road`: one message from webhook to callback, in this process, step by step.

Which statements each step sends, how often it commits, and where its time goes. `bench scale` asks for the
plans of the same statements.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import event

from app import build, create_app
from bench.outside import Writing, origin_of
from bench.people import Bulk, add_bulk, customer_id_of, waking_zone
from bench.people import build as build_people
from bench.town import ACCOUNT, PUBLIC_URL, TOKEN, WEBHOOK, Town, empty_town, migrate, start_servers
from bot.bulk import MOST_AT_ONCE
from bot.clock import tick
from bot.house import House
from bot.settings import Settings
from bot.simulator.signing import sign
from context_store.database import Database
from context_store.records import CustomerId, MessageId
from tests.doubles import FakeBell

STEPS = ("webhook", "turn", "send", "callback", "clock, nothing due", "bulk: what waits", "bulk: send")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One statement as the driver got it."""

    step: str
    statement: str
    parameters: Any


@dataclass
class Step:
    """What one step did, each time that it was walked."""

    statements: list[int] = field(default_factory=list)
    commits: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    # Of those: waiting for the database, and computing.
    database_seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)


class Recorder:
    """Listens to what one database is told."""

    def __init__(self, database: Database) -> None:
        self._engine = database._engine
        self._name = ""
        self.sent: list[Sent] = []
        self._commits = 0
        self._in_database = 0.0
        self._started = 0.0
        self.steps: dict[str, Step] = {}
        self._listeners: tuple[tuple[str, Callable[..., None]], ...] = (
            ("before_cursor_execute", self._before),
            ("after_cursor_execute", self._after),
            ("commit", self._commit),
        )

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._name, self._commits, self._in_database = name, 0, 0.0
        before, started, cpu = len(self.sent), time.perf_counter(), time.thread_time()
        for what, listener in self._listeners:
            event.listen(self._engine, what, listener)
        try:
            yield
        finally:
            for what, listener in self._listeners:
                event.remove(self._engine, what, listener)
        step = self.steps.setdefault(name, Step())
        step.seconds.append(time.perf_counter() - started)
        step.cpu_seconds.append(time.thread_time() - cpu)
        step.statements.append(len(self.sent) - before)
        step.commits.append(self._commits)
        step.database_seconds.append(self._in_database)

    def _before(self, connection: Any, cursor: Any, statement: str, parameters: Any, *others: Any) -> None:
        self.sent.append(Sent(step=self._name, statement=statement, parameters=parameters))
        self._started = time.perf_counter()

    def _after(self, *what: Any) -> None:
        self._in_database += time.perf_counter() - self._started

    def _commit(self, connection: Any) -> None:
        self._commits += 1


@dataclass
class Road:
    """A Hilo in this process whose bell nobody answers but us."""

    house: House
    client: FlaskClient
    bell: FakeBell
    writing: Writing
    made: Town

    def walk(self, recorder: Recorder, person: int, bulk_person: int | None) -> None:
        """One message of this person's, all the way; then a round of the clock, and one of the bulk."""
        with recorder.step("webhook"):
            self._post(WEBHOOK, self.writing.form(ACCOUNT, origin_of(person)))
        (customer_id,) = self.bell.turns
        self.bell.turns.clear()
        with recorder.step("turn"):
            self.house.turns.take(customer_id)
        self.bell.sends.clear()
        self.made.outside.taken()
        with recorder.step("send"):
            self.house.sender.send_waiting(customer_id)
        self._call_back(recorder)
        self.bell.sends.clear()
        with recorder.step("clock, nothing due"):
            tick(self.house.parts)
        if bulk_person is not None:
            self._send_bulk(recorder, CustomerId(UUID(customer_id_of(bulk_person))))
        self.bell.turns.clear()
        self.bell.sends.clear()

    def _call_back(self, recorder: Recorder) -> None:
        ((_, number, message_id),) = self.made.outside.taken()
        proof = self.house.parts.channel.status_proof(MessageId(UUID(message_id)))
        form = {
            "AccountSid": ACCOUNT,
            "MessageSid": f"SM{UUID(message_id).hex}",
            "MessageStatus": "delivered",
            "To": number,
            "From": "+34910000001",
        }
        with recorder.step("callback"):
            self._post(f"/twilio/status/{message_id}/{proof}", form)

    def _send_bulk(self, recorder: Recorder, customer_id: CustomerId) -> None:
        with recorder.step("bulk: what waits"), self.house.parts.database.read() as uow:
            uow.outgoing.bulk(MOST_AT_ONCE)
        with recorder.step("bulk: send"):
            self.house.sender.send_bulk(customer_id)
        if len(self.made.outside.taken()) != 1:
            raise RuntimeError("the bulk message did not go out: what does the policy say?")

    def _post(self, path: str, form: dict[str, str]) -> None:
        headers = {"X-Twilio-Signature": sign(TOKEN, PUBLIC_URL + path, form)}
        answer = self.client.post(path, data=form, headers=headers)
        if not 200 <= answer.status_code < 300:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:200]}")


@contextmanager
def road(made: Town, url: str) -> Iterator[Road]:
    bell = FakeBell()
    settings = made.settings(url, var_folder=made.folder)
    house = build(Settings.from_env(settings), bell=bell)
    try:
        client = create_app(house=house).test_client()
        yield Road(house=house, client=client, bell=bell, writing=Writing(), made=made)
    finally:
        house.close()


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with empty_town() as made:
        steps = {"embedded": _embedded(made, options.times)}
        if not options.embedded_only:
            steps["PostgreSQL"] = _postgres(made, options.times)
    for place, found in steps.items():
        print_steps(place, found)
    if options.json:
        written = {
            place: {name: vars(step) for name, step in found.items()} for place, found in steps.items()
        }
        options.json.write_text(json.dumps(written, indent=1), "utf-8")
    return 0


def _embedded(made: Town, times: int) -> dict[str, Step]:
    url = f"sqlite:///{made.folder / 'road.db'}"
    migrate(url)
    with road(made, url) as way:
        return walk_often(way, times)


def _postgres(made: Town, times: int) -> dict[str, Step]:
    url = start_servers(made).new_database()
    now = datetime.now(UTC)
    build_people(url, times * 2 + 4, now=now, timezone=waking_zone(now), country="US")
    first_bulk = times + 2
    add_bulk(url, Bulk(first=first_bulk, count=times + 2, now=now))
    with road(made, url) as way:
        return walk_often(way, times, first_bulk=first_bulk)


def walk_often(way: Road, times: int, first_bulk: int | None = None) -> dict[str, Step]:
    """Each time as another person. The first two walks only warm up."""
    recorder = Recorder(way.house.parts.database)
    for number in range(times + 2):
        if number == 2:
            recorder.steps.clear()
        # Embedded they are all new: the second message of each is what counts.
        if first_bulk is None:
            way.walk(Recorder(way.house.parts.database), number, None)
        way.walk(recorder, number, None if first_bulk is None else first_bulk + number)
    return recorder.steps


def print_steps(place: str, steps: dict[str, Step]) -> None:
    print(f"\n{place}: medians of {len(next(iter(steps.values())).seconds)} walks")
    print(f"{'':22}{'statements':>11}{'commits':>9}{'ms':>8}{'in SQL':>8}{'CPU ms':>8}")
    for name, step in steps.items():
        figures = [
            f"{statistics.median(step.statements):>11.0f}",
            f"{statistics.median(step.commits):>9.0f}",
            *(
                f"{statistics.median(seconds) * 1000:>8.2f}"
                for seconds in (step.seconds, step.database_seconds, step.cpu_seconds)
            ),
        ]
        print(f"{name:22}" + "".join(figures))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench road", description=__doc__)
    parser.add_argument("--times", type=int, default=50, help="how often it is walked")
    parser.add_argument("--embedded-only", action="store_true", help="without PostgreSQL")
    parser.add_argument("--json", type=Path, help="write every walk to this file")
    return parser.parse_args(arguments)
