"""F13: processes are asked to leave, one after the other, under load, and others take their place."""

import time

from sqlalchemy import func, select

from bot.simulator.records import Channel
from tests.faults.phones import Phones
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import Town
from tests.faults.truth import inputs, judge, opened, wait_until_quiet

ROUNDS = 10
CUSTOMERS = 60
RATE = 10.0
SECONDS_TO_LEAVE = 10.0


def run(town: Town, plan: Plan) -> Result:
    phones = Phones(town, CUSTOMERS, channels=(Channel.SMS,))
    before = _redone(town)
    phones.start(rate=RATE, seed=plan.seed)
    longest, exits = 0.0, list[str]()
    rounds = plan.of(ROUNDS)
    for _ in range(rounds):
        for role in town.roles:
            time.sleep(0.5)
            child = town.children[role]
            longest = max(longest, town.stop(role))
            if child.status != 0:
                exits.append(f"{role} ended with {child.status}")
            town.start(role)
    time.sleep(0.5)
    phones.stop()
    last = wait_until_quiet(town, plan.patience)
    verdict = judge(town, phones.sent)
    phones.close()
    redone = _redone(town) - before
    verdict.broken += [f"{redone} turns were begun twice"] * bool(redone)
    verdict.broken += sorted(set(exits))
    if longest > SECONDS_TO_LEAVE:
        verdict.broken.append(f"one took {longest:.1f} s to leave")
    notes = [f"{rounds} rounds, slowest leave {longest:.1f} s"]
    tries = rounds * len(town.roles)
    return result_of("F13", town.database, verdict, tries=tries, recovery=last, notes=notes)


def _redone(town: Town) -> int:
    """Inputs that were begun more often than they were handled. On SQLite each try is told beforehand."""
    most = 1
    with opened(town) as engine, engine.connect() as connection:
        query = select(func.count()).select_from(inputs).where(inputs.c.started_count > most)
        return connection.execute(query).scalar_one()
