"""The other end of `victim.py`: gives birth to processes, knows who lives, kills and stops them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@dataclass
class Child:
    name: str
    pid: int
    born_at: float
    status: int | None = None
    has_ended: threading.Event = field(default_factory=threading.Event)

    def signal(self, number: int, *, group: bool = False) -> None:
        if self.has_ended.is_set():
            return
        try:
            (os.killpg if group else os.kill)(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """All of it, at once, and be sure that it is gone."""
        self.signal(signal.SIGKILL, group=True)
        if not self.has_ended.wait(PATIENCE):
            raise RuntimeError(f"{self.name} ({self.pid}) survived SIGKILL")

    def stop(self, patience: float = PATIENCE) -> float:
        """Ask it to end; the seconds that it took. One that does not end is killed."""
        started = time.monotonic()
        self.signal(signal.SIGTERM)
        if not self.has_ended.wait(patience):
            self.kill()
        return time.monotonic() - started


class Nursery:
    def __init__(self) -> None:
        self._children: dict[int, Child] = {}
        self._born: list[Child] = []
        self._news = threading.Condition()
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victim"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="nursery", daemon=True)
        self._reader.start()

    def start(self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> Child:
        order = {
            "name": name,
            "arguments": arguments,
            "environment": dict(environment),
            "log": str(log),
        }
        with self._news:
            assert self._mother.stdin is not None
            self._mother.stdin.write(json.dumps(order).encode() + b"\n")
            self._mother.stdin.flush()
            if not self._news.wait_for(lambda: self._born, PATIENCE):
                raise RuntimeError("tests.faults.victim gives birth no more")
            return self._born.pop()

    def close(self) -> None:
        for child in list(self._children.values()):
            child.signal(signal.SIGKILL, group=True)
        assert self._mother.stdin is not None
        self._mother.stdin.close()
        self._mother.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self._mother.stdout is not None
        self._mother.stdout.close()

    def _read(self) -> None:
        assert self._mother.stdout is not None
        for line in self._mother.stdout:
            self._hear(json.loads(line))

    def _hear(self, told: dict[str, Any]) -> None:
        with self._news:
            if "born" in told:
                child = Child(name=told["name"], pid=told["born"], born_at=time.monotonic())
                self._children[child.pid] = child
                self._born.append(child)
            elif told["dead"] in self._children:
                child = self._children.pop(told["dead"])
                child.status = told["status"]
                child.has_ended.set()
            self._news.notify_all()
