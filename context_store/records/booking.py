"""Appointments: what a customer has booked, and how it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from context_store.records.ids import AppointmentId, CustomerId


class AppointmentStatus(StrEnum):
    BOOKED = "booked"
    # They have said again that they are coming.
    CONFIRMED = "confirmed"
    CANCELED = "canceled"
    DONE = "done"
    NO_SHOW = "no_show"


# It is going to happen.
STANDING = (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED)


@dataclass(frozen=True, kw_only=True)
class Appointment:
    id: AppointmentId
    customer_id: CustomerId
    # The service's key in flows/booking.yml; of the shop's own system, whatever it calls it.
    service: str
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus = AppointmentStatus.BOOKED
    # Which of the service's places it takes; None where it takes none of ours.
    seat: int | None = None
    # Where it was made: "chat", or the event source that told of it.
    source: str
    # The shop's own number for it; None for what was booked in chat.
    reference: str | None = None
    created_at: datetime
    # When the newest fact about it happened: an older one changes nothing.
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class TakenTime:
    """A stretch of time on one place of a service that somebody has."""

    # The appointment's.
    id: AppointmentId
    service: str
    starts_at: datetime
    ends_at: datetime
    seat: int
