"""The entries of the thread. Sending has a store of its own (`outgoing`)."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal, select, union_all

from context_store.families import Families
from context_store.models.base import DatabaseTime, Word
from context_store.models.people import CustomerRow
from context_store.models.thread import MessageRow
from context_store.records import Author, CustomerId, Direction, Message, MessageId, Purpose
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record
from context_store.splitting import parts_of

messages = table_of(MessageRow)
customers = table_of(CustomerRow)
MESSAGE = columns_of(Message, messages)
# Written out as in the partial index, so that either database's planner can use it.
IS_UNASKED = messages.c.purpose.in_(
    [literal(word, Word(Purpose), literal_execute=True) for word in (Purpose.MARKETING, Purpose.SURVEY)]
)

BY_IDS = select(*MESSAGE).where(messages.c.id.in_(bindparam("ids", expanding=True)))


class Messages:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def add(self, message: Message) -> bool:
        """Store it. False when it is here already (same provider id, or same dedupe key)."""
        return changed_rows(self._connection, _adding(self._connection.dialect.name), _values(message)) == 1

    def say(self, message: Message) -> bool:
        """Store something to send; what is too long for one message becomes several. False as with `add`."""
        return [self.add(part) for part in parts_of(message)][-1]

    def get(self, message_id: MessageId) -> Message | None:
        row = self._connection.execute(select(*MESSAGE).where(messages.c.id == message_id)).one_or_none()
        return to_record(Message, row)

    def by_ids(self, ids: list[MessageId]) -> dict[MessageId, Message]:
        rows = self._connection.execute(BY_IDS, {"ids": ids}) if ids else ()
        return {row.id: Message(**row._mapping) for row in rows}

    def unasked_since(self, customer_id: CustomerId, since: datetime) -> list[datetime]:
        """When each message that they had not asked for went out, over all channels."""
        rows = self._connection.execute(
            select(messages.c.sent_at).where(
                messages.c.customer_id.in_(self._families.of(customer_id)),
                IS_UNASKED,
                messages.c.sent_at >= since,
            )
        )
        return [row.sent_at for row in rows]

    def newest_inbound(self, customer_id: CustomerId) -> Message | None:
        row = self._connection.execute(
            select(*MESSAGE)
            .where(
                messages.c.customer_id.in_(self._families.of(customer_id)),
                messages.c.direction == Direction.IN,
            )
            .order_by(messages.c.position.desc())
            .limit(1)
        ).one_or_none()
        return to_record(Message, row)

    def last_words(self, customer_ids: Sequence[CustomerId]) -> dict[CustomerId, Message]:
        """The newest message of each person's own, for those who have written."""
        joined = self._connection.execute(
            select(customers.c.id, customers.c.survivor_id).where(customers.c.survivor_id.in_(customer_ids))
        )
        survivors = {CustomerId(row.id): CustomerId(row.survivor_id) for row in joined}
        newest = (
            select(messages.c.position)
            .where(messages.c.customer_id == customers.c.id, messages.c.direction == Direction.IN)
            .order_by(messages.c.position.desc())
            .limit(1)
            .scalar_subquery()
        )
        positions = select(newest).where(customers.c.id.in_({*customer_ids, *survivors}))
        rows = self._connection.execute(
            select(*MESSAGE).where(messages.c.position.in_(positions)).order_by(messages.c.position)
        )
        return {
            survivors.get(CustomerId(row.customer_id), CustomerId(row.customer_id)): Message(**row._mapping)
            for row in rows
        }

    def newest_of_all(self, limit: int) -> list[Message]:
        """The newest entries over all customers, newest first."""
        rows = self._connection.execute(select(*MESSAGE).order_by(messages.c.position.desc()).limit(limit))
        return [Message(**row._mapping) for row in rows]

    def newest(
        self, customer_id: CustomerId, limit: int = 50, before: int | None = None, after: int | None = None
    ) -> list[Message]:
        """The thread's newest entries over all channels, oldest of them first."""
        family = self._families.of(customer_id)
        query = _newest_of(family[0], limit, before, after)
        if len(family) > 1:
            # A few of each, so that nobody's whole thread is read and sorted.
            few = union_all(
                *(select(_newest_of(one, limit, before, after).subquery()) for one in family)
            ).subquery()
            query = select(few).order_by(few.c.position.desc()).limit(limit)
        rows = self._connection.execute(query).all()
        return [Message(**row._mapping) for row in reversed(rows)]


def _newest_of(customer_id: CustomerId, limit: int, before: int | None, after: int | None) -> Select[Any]:
    query = select(*MESSAGE).where(messages.c.customer_id == customer_id)
    if after is not None:
        query = query.where(messages.c.position > after)
    if before is not None:
        query = query.where(messages.c.position < before)
    return query.order_by(messages.c.position.desc()).limit(limit)


def _values(message: Message) -> dict[str, Any]:
    values = {name: value for name, value in vars(message).items() if name != "position"}
    return {**values, "is_bulk": message.author is Author.JOURNEY}


@cache
def _adding(dialect: str) -> Any:
    """Built once for each kind of database: building it costs more than running it."""
    return insert_or_ignore(dialect, messages).values(stored_at=DatabaseTime())
