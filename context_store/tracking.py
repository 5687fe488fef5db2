"""Counts of events by the hour, samples of what did not fit, what was rejected, and open alerts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from context_store.models.tracking import DataAlertRow, EventCountRow, MisfitRow, RejectedEventRow
from context_store.records import DataAlert, EventCount, Misfit, RejectedEvent, new_id
from context_store.rows import changed_rows, columns_of, table_of

counts = table_of(EventCountRow)
misfits = table_of(MisfitRow)
rejected = table_of(RejectedEventRow)
alerts = table_of(DataAlertRow)

REJECTED = columns_of(RejectedEvent, rejected)
MISFIT = columns_of(Misfit, misfits)
ALERT = columns_of(DataAlert, alerts)
# Writers spread over so many rows of one count.
SHARDS = 8


def _count_up(dialect: Any) -> Any:
    statement = dialect.insert(counts)
    new = statement.excluded
    last = case((counts.c.last_at > new.last_at, counts.c.last_at), else_=new.last_at)
    return statement.on_conflict_do_update(
        index_elements=list(counts.primary_key.columns),
        set_={"count": counts.c.count + new["count"], "last_at": last},
    )


def _renew(dialect: Any) -> Any:
    statement = dialect.insert(misfits)
    changed = {name: statement.excluded[name] for name in ("sample", "last_at")}
    return statement.on_conflict_do_update(index_elements=list(misfits.primary_key.columns), set_=changed)


# Built once: every batch writes so.
COUNT_UP = {"sqlite": _count_up(sqlite), "postgresql": _count_up(postgresql)}
RENEW = {"sqlite": _renew(sqlite), "postgresql": _renew(postgresql)}
SINCE = (
    select(
        counts.c.hour,
        counts.c.source,
        counts.c.event,
        counts.c.measure,
        func.sum(counts.c.count).label("count"),
        func.max(counts.c.last_at).label("last_at"),
    )
    .where(counts.c.hour >= bindparam("since"))
    .group_by(counts.c.hour, counts.c.source, counts.c.event, counts.c.measure)
)


class Tracking:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, found: Mapping[tuple[str, str, str], int], now: datetime, shard: int) -> None:
        """Add to this hour's counts: (source, event, measure) -> how many."""
        if not found:
            return
        hour = now.replace(minute=0, second=0, microsecond=0)
        # In one order for everybody: two writers never cross.
        rows = [
            {
                "hour": hour,
                "source": source,
                "event": event,
                "measure": measure,
                "shard": shard % SHARDS,
                "count": number,
                "last_at": now,
            }
            for (source, event, measure), number in sorted(found.items())
        ]
        self._connection.execute(COUNT_UP[self._connection.dialect.name], rows)

    def counts_since(self, since: datetime) -> list[EventCount]:
        rows = self._connection.execute(SINCE, {"since": since})
        return [EventCount(**row._mapping) for row in rows]

    def note_misfits(self, found: Sequence[Misfit]) -> None:
        """Their newest samples."""
        if not found:
            return
        rows = sorted(({**vars(one)} for one in found), key=_key)
        self._connection.execute(RENEW[self._connection.dialect.name], rows)

    def misfits(self, limit: int) -> list[Misfit]:
        rows = self._connection.execute(select(*MISFIT).order_by(misfits.c.last_at.desc()).limit(limit))
        return [Misfit(**row._mapping) for row in rows]

    def reject(self, found: Sequence[RejectedEvent]) -> None:
        if found:
            rows = [{"id": new_id(), **vars(one)} for one in found]
            self._connection.execute(insert(rejected), rows)

    def rejected(self, limit: int) -> list[RejectedEvent]:
        rows = self._connection.execute(
            select(*REJECTED).order_by(rejected.c.received_at.desc(), rejected.c.id.desc()).limit(limit)
        )
        return [RejectedEvent(**row._mapping) for row in rows]

    def forget(self, counted_before: datetime, rejected_before: datetime, limit: int) -> int:
        """Delete what has been kept for long enough, at most so many rows of each. How many went."""
        old_hours = (
            select(counts.c.hour).where(counts.c.hour < counted_before).order_by(counts.c.hour).limit(1)
        )
        old = select(rejected.c.id).where(rejected.c.received_at < rejected_before).limit(limit)
        return (
            changed_rows(self._connection, delete(counts).where(counts.c.hour.in_(old_hours)))
            + changed_rows(self._connection, delete(rejected).where(rejected.c.id.in_(old)))
            + changed_rows(self._connection, delete(misfits).where(misfits.c.last_at < rejected_before))
        )

    def alerts(self, closed_after: datetime) -> list[DataAlert]:
        """Those that are open, and those closed since then; the newest first."""
        rows = self._connection.execute(
            select(*ALERT)
            .where((alerts.c.closed_at.is_(None)) | (alerts.c.closed_at >= closed_after))
            .order_by(alerts.c.opened_at.desc())
        )
        return [DataAlert(**row._mapping) for row in rows]

    def open_alert(self, alert: DataAlert) -> None:
        """Open it, or say that it still is."""
        key = _same_alert(alert)
        values = {"details": alert.details, "seen_at": alert.seen_at, "closed_at": None}
        still = update(alerts).where(*key, alerts.c.closed_at.is_(None)).values(values)
        if changed_rows(self._connection, still) == 1:
            return
        self._connection.execute(delete(alerts).where(*key))
        self._connection.execute(insert(alerts).values({**vars(alert)}))

    def close_alert(self, alert: DataAlert, now: datetime) -> None:
        self._connection.execute(update(alerts).where(*_same_alert(alert)).values(closed_at=now))


def _same_alert(alert: DataAlert) -> Iterable[Any]:
    return (
        alerts.c.kind == alert.kind,
        alerts.c.source == alert.source,
        alerts.c.event == alert.event,
        alerts.c.property == alert.property,
    )


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[column.name]) for column in misfits.primary_key.columns)
