"""Conflicts that wait for staff, and the record of who was joined or kept apart, by whom and why."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, insert, literal, or_, select, update

from context_store.models.base import Word
from context_store.models.identity import IdentityChangeRow, IdentityConflictRow
from context_store.records import (
    Conflict,
    ConflictStatus,
    CustomerId,
    Identifier,
    IdentityChange,
    IdentityChangeKind,
    Why,
    new_id,
)
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of

conflicts = table_of(IdentityConflictRow)
changes = table_of(IdentityChangeRow)
CHANGE = columns_of(IdentityChange, changes)
# Written out, not bound: only so can the planner of either database use the partial indexes.
IS_OPEN = conflicts.c.status == literal(ConflictStatus.OPEN, Word(ConflictStatus), literal_execute=True)
LONGEST_REASON = 200


class IdentityRecord:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open_conflict(self, one: CustomerId, other: CustomerId, why: Why, now: datetime) -> bool:
        """Ask staff. False when they are being asked about these two already."""
        return self._add(one, other, why, now, ConflictStatus.OPEN)

    def keep_apart(self, one: CustomerId, other: CustomerId, why: Why, now: datetime) -> None:
        """Staff said so without being asked: no evidence joins these two by itself any more."""
        self._add(one, other, why, now, ConflictStatus.KEPT_APART)

    def _add(
        self, one: CustomerId, other: CustomerId, why: Why, now: datetime, status: ConflictStatus
    ) -> bool:
        first, second = sorted((one, other))
        is_decided = status is not ConflictStatus.OPEN
        values = {
            "id": new_id(),
            "first_id": first,
            "second_id": second,
            "kind": why.identifier.kind if why.identifier else None,
            "value": why.identifier.value if why.identifier else None,
            "method": why.method,
            "source": why.actor[:64],
            "reason": why.reason[:32],
            "status": status,
            "opened_at": now,
            "decided_at": now if is_decided else None,
            "decided_by": why.actor if is_decided else None,
        }
        statement = insert_or_ignore(self._connection.dialect.name, conflicts).values(values)
        return changed_rows(self._connection, statement) == 1

    def get(self, conflict_id: UUID) -> Conflict | None:
        row = self._connection.execute(select(conflicts).where(conflicts.c.id == conflict_id)).one_or_none()
        return _conflict(row) if row else None

    def waiting(self, limit: int = 100) -> list[Conflict]:
        """What staff have not decided on, the oldest first."""
        rows = self._connection.execute(
            select(conflicts).where(IS_OPEN).order_by(conflicts.c.opened_at, conflicts.c.id).limit(limit)
        )
        return [_conflict(row) for row in rows]

    def about(self, ids: Collection[CustomerId], limit: int = 20) -> list[Conflict]:
        """Open questions about any of them."""
        rows = self._connection.execute(
            select(conflicts)
            .where(IS_OPEN, or_(conflicts.c.first_id.in_(ids), conflicts.c.second_id.in_(ids)))
            .order_by(conflicts.c.opened_at)
            .limit(limit)
        )
        return [_conflict(row) for row in rows]

    def count_waiting(self) -> int:
        query = select(func.count()).select_from(conflicts).where(IS_OPEN)
        return int(self._connection.execute(query).scalar_one())

    def are_kept_apart(self, ones: Collection[CustomerId], others: Collection[CustomerId]) -> bool:
        """Has anybody of staff said of any two of them that they are two people?"""
        said = select(conflicts.c.id).where(
            conflicts.c.status == ConflictStatus.KEPT_APART, _between(ones, others)
        )
        return self._connection.execute(said.limit(1)).first() is not None

    def decide(self, conflict_id: UUID, status: ConflictStatus, actor: str, now: datetime) -> bool:
        """False when somebody else was quicker."""
        statement = update(conflicts).where(conflicts.c.id == conflict_id, IS_OPEN)
        values = {"status": status, "decided_at": now, "decided_by": actor}
        return changed_rows(self._connection, statement.values(values)) == 1

    def settle(
        self,
        ones: Collection[CustomerId],
        others: Collection[CustomerId],
        status: ConflictStatus,
        actor: str,
        now: datetime,
    ) -> None:
        """What was decided some other way is no question any more."""
        values = {"status": status, "decided_at": now, "decided_by": actor}
        before = (ConflictStatus.OPEN, ConflictStatus.KEPT_APART)
        self._connection.execute(
            update(conflicts).where(conflicts.c.status.in_(before), _between(ones, others)).values(values)
        )

    def note(
        self,
        kind: IdentityChangeKind,
        customer_id: CustomerId,
        other_id: CustomerId | None,
        why: Why,
        now: datetime,
        undo: dict[str, Any] | None = None,
    ) -> None:
        self._connection.execute(
            insert(changes).values(
                kind=kind,
                customer_id=customer_id,
                other_id=other_id,
                method=why.method,
                actor=why.actor[:120],
                reason=why.reason[:LONGEST_REASON],
                evidence=why.as_json(),
                undo=undo or {},
                created_at=now,
            )
        )

    def of(self, ids: Collection[CustomerId], limit: int = 50) -> list[IdentityChange]:
        """What was changed about any of them, newest first."""
        rows = self._connection.execute(
            select(*CHANGE)
            .where(or_(changes.c.customer_id.in_(ids), changes.c.other_id.in_(ids)))
            .order_by(changes.c.number.desc())
            .limit(limit)
        )
        return [IdentityChange(**row._mapping) for row in rows]

    def last_merge(self, merged: CustomerId) -> IdentityChange | None:
        row = self._connection.execute(
            select(*CHANGE)
            .where(changes.c.other_id == merged, changes.c.kind == IdentityChangeKind.MERGED)
            .order_by(changes.c.number.desc())
            .limit(1)
        ).one_or_none()
        return IdentityChange(**row._mapping) if row else None


def _between(ones: Collection[CustomerId], others: Collection[CustomerId]) -> Any:
    first, second = conflicts.c.first_id, conflicts.c.second_id
    return or_(
        and_(first.in_(ones), second.in_(others)),
        and_(first.in_(others), second.in_(ones)),
    )


def _conflict(row: Row[Any]) -> Conflict:
    values = dict(row._mapping)
    kind, value = values.pop("kind"), values.pop("value")
    identifier = Identifier(kind=kind, value=value) if kind else None
    return Conflict(identifier=identifier, **values)
