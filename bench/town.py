"""Everything that one measurement needs, built up and torn down: databases, anchors, our processes."""

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
from bench.outside import Job, origin_of
from bench.processes import Started, cpu_seconds, free_port
from context_store.database import Database
from tests.fixtures.postgres import PostgresForTests, running_server, temporary_folder
from tests.fixtures.redis import find_server, wait_until_it_answers

ROOT = Path(__file__).parent.parent
ACCOUNT = "AC" + "b" * 32
TOKEN = "bench-auth-token"
PUBLIC_URL = "https://bench.example"
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


@dataclass
class Town:
    folder: Path
    outside: "OutsideProcess"
    stack: ExitStack
    targets: dict[str, list[Target]] = field(default_factory=dict)

    # What has to answer before the measurement begins; all start at the same time.
    awaited: list[tuple[Started, str]] = field(default_factory=list)

    def start(
        self, command: list[str] | str, environment: dict[str, str], name: str, url: str | None = None
    ) -> Started:
        """With a `url` it is waited for by `wait`."""
        started = Started(command, environment, self.folder / f"{name}.log")
        self.stack.callback(started.stop)
        if url is not None:
            self.awaited.append((started, url))
        return started

    def wait(self) -> None:
        for started, url in self.awaited:
            started.wait_for(url)


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

    def run(self, target: Target, clients: int, seconds: float) -> dict[str, Any]:
        """Its result, with the CPU that the target took."""
        job = Job(
            port=target.port,
            path=target.path,
            clients=clients,
            seconds=seconds,
            account=ACCOUNT,
            token=TOKEN,
            public_url=PUBLIC_URL,
            with_reply=target.with_reply,
        )
        assert self._process.stdin is not None
        before = cpu_seconds(target.pids)
        self._process.stdin.write(json.dumps(vars(job)) + "\n")
        self._process.stdin.flush()
        result = self._answer()
        after = cpu_seconds(target.pids)
        result["target_cpu"] = None if before is None or after is None else after - before
        return result

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator has ended; see its error above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def town(*, embedded_only: bool) -> Iterator[Town]:
    """All targets, up and answering; everything is stopped at the end."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("hilo-bench-"))
        outside = OutsideProcess()
        stack.callback(outside.stop)
        made = Town(folder=folder, outside=outside, stack=stack)
        made.targets["embedded"] = _embedded(made)
        if not embedded_only:
            made.targets["PostgreSQL + Redis"] = _with_servers(made)
        made.wait()
        yield made


def _embedded(made: Town) -> list[Target]:
    url = f"sqlite:///{made.folder / 'anchors.db'}"
    anchors.Turns(url).prepare(_numbers())
    anchor = _serve(made, "anchors", {anchors.DATABASE: url})
    webhook_settings = _settings(made, f"sqlite:///{made.folder / 'webhook.db'}")
    _migrate(webhook_settings["DATABASE_URL"])
    webhook = _serve(made, "webhook", webhook_settings)
    port = free_port()
    full_settings = {**_settings(made, f"sqlite:///{made.folder / 'full.db'}"), "PORT": str(port)}
    full_settings["VAR_FOLDER"] = str(made.folder / "var")
    full = made.start(["hilo", "run"], full_settings, "run", f"http://127.0.0.1:{port}/health")
    return [
        Target(name="hello", port=anchor[1], path="/hello", pids=(anchor[0],)),
        Target(name="locked ORM turn", port=anchor[1], path="/turn", pids=(anchor[0],)),
        Target(name="our webhook", port=webhook[1], path="/twilio/messages", pids=(webhook[0],)),
        Target(name="our full turn", port=port, path="/twilio/messages", pids=(full.pid,), with_reply=True),
    ]


def _serve(made: Town, what: str, environment: dict[str, str]) -> tuple[int, int]:
    port = free_port()
    command = [sys.executable, "-m", "bench.embedded", what, str(port)]
    url = f"http://127.0.0.1:{port}/{'hello' if what == 'anchors' else 'health'}"
    started = made.start(command, {**environment, "PYTHONPATH": str(ROOT)}, f"embedded-{what}", url)
    return started.pid, port


def _with_servers(made: Town) -> list[Target]:
    server = made.stack.enter_context(running_server(_subfolder(made, "pg")))
    postmaster = server.get_postmaster_info()
    assert postmaster.socket_dir is not None
    postgres = PostgresForTests(socket_folder=postmaster.socket_dir)
    redis_pid, redis_url = _redis(made)
    anchor_url = postgres.url(postgres.create())
    anchors.Turns(anchor_url).prepare(_numbers())
    database = postmaster.pid
    anchor, anchor_port = _web(made, "bench.anchors:make_app()", {anchors.DATABASE: anchor_url})
    # The webhook alone: nobody answers its bell, so that no turn takes the CPU away from it.
    alone = {**_settings(made, postgres.url(postgres.create())), "REDIS_URL": f"{redis_url}?db=1"}
    _migrate(alone["DATABASE_URL"])
    webhook, webhook_port = _web(made, "app:create_app()", alone)
    full = {**_settings(made, postgres.url(postgres.create())), "REDIS_URL": f"{redis_url}?db=0"}
    _migrate(full["DATABASE_URL"])
    web, web_port = _web(made, "app:create_app()", full)
    workers = [made.start(_procfile("worker"), full, f"worker-{index}").pid for index in range(WORKERS)]
    clock = made.start(_procfile("clock"), full, "clock").pid
    common = (database, redis_pid)
    webhook_path = "/twilio/messages"
    return [
        Target(name="hello", port=anchor_port, path="/hello", pids=(anchor,)),
        Target(name="ORM insert", port=anchor_port, path="/insert", pids=(anchor, database)),
        Target(name="ORM turn", port=anchor_port, path="/turn", pids=(anchor, database)),
        Target(name="our webhook", port=webhook_port, path=webhook_path, pids=(webhook, *common)),
        Target(
            name="our full turn",
            port=web_port,
            path=webhook_path,
            pids=(web, *workers, clock, *common),
            with_reply=True,
        ),
    ]


def _redis(made: Town) -> tuple[int, str]:
    program = find_server()
    if program is None:
        raise RuntimeError("no redis-server was found; --embedded-only needs none")
    file = made.folder / "redis.sock"
    folder = str(made.folder)
    started = made.start(
        [program, "--port", "0", "--unixsocket", str(file), "--save", "", "--dir", folder], {}, "redis"
    )
    wait_until_it_answers(started.process, file)
    return started.pid, f"unix://{file}"


def _web(made: Town, application: str, environment: dict[str, str]) -> tuple[int, int]:
    """As the Procfile serves it: two processes of eight threads."""
    port = free_port()
    command = _procfile("web").replace(LISTEN, f"127.0.0.1:{port}").replace("app:create_app()", application)
    url = f"http://127.0.0.1:{port}/{'hello' if 'anchors' in application else 'health'}"
    started = made.start(command, {**environment, "PYTHONPATH": str(ROOT)}, f"web-{port}", url)
    return started.pid, port


def _procfile(name: str) -> str:
    found = re.search(rf"^{name}: (.*)$", (ROOT / "Procfile").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"the Procfile has no {name}")
    # exec: the shell must not stand between us and the process that is to be stopped.
    return f"exec {found[1]}"


def _settings(made: Town, database_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "b" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_URL": f"http://127.0.0.1:{made.outside.port}",
        "TWILIO_CONTENT_URL": f"http://127.0.0.1:{made.outside.port}",
        "PUBLIC_URL": PUBLIC_URL,
        "SMS_FROM": "+34910000001",
        "WHATSAPP_FROM": "+34910000002",
        # It waits for more of a row of messages, which is time and no work.
        "GATHER_SECONDS": "0",
    }


def _migrate(url: str) -> None:
    database = Database.connect(url)
    database.migrate()
    database.dispose()


def _numbers() -> list[str]:
    return [origin_of(index) for index in range(anchors.CONVERSATIONS)]


def _subfolder(made: Town, name: str) -> Path:
    folder = made.folder / name
    folder.mkdir()
    return folder
