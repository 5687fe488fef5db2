"""Starts what is measured, says what CPU and memory it took, and stops it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS_TO_START = 90.0
SECONDS_TO_STOP = 8.0
PROC = Path("/proc")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Started:
    """A process and whatever it starts, in a session of their own."""

    def __init__(self, command: list[str] | str, environment: Mapping[str, str], log: Path) -> None:
        programs = Path(sys.executable).parent
        path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
        self._log = log
        self._is_stopped = False
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                shell=isinstance(command, str),
                env={**_plain_environment(), **environment, "PATH": path},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_for(self, url: str) -> None:
        """Raises `RuntimeError` with the end of its log when it does not answer in time."""
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
        raise RuntimeError(f"{url} does not answer:\n{self._log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """Once is enough; more often does nothing."""
        if self._is_stopped:
            return
        self._is_stopped = True
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                break
            try:
                self.process.wait(SECONDS_TO_STOP)
                break
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()


def cpu_seconds(pids: Iterable[int]) -> float | None:
    """User and system time so far of these processes and all below them; None without a /proc (not Linux)."""
    if not (PROC / "self" / "stat").exists():
        return None
    return sum(_cpu_of(pid) for pid in _with_all_below(pids))


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Of processes and all below them, in megabytes."""

    resident: float
    # What several share is counted once.
    proportional: float


def memory(pids: Iterable[int]) -> Memory | None:
    """None without a /proc that tells (not Linux)."""
    found = {"Rss": 0, "Pss": 0}
    for pid in _with_all_below(pids):
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
        except OSError:
            return None
        for line in lines:
            name, _, value = line.partition(":")
            if name in found:
                found[name] += int(value.split()[0])
    return Memory(resident=found["Rss"] / 1024, proportional=found["Pss"] / 1024)


def _with_all_below(pids: Iterable[int]) -> set[int]:
    children = _children()
    todo, seen = list(pids), set[int]()
    while todo:
        pid = todo.pop()
        if pid not in seen:
            seen.add(pid)
            todo += children.get(pid, [])
    return seen


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir() if PROC.exists() else ():
        if entry.name.isdigit():
            fields = _stat(entry)
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    return children


def _cpu_of(pid: int) -> float:
    """To the nanosecond where the kernel keeps it: a short run is only a few of the clock's ticks."""
    fields = _stat(PROC / str(pid))
    if not fields:
        return 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    of_the_dead = (int(fields[13]) + int(fields[14])) / ticks
    try:
        tasks = list((PROC / str(pid) / "task").iterdir())
        return of_the_dead + sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except (OSError, ValueError, IndexError):
        return of_the_dead + (int(fields[11]) + int(fields[12])) / ticks


def _stat(folder: Path) -> list[str]:
    """The fields after the name, which may hold blanks: state, parent, ..."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _plain_environment() -> dict[str, str]:
    """Ours, without settings of Hilo that happen to be set in this shell."""
    return {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
