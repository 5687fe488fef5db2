"""What a flow wants done about appointments, as data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from context_store.records import Appointment


@dataclass(frozen=True, kw_only=True)
class Book:
    """A new appointment, or (`moved_from`) another time for an old one.

    The turn carries this out before anything else: if somebody was quicker, it decides anew.
    """

    appointment_id: UUID
    service: str
    starts_at: datetime
    ends_at: datetime
    # How many may have that time.
    capacity: int
    moved_from: datetime | None = None
    effect: Literal["book"] = "book"


@dataclass(frozen=True, kw_only=True)
class ConfirmAppointment:
    appointment_id: UUID
    effect: Literal["confirm_appointment"] = "confirm_appointment"


@dataclass(frozen=True, kw_only=True)
class CancelAppointment:
    appointment_id: UUID
    starts_at: datetime
    effect: Literal["cancel_appointment"] = "cancel_appointment"


@dataclass(frozen=True, kw_only=True)
class Remind:
    """Say that it is soon. Which of its reminders it is: "24h" or "2h"."""

    appointment: Appointment
    which: str
