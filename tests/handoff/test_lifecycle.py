"""Where a customer stands with the shop, from the thresholds of lifecycle.yml: one state each, always."""

from datetime import UTC, datetime, timedelta

import pytest

from context_store.audience.resolving import lifecycle
from context_store.records import (
    Customer,
    CustomerId,
    Order,
    OrderId,
    OrderStatus,
    Portrait,
    new_id,
)
from context_store.records.conditions import LifecycleState
from flows.audience import holds
from handoff.brief import build
from tests.bot.helpers import LUCIA
from tests.world import World

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def orders(*days_ago: float, total: int = 1000, currency: str = "EUR") -> tuple[Order, ...]:
    who = CustomerId(new_id())
    return tuple(
        Order(
            id=OrderId(new_id()),
            customer_id=who,
            number=str(number),
            status=OrderStatus.DELIVERED,
            total=total,
            currency=currency,
            placed_at=NOW - timedelta(days=days),
        )
        for number, days in enumerate(days_ago)
    )


@pytest.mark.parametrize(
    ("bought", "state"),
    [
        ((), LifecycleState.PROSPECT),
        (orders(3), LifecycleState.NEW),
        (orders(3, 40), LifecycleState.RECURRENT),
        (orders(3, 4, 5, 6, 7, 8), LifecycleState.VIP),
        (orders(3, total=60_000), LifecycleState.VIP),
        # Sixty thousand pesos are no fortune.
        (orders(3, total=60_000, currency="COP"), LifecycleState.NEW),
        (orders(90, 95), LifecycleState.RECURRENT),
        (orders(90.1, 95), LifecycleState.AT_RISK),
        (orders(91, 92, 93, 94, 95, 96), LifecycleState.AT_RISK),
        (orders(181), LifecycleState.INACTIVE),
    ],
)
def test_everybody_is_in_one_state(bought: tuple[Order, ...], state: LifecycleState) -> None:
    customer = Customer(id=CustomerId(new_id()), created_at=NOW)
    portrait = Portrait(customer=customer, orders=bought)
    assert [name for name, condition in lifecycle().items() if holds(condition, portrait, NOW)] == [state]


def test_the_brief_tells_it(world: World) -> None:
    world.says(LUCIA, "Hola")
    with world.database.read() as uow:
        assert build(uow, world.customer_id(LUCIA), NOW).lifecycle is LifecycleState.PROSPECT
