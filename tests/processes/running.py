"""Starts programs, waits until they answer, and stops them for sure."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def program(
    arguments: list[str], environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run it in a group of its own; on leaving, ask it to stop and, if it does not, make it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments,
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGTERM, patience: float = 15.0) -> int:
    """Its exit status. A program that ignores the signal is killed."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait(5)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers 200. Raises with the program's log when it never does."""
    pool = urllib3.PoolManager(retries=False)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            if pool.request("GET", url, timeout=2).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer:\n{log.read_text(errors='replace')[-4000:]}")


class Page:
    """What the simulator's page does, without a browser."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._pool = urllib3.PoolManager(retries=False)

    def send(self, person: str, channel: str, text: str) -> None:
        answer = self._pool.request(
            "POST",
            f"{self._base}/simulator/api/send",
            json={"person": person, "channel": channel, "kind": "text", "body": text},
            headers={"X-Simulator-Page": "1"},
        )
        assert answer.status == 201, answer.data

    def messages(self, person: str) -> list[dict[str, str]]:
        answer = self._pool.request("GET", f"{self._base}/simulator/api/state?person={person}&since=0")
        found: list[dict[str, str]] = answer.json()["messages"]
        return found

    def wait_for_text(self, person: str, part: str) -> str:
        """The text of the message that holds `part`, as soon as it is on a phone."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for message in self.messages(person):
                if part in str(message.get("body", "")) and message.get("author") != "person":
                    return str(message["body"])
            time.sleep(0.1)
        raise AssertionError(f"{part!r} never came: {self.messages(person)}")
