"""All of Hilo on one database, as it is run for customers, with short horizons; every part can be killed."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import urllib3
from sqlalchemy import make_url

from context_store.database import Database
from tests.faults.nursery import Child, Nursery
from tests.faults.servers import (
    ACCOUNT,
    SMS,
    TOKEN,
    WHATSAPP,
    CarrierProcess,
    Postgres,
    Redis,
    running_postgres,
)
from tests.fixtures.postgres import temporary_folder
from tests.processes.running import free_port

SQLITE, POSTGRESQL = "sqlite", "postgresql"
PATIENCE = 60.0
# A tenth of an engine's day: what takes minutes in production takes seconds here.
HORIZON_SECONDS = 12.0
HORIZONS = {
    "TURN_SECONDS": "6",
    "TWILIO_TIMEOUT": "3",
    "LEASE_SECONDS": "4",
    "LANE_WAIT_SECONDS": "2",
    "UNKNOWN_HORIZON_SECONDS": str(HORIZON_SECONDS),
    "LOOK_SECONDS": "1",
    "SWEEP_SECONDS": "0.5",
    "INBOUND_SWEEP_SECONDS": "2",
    "BREAKER_SECONDS": "0.5",
    "GATHER_SECONDS": "0",
    # No limit that is not the fault itself.
    "SMS_PER_SECOND": "100000",
    "WHATSAPP_PER_SECOND": "100000",
    "LOOP_ANSWERS": "1000000",
    "LOOP_SECONDS": "1",
}


@dataclass
class Town:
    database: str
    folder: Path
    url: str
    nursery: Nursery
    carrier: CarrierProcess
    web_port: int
    stack: ExitStack
    postgres: Postgres | None = None
    redis: Redis | None = None
    workers: int = 2
    children: dict[str, Child] = field(default_factory=dict)
    # Over HORIZONS, for a town in a hurry.
    horizons: dict[str, str] = field(default_factory=dict)
    # Settings that a fault changes for the processes that it starts from then on.
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def database_name(self) -> str:
        return str(make_url(self.url).database)

    @property
    def orders(self) -> Path:
        return self.folder / "orders"

    @property
    def roles(self) -> list[str]:
        if self.database == SQLITE:
            return ["run"]
        return ["web", *(f"worker-{number}" for number in range(1, self.workers + 1)), "clock"]

    def start(self, *roles: str) -> None:
        """Start them, all at once, and wait until the web answers where it is among them."""
        self.launch(*roles)
        if set(roles or self.roles) & {"run", "web"}:
            self.wait_until_ready()

    def launch(self, *roles: str) -> None:
        """Start them without a wait: one that is to die again may do so before it ever answers."""
        for role in roles or self.roles:
            if role in self.children and not self.children[role].has_ended.is_set():
                continue
            log = self.folder / f"{role}.log"
            self.children[role] = self.nursery.start(role, self._command(role), self.environment(role), log)

    def kill(self, *roles: str) -> None:
        for role in roles or list(self.children):
            self.children[role].kill()

    def stop(self, *roles: str) -> float:
        """The seconds that the slowest took to leave."""
        return max((self.children[role].stop() for role in roles or list(self.children)), default=0.0)

    def wait_until_ready(self) -> None:
        pool = urllib3.PoolManager(retries=False)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                if pool.request("GET", f"{self.web_url}/health", timeout=2).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                time.sleep(0.02)
        raise RuntimeError(f"{self.roles[0]} does not answer:\n{self.tail(self.roles[0])}")

    def tail(self, role: str, length: int = 3000) -> str:
        """The end of its log."""
        file = self.folder / f"{role}.log"
        return file.read_text(errors="replace")[-length:] if file.exists() else "(no log)"

    def environment(self, role: str) -> dict[str, str]:
        found = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ},
            "DATABASE_URL": self.url,
            "VAR_FOLDER": str(self.folder / "var"),
            "PORT": str(self.web_port),
            "PUBLIC_URL": self.web_url,
            "SECRET_KEY": "f" * 32,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_URL": self.carrier.base,
            "TWILIO_CONTENT_URL": self.carrier.base,
            "TWILIO_MESSAGING_URL": self.carrier.base,
            "SMS_FROM": SMS,
            "WHATSAPP_FROM": WHATSAPP,
            "EVENT_WRITE_KEYS": "web:fault-write-key",
            "ADMIN_PASSWORD": "fault-password",
            "WORKER_THREADS": "4",
            "FAULT_ORDERS": str(self.orders),
            "FAULT_POISON": "1",
            **HORIZONS,
            **self.horizons,
        }
        if self.redis is not None:
            found["REDIS_URL"] = self.redis.url
        return {**found, **self.extra}

    def _command(self, role: str) -> list[str]:
        if role.startswith("web"):
            options = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
            limits = ["--graceful-timeout", "8", "--log-level", "warning"]
            return ["gunicorn", *options, *limits, "--bind", f"127.0.0.1:{self.web_port}", "app:create_app()"]
        return ["hilo", role.partition("-")[0]]


@dataclass
class Ground:
    """What several towns may stand on, one after the other: starting these takes the longest."""

    folder: Path
    nursery: Nursery
    stack: ExitStack
    _postgres: Postgres | None = None
    _redis: Redis | None = None
    _template: str | None = None
    _count: int = 0

    @contextmanager
    def town(self, database: str, *, horizons: Mapping[str, str] | None = None) -> Iterator[Town]:
        """A fresh database and a fresh carrier, everything up and answering."""
        self._count += 1
        folder = self.folder / f"town-{self._count}"
        (folder / "var").mkdir(parents=True)
        with ExitStack() as stack:
            town = self._town(database, folder, stack)
            town.horizons.update(horizons or {})
            stack.callback(lambda: town.kill())
            town.carrier.start()
            stack.callback(town.carrier.stop)
            town.start()
            yield town

    def _town(self, database: str, folder: Path, stack: ExitStack) -> Town:
        web, phones = free_port(), free_port()
        webhook = f"http://127.0.0.1:{web}/twilio/messages"
        town = Town(
            database=database,
            folder=folder,
            url=f"sqlite:///{folder / 'hilo.db'}",
            nursery=self.nursery,
            carrier=CarrierProcess(self.nursery, folder, phones, webhook),
            web_port=web,
            stack=stack,
        )
        if database == POSTGRESQL:
            town.postgres, town.redis = self._servers()
            name = town.postgres.databases.create(template=self._migrated(town.postgres))
            town.url = town.postgres.databases.url(name)
            stack.callback(town.postgres.databases.drop, name)
            with town.redis.client() as client:
                client.flushall()
        return town

    def _servers(self) -> tuple[Postgres, Redis]:
        if self._postgres is None or self._redis is None:
            data = self.folder / "pg"
            data.mkdir()
            self._postgres = self.stack.enter_context(running_postgres(data))
            self._redis = Redis(self.folder)
            self.stack.callback(self._redis.stop)
        return self._postgres, self._redis

    def _migrated(self, postgres: Postgres) -> str:
        if self._template is None:
            name = postgres.databases.create()
            database = Database.connect(postgres.databases.url(name))
            database.migrate()
            database.dispose()
            self._template = name
        return self._template


@contextmanager
def ground() -> Iterator[Ground]:
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("hilo-faults-"))
        nursery = Nursery()
        stack.callback(nursery.close)
        yield Ground(folder=folder, nursery=nursery, stack=stack)
