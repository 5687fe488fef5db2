"""Why a message went out, waited or did not: every rule's answer."""

from sqlalchemy import Connection, insert, select

from context_store.families import Families
from context_store.models.outreach import DecisionRow
from context_store.records import CustomerId, Decision, MessageId
from context_store.rows import columns_of, table_of

decisions = table_of(DecisionRow)
DECISION = columns_of(Decision, decisions)


class Decisions:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def add(self, decision: Decision) -> None:
        self._connection.execute(
            insert(decisions).values(
                customer_id=decision.customer_id,
                message_id=decision.message_id,
                verdict=decision.verdict,
                answers=decision.answers,
                decided_at=decision.decided_at,
            )
        )

    def of_message(self, message_id: MessageId) -> list[Decision]:
        rows = self._connection.execute(
            select(*DECISION).where(decisions.c.message_id == message_id).order_by(decisions.c.number)
        )
        return [Decision(**row._mapping) for row in rows]

    def newest(self, customer_id: CustomerId, limit: int = 20) -> list[Decision]:
        rows = self._connection.execute(
            select(*DECISION)
            .where(decisions.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(decisions.c.number.desc())
            .limit(limit)
        )
        return [Decision(**row._mapping) for row in rows]
