"""What may start and what may not: without its Redis, with a mix that would not work."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.postgres import temporary_folder
from tests.late_redis import redis_at, socket_in
from tests.processes.running import BIN, PATIENCE, free_port, program
from tests.processes.town import Town


@pytest.fixture
def place() -> Iterator[Path]:
    with temporary_folder("hilo-late-") as folder:
        yield folder


def test_web_and_worker_start_without_redis_and_use_it_when_it_comes(
    postgres_url: str, tmp_path: Path, place: Path
) -> None:
    town = Town(folder=tmp_path, database_url=postgres_url, redis_url=f"unix://{socket_in(place)}")
    with town.web() as web, town.worker(), town.carrier() as carrier:
        town.wait_until_up(web, carrier)
        ready = town.ready()
        assert ready["status"] == "ready"
        assert "the sweep does its work meanwhile" in ready["queue"]
        town.page.send("lucia", "whatsapp", "¿a qué hora abren?")
        town.page.wait_for_text("lucia", "Abrimos")
        with redis_at(place):
            wait_for_line(town.log("worker"), "the queue is back")
            assert town.ready()["queue"] == "ok"
            town.page.send("lucia", "sms", "hola")
            town.page.wait_for_text("lucia", "¿En qué te ayudo?")
    log = town.log("worker").read_text()
    assert log.count("queue_away") <= 2, "once at the start, once when the test took it away"
    assert "Traceback" not in log


def wait_for_line(log: Path, part: str) -> None:
    until = time.monotonic() + PATIENCE
    while part not in log.read_text():
        assert time.monotonic() < until, log.read_text()[-2000:]
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"REDIS_URL": ""}, "REDIS_URL: is missing, and several processes need one queue in common"),
        ({"DATABASE_URL": "sqlite:///nowhere.db"}, "DATABASE_URL: SQLite takes one serving process"),
        ({"TWILIO_API_URL": "", "PUBLIC_URL": ""}, "PUBLIC_URL: is missing, and Twilio cannot call"),
        ({"LEASE_SECONDS": "1"}, "LEASE_SECONDS: is shorter than TWILIO_TIMEOUT"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("process", ["web", "worker"])
def test_a_mix_that_would_not_work_is_refused_with_the_reason(
    tmp_path: Path, process: str, changes: dict[str, str], reason: str
) -> None:
    town = Town(
        folder=tmp_path,
        database_url="postgresql+psycopg://localhost/x",
        redis_url="redis://h/0",
        changes=changes,
    )
    started = town.web() if process == "web" else town.worker()
    with started as refused:
        assert refused.wait(60) != 0
    assert reason in town.log(process).read_text()


def test_two_folders_that_name_one_database_are_refused(tmp_path: Path) -> None:
    database = {"DATABASE_URL": f"sqlite:///{tmp_path / 'shared.db'}"}
    logs = tmp_path / "first.log", tmp_path / "second.log"
    first = {**database, "VAR_FOLDER": str(tmp_path / "one"), "PORT": str(free_port())}
    second = {**database, "VAR_FOLDER": str(tmp_path / "two"), "PORT": str(free_port())}
    with program([str(BIN / "hilo"), "run"], first, logs[0]):
        wait_for_line(logs[0], "Hilo is running")
        with program([str(BIN / "hilo"), "run"], second, logs[1]) as refused:
            assert refused.wait(60) == 1
    assert "another Hilo runs on" in logs[1].read_text()
