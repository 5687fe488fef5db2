"""How much is waiting, for the people who watch over it. Counts only what is open: all of it is indexed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal, select

from context_store.inputs import IS_WAITING, inputs
from context_store.lanes import IS_HELD
from context_store.models.base import Word
from context_store.models.desk import HandoffRow
from context_store.models.thread import MessageRow
from context_store.records import OPEN_HANDOFF, Direction, HandoffStatus, MessageStatus
from context_store.rows import table_of

messages = table_of(MessageRow)
handoffs = table_of(HandoffRow)

# Written out, not bound: only so can the planner of either database use the partial indexes.
IS_OUT = messages.c.direction == literal(Direction.OUT, Word(Direction), literal_execute=True)
IS_OPEN = messages.c.status.in_(
    [
        literal(status, Word(MessageStatus), literal_execute=True)
        for status in (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN)
    ]
)
IS_PARKED = messages.c.status == literal(MessageStatus.PARKED, Word(MessageStatus), literal_execute=True)
IS_OPEN_HANDOFF = handoffs.c.status.in_(
    [literal(status, Word(HandoffStatus), literal_execute=True) for status in OPEN_HANDOFF]
)


@dataclass(frozen=True, kw_only=True)
class Readings:
    waiting_inputs: int
    # Business time, None when nothing waits.
    oldest_waiting_at: datetime | None
    # Outgoing messages that have not ended, by state; a state that nothing is in is a zero.
    messages: Mapping[MessageStatus, int]
    handoffs: Mapping[HandoffStatus, int]


class Gauges:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self) -> Readings:
        waiting = self._connection.execute(
            select(func.count().label("number"), func.min(inputs.c.created_at).label("oldest")).where(
                IS_WAITING
            )
        ).one()
        return Readings(
            waiting_inputs=waiting.number,
            oldest_waiting_at=waiting.oldest,
            messages=self._messages(),
            handoffs=self._handoffs(),
        )

    def _messages(self) -> dict[MessageStatus, int]:
        counts = dict.fromkeys((MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN), 0)
        open_ones = (
            select(messages.c.status, func.count().label("number"))
            .where(IS_OUT, IS_OPEN)
            .group_by(messages.c.status)
        )
        for row in self._connection.execute(open_ones):
            counts[row.status] = row.number
        for status, condition in ((MessageStatus.HELD, IS_HELD), (MessageStatus.PARKED, IS_PARKED)):
            query = select(func.count()).select_from(messages).where(condition)
            counts[status] = int(self._connection.execute(query).scalar_one())
        return counts

    def _handoffs(self) -> dict[HandoffStatus, int]:
        counts = dict.fromkeys(OPEN_HANDOFF, 0)
        query = (
            select(handoffs.c.status, func.count().label("number"))
            .where(IS_OPEN_HANDOFF)
            .group_by(handoffs.c.status)
        )
        for row in self._connection.execute(query):
            counts[row.status] = row.number
        return counts
