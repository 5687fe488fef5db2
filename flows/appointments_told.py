"""What the shop's own calendar tells of an appointment, by the Segment-like events. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from context_store.records import Appointment, AppointmentId, AppointmentStatus, Event, new_id
from flows.booking_plan import Plan

BOOKED = "Appointment Booked"
UPDATED = "Appointment Updated"
CANCELED = "Appointment Canceled"
APPOINTMENT_EVENTS = frozenset((BOOKED, UPDATED, CANCELED))
# Where neither the event nor the plan says how long it takes.
USUAL_LENGTH = timedelta(hours=1)
LONGEST = timedelta(hours=24)


def tell_appointment(event: Event, known: Appointment | None, plan: Plan) -> Appointment | None:
    """The appointment as the event leaves it. None when it is old news, or names none, or no time of one."""
    reference = _word(event.properties.get("appointment_id"), 120)
    if reference is None or (known is not None and known.changed_at > event.occurred_at):
        return None
    starts_at = _moment(event.properties.get("starts_at")) or (known.starts_at if known else None)
    service = _word(event.properties.get("service"), 64) or (known.service if known else None)
    if starts_at is None or service is None:
        return None
    first = known or Appointment(
        id=AppointmentId(new_id()),
        customer_id=event.customer_id,
        service=service,
        starts_at=starts_at,
        ends_at=starts_at,
        source=event.source,
        reference=reference,
        created_at=event.received_at,
        changed_at=event.occurred_at,
    )
    return replace(
        first,
        service=service,
        starts_at=starts_at,
        ends_at=_end(event, starts_at, plan, service),
        status=_status(event, first, starts_at),
        changed_at=event.occurred_at,
    )


def _status(event: Event, before: Appointment, starts_at: datetime) -> AppointmentStatus:
    if event.name == CANCELED:
        return AppointmentStatus.CANCELED
    given = event.properties.get("status")
    if given in AppointmentStatus.__members__.values():
        return AppointmentStatus(str(given))
    # Another time has to be confirmed anew; booked again, it stands again.
    has_moved = starts_at != before.starts_at or event.name == BOOKED
    return AppointmentStatus.BOOKED if has_moved else before.status


def _end(event: Event, starts_at: datetime, plan: Plan, service: str) -> datetime:
    told = _moment(event.properties.get("ends_at"))
    if told is not None and starts_at < told <= starts_at + LONGEST:
        return told
    known = plan.service(service)
    return starts_at + (timedelta(minutes=known.minutes) if known else USUAL_LENGTH)


def _moment(value: Any) -> datetime | None:
    """Only a time with its zone: without one nobody can say when it is."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _word(value: Any, longest: int) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return " ".join(str(value).replace("\x00", "").split())[:longest] or None
