"""Requests to erase all that is known of somebody. Staff see to them."""

from datetime import datetime

from sqlalchemy import Connection, select

from context_store.models.traits import ErasureRequestRow
from context_store.records import CustomerId, new_id
from context_store.rows import changed_rows, insert_or_ignore, table_of

erasures = table_of(ErasureRequestRow)


class Erasures:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def request(self, customer_id: CustomerId, now: datetime, wording: str | None, proof: str | None) -> bool:
        """False when one waits already."""
        statement = insert_or_ignore(self._connection.dialect.name, erasures).values(
            id=new_id(), customer_id=customer_id, requested_at=now, wording=wording, proof=proof
        )
        return changed_rows(self._connection, statement) == 1

    def waiting(self, limit: int = 100) -> list[CustomerId]:
        """Whose data is to be erased, longest waiting first."""
        rows = self._connection.execute(
            select(erasures.c.customer_id)
            .where(erasures.c.done_at.is_(None))
            .order_by(erasures.c.requested_at)
            .limit(limit)
        )
        return [CustomerId(row.customer_id) for row in rows]
