"""SIGTERM in the middle of work: it ends in time, and nothing is done twice or left undone."""

import signal
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.processes.running import PATIENCE, stop
from tests.processes.town import Town

PEOPLE = (("lucia", "sms"), ("james", "whatsapp"), ("ines", "whatsapp"))
EACH = 20
SECONDS = 10.0


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(query.encode()).fetchall()


def done(url: str) -> int:
    ((count,),) = ask(url, "SELECT count(*) FROM inputs WHERE status = 'done'")
    return int(count)


def wait_until_done(url: str, number: int) -> None:
    until = time.monotonic() + PATIENCE
    while done(url) < number:
        assert time.monotonic() < until, ask(url, "SELECT status, count(*) FROM inputs GROUP BY status")
        time.sleep(0.02)


def test_a_worker_that_is_told_to_stop_in_mid_work_leaves_nothing_half_done(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    # One at a time: answered together they would be done at once.
    changes = {"GATHER_SECONDS": "0", "WORKER_THREADS": "2"}
    town = Town(folder=tmp_path, database_url=postgres_url, redis_url=redis_url, changes=changes)
    total = EACH * len(PEOPLE)
    with town.web() as web, town.carrier() as carrier:
        town.wait_until_up(web, carrier)
        with town.worker() as worker:
            for number in range(EACH):
                for person, channel in PEOPLE:
                    town.page.send(person, channel, f"hola {number}")
            wait_until_done(postgres_url, 5)
            began = time.monotonic()
            assert stop(worker, signal.SIGTERM, SECONDS) == 0, town.log("worker").read_text()[-3000:]
            assert time.monotonic() - began < SECONDS
        assert "Traceback" not in town.log("worker").read_text()
        with town.worker("second"):
            wait_until_done(postgres_url, total)
    assert ask(postgres_url, "SELECT count(*), max(started_count), max(failed_count) FROM inputs") == [
        (total, 1, 0)
    ]
    assert ask(postgres_url, "SELECT count(*) FROM messages WHERE attempt > 1") == [(0,)]


@pytest.mark.parametrize("process", ["worker", "clock"])
def test_an_idle_process_stops_at_once(
    postgres_url: str, redis_url: str, tmp_path: Path, process: str
) -> None:
    town = Town(folder=tmp_path, database_url=postgres_url, redis_url=redis_url)
    with town.worker() if process == "worker" else town.clock() as running:
        until = time.monotonic() + PATIENCE
        # It tells nobody that it is up, but it has chores.
        while not ask(postgres_url, "SELECT 1 FROM chores"):
            assert time.monotonic() < until
            time.sleep(0.05)
        assert stop(running, patience=SECONDS) == 0
    assert "Traceback" not in town.log(process).read_text()
