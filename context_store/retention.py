"""Deletes what has been kept long enough, a small piece of a table at a time.

Each piece is a stretch of the primary key, which rises with time: the oldest rows are read first, and
nothing behind the newest of them. The caller commits after each, so that no lock is held for long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
)

from context_store.models.engine import MediaFileRow
from context_store.models.notices import NoticeRow, WebhookDeliveryRow, WebhookTryRow
from context_store.models.outreach import DecisionRow
from context_store.models.shop import EventRow
from context_store.models.thread import InputRow, MessageRow, TimerRow
from context_store.records import (
    InputStatus,
    MediaFileId,
    MediaStatus,
    MessageId,
    MessageStatus,
    TimerStatus,
)
from context_store.rows import changed_rows, table_of

messages = table_of(MessageRow)
inputs = table_of(InputRow)
timers = table_of(TimerRow)
decisions = table_of(DecisionRow)
events = table_of(EventRow)
files = table_of(MediaFileRow)
notices = table_of(NoticeRow)
deliveries = table_of(WebhookDeliveryRow)
tries = table_of(WebhookTryRow)

# Something may still happen to these.
NOT_ENDED = (
    MessageStatus.HELD,
    MessageStatus.QUEUED,
    MessageStatus.SENDING,
    MessageStatus.UNKNOWN,
    MessageStatus.PARKED,
)

Key = int | UUID
BEFORE: BindParameter[datetime] = bindparam("before")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of rows that grow old."""

    key: Column[Any]
    # When the row was made; None where the key itself tells, as a UUIDv7 does.
    made_at: Column[Any] | None = None
    # What may go of the old ones.
    has_ended: ColumnElement[bool]

    @property
    def first(self) -> Key:
        return UUID(int=0) if self.made_at is None else 0

    @property
    def name(self) -> str:
        return str(self.key.table.name)


TIMERS = Kind(
    key=timers.c.id,
    # Set long ago and fired today: it is as old as its firing.
    has_ended=or_(
        timers.c.status == TimerStatus.CANCELED,
        and_(timers.c.status == TimerStatus.FIRED, timers.c.due_at < BEFORE),
    ),
)
DECISIONS = Kind(
    key=decisions.c.number, made_at=decisions.c.decided_at, has_ended=decisions.c.decided_at < BEFORE
)
EVENTS = Kind(key=events.c.id, has_ended=events.c.received_at < BEFORE)
INPUTS = Kind(
    key=inputs.c.number,
    made_at=inputs.c.created_at,
    has_ended=and_(inputs.c.status == InputStatus.DONE, inputs.c.done_at < BEFORE),
)
MESSAGES = Kind(
    key=messages.c.position,
    made_at=messages.c.created_at,
    has_ended=and_(messages.c.created_at < BEFORE, messages.c.status.not_in(NOT_ENDED)),
)
# In the order of the foreign keys. One that was replayed lately has younger rows behind it.
TRIES = Kind(key=tries.c.number, made_at=tries.c.started_at, has_ended=tries.c.started_at < BEFORE)
DELIVERIES = Kind(
    key=deliveries.c.position,
    made_at=deliveries.c.created_at,
    has_ended=and_(
        deliveries.c.created_at < BEFORE, ~exists().where(tries.c.delivery == deliveries.c.position)
    ),
)
NOTICES = Kind(
    key=notices.c.number,
    made_at=notices.c.created_at,
    has_ended=and_(notices.c.created_at < BEFORE, ~exists().where(deliveries.c.notice == notices.c.number)),
)
ROWS_AT_ONCE = 1000


def _stretch(kind: Kind) -> Any:
    """The next rows, in the order of their key."""
    columns = [kind.key] if kind.made_at is None else [kind.key, kind.made_at]
    query = select(*columns).where(kind.key > bindparam("after"))
    if kind.made_at is None:
        query = query.where(kind.key < bindparam("end"))
    return query.order_by(kind.key).limit(bindparam("most"))


def _within(kind: Kind) -> ColumnElement[bool]:
    return and_(kind.key > bindparam("after"), kind.key <= bindparam("last"), kind.has_ended)


KINDS = (TIMERS, DECISIONS, EVENTS, INPUTS, MESSAGES, TRIES, DELIVERIES, NOTICES)
STRETCH = {kind.name: _stretch(kind) for kind in KINDS}
DELETE = {kind.name: delete(kind.key.table).where(_within(kind)) for kind in KINDS}
# An input that is not done keeps its message.
OLD_MESSAGES = select(messages.c.id).where(
    _within(MESSAGES),
    ~exists().where(inputs.c.message_id == messages.c.id, inputs.c.status != InputStatus.DONE),
)
IDS: BindParameter[UUID] = bindparam("ids", expanding=True)
# In the order of the foreign keys.
DELETE_MESSAGES = (
    delete(inputs).where(inputs.c.message_id.in_(IDS)),
    delete(decisions).where(decisions.c.message_id.in_(IDS)),
    delete(files).where(files.c.message_id.in_(IDS)),
    delete(messages).where(messages.c.id.in_(IDS)),
)
KEPT_FILES = select(files.c.id).where(files.c.message_id.in_(IDS), files.c.status == MediaStatus.KEPT)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A piece of a table that has been chosen, and whether anything old may lie behind it."""

    after: Key
    last: Key
    is_last: bool


class Retention:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_stretch(
        self, kind: Kind, after: Key, before: datetime, most: int = ROWS_AT_ONCE
    ) -> Stretch | None:
        """The rows behind `after`, at most so many. None when there are none that old."""
        values = {"after": after, "most": most}
        if kind.made_at is None:
            values["end"] = first_id_of(before)
        rows = self._connection.execute(STRETCH[kind.name], values).all()
        if not rows or (kind.made_at is not None and rows[0][1] >= before):
            return None
        is_newer = kind.made_at is not None and rows[-1][1] >= before
        return Stretch(after=after, last=rows[-1][0], is_last=is_newer or len(rows) < most)

    def delete(self, kind: Kind, stretch: Stretch, before: datetime) -> int:
        """What has ended of that stretch. Returns how many rows went."""
        return changed_rows(self._connection, DELETE[kind.name], _values(stretch, before))

    def old_messages(self, stretch: Stretch, before: datetime) -> list[MessageId]:
        """Messages of that stretch that nothing more will happen to."""
        rows = self._connection.execute(OLD_MESSAGES, _values(stretch, before))
        return [MessageId(row.id) for row in rows]

    def files_of(self, ids: Sequence[MessageId]) -> list[MediaFileId]:
        """The files of these messages that lie on the disk."""
        rows = self._connection.execute(KEPT_FILES, {"ids": list(ids)})
        return [MediaFileId(row.id) for row in rows]

    def delete_messages(self, ids: Sequence[MessageId]) -> int:
        """These, with their inputs, decisions and files' records."""
        return [
            changed_rows(self._connection, statement, {"ids": list(ids)}) for statement in DELETE_MESSAGES
        ][-1]


def first_id_of(moment: datetime) -> UUID:
    """The smallest UUIDv7 of that moment: what was made before has a smaller one."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _values(stretch: Stretch, before: datetime) -> dict[str, Any]:
    return {"after": stretch.after, "last": stretch.last, "before": before}
