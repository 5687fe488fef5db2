"""The entries of the thread. Sending has a store of its own (`outgoing`)."""

from typing import Any, cast

from sqlalchemy import Connection, select

from context_store.models.base import DatabaseTime
from context_store.models.thread import MessageRow
from context_store.records import Channel, CustomerId, Message, MessageId
from context_store.rows import columns_of, insert_or_ignore, table_of, to_record

messages = table_of(MessageRow)
MESSAGE = columns_of(Message, messages)


class Messages:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, message: Message) -> bool:
        """Store it. False when it is here already (same provider id, or same dedupe key)."""
        statement = insert_or_ignore(self._connection, messages).values(_values(message))
        return cast("Any", self._connection.execute(statement)).rowcount == 1

    def get(self, message_id: MessageId) -> Message | None:
        row = self._connection.execute(select(*MESSAGE).where(messages.c.id == message_id)).one_or_none()
        return to_record(Message, row)

    def is_known(self, channel: Channel, provider_id: str) -> bool:
        return (
            self._connection.execute(
                select(messages.c.position).where(
                    messages.c.channel == channel, messages.c.provider_id == provider_id
                )
            ).first()
            is not None
        )

    def by_ids(self, ids: list[MessageId]) -> dict[MessageId, Message]:
        rows = self._connection.execute(select(*MESSAGE).where(messages.c.id.in_(ids)))
        return {row.id: Message(**row._mapping) for row in rows}

    def newest(self, customer_id: CustomerId, limit: int = 50, before: int | None = None) -> list[Message]:
        """The thread's newest entries over all channels, oldest of them first."""
        query = select(*MESSAGE).where(messages.c.customer_id == customer_id)
        if before is not None:
            query = query.where(messages.c.position < before)
        rows = self._connection.execute(query.order_by(messages.c.position.desc()).limit(limit)).all()
        return [Message(**row._mapping) for row in reversed(rows)]


def _values(message: Message) -> dict[str, Any]:
    values = {name: value for name, value in vars(message).items() if name != "position"}
    return {**values, "stored_at": DatabaseTime()}
