"""Appointments. A place is cut into pieces of five minutes, each a unique row: two never get the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from context_store.families import Families
from context_store.models.booking import AppointmentRow, SeatRow
from context_store.records import (
    STANDING,
    Appointment,
    AppointmentId,
    AppointmentStatus,
    CustomerId,
    TakenTime,
)
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

appointments = table_of(AppointmentRow)
seats = table_of(SeatRow)
APPOINTMENT = columns_of(Appointment, appointments)
TAKEN = columns_of(TakenTime, appointments)
PIECE = timedelta(minutes=5)
LONGEST = timedelta(hours=24)
# More than a shop's calendar holds; what lies behind them only seems free, and `book` still says no.
MOST_TAKEN = 5000


class Appointments:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def get(self, customer_id: CustomerId, appointment_id: AppointmentId) -> Appointment | None:
        """The customer's own: an id alone proves nothing."""
        query = select(*APPOINTMENT).where(
            appointments.c.id == appointment_id,
            appointments.c.customer_id.in_(self._families.of(customer_id)),
        )
        return to_record(Appointment, self._connection.execute(query).one_or_none())

    def told_by(self, source: str, reference: str) -> Appointment | None:
        """The one that the shop's own system calls so."""
        query = select(*APPOINTMENT).where(
            appointments.c.source == source, appointments.c.reference == reference
        )
        return to_record(Appointment, self._connection.execute(query).one_or_none())

    def upcoming(self, customer_id: CustomerId, now: datetime, limit: int = 10) -> list[Appointment]:
        """What they still have before them, the next one first."""
        rows = self._connection.execute(
            select(*APPOINTMENT)
            .where(
                appointments.c.customer_id.in_(self._families.of(customer_id)),
                appointments.c.starts_at > now,
                appointments.c.status.in_(STANDING),
            )
            .order_by(appointments.c.starts_at, appointments.c.id)
            .limit(limit)
        )
        return [Appointment(**row._mapping) for row in rows]

    def taken(self, since: datetime, until: datetime) -> list[TakenTime]:
        """Every place that somebody has in that time, the earliest first."""
        rows = self._connection.execute(
            select(*TAKEN)
            .where(
                appointments.c.starts_at > since - LONGEST,
                appointments.c.starts_at < until,
                appointments.c.ends_at > since,
                appointments.c.status.in_(STANDING),
                appointments.c.seat.is_not(None),
            )
            .order_by(appointments.c.starts_at)
            .limit(MOST_TAKEN)
        )
        return [TakenTime(**row._mapping) for row in rows]

    def book(self, appointment: Appointment, capacity: int) -> bool:
        """Keep a new one, with a place. False, and nothing kept, when there is none left."""
        self._connection.execute(insert(appointments).values({**vars(appointment)}))
        if self._take_place(appointment, capacity):
            return True
        self._connection.execute(delete(appointments).where(appointments.c.id == appointment.id))
        return False

    def move(self, appointment: Appointment, capacity: int) -> bool:
        """To its new time, which `appointment` tells; the old place is free. False, and as it was, else.

        The new place is taken before the old one is let go: so two who swap never wait for one another.
        """
        if not self._take_place(appointment, capacity):
            return False
        self._write(appointment)
        return True

    def learn(self, appointment: Appointment, capacity: int, *, is_new: bool) -> bool:
        """Keep what the shop's own system says: it stands, with or without a place of ours.

        False when another customer has that reference.
        """
        if is_new:
            values = {**vars(appointment), "seat": None}
            adding = insert_or_ignore(self._connection.dialect.name, appointments).values(values)
            if changed_rows(self._connection, adding) == 0:
                return False
        else:
            self._write(appointment)
        if appointment.status not in STANDING or not self._take_place(appointment, capacity):
            self._free(appointment.id)
        return True

    def set_status(
        self,
        customer_id: CustomerId,
        appointment_id: AppointmentId,
        status: AppointmentStatus,
        now: datetime,
    ) -> bool:
        """Confirm one that stands, or cancel it and give its place back. False when it does not stand."""
        statement = (
            update(appointments)
            .where(
                appointments.c.id == appointment_id,
                appointments.c.customer_id.in_(self._families.of(customer_id)),
                appointments.c.status.in_(STANDING),
            )
            .values(status=status, changed_at=now)
        )
        if changed_rows(self._connection, statement) == 0:
            return False
        if status not in STANDING:
            self._free(appointment_id)
        return True

    def _write(self, appointment: Appointment) -> None:
        kept = ("id", "customer_id", "seat", "created_at")
        values = {name: value for name, value in vars(appointment).items() if name not in kept}
        self._connection.execute(
            update(appointments).where(appointments.c.id == appointment.id).values(values)
        )

    def _take_place(self, appointment: Appointment, capacity: int) -> bool:
        """Any of the service's places, for the whole time; whatever it had before is let go."""
        pieces = pieces_of(appointment.starts_at, appointment.ends_at)
        # Each try but the last may meet somebody who takes that very place at this moment.
        for _ in range(capacity + 1):
            held = self._held(appointment.service, pieces)
            others = {row.seat for row in held if row.appointment_id != appointment.id}
            free = next((seat for seat in range(capacity) if seat not in others), None)
            if free is None:
                return False
            own = {row.starts_at for row in held if row.seat == free}
            if self._insert(appointment, free, [piece for piece in pieces if piece not in own]):
                self._keep_only(appointment, free, pieces)
                return True
        return False

    def _held(self, service: str, pieces: Sequence[datetime]) -> Sequence[Any]:
        return self._connection.execute(
            select(seats.c.starts_at, seats.c.seat, seats.c.appointment_id).where(
                seats.c.service == service,
                seats.c.starts_at >= pieces[0],
                seats.c.starts_at <= pieces[-1],
            )
        ).all()

    def _insert(self, appointment: Appointment, seat: int, pieces: Sequence[datetime]) -> bool:
        """All or none."""
        if not pieces:
            return True
        same = {"service": appointment.service, "seat": seat, "appointment_id": appointment.id}
        adding = (
            insert_or_ignore(self._connection.dialect.name, seats)
            .values([{**same, "starts_at": piece} for piece in pieces])
            .returning(seats.c.starts_at)
        )
        made = [row.starts_at for row in self._connection.execute(adding)]
        if len(made) == len(pieces):
            return True
        self._connection.execute(
            delete(seats).where(
                seats.c.service == appointment.service,
                seats.c.seat == seat,
                seats.c.starts_at.in_(made),
                seats.c.appointment_id == appointment.id,
            )
        )
        return False

    def _keep_only(self, appointment: Appointment, seat: int, pieces: Sequence[datetime]) -> None:
        is_elsewhere = or_(
            seats.c.service != appointment.service,
            seats.c.seat != seat,
            seats.c.starts_at < pieces[0],
            seats.c.starts_at > pieces[-1],
        )
        self._connection.execute(
            delete(seats).where(and_(seats.c.appointment_id == appointment.id, is_elsewhere))
        )
        self._connection.execute(
            update(appointments).where(appointments.c.id == appointment.id).values(seat=seat)
        )

    def _free(self, appointment_id: AppointmentId) -> None:
        self._connection.execute(delete(seats).where(seats.c.appointment_id == appointment_id))
        self._connection.execute(
            update(appointments).where(appointments.c.id == appointment_id).values(seat=None)
        )


def pieces_of(starts_at: datetime, ends_at: datetime) -> list[datetime]:
    """The five minutes that it touches; at least one, and none of a second day."""
    first = starts_at - timedelta(
        minutes=starts_at.minute % 5, seconds=starts_at.second, microseconds=starts_at.microsecond
    )
    end = max(min(ends_at, starts_at + LONGEST), first + PIECE)
    count = -((first - end) // PIECE)
    return [first + number * PIECE for number in range(count)]
