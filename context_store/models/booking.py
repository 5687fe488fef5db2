"""Appointments and the places that they take."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, UtcDateTime, Word
from context_store.records import AppointmentStatus


class AppointmentRow(Base):
    __tablename__ = "appointments"
    __table_args__ = (
        UniqueConstraint("source", "reference"),
        Index(None, "customer_id", "starts_at"),
        # What is taken, of all services, from now on.
        Index(None, "starts_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    service: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[AppointmentStatus] = mapped_column(Word(AppointmentStatus))
    seat: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SeatRow(Base):
    """Five minutes on one place of a service. The key is what keeps two people from booking the same."""

    __tablename__ = "appointment_seats"

    service: Mapped[str] = mapped_column(String(64), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointments.id"), index=True)
