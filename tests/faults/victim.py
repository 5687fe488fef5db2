"""The real `hilo` commands and web server, in processes that kill themselves at a named step when ordered.

`python -m tests.faults.victim` has everything imported and forks a child for each JSON line that it reads:
a fresh start then takes half a second, not three. It writes a line when a child was born or has died.
An order is a file with "<point> <pass>": who reaches that pass takes the file away and is gone, by SIGKILL.
"""

import json
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.app.wsgiapp import run as serve

import app
from bot import watchdog
from bot.simulator.__main__ import main as be_carrier
from nlu.interpreter import EmbeddedInterpreter
from tests.faults import points

ORDERS = "FAULT_ORDERS"
POISON = "FAULT_POISON"
LOOK_SECONDS = 0.02
HANG_SECONDS = 600.0


class Executioner:
    """Counts how often each point was passed since the order was given, over the threads of a process."""

    def __init__(self, orders: Path) -> None:
        self._orders = orders
        self._lock = threading.Lock()
        self._read_at = 0
        self._point, self._left = "", 0

    def passed(self, point: str) -> None:
        try:
            changed_at = os.stat(self._orders).st_mtime_ns
        except OSError:
            return
        with self._lock:
            if changed_at != self._read_at:
                self._read(changed_at)
            if point != self._point:
                return
            self._left -= 1
            is_due = self._left == 0
        if is_due:
            self._kill()

    def _read(self, changed_at: int) -> None:
        try:
            point, _, count = self._orders.read_text().partition(" ")
        except OSError:
            return
        self._read_at, self._point, self._left = changed_at, point, int(count)

    def _kill(self) -> None:
        try:
            # Of all the processes that reach the point one takes the order, and only that one dies.
            self._orders.rename(self._orders.with_suffix(".done"))
        except OSError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def put_poison_in() -> None:
    """Some words do to the turn, or to who understands it, what no test can do from outside."""
    turn: Any = sys.modules["bot.turn"]
    interpreter: Any = EmbeddedInterpreter
    decide, parse = turn.decide, interpreter.parse

    def poisoned_decide(parts: Any, uow: Any, context: Any) -> Any:
        act_on(" ".join(message.text for message in context.messages), "turn")
        return decide(parts, uow, context)

    def poisoned_parse(self: Any, text: str, *values: Any) -> Any:
        act_on(text, "understanding")
        return parse(self, text, *values)

    turn.decide, interpreter.parse = poisoned_decide, poisoned_parse


def act_on(text: str, place: str) -> None:
    if f"poison raise {place}" in text:
        raise RuntimeError("poison")
    if f"poison kill {place}" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if f"poison hang {place}" in text:
        time.sleep(HANG_SECONDS)


def live(order: dict[str, Any]) -> int:
    """The child: becomes what was ordered, and ends as that ends."""
    with suppress(PermissionError):
        # One that starts anew leads its session already.
        os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(number, target)
    os.environ.clear()
    os.environ.update(order["environment"])
    if ORDERS in os.environ:
        points.put_around(Executioner(Path(os.environ[ORDERS])).passed)
    if os.environ.get(POISON):
        put_poison_in()
    # A process that starts anew would become the nursery itself.
    watchdog.start_anew = lambda: live_anew(order)
    sys.argv = list(order["arguments"])
    if sys.argv[0] == "gunicorn":
        serve()
    elif sys.argv[0] == "carrier":
        be_carrier()
    else:
        app.hilo(args=sys.argv[1:], prog_name="hilo")
    return 0


def live_anew(order: dict[str, Any]) -> None:
    """As `hilo` does it: the same process, from the beginning."""
    command = [sys.executable, "-m", "tests.faults.victim", json.dumps(order)]
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def main() -> int:
    if len(sys.argv) > 1:
        return live(json.loads(sys.argv[1]))
    living: set[int] = set()
    while True:
        readable, _, _ = select.select([0], [], [], LOOK_SECONDS)
        _tell_deaths(living)
        if not readable:
            continue
        line = _line()
        if not line:
            _end(living)
            return 0
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            return live(order)
        living.add(child)
        _tell({"born": child, "name": order["name"]})


def _end(living: set[int]) -> None:
    """Whoever gave the orders is gone: nobody may outlive them."""
    for pid in living:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _tell_deaths(living: set[int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        living.discard(pid)
        _tell({"dead": pid, "status": os.waitstatus_to_exitcode(status)})


def _line() -> bytes:
    """One line from file 0, unbuffered: select must see what was not read yet."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return b""
        line += byte
    return line


def _tell(what: dict[str, Any]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
