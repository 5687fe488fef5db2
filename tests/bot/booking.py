"""What tests of appointments do: somebody else books, a look at what is kept."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from context_store.records import Appointment, AppointmentId, CustomerId, new_id
from tests.world import World

OTHER = "+34600999888"
MADRID = ZoneInfo("Europe/Madrid")


def at(day: str, time: str) -> datetime:
    """An hour of the shop's."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=MADRID)


def appointment(customer_id: CustomerId, starts_at: datetime, **changes: Any) -> Appointment:
    values: dict[str, Any] = {
        "id": AppointmentId(new_id()),
        "customer_id": customer_id,
        "service": "decoration",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "source": "chat",
        "created_at": starts_at - timedelta(days=3),
        "changed_at": starts_at - timedelta(days=3),
    }
    return Appointment(**{**values, **changes})


def book_for_another(world: World, service: str, starts_at: datetime) -> None:
    """Of one person's capacity: the place is gone."""
    if starts_at.tzinfo is None:
        starts_at = starts_at.replace(tzinfo=MADRID)
    assert world.receive(OTHER, "hola").status_code == 200
    world.bell.turns.clear()
    with world.database.write() as uow:
        one = appointment(world.customer_id(OTHER), starts_at, service=service)
        assert uow.appointments.book(one, 1)
        uow.commit()


def appointments_of(world: World, phone: str) -> list[Appointment]:
    """All of theirs, also those that are canceled, in the order in which they were made."""
    with world.database.read() as uow:
        rows = uow._connection.exec_driver_sql("SELECT id FROM appointments ORDER BY created_at, id")
        ids = [AppointmentId(_uuid(row[0])) for row in rows]
        found = [uow.appointments.get(world.customer_id(phone), one) for one in ids]
    return [one for one in found if one is not None]


def _uuid(value: Any) -> UUID:
    """SQLite has no type of its own for it."""
    return value if isinstance(value, UUID) else UUID(str(value))
