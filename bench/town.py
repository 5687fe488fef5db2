"""Everything that a measurement needs, built up and torn down: databases, anchors, our processes."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import anchors
from bench.crowd import Pace
from bench.outside import Door, Job, as_command, origin_of
from bench.processes import Started, cpu_seconds, free_port
from context_store.database import Database
from tests.fixtures.postgres import PostgresForTests, running_server, temporary_folder
from tests.fixtures.redis import find_server, wait_until_it_answers

ROOT = Path(__file__).parent.parent
ACCOUNT = "AC" + "b" * 32
TOKEN = "bench-auth-token"
PUBLIC_URL = "https://bench.example"
WEBHOOK = "/twilio/messages"
# As many as web processes: the anchors have two as well.
WORKERS = 2
LISTEN = "0.0.0.0:${PORT:-8000}"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One route of one server, and whose CPU counts."""

    name: str
    port: int
    path: str
    pids: tuple[int, ...]
    with_reply: bool = False

    @property
    def door(self) -> Door:
        return Door(port=self.port, path=self.path, account=ACCOUNT, token=TOKEN, public_url=PUBLIC_URL)


@dataclass
class Town:
    folder: Path
    outside: "OutsideProcess"
    stack: ExitStack
    targets: dict[str, list[Target]] = field(default_factory=dict)

    # What has to answer before the measurement begins; all start at the same time.
    awaited: list[tuple[Started, str]] = field(default_factory=list)
    started: list[Started] = field(default_factory=list)

    def start(
        self, command: list[str] | str, environment: dict[str, str], name: str, url: str | None = None
    ) -> Started:
        """With a `url` it is waited for by `wait`."""
        # What is measured is what lies beside this file, wherever `hilo` was installed from.
        environment = {**environment, "PYTHONPATH": str(ROOT)}
        started = Started(command, environment, self.folder / f"{name}.log")
        self.stack.callback(started.stop)
        self.started.append(started)
        if url is not None:
            self.awaited.append((started, url))
        return started

    def wait(self) -> None:
        for started, url in self.awaited:
            started.wait_for(url)
        self.awaited.clear()

    def stop_newest(self) -> None:
        self.started.pop().stop()

    def settings(self, database_url: str, **changes: object) -> dict[str, str]:
        """The environment of one of our processes. `changes` are settings by name."""
        return {
            "DATABASE_URL": database_url,
            "SECRET_KEY": "b" * 32,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_URL": f"http://127.0.0.1:{self.outside.port}",
            "TWILIO_CONTENT_URL": f"http://127.0.0.1:{self.outside.port}",
            "PUBLIC_URL": PUBLIC_URL,
            "SMS_FROM": "+34910000001",
            "WHATSAPP_FROM": "+34910000002",
            # It waits for more of a row of messages, which is time and no work.
            "GATHER_SECONDS": "0",
            # Faster than any number may send, and people who write more than anybody does.
            "SMS_PER_SECOND": "100000",
            "WHATSAPP_PER_SECOND": "100000",
            "LOOP_ANSWERS": "1000",
            "LOOP_SECONDS": "0.1",
            # The carrier has no list to look through.
            "INBOUND_SWEEP_SECONDS": "100000",
            **{name.upper(): str(value) for name, value in changes.items()},
        }


class OutsideProcess:
    """The load and the carrier, in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.outside"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._answer()["port"])

    def run(self, target: Target, clients: int, seconds: float, *, people: int = 0) -> dict[str, Any]:
        """Its result, with the CPU that the target took."""
        job = Job(
            door=target.door, clients=clients, seconds=seconds, with_reply=target.with_reply, people=people
        )
        before = cpu_seconds(target.pids)
        result: dict[str, Any] = self._ask(as_command("run", job))
        after = cpu_seconds(target.pids)
        result["target_cpu"] = None if before is None or after is None else after - before
        return result

    def pace(self, pace: Pace) -> list[dict[str, Any]]:
        """What became of each message."""
        posts: list[dict[str, Any]] = self._ask(as_command("pace", pace))
        return posts

    def taken(self) -> list[tuple[float, str, str]]:
        """What the carrier took since the last time: when, for which number, and our id of the message."""
        return [
            (moment, number, message_id) for moment, number, message_id in self._ask('{"command": "taken"}')
        ]

    def set_latency(self, seconds: float) -> None:
        self._ask(f'{{"command": "latency", "seconds": {seconds}}}')

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, command: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator has ended; see its error above")
        return json.loads(line)


@dataclass(frozen=True, kw_only=True)
class Servers:
    """What several processes of ours share."""

    postgres: PostgresForTests
    postgres_pid: int
    redis_pid: int
    redis_url: str

    def new_database(self) -> str:
        """The URL of an empty one with our schema."""
        url = self.postgres.url(self.postgres.create())
        migrate(url)
        return url


@dataclass(frozen=True, kw_only=True)
class Processes:
    """One Hilo as the Procfile has it, and the place of its webhook."""

    target: Target
    web: Started
    workers: tuple[Started, ...]
    clock: Started

    @property
    def all(self) -> tuple[Started, ...]:
        return (self.web, *self.workers, self.clock)

    def stop(self) -> None:
        for started in self.all:
            started.stop()


@contextmanager
def empty_town() -> Iterator[Town]:
    """Only the world outside; whatever is started in it is stopped at the end."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("hilo-bench-"))
        outside = OutsideProcess()
        stack.callback(outside.stop)
        yield Town(folder=folder, outside=outside, stack=stack)


@contextmanager
def town(*, embedded_only: bool) -> Iterator[Town]:
    """All targets of `turn`, up and answering."""
    with empty_town() as made:
        made.targets["embedded"] = _embedded(made)
        if not embedded_only:
            made.targets["PostgreSQL + Redis"] = _with_servers(made)
        made.wait()
        yield made


def start_servers(made: Town, **changes: str) -> Servers:
    """PostgreSQL as it comes, but for `changes`, and Redis."""
    folder = made.folder / "pg"
    folder.mkdir()
    server = made.stack.enter_context(running_server(folder))
    postmaster = server.get_postmaster_info()
    assert postmaster.socket_dir is not None
    postgres = PostgresForTests(socket_folder=postmaster.socket_dir)
    for name, value in changes.items():
        postgres.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    if changes:
        server.stop()
        server.start()
        postmaster = server.get_postmaster_info()
    redis_pid, redis_url = _redis(made)
    return Servers(
        postgres=postgres,
        postgres_pid=postmaster.pid,
        redis_pid=redis_pid,
        redis_url=redis_url,
    )


def start_processes(
    made: Town, servers: Servers, settings: dict[str, str], *, name: str, redis: int, workers: int = WORKERS
) -> Processes:
    """Web, workers and clock; `redis` is the number of a database there. `made.wait()` waits for them."""
    web, port = start_web(made, servers, settings, redis=redis)
    environment = _with_redis(servers, settings, redis)
    workers_started = tuple(
        made.start(procfile("worker"), environment, f"{name}-worker-{index}") for index in range(workers)
    )
    clock = made.start(procfile("clock"), environment, f"{name}-clock")
    pids = tuple(started.pid for started in (web, *workers_started, clock))
    target = Target(
        name=name,
        port=port,
        path=WEBHOOK,
        pids=(*pids, servers.postgres_pid, servers.redis_pid),
        with_reply=True,
    )
    return Processes(target=target, web=web, workers=workers_started, clock=clock)


def start_web(made: Town, servers: Servers, settings: dict[str, str], *, redis: int) -> tuple[Started, int]:
    """The webhooks alone; what they store stays waiting. With the port."""
    return _web(made, "app:create_app()", _with_redis(servers, settings, redis))


def _with_redis(servers: Servers, settings: dict[str, str], number: int) -> dict[str, str]:
    return {**settings, "REDIS_URL": f"{servers.redis_url}?db={number}"}


def start_embedded(made: Town, folder: Path, **changes: object) -> Target:
    """`hilo run` with its data in that folder."""
    port = free_port()
    url = f"sqlite:///{folder / 'full.db'}"
    environment = made.settings(url, port=port, var_folder=folder / "var", **changes)
    started = made.start(["hilo", "run"], environment, "run", f"http://127.0.0.1:{port}/health")
    return Target(name="our full turn", port=port, path=WEBHOOK, pids=(started.pid,), with_reply=True)


def procfile(name: str) -> str:
    found = re.search(rf"^{name}: (.*)$", (ROOT / "Procfile").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"the Procfile has no {name}")
    # exec: the shell must not stand between us and the process that is to be stopped.
    return f"exec {found[1]}"


def migrate(url: str) -> None:
    database = Database.connect(url)
    database.migrate()
    database.dispose()


def _embedded(made: Town) -> list[Target]:
    url = f"sqlite:///{made.folder / 'anchors.db'}"
    anchors.Turns(url).prepare(_numbers())
    anchor = _serve(made, "anchors", {anchors.DATABASE: url})
    webhook_settings = made.settings(f"sqlite:///{made.folder / 'webhook.db'}")
    migrate(webhook_settings["DATABASE_URL"])
    webhook = _serve(made, "webhook", webhook_settings)
    return [
        Target(name="hello", port=anchor[1], path="/hello", pids=(anchor[0],)),
        Target(name="locked ORM turn", port=anchor[1], path="/turn", pids=(anchor[0],)),
        Target(name="our webhook", port=webhook[1], path=WEBHOOK, pids=(webhook[0],)),
        start_embedded(made, made.folder),
    ]


def _serve(made: Town, what: str, environment: dict[str, str]) -> tuple[int, int]:
    port = free_port()
    command = [sys.executable, "-m", "bench.embedded", what, str(port)]
    url = f"http://127.0.0.1:{port}/{'hello' if what == 'anchors' else 'health'}"
    return made.start(command, environment, f"embedded-{what}", url).pid, port


def _with_servers(made: Town) -> list[Target]:
    servers = start_servers(made)
    anchor_url = servers.postgres.url(servers.postgres.create())
    anchors.Turns(anchor_url).prepare(_numbers())
    database = servers.postgres_pid
    anchor, anchor_port = _web(made, "bench.anchors:make_app()", {anchors.DATABASE: anchor_url})
    # The webhook alone: nobody answers its bell, so that no turn takes the CPU away from it.
    webhook, webhook_port = start_web(made, servers, made.settings(servers.new_database()), redis=1)
    full = start_processes(
        made, servers, made.settings(servers.new_database()), name="our full turn", redis=0
    )
    webhook_pids = (webhook.pid, database, servers.redis_pid)
    return [
        Target(name="hello", port=anchor_port, path="/hello", pids=(anchor.pid,)),
        Target(name="ORM insert", port=anchor_port, path="/insert", pids=(anchor.pid, database)),
        Target(name="ORM turn", port=anchor_port, path="/turn", pids=(anchor.pid, database)),
        Target(name="our webhook", port=webhook_port, path=WEBHOOK, pids=webhook_pids),
        full.target,
    ]


def _redis(made: Town) -> tuple[int, str]:
    program = find_server()
    if program is None:
        raise RuntimeError("no redis-server was found; `turn --embedded-only` needs none")
    file = made.folder / "redis.sock"
    folder = str(made.folder)
    started = made.start(
        [program, "--port", "0", "--unixsocket", str(file), "--save", "", "--dir", folder], {}, "redis"
    )
    wait_until_it_answers(started.process, file)
    return started.pid, f"unix://{file}"


def _web(made: Town, application: str, environment: dict[str, str]) -> tuple[Started, int]:
    """As the Procfile serves it: two processes of eight threads."""
    port = free_port()
    command = procfile("web").replace(LISTEN, f"127.0.0.1:{port}").replace("app:create_app()", application)
    url = f"http://127.0.0.1:{port}/{'hello' if 'anchors' in application else 'health'}"
    return made.start(command, environment, f"web-{port}", url), port


def _numbers() -> list[str]:
    return [origin_of(index) for index in range(anchors.CONVERSATIONS)]
