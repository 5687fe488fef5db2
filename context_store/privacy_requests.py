"""What shops ask of us for the sake of their customers' privacy. A person sees to it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from context_store.models.privacy import PrivacyRequestRow
from context_store.models.traits import ErasureRequestRow
from context_store.records import CustomerId, PrivacyRequest, PrivacyRequestKind
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of

requests = table_of(PrivacyRequestRow)
erasures = table_of(ErasureRequestRow)
REQUEST = columns_of(PrivacyRequest, requests)


class PrivacyRequests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, request: PrivacyRequest) -> bool:
        """False when the shop has asked that before."""
        statement = insert_or_ignore(self._connection.dialect.name, requests).values({**vars(request)})
        return changed_rows(self._connection, statement) == 1

    def waiting(self, limit: int = 200) -> list[PrivacyRequest]:
        """Longest waiting first."""
        rows = self._connection.execute(
            select(*REQUEST)
            .where(requests.c.done_at.is_(None))
            .order_by(requests.c.requested_at)
            .limit(limit)
        )
        return [PrivacyRequest(**row._mapping) for row in rows]

    def erasures_waiting(self, limit: int = 200) -> list[tuple[CustomerId, datetime]]:
        """Who asked in chat to be erased, and when; longest waiting first."""
        rows = self._connection.execute(
            select(erasures.c.customer_id, erasures.c.requested_at)
            .where(erasures.c.done_at.is_(None))
            .order_by(erasures.c.requested_at)
            .limit(limit)
        )
        return [(CustomerId(row.customer_id), row.requested_at) for row in rows]

    def answer_exports(self, customer_ids: list[CustomerId], now: datetime) -> int:
        """Their data was given out: these requests are done."""
        return changed_rows(
            self._connection,
            update(requests)
            .where(
                requests.c.customer_id.in_(customer_ids),
                requests.c.kind == PrivacyRequestKind.EXPORT,
                requests.c.done_at.is_(None),
            )
            .values(done_at=now),
        )

    def finish(self, request_id: UUID, now: datetime) -> bool:
        return (
            changed_rows(
                self._connection,
                update(requests)
                .where(requests.c.id == request_id, requests.c.done_at.is_(None))
                .values(done_at=now),
            )
            == 1
        )
