"""Endpoints of other systems: what each wants, its secrets, and whether it answers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Float, and_, bindparam, delete, func, insert, select, update

from context_store.models.base import DatabaseTime
from context_store.notices import endpoints, wishes
from context_store.records import (
    DisabledBy,
    Endpoint,
    EndpointId,
    NoticeKind,
)
from context_store.rows import changed_rows, columns_of

ENDPOINT = columns_of(Endpoint, endpoints)

# So long both secrets sign.
OVERLAP_SECONDS = 24 * 3600.0

PAUSE = (
    update(endpoints)
    .where(endpoints.c.id == bindparam("endpoint"))
    .values(
        failures=endpoints.c.failures + 1,
        failing_since=func.coalesce(endpoints.c.failing_since, DatabaseTime()),
        paused_until=DatabaseTime(bindparam("pause", type_=Float)),
    )
)
IS_WELL = (
    update(endpoints)
    .where(endpoints.c.id == bindparam("endpoint"), endpoints.c.failing_since.is_not(None))
    .values(failures=0, failing_since=None, paused_until=None)
)
HAS_FAILED_LONG = and_(
    endpoints.c.disabled_at.is_(None),
    endpoints.c.failing_since <= DatabaseTime(bindparam("seconds", type_=Float)),
)


class Webhooks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, endpoint: Endpoint) -> None:
        values = {column.name: getattr(endpoint, column.name) for column in ENDPOINT}
        self._connection.execute(insert(endpoints).values(values))
        self._wish(endpoint.id, endpoint.kinds)

    def change(self, endpoint_id: EndpointId, kinds: Sequence[NoticeKind], *, with_body: bool) -> None:
        """What it wants to hear from now on."""
        self._connection.execute(delete(wishes).where(wishes.c.endpoint_id == endpoint_id))
        self._wish(endpoint_id, kinds)
        self._change(endpoint_id, with_body=with_body)

    def _wish(self, endpoint_id: EndpointId, kinds: Sequence[NoticeKind]) -> None:
        rows = [{"endpoint_id": endpoint_id, "kind": kind} for kind in dict.fromkeys(kinds)]
        self._connection.execute(insert(wishes), rows)

    def all(self) -> list[Endpoint]:
        """Oldest first."""
        wanted: dict[EndpointId, list[NoticeKind]] = {}
        for row in self._connection.execute(select(wishes).order_by(wishes.c.kind)):
            wanted.setdefault(row.endpoint_id, []).append(row.kind)
        rows = self._connection.execute(select(*ENDPOINT).order_by(endpoints.c.created_at, endpoints.c.id))
        return [Endpoint(**row._mapping, kinds=tuple(wanted.get(row.id, ()))) for row in rows]

    def get(self, endpoint_id: EndpointId) -> Endpoint | None:
        return next((each for each in self.all() if each.id == endpoint_id), None)

    def disable(self, endpoint_id: EndpointId, why: DisabledBy) -> bool:
        """False when it was disabled already. What waits for it waits on."""
        statement = (
            update(endpoints)
            .where(endpoints.c.id == endpoint_id, endpoints.c.disabled_at.is_(None))
            .values(disabled_at=DatabaseTime(), disabled_by=why)
        )
        return changed_rows(self._connection, statement) == 1

    def enable(self, endpoint_id: EndpointId) -> bool:
        """What waits for it goes at once. False when it was enabled."""
        statement = (
            update(endpoints)
            .where(endpoints.c.id == endpoint_id, endpoints.c.disabled_at.is_not(None))
            .values(disabled_at=None, disabled_by=None, failures=0, failing_since=None, paused_until=None)
        )
        return changed_rows(self._connection, statement) == 1

    def rotate(self, endpoint_id: EndpointId, secret: str, overlap_seconds: float) -> None:
        """A new secret; the one until now signs too, for that long."""
        self._change(
            endpoint_id,
            secret=secret,
            previous_secret=endpoints.c.secret,
            previous_until=DatabaseTime(overlap_seconds),
        )

    def note_fault(self, endpoint_id: EndpointId, pause_seconds: float) -> None:
        """It did not answer as it should: nothing is tried there for that long."""
        self._connection.execute(PAUSE, {"endpoint": endpoint_id, "pause": pause_seconds})

    def note_success(self, endpoint_id: EndpointId) -> None:
        self._connection.execute(IS_WELL, {"endpoint": endpoint_id})

    def disable_if_failing(self, endpoint_id: EndpointId, seconds: float) -> bool:
        """True once: when it has had no success for that long."""
        statement = (
            update(endpoints)
            .where(endpoints.c.id == endpoint_id, HAS_FAILED_LONG)
            .values(disabled_at=DatabaseTime(), disabled_by=DisabledBy.FAILING)
        )
        return changed_rows(self._connection, statement, {"seconds": -seconds}) == 1

    def _change(self, endpoint_id: EndpointId, **values: Any) -> None:
        self._connection.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(values))
