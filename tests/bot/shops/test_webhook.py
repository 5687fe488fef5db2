"""The wire of shops' webhooks: who may send, what is kept once, and how little is done before the answer."""

import json

import pytest

from bot.shops.work import work_off
from tests.bot.shops.helpers import (
    DOMAIN,
    PAYLOADS,
    SHOPIFY_SECRET,
    deliveries,
    hurry,
    payload,
    shop_world,
    shopify,
    signature,
    woo,
)
from tests.fixtures.world import Ground
from tests.world import World

ORDER = payload("shopify", "orders_create")
RAW = (PAYLOADS / "shopify" / "orders_create.json").read_bytes()


def test_what_is_signed_is_kept_raw_and_nothing_else_is_done_yet(shop: World) -> None:
    answer = shopify(shop, "orders/create", RAW)
    assert (answer.status_code, answer.get_json()) == (200, {"success": True, "repeated": False})
    assert deliveries(shop) == [("waiting", RAW.decode(), None)]
    assert shop.bell.turns == []


def test_a_delivery_that_comes_again_is_answered_and_dropped(shop: World) -> None:
    for is_repeat in (False, True):
        answer = shopify(shop, "orders/create", RAW, delivery="b54557e4")
        assert answer.get_json()["repeated"] is is_repeat
    assert len(deliveries(shop)) == 1


def test_without_an_id_the_body_tells_a_repeat(sqlite_shop: World) -> None:
    for _ in range(2):
        shopify(sqlite_shop, "orders/create", RAW, **{"X-Shopify-Webhook-Id": ""})
    shopify(sqlite_shop, "orders/create", RAW + b" ", **{"X-Shopify-Webhook-Id": ""})
    assert len(deliveries(sqlite_shop)) == 2


FORGED = {
    "no signature": "",
    "another secret": signature(RAW, "another"),
    "another body": signature(RAW + b" ", SHOPIFY_SECRET),
    "no base64": "%%%",
    "hexadecimal": signature(RAW, SHOPIFY_SECRET).encode().hex(),
    "not ASCII": "ñññ",
}


@pytest.mark.parametrize("given", FORGED.values(), ids=FORGED)
def test_a_wrong_signature_is_told_and_keeps_nothing(sqlite_shop: World, given: str) -> None:
    answer = shopify(sqlite_shop, "orders/create", RAW, **{"X-Shopify-Hmac-Sha256": given})
    assert answer.status_code == 401
    assert "SHOPIFY_SECRET" in answer.get_data(as_text=True)
    assert deliveries(sqlite_shop) == []


def test_two_secrets_while_they_are_rotated(sqlite_ground: Ground) -> None:
    with shop_world(sqlite_ground, shopify_secret="new-one, old-one") as world:
        codes = [
            shopify(world, "orders/create", RAW, secret=secret).status_code
            for secret in ("new-one", "old-one", "x")
        ]
    assert codes == [200, 200, 401]


def test_without_a_secret_nobody_may_send(sqlite_ground: Ground) -> None:
    with shop_world(sqlite_ground, shopify_secret="", woocommerce_secret="") as world:
        assert shopify(world, "orders/create", RAW, secret="").status_code == 401
        assert woo(world, "order.created", b"{}", secret="").status_code == 401


def test_only_shops_on_the_list_may_send(sqlite_ground: Ground) -> None:
    with shop_world(sqlite_ground, shop_domains=f"{DOMAIN},loja.example") as world:
        assert shopify(world, "orders/create", RAW).status_code == 200
        assert woo(world, "order.created", b"{}").status_code == 200
        other = shopify(world, "orders/create", RAW, **{"X-Shopify-Shop-Domain": "other.myshopify.com"})
        assert other.status_code == 403
        assert len(deliveries(world)) == 2


def test_a_topic_that_we_do_not_take_is_answered_politely(sqlite_shop: World) -> None:
    assert shopify(sqlite_shop, "themes/publish", b"{}").status_code == 200
    assert deliveries(sqlite_shop) == []


def test_woocommerces_first_ping_needs_no_signature(sqlite_shop: World) -> None:
    body = (PAYLOADS / "woocommerce" / "ping.form").read_bytes()
    answer = sqlite_shop.client.post(
        "/shop/woocommerce", data=body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert deliveries(sqlite_shop) == []
    # Only that ping, and only there.
    assert sqlite_shop.client.post("/shop/woocommerce", data=b"webhook_id=1&x=2").status_code == 401
    assert sqlite_shop.client.post("/shop/shopify", data=body).status_code == 401


def test_a_body_is_bounded_but_a_large_order_fits(sqlite_shop: World) -> None:
    large = json.dumps({**ORDER, "note": "x" * 700_000}).encode()
    assert shopify(sqlite_shop, "orders/create", large).status_code == 200
    assert shopify(sqlite_shop, "orders/create", b"x" * (2 * 1024 * 1024 + 1)).status_code == 413


BROKEN = {
    "no JSON": b"{",
    "no object": b"[]",
    "no id": json.dumps({"email": "a@example.com"}).encode(),
    "too deep": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_what_makes_no_sense_is_set_aside_with_its_payload(sqlite_shop: World, raw: bytes) -> None:
    assert shopify(sqlite_shop, "orders/create", raw).status_code == 200
    for _ in range(3):
        work_off(sqlite_shop.house.parts)
        hurry(sqlite_shop)
    ((status, kept, error),) = deliveries(sqlite_shop)
    assert (status, kept) == ("parked", raw.decode())
    assert error


def test_three_failures_park_it_and_a_retry_works_it_off(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopify(shop, "orders/create", RAW)
    with monkeypatch.context() as patched:
        patched.setattr("bot.shops.work.keep", lambda *given: 1 / 0)
        for _ in range(3):
            assert work_off(shop.house.parts) == 1
            hurry(shop)
        assert work_off(shop.house.parts) == 0
    assert deliveries(shop)[0][::2] == ("parked", "ZeroDivisionError")
    with shop.database.write() as uow:
        (parked,) = uow.shop_deliveries.parked()
        assert uow.shop_deliveries.retry([parked.number]) == [parked.number]
        uow.commit()
    work_off(shop.house.parts)
    assert deliveries(shop) == [("done", None, None)]


def test_starts_that_end_the_process_count_as_tries(shop: World) -> None:
    shopify(shop, "orders/create", RAW)
    for _ in range(3):
        # Taken by somebody who then vanishes.
        with shop.database.write() as uow:
            assert uow.shop_deliveries.take(60.0) is not None
            uow.commit()
        hurry(shop)
    work_off(shop.house.parts)
    assert deliveries(shop)[0][::2] == ("parked", "three tries ended the process")


def test_who_was_overtaken_writes_nothing(shop: World) -> None:
    """A process that is slow beyond its lease finds that another has begun: one of the two counts."""
    from bot.shops.work import work

    shopify(shop, "orders/create", RAW)
    with shop.database.write() as uow:
        slow = uow.shop_deliveries.take(60.0)
        uow.commit()
    hurry(shop)
    assert slow is not None
    work_off(shop.house.parts)
    work(shop.house.parts, slow)
    assert deliveries(shop) == [("done", None, None)]
    with shop.database._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one() == 2
