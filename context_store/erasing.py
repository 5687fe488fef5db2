"""Removes a person and keeps the counts; lists everything about a person. Both walk every table."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, bindparam, delete, select, type_coerce, update

from context_store import personal
from context_store.models.base import Checked
from context_store.models.booking import AppointmentRow, SeatRow
from context_store.models.engine import MediaFileRow
from context_store.models.outreach import EnrollmentRow
from context_store.models.people import AddressRow, CustomerRow, IdentityLinkRow
from context_store.models.thread import ConversationRow, MessageRow
from context_store.records import (
    STANDING,
    Address,
    AppointmentStatus,
    CustomerId,
    CustomerStatus,
    EnrollmentStatus,
    Identifier,
    MediaFileId,
    MediaStatus,
    MessageStatus,
)
from context_store.rows import columns_of, table_of

messages = table_of(MessageRow)
conversations = table_of(ConversationRow)
enrollments = table_of(EnrollmentRow)
appointments = table_of(AppointmentRow)
seats = table_of(SeatRow)
files = table_of(MediaFileRow)
links = table_of(IdentityLinkRow)
addresses = table_of(AddressRow)
customers = table_of(CustomerRow)
ADDRESS = columns_of(Address, addresses)
ROWS_AT_ONCE = 500
IS_THERE = (
    select(customers.c.status)
    .where(customers.c.id == bindparam("customer"))
    .with_for_update(read=True, key_share=True)
)


class Erasing:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, ids: Sequence[CustomerId]) -> None:
        """Whoever is at something of theirs has done it before we go on, or finds them erased afterwards.

        In this order, which is that of a message that comes in (its address, then the rest) and of a turn;
        and in the order of the ids: two never wait for each other.
        """
        locks = (
            select(addresses.c.id)
            .where(addresses.c.customer_id.in_(ids))
            .order_by(addresses.c.id)
            .with_for_update(),
            select(conversations.c.customer_id)
            .where(conversations.c.customer_id.in_(ids))
            .order_by(conversations.c.customer_id)
            .with_for_update(key_share=True),
            select(customers.c.id).where(customers.c.id.in_(ids)).order_by(customers.c.id).with_for_update(),
        )
        for lock in locks:
            self._connection.execute(lock).all()

    def is_erased(self, customer_id: CustomerId) -> bool:
        """Asked before something is kept of them; until the commit nobody can erase them in between."""
        status = self._connection.execute(IS_THERE, {"customer": customer_id}).scalar_one_or_none()
        return status is CustomerStatus.ERASED

    def identifiers(self, ids: Sequence[CustomerId]) -> list[Identifier]:
        rows = self._connection.execute(
            select(links.c.kind, links.c.value).where(links.c.customer_id.in_(ids))
        )
        return [Identifier(kind=row.kind, value=row.value) for row in rows]

    def addresses(self, ids: Sequence[CustomerId]) -> list[Address]:
        rows = self._connection.execute(select(*ADDRESS).where(addresses.c.customer_id.in_(ids)))
        return [Address(**row._mapping) for row in rows]

    def files(self, ids: Sequence[CustomerId]) -> list[MediaFileId]:
        """Those that lie on the disk, or are on their way there."""
        of_them = select(messages.c.id).where(messages.c.customer_id.in_(ids))
        rows = self._connection.execute(
            select(files.c.id).where(
                files.c.message_id.in_(of_them),
                files.c.status.in_((MediaStatus.KEPT, MediaStatus.WAITING)),
            )
        )
        return [MediaFileId(row.id) for row in rows]

    def erase(self, ids: Sequence[CustomerId], now: datetime) -> dict[str, int]:
        """Empty the shells, delete the rest. How many rows of each table were touched."""
        self._stop_what_runs(ids, now)
        touched: dict[str, int] = {}
        about_them = personal.tables()
        for table in about_them:
            if table.name in personal.SHELLS:
                statement: Any = update(table).where(personal.about(table)).values(personal.emptied(table))
                touched[table.name] = self._count(statement, ids, now)
        # What points before what is pointed at.
        for table in reversed(about_them):
            if table.name not in personal.SHELLS:
                statement = delete(table).where(personal.about(table))
                touched[table.name] = self._count(statement, ids, now)
        return {name: count for name, count in touched.items() if count}

    def _stop_what_runs(self, ids: Sequence[CustomerId], now: datetime) -> None:
        """What was to be sent is not, what runs ends, and a place that they had booked is free again."""
        self._connection.execute(
            update(messages)
            .where(messages.c.customer_id.in_(ids), messages.c.status.in_(personal.UNSENT))
            .values(status=MessageStatus.CANCELED)
        )
        self._connection.execute(
            update(enrollments)
            .where(enrollments.c.customer_id.in_(ids), enrollments.c.status.in_(personal.RUNNING))
            .values(status=EnrollmentStatus.EXITED, updated_at=now)
        )
        self._connection.execute(
            update(appointments)
            .where(
                appointments.c.customer_id.in_(ids),
                appointments.c.starts_at > now,
                appointments.c.status.in_(STANDING),
            )
            .values(status=AppointmentStatus.CANCELED, changed_at=now)
        )

    def _count(self, statement: Any, ids: Sequence[CustomerId], now: datetime) -> int:
        parameters: dict[str, Any] = {"ids": list(ids)}
        if "now" in statement.compile().params:
            parameters["now"] = now
        result = self._connection.execute(
            statement, parameters, execution_options={"preserve_rowcount": True}
        )
        return max(0, result.rowcount)

    def rows_about(self, ids: Sequence[CustomerId]) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Every table that has something of theirs, with its rows in the order of their key.

        They are streamed: ask in a `snapshot`.
        """
        for table in personal.tables():
            rows = self._connection.execute(
                select(*map(_raw, table.columns))
                .where(personal.about(table))
                .order_by(*table.primary_key.columns),
                {"ids": list(ids)},
                execution_options={"yield_per": ROWS_AT_ONCE},
            )
            yield table.name, (dict(row._mapping) for row in rows)


def _raw(column: Column[Any]) -> Any:
    """JSON as it is kept: a row that no record can be made of is theirs all the same."""
    return type_coerce(column, JSON).label(column.name) if isinstance(column.type, Checked) else column
