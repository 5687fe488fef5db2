"""What the security tests look at: every row of every table, every route of Twilio's, the CPU's own clock."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy
from flask import Flask

import app as application
from context_store.records import new_id
from tests import guards
from tests.routes import guard_of
from tests.world import World

Rows = dict[str, list[str]]
# The machine may be busy and slow; what is bad by an order of magnitude still shows.
SECONDS_OF_CPU = 1.0
# Alembic's own.
NOT_OURS = frozenset(("alembic_version",))


def everything(world: World) -> Rows:
    """Each row of each table, in words, to be compared with later."""
    with world.database.read() as uow:
        tables = sorted(set(sqlalchemy.inspect(uow._connection).get_table_names()) - NOT_OURS)
        return {table: sorted(map(repr, _rows(uow._connection, table))) for table in tables}


def _rows(connection: sqlalchemy.Connection, table: str) -> Any:
    return connection.exec_driver_sql(f'SELECT * FROM "{table}"')


@contextmanager
def nothing_happens(world: World) -> Iterator[None]:
    """Not a row changes, no bell rings, nothing is sent."""
    rows, sent = everything(world), len(world.channel.sent)
    assert (world.bell.turns, world.bell.sends) == ([], []), "somebody still has to answer the bell"
    yield
    assert everything(world) == rows
    assert (world.bell.turns, world.bell.sends) == ([], [])
    assert world.work() == []
    assert len(world.channel.sent) == sent


def webhook_paths(world: World, app: Flask) -> list[str]:
    """One path for each route that says Twilio's signature guards it, with a proof that is right."""
    message_id = new_id()
    # An argument that is new here is filled with something: the signature is checked before it is read.
    known = {"message_id": message_id, "proof": world.channel.status_proof(message_id)}
    urls = app.url_map.bind("bot.example")
    found = []
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) == "twilio":
            values = {name: known.get(name) or _something(name) for name in rule.arguments}
            found.append(urls.build(rule.endpoint, values, "POST"))
    return found


def _something(name: str) -> UUID | str:
    return new_id() if name.endswith("_id") else "something"


@cache
def product_sources() -> list[guards.Source]:
    """Every file that is installed, parsed once; the simulator is a stand-in and sees no stranger."""
    sources = guards.read_sources(Path(application.__file__).parent)
    return [
        source
        for source in sources
        if source.folder not in guards.UNGUARDED and not source.path.startswith("bot/simulator/")
    ]


def cpu_seconds(act: Callable[[], object]) -> float:
    """What this thread spent on it, whatever else the machine does."""
    begun = time.thread_time()
    act()
    return time.thread_time() - begun
