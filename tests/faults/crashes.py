"""F1: kill -9 at every named step of webhook, callback, turn, sender and clock, under load."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import select

from bot.simulator.records import Channel
from tests.faults import alarms
from tests.faults.phones import Phones
from tests.faults.points import POINTS
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import SQLITE, Town
from tests.faults.truth import inputs, judge, opened, wait_until_quiet

FULL = 50
CUSTOMERS = 60
RATE = 8.0
# A pass among the first few: another place in the load each time.
MOST_PASSES = 4
# What only follows on something else is seldom passed.
RARE = ("sweep.", "leases.", "look.")
# So that there is something to look for and to sweep.
CARRIER = {"reset_after_rate": 0.03, "callback_lost_rate": 0.6}
# They follow on a sender that died in the act, so one does first.
PRIMED = ("leases.", "look.")
PRIMING = "send.network:after"
# As often as this, a point that is not passed is given up, and told.
SECONDS_TO_PASS = 15.0
# A lease of a chore's has to run out before another process looks.
SECONDS_TO_LOOK = 75.0


def run(town: Town, plan: Plan, points: Sequence[str] = POINTS) -> Result:
    tries = [point for point in points for _ in range(plan.of(FULL))]
    draw = random.Random(plan.seed)
    draw.shuffle(tries)
    phones = Phones(town, max(12, min(CUSTOMERS, 2 * len(tries))), channels=tuple(Channel))
    starts: list[datetime] = []
    missed: list[str] = []
    town.carrier.set_faults(**CARRIER)
    phones.start(rate=RATE, seed=plan.seed)
    with _timers_all_the_time(town):
        for point in tries:
            if point.startswith(PRIMED) and kill_at(town, PRIMING, 1):
                revive(town)
            passes = 1 if point.startswith(RARE) else draw.randint(1, MOST_PASSES)
            if not kill_at(town, point, passes):
                missed.append(point)
            elif revive(town):
                starts.append(datetime.now(UTC))
    phones.stop()
    town.carrier.set_faults()
    last = wait_until_quiet(town, plan.patience)
    verdict = judge(town, phones.sent)
    alarms.judge_timers(town, verdict)
    phones.close()
    waits = next_turns(town, starts)
    notes = [
        f"{len(points)} points, {verdict.inbound} in, {verdict.accepted} out",
        f"settled in {last:.1f} s",
        f"never passed: {', '.join(sorted(set(missed)))}" if missed else "",
    ]
    recovery = max(waits, default=None)
    return result_of(
        "F1", town.database, verdict, tries=len(tries) - len(missed), recovery=recovery, notes=notes
    )


def kill_at(town: Town, point: str, passes: int) -> bool:
    """Have some process die at that point. False when none came by."""
    done = town.orders.with_suffix(".done")
    done.unlink(missing_ok=True)
    draft = town.orders.with_suffix(".draft")
    draft.write_text(f"{point} {passes}")
    draft.rename(town.orders)
    until = time.monotonic() + (SECONDS_TO_LOOK if point.startswith(PRIMED) else SECONDS_TO_PASS)
    while time.monotonic() < until:
        if done.exists():
            return True
        time.sleep(0.01)
    town.orders.unlink(missing_ok=True)
    # Somebody may have taken it in that very moment.
    return done.exists()


def revive(town: Town, patience: float = 0.3) -> list[str]:
    """Start again who has died: an operator's supervisor. A web worker's is gunicorn itself."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        dead = [role for role, child in town.children.items() if child.has_ended.is_set()]
        if dead:
            town.start(*dead)
            return dead
        if town.database != SQLITE:
            time.sleep(0.02)
            continue
        # There is only the one, and the order has been carried out.
        town.children["run"].has_ended.wait(patience)
    return []


@contextmanager
def supervised(town: Town) -> Iterator[None]:
    """Who dies is started again, until the end."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.1):
            dead = [role for role, child in town.children.items() if child.has_ended.is_set()]
            if dead:
                town.launch(*dead)

    watcher = threading.Thread(target=watch, name="supervisor", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def next_turns(town: Town, starts: Sequence[datetime]) -> list[float]:
    """For each start at which something waited: the seconds until the first turn after it."""
    with opened(town) as engine, engine.connect() as connection:
        rows = connection.execute(select(inputs.c.created_at, inputs.c.done_at)).all()
    found = []
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else None
        waited = [done for created, done in rows if created < start and done is not None and done >= start]
        first = min(waited, default=None)
        # Killed again before its first turn: that start has no answer.
        if first is not None and (end is None or first < end):
            found.append((first - start).total_seconds())
    return found


@contextmanager
def _timers_all_the_time(town: Town) -> Iterator[None]:
    is_over = threading.Event()

    def sow_on() -> None:
        seed = 0
        while not is_over.wait(0.5):
            seed += 1
            alarms.sow(town, 3, seed=seed)

    sower = threading.Thread(target=sow_on, name="sower", daemon=True)
    sower.start()
    try:
        yield
    finally:
        is_over.set()
        sower.join()
