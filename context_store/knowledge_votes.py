"""What customers thought of an answer: asked once per topic, one vote counts."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from context_store.families import Families
from context_store.models.desk import KnowledgeVoteRow
from context_store.records import CustomerId
from context_store.rows import changed_rows, insert_or_ignore, table_of

votes = table_of(KnowledgeVoteRow)
MOST = 100


class KnowledgeVotes:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def asked(self, customer_id: CustomerId) -> list[str]:
        """The topics that they were asked about already."""
        rows = self._connection.execute(
            select(votes.c.topic)
            .where(votes.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(votes.c.topic)
            .limit(MOST)
        )
        return list(rows.scalars())

    def ask(self, customer_id: CustomerId, topic: str, language: str, now: datetime) -> None:
        statement = insert_or_ignore(self._connection.dialect.name, votes).values(
            customer_id=customer_id, topic=topic, language=language, asked_at=now
        )
        self._connection.execute(statement)

    def vote(self, customer_id: CustomerId, topic: str, *, useful: bool, now: datetime) -> bool:
        """False when nobody asked, or they have said already."""
        statement = (
            update(votes)
            .where(
                votes.c.customer_id.in_(self._families.of(customer_id)),
                votes.c.topic == topic,
                votes.c.useful.is_(None),
            )
            .values(useful=useful, answered_at=now)
        )
        return changed_rows(self._connection, statement) == 1
