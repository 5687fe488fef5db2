"""F15: a backup is put back. It starts on hold, nothing is sent again, new messages are answered."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from bot.simulator.records import Channel
from tests.faults.nursery import PATIENCE
from tests.faults.phones import Phones
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import SQLITE, Town
from tests.faults.truth import Verdict, accepted_by_carrier, wait_until_quiet

MESSAGES, CUSTOMERS = 600, 60
RATE = 15.0
# So long nothing goes out on hold: several sweeps and looks.
ON_HOLD_SECONDS = 20.0


def run(town: Town, plan: Plan) -> Result:
    phones = Phones(town, plan.of(CUSTOMERS, least=15), channels=(Channel.SMS,))
    half = plan.of(MESSAGES) / 2 / RATE
    # Killed in the middle of the load: the backup holds every state that a message can be in.
    phones.start(rate=RATE, seed=plan.seed)
    time.sleep(max(1.0, half))
    town.kill()
    backup = _copy(town)
    town.start()
    time.sleep(max(1.0, half))
    phones.stop()
    wait_until_quiet(town, plan.patience)
    town.stop()
    original, town.url = town.url, backup
    try:
        return _after_restore(town, plan, phones)
    finally:
        town.kill()
        town.url = original
        town.start()


def _after_restore(town: Town, plan: Plan, phones: Phones) -> Result:
    _hilo(town, "hold", "--reason", "restored")
    before = len(accepted_by_carrier(town))
    town.start()
    verdict = Verdict()
    phones.write_all(1, rate=RATE, seed=plan.seed)
    time.sleep(max(2.0, ON_HOLD_SECONDS * plan.scale))
    slipped = len(accepted_by_carrier(town)) - before
    verdict.doubled += [f"{slipped} messages went out on hold"] * bool(slipped)
    told = _hilo(town, "release", "--expire-older-than", "0", "--yes")
    wait_until_quiet(town, plan.patience)
    resent = len(accepted_by_carrier(town)) - before
    verdict.doubled += [f"{resent} messages were sent again after the release"] * bool(resent)
    started = time.monotonic()
    phones.write_all(1, rate=RATE, seed=plan.seed + 1)
    wait_until_quiet(town, plan.patience)
    answered = len(accepted_by_carrier(town)) - before - resent
    if not answered:
        verdict.lost.append("nobody is answered after the release")
    twice = [
        name for name, count in Counter(one.names for one in accepted_by_carrier(town)).items() if count > 1
    ]
    verdict.doubled += [f"message {name} was accepted more than once" for name in twice]
    phones.close()
    expired = next((line for line in told.splitlines() if "set aside" in line), "")
    notes = [f"{before} sent before", expired, f"{answered} answers to what came after"]
    seconds = time.monotonic() - started
    return result_of("F15", town.database, verdict, tries=before, recovery=seconds, notes=notes)


def _copy(town: Town) -> str:
    """A backup as it is on disk; the URL of it."""
    if town.database != SQLITE:
        assert town.postgres is not None
        copy = town.postgres.databases.create(template=town.database_name)
        return town.postgres.databases.url(copy)
    target = town.folder / "restored.db"
    with (
        closing(sqlite3.connect(Path(town.folder / "hilo.db"))) as source,
        closing(sqlite3.connect(target)) as to,
    ):
        source.backup(to)
    return f"sqlite:///{target}"


def _hilo(town: Town, *arguments: str) -> str:
    """An operator's command, in a process of its own; what it says."""
    log = town.folder / f"{arguments[0]}.log"
    child = town.nursery.start("command", ["hilo", *arguments], town.environment("command"), log)
    if not child.has_ended.wait(PATIENCE) or child.status != 0:
        raise RuntimeError(f"hilo {arguments[0]} failed: {log.read_text()}")
    return log.read_text()
