"""The consent ledger. Only added to; the newest line of a channel and topic counts."""

from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, insert, select

from context_store.families import Families
from context_store.joining import Pointer, join_consents
from context_store.models.consents import ConsentRow
from context_store.models.people import CustomerRow
from context_store.notices import Notices
from context_store.records import Consent, CustomerId, NoticeKind
from context_store.rows import columns_of, table_of

consents = table_of(ConsentRow)
customers = table_of(CustomerRow)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
CONSENT = columns_of(Consent, consents)

# The newest line of each channel and topic. Built once: every message asks.
CURRENT = (
    select(*CONSENT)
    .where(
        consents.c.number.in_(
            select(func.max(consents.c.number))
            .where(consents.c.customer_id == bindparam("customer"))
            .group_by(consents.c.channel, consents.c.topic)
        )
    )
    .order_by(consents.c.number)
)


class Consents:
    def __init__(self, connection: Connection, notices: Notices, families: Families | None = None) -> None:
        self._connection = connection
        self._notices = notices
        self._families = families or Families(connection)

    def add(self, consent: Consent) -> None:
        self._connection.execute(insert(consents).values({**vars(consent)}))
        if self._notices.wants(NoticeKind.CONSENT_CHANGED):
            told = {
                "channel": consent.channel.value,
                "topic": consent.topic.value,
                "status": consent.status.value,
                "method": consent.method,
            }
            self._notices.add(NoticeKind.CONSENT_CHANGED, consent.customer_id, told)

    def current(self, customer_id: CustomerId) -> list[Consent]:
        """The lines that count now: the newest of each channel and topic, oldest first.

        Of profiles that were joined the stricter, until they say something as one person.
        """
        family = self._families.of(customer_id)
        if len(family) > 1:
            return join_consents(self.ledger(customer_id), self._pointers(family))
        rows = self._connection.execute(CURRENT, {"customer": customer_id})
        return [Consent(**row._mapping) for row in rows]

    def _pointers(self, family: tuple[CustomerId, ...]) -> list[Pointer]:
        rows = self._connection.execute(
            select(customers.c.id, customers.c.merged_into, customers.c.merged_at).where(
                customers.c.id.in_(family), customers.c.merged_into.is_not(None)
            )
        )
        return [Pointer(merged=row.id, into=row.merged_into, at=row.merged_at or LONG_AGO) for row in rows]

    def ledger(self, customer_id: CustomerId) -> list[Consent]:
        """Every line, oldest first."""
        rows = self._connection.execute(
            select(*CONSENT)
            .where(consents.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(consents.c.number)
        )
        return [Consent(**row._mapping) for row in rows]
