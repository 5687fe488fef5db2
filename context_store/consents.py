"""The consent ledger. Only added to; the newest line of a channel and topic counts."""

from sqlalchemy import Connection, bindparam, func, insert, select

from context_store.models.consents import ConsentRow
from context_store.notices import Notices
from context_store.records import Consent, CustomerId, NoticeKind
from context_store.rows import columns_of, table_of

consents = table_of(ConsentRow)
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
    def __init__(self, connection: Connection, notices: Notices) -> None:
        self._connection = connection
        self._notices = notices

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
        """The lines that count now: the newest of each channel and topic, oldest first."""
        rows = self._connection.execute(CURRENT, {"customer": customer_id})
        return [Consent(**row._mapping) for row in rows]

    def ledger(self, customer_id: CustomerId) -> list[Consent]:
        """Every line, oldest first."""
        rows = self._connection.execute(
            select(*CONSENT).where(consents.c.customer_id == customer_id).order_by(consents.c.number)
        )
        return [Consent(**row._mapping) for row in rows]
