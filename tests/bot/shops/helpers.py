"""Raw payloads as a shop sends them: signed, with its headers."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bot.shops.work import work_off
from context_store.records import Cart, CustomerId, Identifier, IdentifierKind, Order
from tests.fixtures.world import Ground
from tests.world import World, make_world

PAYLOADS = Path(__file__).parents[2] / "payloads"
SHOPIFY_SECRET = "shpss_test_secret"
WOO_SECRET = "woo-test-secret"
DOMAIN = "luna.myshopify.com"
MARTA = Identifier(kind=IdentifierKind.USER_ID, value="shopify:7072541900")
NUNO = Identifier(kind=IdentifierKind.EMAIL, value="nuno.alves@example.com")
_ids = count(1)


@contextmanager
def shop_world(ground: Ground, **changes: object) -> Iterator[World]:
    ground.renew()
    settings = {"shopify_secret": SHOPIFY_SECRET, "woocommerce_secret": WOO_SECRET, **changes}
    world = make_world(ground.url, database=ground.database, **settings)
    yield world
    world.house.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def shop(request: pytest.FixtureRequest) -> Iterator[World]:
    name = "sqlite_ground" if request.param == "sqlite" else "postgres_ground"
    with shop_world(request.getfixturevalue(name)) as world:
        yield world


@pytest.fixture
def sqlite_shop(sqlite_ground: Ground) -> Iterator[World]:
    with shop_world(sqlite_ground) as world:
        yield world


def payload(shop: str, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((PAYLOADS / shop / f"{name}.json").read_text("utf-8"))
    return read


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def shopify(
    world: World,
    topic: str,
    body: bytes | dict[str, Any],
    *,
    delivery: str | None = None,
    secret: str = SHOPIFY_SECRET,
    **headers: str,
) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature(raw, secret),
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Webhook-Id": delivery or f"delivery-{next(_ids)}",
        **headers,
    }
    return world.client.post("/shop/shopify", data=raw, content_type="application/json", headers=sent)


def woo(
    world: World,
    topic: str,
    body: bytes | dict[str, Any],
    *,
    delivery: str | None = None,
    secret: str = WOO_SECRET,
) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": signature(raw, secret),
        "X-WC-Webhook-Source": "https://loja.example/",
        "X-WC-Webhook-Delivery-ID": delivery or f"delivery-{next(_ids)}",
    }
    return world.client.post("/shop/woocommerce", data=raw, content_type="application/json", headers=headers)


def tell(world: World, *names: str) -> None:
    """Shopify sends these files, in this order; all of it is worked off."""
    for name in names:
        topic = (
            name.replace("_", "/", 1).split("_")[0]
            if name.split("_")[1] != "data"
            else "customers/data_request"
        )
        assert shopify(world, topic, payload("shopify", name)).status_code == 200
    settle(world)


def tell_woo(world: World, *names: str) -> None:
    for name in names:
        topic = ".".join(name.split("_")[:2])
        assert woo(world, topic, payload("woocommerce", name)).status_code == 200
    settle(world)


def settle(world: World) -> None:
    work_off(world.house.parts)
    world.work()


def hurry(world: World) -> None:
    """As if the pause before the next try were over."""
    with world.database._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE shop_deliveries SET retry_at = '2020-01-01 00:00:00.000000'")


def who(world: World, identifier: Identifier = MARTA) -> CustomerId:
    with world.database.read() as uow:
        found = uow.customers.find_by(identifier)
    assert found is not None
    return CustomerId(found)


def order(world: World, number: str = "1001", identifier: Identifier = MARTA) -> Order:
    with world.database.read() as uow:
        found: Order = uow.orders.get(who(world, identifier), number)
    return found


def cart(world: World, identifier: Identifier = MARTA) -> Cart | None:
    with world.database.read() as uow:
        found: Cart | None = uow.carts.live(who(world, identifier))
    return found


def deliveries(world: World) -> list[tuple[str, str | None, str | None]]:
    """State, payload and error of each, in order."""
    with world.database._engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT status, payload, error FROM shop_deliveries ORDER BY number"
        )
        return [(row[0], row[1], row[2]) for row in rows]
