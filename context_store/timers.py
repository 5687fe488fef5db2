"""The one table of what falls due. A timer sends nothing: when due, it becomes an input."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal, select, update

from context_store.families import Families
from context_store.models.base import Word
from context_store.models.thread import TimerRow
from context_store.records import CustomerId, Timer, TimerId, TimerKind, TimerStatus, new_id
from context_store.rows import columns_of, table_of

timers = table_of(TimerRow)
# Written out, not bound: only so can the planner of either database use the partial indexes.
IS_WAITING = timers.c.status == literal(TimerStatus.WAITING, Word(TimerStatus), literal_execute=True)
TIMER = columns_of(Timer, timers)


# Asked every second by every clock.
ANY_DUE = select(timers.c.id).where(IS_WAITING, timers.c.due_at <= bindparam("now")).limit(1)


class Timers:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def set(
        self,
        customer_id: CustomerId,
        kind: TimerKind,
        key: str,
        due_at: datetime,
        payload: dict[str, Any] | None = None,
    ) -> None:
        """Set the customer's timer of that key, in place of one that waits."""
        self.cancel(customer_id, key)
        self._connection.execute(
            insert(timers).values(
                id=TimerId(new_id()),
                customer_id=customer_id,
                kind=kind,
                key=key,
                due_at=due_at,
                payload=payload or {},
                status=TimerStatus.WAITING,
            )
        )

    def cancel(self, customer_id: CustomerId, key: str) -> None:
        self._connection.execute(
            update(timers)
            .where(
                timers.c.customer_id.in_(self._families.of(customer_id)),
                timers.c.key == key,
                IS_WAITING,
            )
            .values(status=TimerStatus.CANCELED)
        )

    def is_any_due(self, now: datetime) -> bool:
        return self._connection.execute(ANY_DUE, {"now": now}).first() is not None

    def due(self, now: datetime, limit: int = 200) -> list[Timer]:
        """Timers that have fallen due, longest overdue first. Two clocks do not get the same one."""
        rows = self._connection.execute(
            select(*TIMER)
            .where(IS_WAITING, timers.c.due_at <= now)
            .order_by(timers.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [Timer(**row._mapping) for row in rows]

    def mark_fired(self, ids: Sequence[TimerId]) -> None:
        self._connection.execute(update(timers).where(timers.c.id.in_(ids)).values(status=TimerStatus.FIRED))

    def waiting(self, customer_id: CustomerId) -> list[Timer]:
        rows = self._connection.execute(
            select(*TIMER)
            .where(timers.c.customer_id.in_(self._families.of(customer_id)), IS_WAITING)
            .order_by(timers.c.due_at, timers.c.id)
        )
        return [Timer(**row._mapping) for row in rows]
