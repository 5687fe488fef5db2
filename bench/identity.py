"""`python -m bench identity`: who is it? With few customers and with very many, interleaved in one run.

Each time another customer, all over the tables, in one process on PostgreSQL, commit included. Some of them
are one person with their neighbour, and are asked about apart.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.outside import number_of
from bench.people import build_identities, customer_id_of
from context_store.database import Database
from context_store.identity import Person, Sender, join, resolve, resolve_person
from context_store.records import Channel, CustomerId, Identifier, IdentifierKind, InputKind, Method, Why
from context_store.unit_of_work import UnitOfWork
from tests.fixtures.postgres import PostgresForTests, running_server, temporary_folder

GOAL = 1.3
PHONE, USER_ID, VISITOR = IdentifierKind.PHONE, IdentifierKind.USER_ID, IdentifierKind.ANONYMOUS_ID
# The first of all: neighbours, two and two, are one person.
JOINED = 200
WHY = Why(method=Method.COMMAND, actor="bench")

Act = Callable[[UnitOfWork, int, datetime], None]


@dataclass(frozen=True, kw_only=True)
class Figures:
    act: str
    customers: int
    # Median of the rounds' medians.
    microseconds: float
    # To the fewest customers, round by round.
    ratio: float


def sender_of(person: int) -> Sender:
    number = number_of(person)
    named = Identifier(kind=PHONE, value=number)
    return Sender(channel=Channel.SMS, address=number, identifiers=(named,), source="twilio")


def writes(uow: UnitOfWork, person: int, now: datetime) -> None:
    """Somebody known writes: the address, and whose turn it is."""
    address = resolve(uow.customers, sender_of(person), now)
    uow.inputs.add(address.customer_id, InputKind.COMMAND, now=now, payload={})


def is_told_of(uow: UnitOfWork, person: int, now: datetime) -> None:
    """A shop tells of somebody known, by account and number."""
    account = Identifier(kind=USER_ID, value=f"user-{person | 1}")
    number = Identifier(kind=PHONE, value=number_of(person | 1))
    resolve_person(uow.customers, Person(identifiers=(account, number), source="web"), now)


def signs_in(uow: UnitOfWork, person: int, now: datetime) -> None:
    """A visitor nobody knew signs in."""
    account = Identifier(kind=USER_ID, value=f"user-{person | 1}")
    visitor = Identifier(kind=VISITOR, value=f"{now.timestamp()}-{person}-{random.random()}")
    resolve_person(uow.customers, Person(identifiers=(account, visitor), source="web"), now)


ACTS: dict[str, Act] = {"writes": writes, "is told of": is_told_of, "signs in": signs_in}


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with temporary_folder("hilo-bench-") as folder, running_server(folder) as server:
        info = server.get_postmaster_info()
        assert info.socket_dir is not None
        postgres = PostgresForTests(socket_folder=info.socket_dir)
        # The disk takes the same time for everybody, and would hide what differs.
        postgres.execute("ALTER SYSTEM SET fsync = off")
        postgres.execute("SELECT pg_reload_conf()")
        databases = {size: _database(postgres, size) for size in options.sizes}
        figures = measure(databases, options.rounds, options.times)
        for database in databases.values():
            database.dispose()
    print_table(figures)
    if options.json:
        document = {"figures": [asdict(one) for one in figures]}
        options.json.write_text(json.dumps(document, indent=2), "utf-8")
    return 0


def measure(databases: dict[int, Database], rounds: int, times: int) -> list[Figures]:
    """In each round every size takes its turn, so that a busy machine is busy for all of them."""
    taken: dict[tuple[str, int], list[float]] = {}
    for number in range(rounds + 1):
        for name, act in (*ACTS.items(), ("writes, joined", writes)):
            for size, database in databases.items():
                median = _round(database, act, size, times, is_joined=name.endswith("joined"))
                # The first round warms up.
                if number:
                    taken.setdefault((name, size), []).append(median)
    fewest = min(databases)
    return [
        Figures(
            act=name,
            customers=size,
            microseconds=1e6 * statistics.median(medians),
            ratio=statistics.median(
                many / few for many, few in zip(medians, taken[name, fewest], strict=True)
            ),
        )
        for (name, size), medians in taken.items()
    ]


def _round(database: Database, act: Act, size: int, times: int, *, is_joined: bool) -> float:
    seconds = []
    for _ in range(times):
        first, end = (0, min(JOINED, size)) if is_joined else (min(JOINED, size // 2), size)
        person, now = random.randrange(first, end), datetime.now(UTC)
        started = time.perf_counter()
        with database.write() as uow:
            act(uow, person, now)
            uow.commit()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _database(postgres: PostgresForTests, size: int) -> Database:
    url = postgres.url(postgres.create())
    database = Database.connect(url)
    database.migrate()
    build_identities(url, size, now=datetime.now(UTC))
    for person in range(0, min(JOINED, size // 2), 2):
        with database.write() as uow:
            now = datetime.now(UTC)
            two = [resolve(uow.customers, sender_of(each), now).customer_id for each in (person, person + 1)]
            assert str(two[0]) == customer_id_of(person)
            join(uow.customers, CustomerId(two[0]), CustomerId(two[1]), WHY, now)
            uow.commit()
    return database


def print_table(figures: list[Figures]) -> None:
    print(f"{'':18}{'customers':>12}{'µs':>10}{'ratio':>8}   (goal {GOAL} x)")
    for one in figures:
        print(f"{one.act:18}{one.customers:>12,}{one.microseconds:>10.0f}{one.ratio:>8.2f}")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench identity", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--times", type=int, default=300, help="of each act in a round")
    parser.add_argument("--json", type=Path)
    return parser.parse_args(arguments)
