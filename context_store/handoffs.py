"""Requests for a person: at most one is open per customer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal, or_, select, update

from context_store.families import Families
from context_store.models.base import Word
from context_store.models.desk import HandoffRow
from context_store.models.people import CustomerRow
from context_store.models.staff import TeamRow
from context_store.notices import Notices
from context_store.records import (
    OPEN_HANDOFF,
    AgentId,
    CustomerId,
    Handoff,
    HandoffId,
    HandoffStatus,
    NoticeKind,
    TeamId,
)
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

handoffs = table_of(HandoffRow)
customers = table_of(CustomerRow)
teams = table_of(TeamRow)
HANDOFF = columns_of(Handoff, handoffs)
# Somebody has it: nobody else is waited for.
GIVEN = {"status": HandoffStatus.ASSIGNED, "snoozed_until": None, "wanted_agent_id": None}


def written(status: HandoffStatus) -> ColumnElement[HandoffStatus]:
    return literal(status, Word(HandoffStatus), literal_execute=True)


# Written out, not bound, and just as the partial indexes say it: only so can either planner use them.
IS_OPEN = handoffs.c.status.in_([written(status) for status in OPEN_HANDOFF])
IS_QUEUED = IS_OPEN & (handoffs.c.status == written(HandoffStatus.QUEUED))
# Asked every second by every clock.
ASSIGNABLE = (
    select(*HANDOFF)
    .outerjoin(teams, teams.c.id == handoffs.c.team_id)
    .where(
        IS_QUEUED,
        or_(teams.c.auto_assign, handoffs.c.wanted_agent_id.is_not(None)),
    )
    .order_by(handoffs.c.requested_at, handoffs.c.id)
    .limit(bindparam("most"))
)
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
        query = select(func.count()).select_from(handoffs).where(IS_QUEUED)
        return int(self._connection.execute(query).scalar_one())

    def count_by_status(self) -> dict[HandoffStatus, int]:
        """Of those that are open."""
        rows = self._connection.execute(
            select(handoffs.c.status, func.count()).where(IS_OPEN).group_by(handoffs.c.status)
        )
        return {HandoffStatus(row[0]): int(row[1]) for row in rows}

    def queue(self, limit: int = 100) -> list[tuple[Handoff, str | None]]:
        """Who waits, longest first, with their names."""
        return self._listed(IS_QUEUED, limit)

    def assignable(self, limit: int = 200) -> list[Handoff]:
        """What waits to be given out, longest first: a team wants it so, or it waits for somebody."""
        rows = self._connection.execute(ASSIGNABLE, {"most": limit})
        return [Handoff(**row._mapping) for row in rows]

    def of_agent(
        self, agent_id: AgentId, limit: int = 100, status: HandoffStatus = HandoffStatus.ASSIGNED
    ) -> list[tuple[Handoff, str | None]]:
        """Whom this agent has taken, longest first, with their names."""
        theirs = (handoffs.c.status == written(status)) & (handoffs.c.agent_id == agent_id)
        return self._listed(IS_OPEN & theirs, limit)

    def open(self, limit: int = 500) -> list[tuple[Handoff, str | None]]:
        """All that are not closed, longest first, with their names."""
        return self._listed(IS_OPEN, limit)

    def take(self, handoff_id: HandoffId, agent_id: AgentId, now: datetime) -> bool:
        """False when somebody else was quicker, or it is closed. Who has snoozed it may take it again."""
        values = {**GIVEN, "agent_id": agent_id, "assigned_at": now}
        if self._move(handoff_id, (HandoffStatus.QUEUED, HandoffStatus.REQUESTED), values):
            return True
        theirs = handoffs.c.agent_id == agent_id
        return self._move(handoff_id, (HandoffStatus.SNOOZED,), values, theirs)

    def reassign(self, handoff_id: HandoffId, agent_id: AgentId, now: datetime) -> bool:
        """To that agent, whoever has it. False when it is closed."""
        return self._move(handoff_id, OPEN_HANDOFF, {**GIVEN, "agent_id": agent_id, "assigned_at": now})

    def put_back(
        self, handoff_id: HandoffId, team_id: TeamId | None = None, wanted: AgentId | None = None
    ) -> bool:
        """Into the queue again, where it stood by its time; of another team, or for somebody, if named."""
        values: dict[str, Any] = {
            "status": HandoffStatus.QUEUED,
            "agent_id": None,
            "assigned_at": None,
            "snoozed_until": None,
            "wanted_agent_id": wanted,
        }
        if team_id is not None:
            values["team_id"] = team_id
        return self._move(handoff_id, OPEN_HANDOFF, values)

    def snooze(self, handoff_id: HandoffId, until: datetime) -> bool:
        values = {"status": HandoffStatus.SNOOZED, "snoozed_until": until}
        return self._move(handoff_id, (HandoffStatus.ASSIGNED,), values)

    def owe_reply(self, handoff_id: HandoffId, due_at: datetime | None) -> None:
        self._move(handoff_id, OPEN_HANDOFF, {"reply_due_at": due_at})

    def replied(self, handoff_id: HandoffId, now: datetime) -> None:
        """Nothing is owed any more; the first reply is remembered."""
        values = {
            "reply_due_at": None,
            "escalated_at": None,
            "first_replied_at": func.coalesce(handoffs.c.first_replied_at, now),
        }
        self._move(handoff_id, OPEN_HANDOFF, values)

    def escalate(self, handoff_id: HandoffId, now: datetime) -> bool:
        """False when the reply has come meanwhile, is not due yet, or it was escalated before."""
        overdue = (handoffs.c.reply_due_at <= now) & handoffs.c.escalated_at.is_(None)
        return self._move(handoff_id, OPEN_HANDOFF, {"escalated_at": now}, overdue)

    def close(
        self,
        handoff_id: HandoffId,
        status: HandoffStatus,
        now: datetime,
        note: str | None = None,
        outcome: str | None = None,
    ) -> bool:
        values = {"status": status, "closed_at": now, "note": note, "outcome": outcome, "reply_due_at": None}
        return self._move(handoff_id, OPEN_HANDOFF, values)

    def _move(
        self,
        handoff_id: HandoffId,
        before: tuple[HandoffStatus, ...],
        values: dict[str, Any],
        condition: ColumnElement[bool] | None = None,
    ) -> bool:
        statement = update(handoffs).where(handoffs.c.id == handoff_id, handoffs.c.status.in_(before))
        if condition is not None:
            statement = statement.where(condition)
        row = self._connection.execute(statement.values(values).returning(*HANDOFF)).one_or_none()
        # Put back into the queue is no new request; what stays as it stands is no news.
        if row is not None and "status" in values and row.status is not HandoffStatus.QUEUED:
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
