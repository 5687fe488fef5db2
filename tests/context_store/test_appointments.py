"""Places: as many as there are, never one twice, given back when an appointment moves or is canceled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from context_store.appointments import pieces_of
from context_store.database import Database
from context_store.records import AppointmentStatus, Customer, CustomerId, new_id
from tests.bot.booking import appointment
from tests.bot.helpers import at_once

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)


@pytest.fixture
def ana(database: Database) -> CustomerId:
    return add_customer(database)


def add_customer(database: Database) -> CustomerId:
    customer_id = CustomerId(new_id())
    with database.write() as uow:
        uow.customers.add(Customer(id=customer_id, created_at=NOON))
        uow.commit()
    return customer_id


def book(database: Database, one: Any, capacity: int = 1) -> bool:
    with database.write() as uow:
        is_booked: bool = uow.appointments.book(one, capacity)
        uow.commit()
    return is_booked


def test_a_place_is_given_once_and_what_touches_it_is_not_given_either(
    database: Database, ana: CustomerId
) -> None:
    starts = [NOON, NOON, NOON + HALF, NOON - HALF, NOON + 2 * HALF, NOON - 2 * HALF]
    assert [book(database, appointment(ana, start)) for start in starts] == [
        True, False, False, False, True, True,
    ]  # fmt: skip
    other = appointment(ana, NOON, service="candles")
    assert book(database, other)
    with database.read() as uow:
        found = uow.appointments.upcoming(ana, NOON - timedelta(days=1))
    assert len(found) == 4, "nothing is kept of what was refused"


def test_there_are_as_many_places_as_the_service_has(database: Database, ana: CustomerId) -> None:
    assert [book(database, appointment(ana, NOON), 3) for _ in range(4)] == [True, True, True, False]
    with database.read() as uow:
        taken = uow.appointments.taken(NOON - HALF, NOON + HALF)
    assert sorted(one.seat for one in taken) == [0, 1, 2]


def test_moved_it_takes_the_new_place_and_gives_the_old_one_back(database: Database, ana: CustomerId) -> None:
    first, second = appointment(ana, NOON), appointment(ana, NOON + timedelta(hours=3))
    assert book(database, first) and book(database, second)
    with database.write() as uow:
        half_later = replace(first, starts_at=NOON + HALF, ends_at=NOON + 3 * HALF)
        assert uow.appointments.move(half_later, 1), "its own old time is not in the way"
        onto_second = replace(first, starts_at=second.starts_at, ends_at=second.ends_at)
        assert not uow.appointments.move(onto_second, 1)
        uow.commit()
    assert book(database, appointment(ana, NOON - HALF)), "the first half hour is free again"
    assert not book(database, appointment(ana, NOON + HALF)), "a move that failed leaves it where it was"


def test_canceled_it_is_free_again_and_cannot_be_confirmed(database: Database, ana: CustomerId) -> None:
    one = appointment(ana, NOON)
    assert book(database, one)
    with database.write() as uow:
        assert not uow.appointments.set_status(add_to(uow), one.id, AppointmentStatus.CANCELED, NOON), (
            "it is another customer's"
        )
        assert uow.appointments.set_status(ana, one.id, AppointmentStatus.CANCELED, NOON)
        assert not uow.appointments.set_status(ana, one.id, AppointmentStatus.CONFIRMED, NOON)
        uow.commit()
    assert book(database, appointment(ana, NOON))


def add_to(uow: Any) -> CustomerId:
    customer_id = CustomerId(new_id())
    uow.customers.add(Customer(id=customer_id, created_at=NOON))
    return customer_id


def test_of_many_who_come_at_once_as_many_get_a_place_as_there_are(database: Database) -> None:
    people = [add_customer(database) for _ in range(6)]

    def job(who: CustomerId) -> Callable[[], bool]:
        return lambda: book(database, appointment(who, NOON), 2)

    assert sum(at_once([job(who) for who in people])) == 2
    with database.read() as uow:
        assert len(uow.appointments.taken(NOON, NOON + HALF)) == 2


def test_a_time_is_cut_into_the_pieces_that_it_touches() -> None:
    assert pieces_of(NOON, NOON + timedelta(minutes=10)) == [NOON, NOON + timedelta(minutes=5)]
    odd = NOON + timedelta(minutes=3, seconds=20)
    assert pieces_of(odd, odd + timedelta(minutes=4)) == [NOON, NOON + timedelta(minutes=5)]
    assert pieces_of(NOON, NOON) == [NOON]
    assert len(pieces_of(NOON, NOON + timedelta(days=400))) == 288
