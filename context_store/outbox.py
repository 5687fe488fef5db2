"""What waits to go out, for an operator: how much, how long, and why the oldest have not gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Float,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    select,
    update,
)

from context_store.models.base import DatabaseTime, Word
from context_store.models.people import AddressRow
from context_store.models.thread import MessageRow
from context_store.notices import Notices
from context_store.records import Channel, Direction, Message, MessageId, MessageStatus, Purpose
from context_store.rows import columns_of, table_of

messages = table_of(MessageRow)
addresses = table_of(AddressRow)
earlier = messages.alias("earlier")
MESSAGE = columns_of(Message, messages)
# So long a message may wait without anybody wondering.
STUCK_AFTER_SECONDS = 60.0
OPEN = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN)


def _is(*statuses: MessageStatus, table: Any = messages) -> Any:
    """Written out, not bound, for the partial indexes' sake."""
    words = [literal(status, Word(MessageStatus), literal_execute=True) for status in statuses]
    return table.c.status.in_(words) if len(words) > 1 else table.c.status == words[0]


def _is_out(table: Any = messages) -> Any:
    return table.c.direction == literal(Direction.OUT, Word(Direction), literal_execute=True)


IS_OPEN = and_(_is_out(), _is(*OPEN))
# Each in the words of an index of its own.
STATES = (IS_OPEN, _is(MessageStatus.HELD), _is(MessageStatus.PARKED))
HAS_ONE_BEFORE = exists().where(
    earlier.c.address_id == messages.c.address_id,
    _is_out(earlier),
    _is(*OPEN, table=earlier),
    earlier.c.position < messages.c.position,
)
STUCK = (
    select(
        messages.c.id,
        messages.c.status,
        messages.c.channel,
        messages.c.purpose,
        addresses.c.value.label("who"),
        messages.c.stored_at.label("since"),
        messages.c.reason,
        case((messages.c.not_before > DatabaseTime(), messages.c.not_before)).label("not_before"),
        HAS_ONE_BEFORE.label("has_one_before"),
    )
    .outerjoin(addresses, addresses.c.id == messages.c.address_id)
    .where(IS_OPEN, messages.c.stored_at <= DatabaseTime(-STUCK_AFTER_SECONDS))
    .order_by(messages.c.stored_at)
    .limit(bindparam("most"))
)
WAITING = (and_(IS_OPEN, _is(MessageStatus.QUEUED)), _is(MessageStatus.HELD))
IS_OLD = messages.c.stored_at <= DatabaseTime(bindparam("ago", type_=Float))


@dataclass(frozen=True, kw_only=True)
class Count:
    status: MessageStatus
    channel: Channel
    purpose: Purpose | None
    number: int
    # On the database's clock, as is all that follows.
    oldest_at: datetime


@dataclass(frozen=True, kw_only=True)
class StuckMessage:
    id: MessageId
    status: MessageStatus
    channel: Channel
    purpose: Purpose | None
    # The address as it is kept: whoever shows it masks it.
    who: str | None
    since: datetime
    reason: str | None
    # Set while it is put off.
    not_before: datetime | None
    has_one_before: bool


class Outbox:
    def __init__(self, connection: Connection, notices: Notices) -> None:
        self._connection = connection
        self._notices = notices

    def now(self) -> datetime:
        """The database's clock, which all times of this store are on."""
        found: datetime = self._connection.execute(select(DatabaseTime())).scalar_one()
        return found

    def counts(self) -> list[Count]:
        """All that has not ended, by state, channel and purpose, the oldest first."""
        by = (messages.c.status, messages.c.channel, messages.c.purpose)
        found: list[Count] = []
        for state in STATES:
            rows = self._connection.execute(
                select(*by, func.count().label("number"), func.min(messages.c.stored_at).label("oldest_at"))
                .where(state)
                .group_by(*by)
            )
            found += [Count(**row._mapping) for row in rows]
        return sorted(found, key=lambda count: count.oldest_at)

    def stuck(self, most: int = 10) -> list[StuckMessage]:
        """The longest open ones, beyond a minute."""
        rows = self._connection.execute(STUCK, {"most": most})
        return [StuckMessage(**row._mapping) for row in rows]

    def older_than(self, hours: float, most: int) -> list[MessageId]:
        """Messages that wait, queued or held, and were stored longer ago than that."""
        found: list[MessageId] = []
        for state in WAITING:
            query = select(messages.c.id).where(state, IS_OLD).order_by(messages.c.stored_at).limit(most)
            found += self._connection.execute(query, {"ago": -hours * 3600}).scalars()
        return found

    def expire(self, ids: Sequence[MessageId], reason: str) -> list[Message]:
        """Set them aside for good. Those that still waited: a journey may have to be told."""
        rows = self._connection.execute(
            update(messages)
            .where(
                messages.c.id.in_(bindparam("ids", expanding=True)),
                messages.c.status.in_((MessageStatus.QUEUED, MessageStatus.HELD)),
            )
            .values(status=MessageStatus.EXPIRED, reason=reason, held_until=None)
            .returning(*MESSAGE),
            {"ids": list(ids)},
        )
        expired = [Message(**row._mapping) for row in rows]
        self._notices.tell_statuses([message.id for message in expired])
        return expired
