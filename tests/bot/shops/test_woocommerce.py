"""WooCommerce's payloads through the bot."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from context_store.records import Identifier, IdentifierKind, OrderStatus
from tests.bot.shops.helpers import NUNO, cart, deliveries, order, settle, tell_woo, who, woo
from tests.world import World

INES = Identifier(kind=IdentifierKind.USER_ID, value="woocommerce:25")


def test_a_guests_order_is_kept_under_their_number(shop: World) -> None:
    tell_woo(shop, "order_created")
    found = order(shop, "727", NUNO)
    assert (found.status, found.total, found.currency) == (OrderStatus.PREPARING, 4500, "EUR")
    assert [(item.name, item.quantity, item.unit_price) for item in found.items] == [
        ("Manta de lã - Azul", 2, 2000)
    ]
    customer = shop.customer("+351912345678")
    assert (customer.id, customer.name, customer.country) == (who(shop, NUNO), "Nuno Alves", "PT")


def test_what_is_not_paid_yet_is_a_checkout(sqlite_shop: World) -> None:
    tell_woo(sqlite_shop, "order_created_unpaid")
    found = cart(sqlite_shop, NUNO)
    assert found is not None
    assert [item.product_id for item in found.items] == ["93-98"]
    with sqlite_shop.database.read() as uow:
        assert uow.orders.newest(who(sqlite_shop, NUNO)) == []


@pytest.mark.parametrize("names", list(permutations(("order_created_unpaid", "order_created"))), ids=" ".join)
def test_an_order_closes_its_own_checkout(sqlite_shop: World, names: Sequence[str]) -> None:
    tell_woo(sqlite_shop, *names)
    assert cart(sqlite_shop, NUNO) is None


def test_a_parcel_by_the_plug_in_for_shipments(sqlite_shop: World) -> None:
    tell_woo(sqlite_shop, "order_updated_completed", "order_created")
    found = order(sqlite_shop, "727", NUNO)
    assert (found.status, found.carrier, found.tracking_number, found.tracking_url) == (
        OrderStatus.SHIPPED,
        "CTT",
        "RR123PT",
        "https://ctt.example/?q=RR123PT",
    )


def test_a_part_given_back_leaves_the_order_and_all_of_it_does_not(shop: World) -> None:
    tell_woo(shop, "order_created", "order_updated_part_refunded")
    assert order(shop, "727", NUNO).status is OrderStatus.SHIPPED
    tell_woo(shop, "order_updated_refunded")
    assert order(shop, "727", NUNO).status is OrderStatus.REFUNDED


def test_an_order_in_the_bin_is_cancelled(sqlite_shop: World) -> None:
    tell_woo(sqlite_shop, "order_created", "order_deleted")
    assert order(sqlite_shop, "727", NUNO).status is OrderStatus.CANCELLED


def test_a_customer_by_the_shops_own_id(sqlite_shop: World) -> None:
    tell_woo(sqlite_shop, "customer_created")
    customer = sqlite_shop.customer("+351913000111")
    assert (customer.id, customer.name) == (who(sqlite_shop, INES), "Inês Prado")


def test_a_product_comes_and_goes(sqlite_shop: World) -> None:
    tell_woo(sqlite_shop, "product_created")
    with sqlite_shop.database.read() as uow:
        (found,) = uow.products.find(["manta"], 5)
    assert (found.price, found.category, found.stock) == (1990, "Têxteis", 7)
    assert found.url == "https://loja.example/produto/manta-de-la/"
    tell_woo(sqlite_shop, "product_deleted")
    with sqlite_shop.database.read() as uow:
        assert uow.products.find(["manta"], 5) == []


def test_coupons_are_passed_over(sqlite_shop: World) -> None:
    assert woo(sqlite_shop, "coupon.created", {"id": 5, "code": "lua5"}).status_code == 200
    settle(sqlite_shop)
    assert deliveries(sqlite_shop) == [("done", None, "coupons are kept by the shop alone")]
