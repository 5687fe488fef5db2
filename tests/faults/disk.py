"""F7: SQLite is killed while it writes, its disk is full, it may only be read, a second process comes."""

import random
import resource
import sqlite3
import time
from contextlib import closing

from bot.simulator.records import Channel
from tests.faults.crashes import revive
from tests.faults.phones import Phones
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import Town
from tests.faults.truth import Verdict, judge, wait_until_quiet
from tests.processes.running import free_port

KILLS = 50
FULL_SECONDS = 30.0
RATE = 10.0
CUSTOMERS = 40
# No file of the process may grow beyond this: every write of the database fails, as on a full disk.
NO_ROOM = 4096
SECONDS_TO_REFUSE = 8.0
# tests/processes has these too.
LEAST_SCALE_TO_REFUSE = 0.05


def run(town: Town, plan: Plan) -> Result:
    draw = random.Random(plan.seed)
    phones = Phones(town, CUSTOMERS, channels=(Channel.SMS,))
    phones.start(rate=RATE, seed=plan.seed)
    verdict = Verdict()
    for _ in range(plan.of(KILLS)):
        time.sleep(draw.uniform(0.2, 0.8))
        town.kill("run")
        verdict.lost += _damage(town, "after a kill")
        revive(town)
    refused = _fill_disk(town, plan, phones, verdict)
    phones.stop()
    last = wait_until_quiet(town, plan.patience)
    found = judge(town, phones.sent)
    found.lost += [*verdict.lost, *_damage(town, "at the end")]
    found.broken += _refusals(town) if plan.scale >= LEAST_SCALE_TO_REFUSE else []
    phones.close()
    kills = plan.of(KILLS)
    notes = [
        f"{kills} kills",
        f"{refused} posts refused while the disk was full",
        "read-only and second processes",
    ]
    return result_of("F7", town.database, found, tries=kills + 3, recovery=last, notes=notes)


def _damage(town: Town, when: str) -> list[str]:
    with closing(sqlite3.connect(town.folder / "hilo.db", timeout=10)) as database:
        told = [str(row[0]) for row in database.execute("PRAGMA integrity_check").fetchall()]
    return [] if told == ["ok"] else [f"the file is damaged {when}: {told[0]}"]


def _fill_disk(town: Town, plan: Plan, phones: Phones, verdict: Verdict) -> int:
    """How many posts were refused meanwhile. None may be acknowledged that is not kept."""
    pid = town.children["run"].pid
    before = len(phones.sent)
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (NO_ROOM, most))
    time.sleep(max(1.0, FULL_SECONDS * plan.scale))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    time.sleep(1.0)
    if town.children["run"].has_ended.is_set():
        verdict.lost.append("the process did not survive a full disk")
        revive(town)
    answers = [answer for sent in phones.sent[max(0, before - 8) :] for answer in sent.answers]
    return sum(not 200 <= answer < 300 for answer in answers)


def _refusals(town: Town) -> list[str]:
    """What must not start, and says why."""
    other = {"PORT": str(free_port())}
    read_only = {
        **other,
        "VAR_FOLDER": str(town.folder / "var3"),
        "DATABASE_URL": f"sqlite:///file:{town.folder / 'hilo.db'}?mode=ro&uri=true",
    }
    tries = {
        "a second process on the same folder": other,
        "a second process on the same file": {**other, "VAR_FOLDER": str(town.folder / "var2")},
        "a process on a file that may only be read": read_only,
    }
    return [f"{name} was not refused" for name, extra in tries.items() if not _is_refused(town, extra)]


def _is_refused(town: Town, extra: dict[str, str]) -> bool:
    environment = {**town.environment("run"), **extra}
    child = town.nursery.start("second", ["hilo", "run"], environment, town.folder / "second.log")
    if not child.has_ended.wait(SECONDS_TO_REFUSE):
        child.kill()
        return False
    return child.status != 0
