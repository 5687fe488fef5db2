"""What other systems are to be told of, written in the transaction of what it tells (an outbox).

Nothing is written, nor read, while no endpoint wants that kind: the stores ask on every message.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal, select

from context_store.models.base import DatabaseTime, Word
from context_store.models.notices import (
    NoticeRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
    WebhookWishRow,
)
from context_store.models.thread import MessageRow
from context_store.records import CustomerId, MessageId, NoticeKind, NoticeStatus, new_id
from context_store.rows import table_of

notices = table_of(NoticeRow)
endpoints = table_of(WebhookEndpointRow)
wishes = table_of(WebhookWishRow)
deliveries = table_of(WebhookDeliveryRow)
messages = table_of(MessageRow)

ADD = insert(notices).values(created_at=DatabaseTime()).returning(notices.c.number)
# Whoever is enabled at this moment; who is not can have it later, by a replay.
FAN_OUT = insert(deliveries).from_select(
    ["notice", "endpoint_id", "customer_id", "status", "attempt", "not_before", "created_at"],
    select(
        notices.c.number,
        wishes.c.endpoint_id,
        notices.c.customer_id,
        literal(NoticeStatus.WAITING, Word(NoticeStatus)),
        literal(0),
        notices.c.created_at,
        notices.c.created_at,
    )
    .join(wishes, wishes.c.kind == notices.c.kind)
    .join(endpoints, endpoints.c.id == wishes.c.endpoint_id)
    .where(notices.c.number == bindparam("number"), endpoints.c.disabled_at.is_(None)),
)
WANTED = select(wishes.c.kind).distinct()
STATUSES = select(
    messages.c.id,
    messages.c.customer_id,
    messages.c.channel,
    messages.c.author,
    messages.c.purpose,
    messages.c.status,
    messages.c.reason,
    messages.c.provider_id,
).where(messages.c.id.in_(bindparam("ids", expanding=True)))


class Wanted:
    """The kinds that some endpoint wants, as this process knows them. Read anew every few seconds."""

    def __init__(self) -> None:
        self.kinds: frozenset[NoticeKind] = frozenset()


class Notices:
    def __init__(self, connection: Connection, wanted: Wanted) -> None:
        self._connection = connection
        self._wanted = wanted

    def wants(self, kind: NoticeKind) -> bool:
        """Is there anybody to tell? Costs nothing."""
        return kind in self._wanted.kinds

    def add(self, kind: NoticeKind, customer_id: CustomerId | None, data: Mapping[str, Any]) -> None:
        """Tell it, should this transaction be committed. Ids and words of ours only: no customer's text."""
        if not self.wants(kind):
            return
        values = {"id": new_id(), "kind": kind, "customer_id": customer_id, "data": dict(data)}
        number = self._connection.execute(ADD, values).scalar_one()
        self._connection.execute(FAN_OUT, {"number": number})

    def tell_statuses(self, ids: Sequence[MessageId]) -> None:
        """The state that these messages have now."""
        if not ids or not self.wants(NoticeKind.MESSAGE_STATUS):
            return
        for row in self._connection.execute(STATUSES, {"ids": list(ids)}).all():
            data = {
                "message_id": str(row.id),
                "channel": row.channel.value,
                "author": row.author.value,
                "purpose": row.purpose.value if row.purpose else None,
                "status": row.status.value,
                "reason": row.reason,
                "provider_id": row.provider_id,
            }
            self.add(NoticeKind.MESSAGE_STATUS, CustomerId(row.customer_id), data)

    def wanted_kinds(self) -> frozenset[NoticeKind]:
        return frozenset(self._connection.execute(WANTED).scalars())
