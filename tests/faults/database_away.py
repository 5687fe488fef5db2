"""F6: PostgreSQL restarts, is away, has no room for another connection, deadlocks, refuses to serialize."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from bot.simulator.records import Channel
from tests.faults.phones import Phones, Sent
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import Town
from tests.faults.truth import judge, wait_until_quiet
from tests.faults.waits import waits_of

AWAY_SECONDS = 30.0
RATE = 10.0
CUSTOMERS = 60
BACK_SECONDS = 10.0
# Fewer than two web processes and two workers like to have.
FEW_CONNECTIONS = 10


@dataclass(frozen=True)
class Trouble:
    name: str
    begin: Callable[[Town], None]
    end: Callable[[Town], None]
    share: float = 0.5


def run(town: Town, plan: Plan, troubles: "Sequence[Trouble] | None" = None) -> Result:
    """F6."""
    phones = Phones(town, CUSTOMERS, channels=(Channel.SMS,))
    phones.start(rate=RATE, seed=plan.seed)
    time.sleep(1.0)
    marks = []
    for trouble in troubles or TROUBLES:
        trouble.begin(town)
        time.sleep(max(1.0, AWAY_SECONDS * trouble.share * plan.scale))
        trouble.end(town)
        ended = len(phones.sent)
        time.sleep(max(1.0, BACK_SECONDS * plan.scale))
        marks.append((trouble.name, ended, len(phones.sent)))
    phones.stop()
    wait_until_quiet(town, plan.patience)
    verdict = judge(town, phones.sent)
    refused = sum(not 200 <= answer < 300 for sent in phones.sent for answer in sent.answers)
    phones.close()
    backs = {name: _normal_after(town, phones.sent[start:end]) for name, start, end in marks}
    told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in backs.items())
    notes = [f"normal after: {told}", f"{refused} posts refused and sent again"]
    recovery = max(backs.values())
    return result_of("F6", town.database, verdict, tries=len(phones.sent), recovery=recovery, notes=notes)


def _normal_after(town: Town, sent: Sequence[Sent]) -> float:
    """Until the last of those written since then whose turn took more than a second."""
    waits = sorted(waits_of(town, sent))
    slow = [moment for moment, wait in waits if wait > 1.0]
    return (max(slow) - waits[0][0]).total_seconds() if slow else 0.0


def _restart(town: Town) -> None:
    assert town.postgres is not None
    town.postgres.restart("immediate")


def _stop(town: Town) -> None:
    assert town.postgres is not None
    town.postgres.stop("immediate")


def _start(town: Town) -> None:
    assert town.postgres is not None
    town.postgres.start()


def _nothing(town: Town) -> None:
    """It is over by itself."""


def _few_connections(town: Town) -> None:
    assert town.postgres is not None
    town.postgres.stop("immediate")
    town.postgres.start(f"max_connections={FEW_CONNECTIONS}", "superuser_reserved_connections=0")


def _many_connections(town: Town) -> None:
    _stop(town)
    _start(town)


def _serializable(town: Town) -> None:
    _set_isolation(town, "serializable")


def _read_committed(town: Town) -> None:
    _set_isolation(town, "read committed")


def _set_isolation(town: Town, level: str) -> None:
    assert town.postgres is not None
    change = f"SET default_transaction_isolation = '{level}'"
    town.postgres.databases.execute(f'ALTER DATABASE "{town.database_name}" {change}')
    _end_all(town)


def _end_all(town: Town) -> None:
    """Every connection of the bot's is cut."""
    assert town.postgres is not None
    town.postgres.rows(
        town.url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid != pg_backend_pid()",
    )


class _Deadlocks:
    """Locks an input and then its conversation: the other way round than a turn does."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, town: Town) -> None:
        self._is_over.clear()
        self._thread = threading.Thread(target=self._run, args=(town,), daemon=True)
        self._thread.start()

    def end(self, town: Town) -> None:
        self._is_over.set()
        assert self._thread is not None
        self._thread.join()

    def _run(self, town: Town) -> None:
        draw = random.Random(1)
        url = town.url.replace("+psycopg", "")
        while not self._is_over.is_set():
            # Being the one who is sacrificed is part of it.
            with suppress(psycopg.Error), psycopg.connect(url) as connection:
                self._cross(connection, draw.uniform(0.01, 0.1))
            self._is_over.wait(0.01)

    @staticmethod
    def _cross(connection: "psycopg.Connection[tuple[object, ...]]", pause: float) -> None:
        connection.execute("SET deadlock_timeout = '5s'")
        row = connection.execute(
            "SELECT customer_id FROM inputs WHERE status = 'waiting' ORDER BY number DESC LIMIT 1 FOR UPDATE"
        ).fetchone()
        if row is None:
            return
        time.sleep(pause)
        connection.execute("SELECT 1 FROM conversations WHERE customer_id = %s FOR UPDATE", row)
        connection.rollback()


_deadlocks = _Deadlocks()
TROUBLES = (
    Trouble("restart", _restart, _nothing, share=0.1),
    Trouble("away", _stop, _start, share=1.0),
    Trouble("cut", _end_all, _nothing, share=0.1),
    Trouble("few connections", _few_connections, _many_connections),
    Trouble("deadlocks", _deadlocks.begin, _deadlocks.end),
    Trouble("serializable", _serializable, _read_committed),
)
