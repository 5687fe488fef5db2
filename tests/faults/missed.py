"""F17: nobody answers the webhook while customers write. The carrier's list has it all: once, in order."""

import random
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime

from bot.simulator.records import Channel
from bot.simulator.settings import Person
from bot.simulator.store import Store
from tests.faults.phones import TEXTS, Phones, Sent
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import SQLITE, Town
from tests.faults.truth import judge, wait_until_quiet
from tests.faults.waits import waits_of

AWAY_SECONDS = 600.0
MESSAGES, CUSTOMERS = 600, 50
# How often the bot looks through the list in these towns, and some.
LOOKS_EVERY = 2.5
# After so long the carrier has given up the last webhook that nobody answered.
CARRIER_GIVES_UP = 1.0


def run(town: Town, plan: Plan) -> Result:
    phones = Phones(town, plan.of(CUSTOMERS, least=5), channels=(Channel.SMS,))
    # Known to the bot and to the carrier before it happens.
    phones.write_all(1, rate=50.0)
    wait_until_quiet(town, plan.patience)
    _register(town, phones.numbers)
    time.sleep(LOOKS_EVERY)
    web = "run" if town.database == SQLITE else "web"
    # In peace: whoever is killed while it looks through the list keeps the look to itself, see F1.
    town.stop(web)
    sids = _write_meanwhile(town, plan, phones.numbers)
    time.sleep(CARRIER_GIVES_UP)
    missed = _as_sent(town, sids)
    town.start(web)
    seconds = _wait_for(town, missed, plan.patience)
    wait_until_quiet(town, plan.patience)
    verdict = judge(town, [*phones.sent, *missed])
    phones.close()
    note = f"away {AWAY_SECONDS * plan.scale:.0f} s, {len(missed)} written meanwhile"
    return result_of("F17", town.database, verdict, tries=len(missed), recovery=seconds, notes=[note])


def _register(town: Town, numbers: list[str]) -> None:
    """They hold phones at the carrier: only those can write there."""
    store = Store(str(town.carrier.store))
    try:
        for number in numbers:
            person = Person(key=number, name="", phone=number, whatsapp_id=None, language="es", note="")
            store.add_person(person)
    finally:
        store.close()


def _write_meanwhile(town: Town, plan: Plan, numbers: list[str]) -> list[str]:
    """Over the whole time that nobody answers; the carrier's ids, in order."""
    draw = random.Random(plan.seed)
    total = plan.of(MESSAGES)
    pause = AWAY_SECONDS * plan.scale / total
    sids = []
    for _ in range(total):
        order = {"person": draw.choice(numbers), "channel": "sms", "body": draw.choice(TEXTS)}
        sids.append(str(town.carrier.order("send", order)["sid"]))
        time.sleep(pause)
    return sids


def _as_sent(town: Town, sids: list[str]) -> list[Sent]:
    """What the carrier holds counts as acknowledged: the bot is to fetch it."""
    with closing(sqlite3.connect(f"file:{town.carrier.store}?mode=ro", uri=True)) as store:
        rows = store.execute("SELECT sid, customer, body FROM message ORDER BY position").fetchall()
    wanted, now = set(sids), datetime.now(UTC)
    return [
        Sent(sid=sid, customer=customer, channel=Channel.SMS, text=body, fields={}, acknowledged_at=now)
        for sid, customer, body in rows
        if sid in wanted
    ]


def _wait_for(town: Town, missed: list[Sent], patience: float) -> float:
    """Until all were handled; what never comes is the judge's to tell."""
    started = time.monotonic()
    while time.monotonic() - started < patience:
        if len(waits_of(town, missed)) == len(missed):
            break
        time.sleep(0.2)
    return time.monotonic() - started
