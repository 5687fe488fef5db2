"""What was set aside for people: inputs that no turn could handle, messages whose fate nobody knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, select, update

from context_store.models.base import DatabaseTime, Word
from context_store.models.people import AddressRow
from context_store.models.thread import ConversationRow, InputRow, MessageRow
from context_store.notices import Notices
from context_store.records import (
    InputNumber,
    InputStatus,
    Message,
    MessageId,
    MessageStatus,
)
from context_store.rows import columns_of, table_of

inputs = table_of(InputRow)
messages = table_of(MessageRow)
addresses = table_of(AddressRow)
conversations = table_of(ConversationRow)
MESSAGE = columns_of(Message, messages)

DROPPED = "dropped by an operator"
# Few rows: the inputs' are found by reading the table, which only a person at a terminal asks for.
IS_PARKED_INPUT = inputs.c.status == literal(InputStatus.PARKED, Word(InputStatus), literal_execute=True)
IS_PARKED = messages.c.status == literal(MessageStatus.PARKED, Word(MessageStatus), literal_execute=True)

INPUTS = (
    select(
        inputs.c.number.label("id"),
        inputs.c.done_at.label("since"),
        inputs.c.kind.label("what"),
        addresses.c.value.label("who"),
        inputs.c.error.label("reason"),
    )
    .join(conversations, conversations.c.customer_id == inputs.c.customer_id)
    .outerjoin(messages, messages.c.id == inputs.c.message_id)
    .outerjoin(
        addresses, addresses.c.id == func.coalesce(messages.c.address_id, conversations.c.last_address_id)
    )
    .where(IS_PARKED_INPUT)
    .order_by(inputs.c.number)
)
MESSAGES = (
    select(
        messages.c.id,
        func.coalesce(messages.c.claimed_at, messages.c.stored_at).label("since"),
        messages.c.channel,
        messages.c.purpose,
        addresses.c.value.label("who"),
        messages.c.reason,
    )
    .outerjoin(addresses, addresses.c.id == messages.c.address_id)
    .where(IS_PARKED)
    .order_by(messages.c.position)
)
INPUTS_OF = inputs.c.number.in_(bindparam("ids", expanding=True))
MESSAGES_OF = messages.c.id.in_(bindparam("ids", expanding=True))


@dataclass(frozen=True, kw_only=True)
class ParkedThing:
    id: InputNumber | MessageId
    # An input: when it was given up, business time. A message: when it was last tried, the database's clock.
    since: datetime | None
    what: str
    # The address as it is kept, None when there is none: whoever shows it masks it.
    who: str | None
    reason: str | None


class Parked:
    def __init__(self, connection: Connection, notices: Notices) -> None:
        self._connection = connection
        self._notices = notices

    def inputs(self) -> list[ParkedThing]:
        """Oldest first."""
        return [ParkedThing(**row._mapping) for row in self._connection.execute(INPUTS)]

    def messages(self) -> list[ParkedThing]:
        """Oldest first."""
        rows = self._connection.execute(MESSAGES)
        return [
            ParkedThing(
                id=row.id,
                since=row.since,
                what=" ".join(word.value for word in (row.channel, row.purpose) if word),
                who=row.who,
                reason=row.reason,
            )
            for row in rows
        ]

    def count(self) -> tuple[int, int]:
        """How many inputs, how many messages."""
        queries = (
            select(func.count()).select_from(inputs).where(IS_PARKED_INPUT),
            select(func.count()).select_from(messages).where(IS_PARKED),
        )
        of_inputs, of_messages = (int(self._connection.execute(query).scalar_one()) for query in queries)
        return of_inputs, of_messages

    def retry_inputs(self, ids: Sequence[InputNumber]) -> list[InputNumber]:
        """They wait again as if new; the next sweep rings for them. Those that were parked."""
        values = {
            "status": InputStatus.WAITING,
            "started_count": 0,
            "failed_count": 0,
            "error": None,
            "done_at": None,
            # What was understood may be what could not be handled.
            "parsed": None,
            "retry_at": DatabaseTime(),
        }
        return self._change_inputs(ids, values)

    def drop_inputs(self, ids: Sequence[InputNumber], now: datetime) -> list[InputNumber]:
        """Nobody will handle them. Those that were parked."""
        return self._change_inputs(ids, {"status": InputStatus.DONE, "error": DROPPED, "done_at": now})

    def retry_messages(self, ids: Sequence[MessageId]) -> list[Message]:
        """Queued again, all tries before them. Those that were parked."""
        values = {
            "status": MessageStatus.QUEUED,
            "reason": None,
            "attempt": 0,
            "owner": None,
            "lease_until": None,
            "not_before": None,
            "looks": 0,
            "look_at": None,
        }
        return self._change_messages(ids, values)

    def drop_messages(self, ids: Sequence[MessageId]) -> list[Message]:
        """They failed, for good. Those that were parked: a journey may have to be told."""
        dropped = self._change_messages(ids, {"status": MessageStatus.FAILED, "reason": DROPPED})
        self._notices.tell_statuses([message.id for message in dropped])
        return dropped

    def _change_inputs(self, ids: Sequence[InputNumber], values: dict[str, Any]) -> list[InputNumber]:
        rows = self._connection.execute(
            update(inputs).where(INPUTS_OF, IS_PARKED_INPUT).values(values).returning(inputs.c.number),
            {"ids": list(ids)},
        )
        return [InputNumber(row.number) for row in rows]

    def _change_messages(self, ids: Sequence[MessageId], values: dict[str, Any]) -> list[Message]:
        rows = self._connection.execute(
            update(messages).where(MESSAGES_OF, IS_PARKED).values(values).returning(*MESSAGE),
            {"ids": list(ids)},
        )
        return [Message(**row._mapping) for row in rows]
