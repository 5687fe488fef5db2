"""What hangs, or kills its process while it is understood, ends and is set aside like any other poison."""

import logging
import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from bot.turn import MOST_CRASHES, take_turn
from bot.understanding import LATE_SECONDS, understand_next
from bot.watchdog import Watchdog
from context_store.records import InputStatus
from tests.bot.helpers import LUCIA, inputs
from tests.world import World

# Starts anew twice as a process of its own does, and says how often it was born.
REBORN = """
import os, time
from bot.watchdog import Watchdog
births = os.environ["BIRTHS"] = os.environ.get("BIRTHS", "") + "I"
print(births, os.getpid())
if births == "III":
    raise SystemExit(0)
watchdog = Watchdog(0.05)
watchdog.start()
with watchdog.watch():
    time.sleep(30)
"""


class Death(BaseException):
    """Nothing catches it, as nothing catches the end of a process."""


def die(*values: object) -> Any:
    raise Death


def test_what_takes_too_long_is_told_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    given_up, is_over = threading.Event(), threading.Event()
    watchdog = Watchdog(0.05, given_up.set)

    def hang_here() -> None:
        with watchdog.watch():
            is_over.wait(10)

    watchdog.start()
    hanging = threading.Thread(target=hang_here)
    hanging.start()
    assert given_up.wait(10)
    is_over.set()
    hanging.join()
    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert "hang_here" in record.getMessage()


def test_what_ends_in_time_is_left_alone() -> None:
    watchdog = Watchdog(0.0)
    with watchdog.watch():
        assert watchdog.hanging() == threading.get_ident()
    assert watchdog.hanging() is None


def test_suspects_go_one_at_a_time_and_others_pass_them() -> None:
    watchdog = Watchdog(60.0)
    entered, others = threading.Event(), threading.Event()

    def suspect() -> None:
        with watchdog.watch(is_suspect=True):
            entered.set()

    with watchdog.watch(is_suspect=True):
        thread = threading.Thread(target=suspect)
        thread.start()
        with watchdog.watch():
            others.set()
        assert not entered.wait(0.2)
    thread.join(10)
    assert entered.is_set()


def test_a_process_starts_anew_as_what_it_was() -> None:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    environment.pop("BIRTHS", None)
    found = subprocess.run(
        [sys.executable, "-c", REBORN], env=environment, capture_output=True, text=True, timeout=60
    )
    births = [line.split() for line in found.stdout.splitlines()]
    assert [birth for birth, _ in births] == ["I", "II", "III"]
    assert len({pid for _, pid in births}) == 1
    assert found.returncode == 0


def test_who_dies_of_understanding_is_counted_once_it_is_late_and_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.receive(LUCIA, "horario")
    monkeypatch.setattr(world.house.parts.interpreter, "parse", die)
    parts, customer_id = world.house.parts, world.customer_id(LUCIA)
    with pytest.raises(Death):
        understand_next(parts, customer_id)
    world.clock.forward(seconds=LATE_SECONDS + 1)
    for _ in range(MOST_CRASHES):
        understood = understand_next(parts, customer_id)
        assert understood is not None and not understood.is_understood
        with pytest.raises(Death):
            take_turn(parts, customer_id, understood)
    monkeypatch.undo()
    world.work()
    assert [status for _, status in inputs(world)] == [InputStatus.PARKED]


def test_what_is_only_late_is_understood_in_its_turn(world: World) -> None:
    world.receive(LUCIA, "horario")
    world.clock.forward(seconds=LATE_SECONDS + 1)
    (sent,) = world.work()
    assert sent.body.startswith("Abrimos")
