"""F14: several clocks at once. Each timer fires once; each journey step is taken once."""

import base64
import json
import time
from secrets import token_hex

import urllib3
from sqlalchemy import func, select

from bot.simulator.records import Channel
from context_store.models.outreach import EnrollmentRow
from context_store.records import Author
from context_store.rows import table_of
from tests.faults import alarms
from tests.faults.phones import Phones
from tests.faults.results import Plan, Result, result_of
from tests.faults.town import POSTGRESQL, Town
from tests.faults.truth import Verdict, judge, messages, opened, wait_until_quiet

TIMERS, CARTS = 2_000, 200
CLOCKS = 3
CUSTOMERS = 50
# A cart is left alone for that long before its reminder.
CART_SECONDS = 2.0
# They need all processes started anew, and stay on hold at night: not in the tenth.
LEAST_SCALE_FOR_CARTS = 0.05
WRITE_KEY = "fault-write-key"

enrollments = table_of(EnrollmentRow)


def run(town: Town, plan: Plan) -> Result:
    phones = Phones(town, plan.of(CUSTOMERS, least=10), channels=(Channel.SMS,))
    phones.write_all(1, rate=50.0)
    wait_until_quiet(town, plan.patience)
    with_carts = plan.scale >= LEAST_SCALE_FOR_CARTS
    if with_carts:
        town.extra = {"CART_REMINDER_MINUTES": str(CART_SECONDS / 60)}
        town.stop(*town.roles)
        town.start(*town.roles)
    # Workers have a clock of their own each; these come on top.
    others = [f"clock-{number}" for number in range(2, CLOCKS + 1)] if town.database == POSTGRESQL else []
    town.start(*others)
    try:
        carts = plan.of(CARTS) if with_carts else 0
        for number in range(carts):
            _leave_cart(town, phones.numbers[number % len(phones.numbers)])
        sown = alarms.sow(town, plan.of(TIMERS), seed=plan.seed, spread_seconds=3.0)
        time.sleep(CART_SECONDS + 2.0)
        last = wait_until_quiet(town, plan.patience, with_held=False)
    finally:
        if others:
            town.stop(*others)
            for role in others:
                del town.children[role]
        town.extra = {}
    verdict = judge(town, phones.sent)
    # What the night keeps for the morning is no loss.
    verdict.lost = [fault for fault in verdict.lost if "still held" not in fault]
    alarms.judge_timers(town, verdict)
    reminders = _judge_reminders(town, verdict)
    phones.close()
    clocks = CLOCKS + town.workers if others else 1
    notes = [f"{clocks} clocks, {sown} timers, {carts} carts, {reminders} reminders"]
    return result_of("F14", town.database, verdict, tries=sown + carts, recovery=last, notes=notes)


def _leave_cart(town: Town, customer: str) -> None:
    body = {
        "userId": f"user-{customer}",
        "event": "Product Added",
        "messageId": token_hex(16),
        "traits": {"phone": customer},
        "properties": {
            "cart_id": token_hex(8),
            "product_id": "lamp",
            "name": "Lámpara",
            "price": "49.00",
            "quantity": 1,
            "currency": "EUR",
        },
    }
    key = base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
    with urllib3.PoolManager(retries=3) as pool:
        answer = pool.request(
            "POST",
            f"{town.web_url}/v1/track",
            body=json.dumps(body),
            headers={"Authorization": f"Basic {key}", "Content-Type": "application/json"},
        )
    if answer.status != 200:
        raise RuntimeError(f"the event was refused: {answer.data!r}")


def _judge_reminders(town: Town, verdict: Verdict) -> int:
    """One reminder for each run of the journey at most, whatever became of it."""
    by_journey = messages.c.author == Author.JOURNEY
    with opened(town) as engine, engine.connect() as connection:
        of_runs = select(messages.c.enrollment_id, func.count()).where(by_journey)
        rows = connection.execute(of_runs.group_by(messages.c.enrollment_id)).all()
        runs = select(enrollments.c.journey, enrollments.c.customer_id, enrollments.c.entry_key, func.count())
        keys = runs.group_by(enrollments.c.journey, enrollments.c.customer_id, enrollments.c.entry_key)
        twice = [row for row in connection.execute(keys).all() if row[3] > 1]
    verdict.doubled += [f"run {run} has {count} reminders" for run, count in rows if count > 1]
    verdict.doubled += [f"{row[1]} is in {row[0]} {row[3]} times with {row[2]}" for row in twice]
    return len(rows)
