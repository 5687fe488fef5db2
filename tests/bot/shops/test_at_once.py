"""Several processes at once: each delivery is kept once, worked off once, and makes each person once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.erasure import erase
from bot.shops.work import work_off
from tests.bot.shops.helpers import deliveries, payload, shop_world, shopify, who
from tests.fixtures.world import Ground
from tests.world import World

THREADS = 4


@pytest.fixture
def postgres_shop(postgres_ground: Ground) -> Iterator[World]:
    with shop_world(postgres_ground) as world:
        yield world


def count(world: World, table: str) -> int:
    with world.database._engine.connect() as connection:
        found: int = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    return found


@pytest.mark.services
def test_the_same_delivery_by_several_at_once_is_kept_once(postgres_shop: World) -> None:
    body = payload("shopify", "orders_create")
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(
            pool.map(
                lambda _: shopify(postgres_shop, "orders/create", body, delivery="d1"), range(THREADS * 3)
            )
        )
    assert {answer.status_code for answer in answers} == {200}
    assert sum(not answer.get_json()["repeated"] for answer in answers) == 1
    assert len(deliveries(postgres_shop)) == 1


@pytest.mark.services
def test_several_at_the_same_pile_do_each_thing_once(postgres_shop: World) -> None:
    order = payload("shopify", "orders_create")
    for index in range(24):
        # One person, many orders: all of them want to make her.
        shopify(postgres_shop, "orders/create", {**order, "id": index + 1, "name": f"#{index + 1}"})
    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(lambda _: work_off(postgres_shop.house.parts), range(THREADS)))
    assert sum(done) == 24
    assert {state for state, _, _ in deliveries(postgres_shop)} == {"done"}
    assert count(postgres_shop, "customers") == 1
    assert count(postgres_shop, "events") == 24 + 1
    assert count(postgres_shop, "inputs") == 24 + 1


@pytest.mark.services
def test_who_is_erased_while_orders_come_in_does_not_come_back(postgres_shop: World) -> None:
    order = payload("shopify", "orders_create")
    shopify(postgres_shop, "orders/create", order)
    work_off(postgres_shop.house.parts)
    parts = postgres_shop.house.parts
    customer_id = who(postgres_shop)
    for index in range(12):
        shopify(postgres_shop, "orders/create", {**order, "id": index + 1, "name": f"#{index + 1}"})
    with ThreadPoolExecutor(2) as pool:
        working = pool.submit(work_off, parts)
        erasing = pool.submit(erase, parts.database, parts.settings, customer_id, parts.now())
        working.result()
        assert erasing.result() is not None
    with postgres_shop.database._engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM customers WHERE name IS NOT NULL").all()
        texts = connection.exec_driver_sql("SELECT properties FROM events").scalars().all()
    assert names == []
    assert all(properties == {} for properties in texts)
