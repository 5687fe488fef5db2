"""What the turn must handle, in the order of the database's numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, bindparam, exists, func, insert, literal, select, update

from context_store.consents import consents
from context_store.families import survivor_of
from context_store.journeys import IS_RUNNING, enrollments
from context_store.models.base import DatabaseTime, Word
from context_store.models.thread import InputRow
from context_store.records import (
    CustomerId,
    Input,
    InputKind,
    InputNumber,
    InputStatus,
    MessageId,
)
from context_store.rows import changed_rows, columns_of, table_of

inputs = table_of(InputRow)
INPUT = columns_of(Input, inputs)
# Written out, not bound: only so can the planner of either database use the partial indexes.
IS_WAITING = inputs.c.status == literal(InputStatus.WAITING, Word(InputStatus), literal_execute=True)
# How long the bell has before the sweep looks for an input that nobody took.
SWEEP_AFTER_SECONDS = 2.0

# What every message runs is built once: building a statement costs several times what running it does.
ADD = (
    insert(inputs)
    .values(
        # Whoever is one person has one thread.
        customer_id=survivor_of(bindparam("whose")),
        status=InputStatus.WAITING,
        retry_at=DatabaseTime(SWEEP_AFTER_SECONDS),
    )
    .returning(inputs.c.customer_id)
)
WAITING_OF = (
    select(*INPUT)
    .where(inputs.c.customer_id == bindparam("customer_id"), IS_WAITING)
    .order_by(inputs.c.number)
    .limit(bindparam("most"))
)
# What most customers have none of is asked for on the way: whoever has none is not asked again.
START = (
    update(inputs)
    .where(inputs.c.number == bindparam("head"), IS_WAITING)
    .values(started_count=inputs.c.started_count + 1, parsed=bindparam("understood"))
    .returning(
        exists().where(consents.c.customer_id == inputs.c.customer_id).label("has_consents"),
        exists().where(enrollments.c.customer_id == inputs.c.customer_id, IS_RUNNING).label("has_runs"),
    )
)
# Losing a start in a power cut costs one more try; waiting for the disk costs every turn. Said within the
# statement, which is its own transaction: four round trips less.
START_WITHOUT_WAITING = START.where(func.set_config("synchronous_commit", "off", True) == "off")
CLOSE = (
    update(inputs)
    .where(inputs.c.number.in_(bindparam("numbers", expanding=True)), IS_WAITING)
    .values(status=InputStatus.DONE, done_at=bindparam("closed_at"))
)


# Asked every second by every clock.
ANY_RETRY_DUE = (
    select(inputs.c.number)
    .where(IS_WAITING, inputs.c.retry_at <= DatabaseTime(bindparam("seconds", type_=Float)))
    .limit(1)
)


@dataclass(frozen=True, kw_only=True)
class Started:
    """A turn has begun; what it need not read, because there is none."""

    has_consents: bool
    has_runs: bool


class Inputs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        customer_id: CustomerId,
        kind: InputKind,
        *,
        now: datetime,
        message_id: MessageId | None = None,
        payload: dict[str, Any] | None = None,
    ) -> CustomerId:
        """Whose turn it is to be rung for: the customer, or the one whom they are one person with."""
        values = {
            "whose": customer_id,
            "kind": kind,
            "message_id": message_id,
            "payload": payload or {},
            "created_at": now,
        }
        return CustomerId(self._connection.execute(ADD, values).scalar_one())

    def move_to_survivor(self, customer_id: CustomerId) -> None:
        """What came in while they were being joined to somebody goes to the thread that both share."""
        self._connection.execute(
            update(inputs)
            .where(inputs.c.customer_id == customer_id, IS_WAITING)
            .values(customer_id=survivor_of(customer_id))
        )

    def waiting(self, customer_id: CustomerId, limit: int = 50) -> list[Input]:
        """The customer's waiting inputs, oldest first."""
        rows = self._connection.execute(WAITING_OF, {"customer_id": customer_id, "most": limit})
        return [Input(**row._mapping) for row in rows]

    def start(self, number: InputNumber, understood: dict[str, Any]) -> Started | None:
        """Count a start of this input's turn, and keep what its words mean for a next try.

        In a commit of its own, so that a start that kills the process is seen later. None when the input
        does not wait any more: another worker was quicker.
        """
        is_sqlite = self._connection.dialect.name == "sqlite"
        statement = START if is_sqlite else START_WITHOUT_WAITING
        row = self._connection.execute(statement, {"head": number, "understood": understood}).one_or_none()
        return Started(has_consents=row.has_consents, has_runs=row.has_runs) if row else None

    def close(self, numbers: Sequence[InputNumber], now: datetime) -> bool:
        """False when not all of them were waiting: somebody else has handled one, and this turn is void."""
        values = {"numbers": list(numbers), "closed_at": now}
        return changed_rows(self._connection, CLOSE, values) == len(numbers)

    def fail(self, number: InputNumber, error: str, first_retry: float) -> int:
        """It was tried and raised: it waits, first in line, longer each time. Returns the failures so far."""
        failed = self._connection.execute(
            select(inputs.c.failed_count).where(inputs.c.number == number)
        ).scalar_one()
        self._connection.execute(
            update(inputs)
            .where(inputs.c.number == number)
            .values(
                failed_count=inputs.c.failed_count + 1,
                error=error[:200],
                retry_at=DatabaseTime(first_retry * 2**failed),
            )
        )
        return int(failed) + 1

    def park(self, number: InputNumber, error: str, now: datetime) -> bool:
        """Set it aside for staff. False when another process was quicker."""
        result = self._connection.execute(
            update(inputs)
            .where(inputs.c.number == number, IS_WAITING)
            .values(status=InputStatus.PARKED, error=error[:200], done_at=now)
            .returning(inputs.c.number)
        )
        return result.first() is not None

    def overdue(self) -> bool:
        """Is there any input that the bell forgot? Cheap, and takes no lock."""
        return self._connection.execute(ANY_RETRY_DUE, {"seconds": 0.0}).first() is not None

    def has_waited(self, seconds: float) -> bool:
        """Has any input waited for so long that its turn is late?"""
        values = {"seconds": SWEEP_AFTER_SECONDS - seconds}
        return self._connection.execute(ANY_RETRY_DUE, values).first() is not None

    def sweep(self, limit: int = 500) -> list[CustomerId]:
        """Customers with an input that waits longer than it should; each is put off by another while."""
        overdue = (
            select(inputs.c.number)
            .where(IS_WAITING, inputs.c.retry_at <= DatabaseTime())
            .order_by(inputs.c.retry_at)
            .limit(limit)
        )
        rows = self._connection.execute(
            update(inputs)
            .where(inputs.c.number.in_(overdue))
            .values(retry_at=DatabaseTime(SWEEP_AFTER_SECONDS))
            .returning(inputs.c.customer_id)
        )
        return list(dict.fromkeys(row.customer_id for row in rows))
