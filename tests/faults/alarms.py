"""Timers that fall due during a fault, and the check that each became exactly one input."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select

from context_store.models.thread import ConversationRow, InputRow, TimerRow
from context_store.records import InputKind, TimerKind, TimerStatus, new_id
from context_store.rows import table_of
from tests.faults.town import Town
from tests.faults.truth import Verdict, opened

timers, inputs, conversations = table_of(TimerRow), table_of(InputRow), table_of(ConversationRow)


def sow(town: Town, how_many: int, *, seed: int = 1, spread_seconds: float = 0.0) -> int:
    """Timers for customers that exist, due from now on; how many were set.

    A form's timeout without a form: its turn changes nothing, so it may come at any time.
    """
    draw = random.Random(seed)
    now = datetime.now(UTC)
    with opened(town) as engine, engine.begin() as connection:
        customers: list[UUID] = list(connection.execute(select(conversations.c.customer_id)).scalars())
        if not customers:
            return 0
        rows = [
            {
                "id": new_id(),
                "customer_id": draw.choice(customers),
                "kind": TimerKind.FORM_TIMEOUT,
                "key": f"fault:{new_id()}",
                "due_at": now + timedelta(seconds=draw.uniform(0, spread_seconds)),
                "payload": {},
                "status": TimerStatus.WAITING,
            }
            for _ in range(how_many)
        ]
        connection.execute(insert(timers), rows)
    return len(rows)


def judge_timers(town: Town, verdict: Verdict) -> int:
    """Adds to the verdict; how many timers fired."""
    with opened(town) as engine, engine.connect() as connection:
        of_timers = select(inputs.c.payload).where(inputs.c.kind == InputKind.TIMER)
        became = Counter(str(payload["key"]) for payload in connection.execute(of_timers).scalars())
        sown = select(timers.c.key, timers.c.status).where(timers.c.key.like("fault:%"))
        found = connection.execute(sown).all()
    for key, status in found:
        if status is not TimerStatus.FIRED or became[key] == 0:
            verdict.lost.append(f"timer {key} is {status.value} and became {became[key]} inputs")
        elif became[key] > 1:
            verdict.doubled.append(f"timer {key} became {became[key]} inputs")
    return len(found)
