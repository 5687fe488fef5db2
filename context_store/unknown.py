"""Outgoing messages of unknown fate: looked for in the carrier's list; found, said again or set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, Update, bindparam, literal, select, update

from context_store.lanes import ADDRESS, IS_OPEN, MESSAGE
from context_store.models.base import DatabaseTime, Word
from context_store.models.people import AddressRow
from context_store.models.thread import MessageRow
from context_store.notices import Notices
from context_store.records import Address, Channel, Message, MessageStatus
from context_store.rows import changed_rows, table_of

messages = table_of(MessageRow)
addresses = table_of(AddressRow)

IS_UNKNOWN = messages.c.status == literal(MessageStatus.UNKNOWN, Word(MessageStatus), literal_execute=True)
# Within how many entries of the whole shop a message is searched that the list must show by now.
NEARBY = 1000

TO_LOOK_FOR = (
    select(
        *MESSAGE,
        *(column.label(f"address__{column.name}") for column in ADDRESS),
        messages.c.claimed_at,
        messages.c.looks,
        messages.c.is_resent,
        messages.c.attempt,
        (messages.c.claimed_at <= DatabaseTime(bindparam("horizon", type_=Float))).label("is_beyond"),
    )
    .join(addresses, addresses.c.id == messages.c.address_id)
    .where(IS_OPEN, IS_UNKNOWN, messages.c.look_at <= DatabaseTime())
    .order_by(messages.c.look_at)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """A message of which nobody can say whether the carrier took it."""

    message: Message
    address: Address
    # When the try began; the database's clock.
    claimed_at: datetime
    # How often a list that showed what it should did not show this one.
    looks: int
    is_resent: bool
    # Which try it is that nobody knows of: what is found out holds for this one alone.
    attempt: int
    # The carrier has had all the time it was to have.
    is_beyond_horizon: bool


@dataclass(frozen=True, kw_only=True)
class Known:
    """A message that the carrier took later than an unknown one: its list must show this one."""

    provider_id: str
    address: Address


class UnknownMessages:
    def __init__(self, connection: Connection, notices: Notices) -> None:
        self._connection = connection
        self._notices = notices

    def to_look_for(self, horizon_seconds: float, limit: int) -> list[Unknown]:
        """Those whose next look is due, the longest waiting first."""
        rows = self._connection.execute(TO_LOOK_FOR, {"horizon": -horizon_seconds, "most": limit})
        return [_unknown(tuple(row)) for row in rows]

    def is_any_due(self) -> bool:
        query = select(messages.c.position).where(IS_OPEN, IS_UNKNOWN, messages.c.look_at <= DatabaseTime())
        return self._connection.execute(query.limit(1)).first() is not None

    def known_after(self, channel: Channel, moment: datetime, position: int) -> Known | None:
        """The newest message near that place of the thread which the carrier took after `moment`."""
        row = self._connection.execute(
            select(messages.c.provider_id, *ADDRESS)
            .join(addresses, addresses.c.id == messages.c.address_id)
            .where(
                messages.c.position.between(position - NEARBY, position + NEARBY),
                messages.c.channel == channel,
                messages.c.claimed_at > moment,
                messages.c.provider_id.is_not(None),
                messages.c.status.in_((MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)),
            )
            .order_by(messages.c.position.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        values = {column.name: value for column, value in zip(ADDRESS, row[1:], strict=True)}
        return Known(provider_id=row.provider_id, address=Address(**values))

    def owned(self, channel: Channel, provider_ids: Sequence[str]) -> set[str]:
        """Those of the carrier's ids that belong to a message of ours already."""
        rows = self._connection.execute(
            select(messages.c.provider_id).where(
                messages.c.channel == channel, messages.c.provider_id.in_(provider_ids)
            )
        )
        return {row.provider_id for row in rows}

    def found(self, one: Unknown, provider_id: str, status: MessageStatus, now: datetime) -> bool:
        """The list shows it. False when its fate became known meanwhile."""
        return self._settle(
            one, status=status, provider_id=provider_id, reason=None, sent_at=now, look_at=None
        )

    def not_found(self, one: Unknown, again_in: float) -> bool:
        """A list that can be trusted does not show it (yet)."""
        return self._settle(one, looks=messages.c.looks + 1, look_at=DatabaseTime(again_in))

    def look_later(self, one: Unknown, again_in: float) -> bool:
        """The list could not be read, or lags: this look does not count."""
        return self._settle(one, look_at=DatabaseTime(again_in))

    def say_again(self, one: Unknown) -> bool:
        """Once, and first in its lane. False when its fate became known meanwhile."""
        return self._settle(
            one,
            status=MessageStatus.QUEUED,
            is_resent=True,
            looks=0,
            look_at=None,
            owner=None,
            lease_until=None,
            not_before=None,
        )

    def park(self, one: Unknown, reason: str) -> bool:
        """Set aside for an operator. False when its fate became known meanwhile."""
        return self._settle(one, status=MessageStatus.PARKED, reason=reason[:200], look_at=None)

    def _settle(self, one: Unknown, **values: Any) -> bool:
        statement: Update = (
            update(messages)
            .where(
                messages.c.id == one.message.id,
                messages.c.status == MessageStatus.UNKNOWN,
                messages.c.attempt == one.attempt,
            )
            .values(values)
        )
        is_changed = changed_rows(self._connection, statement) == 1
        if is_changed and values.get("status", MessageStatus.QUEUED) is not MessageStatus.QUEUED:
            self._notices.tell_statuses([one.message.id])
        return is_changed


def _unknown(row: tuple[Any, ...]) -> Unknown:
    count = len(MESSAGE)
    message = {column.name: value for column, value in zip(MESSAGE, row, strict=False)}
    address = {column.name: value for column, value in zip(ADDRESS, row[count:], strict=False)}
    claimed_at, looks, is_resent, attempt, is_beyond = row[count + len(ADDRESS) :]
    return Unknown(
        message=Message(**message),
        address=Address(**address),
        claimed_at=claimed_at,
        looks=looks,
        is_resent=is_resent,
        attempt=attempt,
        is_beyond_horizon=bool(is_beyond),
    )
