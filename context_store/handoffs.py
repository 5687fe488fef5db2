"""Requests for a person: at most one is open per customer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from context_store.families import Families
from context_store.models.desk import HandoffRow
from context_store.models.people import CustomerRow
from context_store.notices import Notices
from context_store.records import (
    OPEN_HANDOFF,
    AgentId,
    CustomerId,
    Handoff,
    HandoffId,
    HandoffStatus,
    NoticeKind,
)
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

handoffs = table_of(HandoffRow)
customers = table_of(CustomerRow)
HANDOFF = columns_of(Handoff, handoffs)
TOLD = {
    HandoffStatus.QUEUED: NoticeKind.HANDOFF_REQUESTED,
    HandoffStatus.REQUESTED: NoticeKind.HANDOFF_REQUESTED,
    HandoffStatus.ASSIGNED: NoticeKind.HANDOFF_ASSIGNED,
    HandoffStatus.RESOLVED: NoticeKind.HANDOFF_RESOLVED,
    HandoffStatus.RETURNED: NoticeKind.HANDOFF_RETURNED,
}


class Handoffs:
    def __init__(self, connection: Connection, notices: Notices, families: Families | None = None) -> None:
        self._connection = connection
        self._notices = notices
        self._families = families or Families(connection)

    def add(self, handoff: Handoff) -> bool:
        """False when one is open for this customer already."""
        is_alone = self._families.is_alone(handoff.customer_id)
        if not is_alone and self.open_of(handoff.customer_id) is not None:
            return False
        statement = insert_or_ignore(self._connection.dialect.name, handoffs).values({**vars(handoff)})
        is_new = changed_rows(self._connection, statement) == 1
        if is_new:
            self._tell(handoff)
        return is_new

    def get(self, handoff_id: HandoffId) -> Handoff | None:
        row = self._connection.execute(select(*HANDOFF).where(handoffs.c.id == handoff_id)).one_or_none()
        return to_record(Handoff, row)

    def open_of(self, customer_id: CustomerId) -> Handoff | None:
        row = self._connection.execute(
            select(*HANDOFF)
            .where(
                handoffs.c.customer_id.in_(self._families.of(customer_id)),
                handoffs.c.status.in_(OPEN_HANDOFF),
            )
            .order_by(handoffs.c.requested_at)
            .limit(1)
        ).one_or_none()
        return to_record(Handoff, row)

    def of(self, customer_id: CustomerId, limit: int = 10) -> list[Handoff]:
        rows = self._connection.execute(
            select(*HANDOFF)
            .where(handoffs.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(handoffs.c.requested_at.desc(), handoffs.c.id.desc())
            .limit(limit)
        )
        return [Handoff(**row._mapping) for row in rows]

    def count_queued(self) -> int:
        query = select(func.count()).where(handoffs.c.status == HandoffStatus.QUEUED)
        return int(self._connection.execute(query).scalar_one())

    def queue(self, limit: int = 100) -> list[tuple[Handoff, str | None]]:
        """Who waits, longest first, with their names."""
        return self._listed(handoffs.c.status == HandoffStatus.QUEUED, limit)

    def of_agent(self, agent_id: AgentId, limit: int = 100) -> list[tuple[Handoff, str | None]]:
        """Whom this agent has taken, longest first, with their names."""
        mine = (handoffs.c.status == HandoffStatus.ASSIGNED) & (handoffs.c.agent_id == agent_id)
        return self._listed(mine, limit)

    def take(self, handoff_id: HandoffId, agent_id: AgentId, now: datetime) -> bool:
        """False when somebody else was quicker, or it is closed."""
        return self._move(
            handoff_id,
            (HandoffStatus.QUEUED, HandoffStatus.REQUESTED),
            {"status": HandoffStatus.ASSIGNED, "agent_id": agent_id, "assigned_at": now},
        )

    def put_back(self, handoff_id: HandoffId) -> bool:
        """Into the queue again, where it stood by its time."""
        values = {"status": HandoffStatus.QUEUED, "agent_id": None, "assigned_at": None}
        return self._move(handoff_id, (HandoffStatus.ASSIGNED,), values)

    def close(
        self, handoff_id: HandoffId, status: HandoffStatus, now: datetime, note: str | None = None
    ) -> bool:
        values = {"status": status, "closed_at": now, "note": note}
        return self._move(handoff_id, OPEN_HANDOFF, values)

    def _move(self, handoff_id: HandoffId, before: tuple[HandoffStatus, ...], values: dict[str, Any]) -> bool:
        statement = (
            update(handoffs).where(handoffs.c.id == handoff_id, handoffs.c.status.in_(before)).values(values)
        )
        row = self._connection.execute(statement.returning(*HANDOFF)).one_or_none()
        # Put back into the queue is no new request.
        if row is not None and row.status is not HandoffStatus.QUEUED:
            self._tell(Handoff(**row._mapping))
        return row is not None

    def _tell(self, handoff: Handoff) -> None:
        kind = TOLD.get(handoff.status)
        if kind is not None:
            told = {
                "handoff_id": str(handoff.id),
                "reason": handoff.reason,
                "agent_id": str(handoff.agent_id) if handoff.agent_id else None,
            }
            self._notices.add(kind, handoff.customer_id, told)

    def _listed(self, condition: ColumnElement[bool], limit: int) -> list[tuple[Handoff, str | None]]:
        rows = self._connection.execute(
            select(*HANDOFF, customers.c.name.label("customer_name"))
            .join(customers, customers.c.id == handoffs.c.customer_id)
            .where(condition)
            .order_by(handoffs.c.requested_at, handoffs.c.id)
            .limit(limit)
        )
        found = []
        for row in rows:
            values = dict(row._mapping)
            name = values.pop("customer_name")
            found.append((Handoff(**values), name))
        return found
