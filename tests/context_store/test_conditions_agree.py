"""One condition, two evaluators, one answer: SQL over tables and Python over facts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from context_store.audience.family import customers
from context_store.audience.people import (
    addresses,
    consents,
    enrollments,
    handoffs,
    messages,
    surveys,
    traits,
)
from context_store.audience.shop import carts, events, orders, products
from context_store.database import Database
from context_store.records import (
    Author,
    Channel,
    CustomerStatus,
    Direction,
    MessageStatus,
    Purpose,
    new_id,
)
from context_store.records.conditions import as_json, read_condition
from context_store.unit_of_work import UnitOfWork
from flows.audience import explain, holds
from tests.context_store.people_for_conditions import NOW, NUMBERS, TICK, Person, crowds
from tests.context_store.random_conditions import groups, leaves
from tests.fixtures.world import Ground

CATALOGUE: list[dict[str, Any]] = [
    {"product_id": "p1", "name": "vela", "category": "Velas"},
    {"product_id": "p2", "name": "Lámpara", "category": "vela"},
    {"product_id": "p3", "name": "vela", "category": "ñandú"},
    {"product_id": "p4", "name": "Lámpara", "category": None},
]


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Database]:
    database = Database.connect("sqlite://")
    database.migrate()
    yield database
    database.dispose()


def put_down(uow: UnitOfWork, crowd: list[Person]) -> None:
    connection = uow._connection
    connection.execute(
        insert(products), [{**one, "price": 100, "currency": "EUR", "changed_at": NOW} for one in CATALOGUE]
    )
    # The first is whom the second may have been merged into.
    for person in crowd:
        connection.execute(insert(customers), vars(person.customer))
    by_table: list[tuple[Any, list[dict[str, Any]]]] = [
        (events, [vars(each) for person in crowd for each in person.events]),
        (carts, [vars(each) for person in crowd for each in person.carts]),
        (orders, [vars(each) for person in crowd for each in person.orders]),
        (consents, [vars(each) for person in crowd for each in person.consents]),
        (addresses, [vars(each) for person in crowd for each in person.addresses]),
        (surveys, [vars(each) for person in crowd for each in person.surveys]),
        (enrollments, [vars(each) for person in crowd for each in person.runs]),
        (handoffs, [vars(each) for person in crowd for each in person.handoffs]),
        (messages, [_message(person, at) for person in crowd for at in person.sent]),
        (
            traits,
            [
                {"customer_id": person.customer.id, "name": name, "value": value}
                for person in crowd
                for name, value in person.traits.items()
            ],
        ),
    ]
    for table, rows in by_table:
        if rows:
            connection.execute(insert(table), rows)


def _message(person: Person, at: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "customer_id": person.customer.id,
        "channel": Channel.SMS,
        "direction": Direction.OUT,
        "author": Author.JOURNEY,
        "purpose": Purpose.MARKETING if next(NUMBERS) % 2 else Purpose.SURVEY,
        "status": MessageStatus.SENT,
        "text": "",
        "options": (),
        "media": (),
        "created_at": NOW,
        "sent_at": at,
        "stored_at": NOW,
    }


def check(database: Database, crowd: list[Person], asked: list[Any], shift: timedelta) -> None:
    now = NOW + shift
    with database.write() as uow:
        put_down(uow, crowd)
        for condition in asked:
            assert read_condition(as_json(condition)) == condition
            resolved = uow.segments.resolve(condition)
            active = [one.customer.id for one in crowd if one.customer.status is CustomerStatus.ACTIVE]
            portraits = uow.segments.portraits(active, resolved)
            in_python = {who for who in active if holds(resolved, portraits[who], now)}
            assert {who for who in active if explain(resolved, portraits[who], now).holds} == in_python
            assert set(uow.segments.ids(condition, now)) == in_python, condition
            assert set(uow.segments.sample(condition, now)) == in_python, condition
            assert uow.segments.count(condition, now) == len(in_python)
        uow.rollback()


shifts = st.sampled_from((timedelta(), TICK, -TICK))
random_worlds = given(crowd=crowds(), asked=st.lists(leaves | groups, min_size=3, max_size=6), shift=shifts)
# Shrinking takes minutes here: the condition is in the failure itself.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
quietly = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@random_worlds
@settings(max_examples=25, deadline=None, suppress_health_check=quietly, phases=PHASES)
def test_both_evaluators_agree_on_sqlite(
    sqlite: Database, crowd: list[Person], asked: list[Any], shift: timedelta
) -> None:
    check(sqlite, crowd, asked, shift)


@pytest.fixture
def postgresql(postgres_ground: Ground) -> Iterator[Database]:
    postgres_ground.renew()
    yield postgres_ground.database
    postgres_ground.database.dispose()


@pytest.mark.services
@random_worlds
@settings(max_examples=6, deadline=None, suppress_health_check=quietly, phases=PHASES)
def test_both_evaluators_agree_on_postgresql(
    postgresql: Database, crowd: list[Person], asked: list[Any], shift: timedelta
) -> None:
    check(postgresql, crowd, asked, shift)
