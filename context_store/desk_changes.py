"""The log that the desk's open pages follow: its number is the last event id."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from context_store.models.staff import DeskChangeRow
from context_store.records import CustomerId
from context_store.rows import changed_rows, table_of

changes = table_of(DeskChangeRow)
NEWEST = select(func.coalesce(func.max(changes.c.number), 0))
AFTER = (
    select(changes.c.number, changes.c.customer_id)
    .where(changes.c.number > bindparam("after"))
    .order_by(changes.c.number)
    .limit(bindparam("most"))
)


class DeskChanges:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, customer_id: CustomerId | None, now: datetime) -> None:
        self._connection.execute(insert(changes).values(customer_id=customer_id, at=now))

    def newest(self) -> int:
        return int(self._connection.execute(NEWEST).scalar_one())

    def after(self, number: int, limit: int = 500) -> list[tuple[int, CustomerId | None]]:
        rows = self._connection.execute(AFTER, {"after": number, "most": limit})
        return [(int(row.number), row.customer_id and CustomerId(row.customer_id)) for row in rows]

    def forget(self, before: datetime) -> int:
        return changed_rows(self._connection, delete(changes).where(changes.c.at < before))
