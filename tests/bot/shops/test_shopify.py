"""Shopify's payloads through the bot: carts, checkouts, orders, refunds, parcels, people, products."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from context_store.records import (
    Channel,
    ConsentStatus,
    Identifier,
    IdentifierKind,
    OrderStatus,
    Topic,
)
from tests.bot.shops.helpers import MARTA, cart, deliveries, hurry, order, payload, settle, shopify, tell, who
from tests.world import World

PHONE = "+34600111222"
CART = Identifier(kind=IdentifierKind.ANONYMOUS_ID, value="shopify-cart:c1-68778783ad298f1c80c3bafcddeea02f")


def quantities(world: World, identifier: Identifier = MARTA) -> dict[str, int]:
    found = cart(world, identifier)
    return {item.product_id: item.quantity for item in found.items} if found else {}


def test_a_cart_is_what_its_newest_state_says_whatever_came_last(shop: World) -> None:
    tell(shop, "carts_update", "carts_create")
    assert quantities(shop, CART) == {"8801-4401": 2, "8802-4402": 1}


def test_a_checkout_names_who_the_cart_belongs_to(shop: World) -> None:
    tell(shop, "carts_create", "checkouts_create")
    assert who(shop, CART) == who(shop)
    found = cart(shop)
    assert found is not None
    assert [(item.name, item.quantity, item.unit_price) for item in found.items] == [
        ("Vela de soja (Higuera)", 2, 1250),
        ("Lámpara Alba", 1, 7400),
    ]
    customer = shop.customer(PHONE)
    assert (customer.name, customer.country) == ("Marta Gil Sanz", "ES")


def test_who_the_parcel_goes_to_is_not_who_bought(sqlite_shop: World) -> None:
    tell(sqlite_shop, "checkouts_create")
    with sqlite_shop.database.read() as uow:
        assert uow.customers.find_by(Identifier(kind=IdentifierKind.PHONE, value="+34976222333")) is None


def test_a_guests_national_number_is_read_in_their_own_country(sqlite_shop: World) -> None:
    tell(sqlite_shop, "checkouts_update_guest")
    ann = Identifier(kind=IdentifierKind.PHONE, value="+447911123456")
    assert quantities(sqlite_shop, ann) == {"8801-4401": 2}
    assert sqlite_shop.customer("+447911123456").name == "Ann Lee"
    found = cart(sqlite_shop, ann)
    assert found is not None
    assert found.currency == "GBP"


def test_an_order_closes_its_cart_and_a_late_checkout_does_not_open_it(shop: World) -> None:
    tell(shop, "checkouts_create", "orders_create", "carts_update")
    assert cart(shop) is None
    done = {**payload("shopify", "checkouts_create"), "completed_at": "2026-11-23T11:45:00+01:00"}
    shopify(shop, "checkouts/update", {**done, "updated_at": "2026-11-23T11:46:00+01:00"})
    settle(shop)
    assert cart(shop) is None
    found = order(shop)
    assert (found.status, found.total, found.currency) == (OrderStatus.PLACED, 8910, "EUR")
    assert [(item.name, item.quantity) for item in found.items] == [
        ("Vela de soja (Higuera)", 2),
        ("Lámpara Alba", 1),
    ]


STORY = ("orders_create", "orders_paid", "orders_fulfilled", "fulfillments_update_delivered")


@pytest.mark.parametrize("names", list(permutations(STORY)), ids=" ".join)
def test_in_whatever_order_the_topics_come_the_end_is_the_same(
    sqlite_shop: World, names: Sequence[str]
) -> None:
    tell(sqlite_shop, *names)
    hurry(sqlite_shop)
    settle(sqlite_shop)
    found = order(sqlite_shop)
    assert (found.status, found.carrier, found.tracking_number) == (
        OrderStatus.DELIVERED,
        "SEUR",
        "SE123456789ES",
    )
    assert found.tracking_url == "https://seur.example/seguimiento/SE123456789ES"
    assert found.total == 8910
    assert len(found.items) == 2
    assert cart(sqlite_shop) is None


def test_a_cancelled_order_stays_cancelled(sqlite_shop: World) -> None:
    tell(sqlite_shop, "orders_cancelled", "orders_create", "orders_paid")
    assert order(sqlite_shop).status is OrderStatus.CANCELLED


def test_one_of_two_pieces_given_back_is_no_refunded_order(shop: World) -> None:
    tell(shop, "orders_create", "refunds_create")
    assert order(shop).status is OrderStatus.PLACED
    tell(shop, "orders_updated_refunded")
    found = order(shop)
    assert (found.status, found.total) == (OrderStatus.REFUNDED, 8910)


def test_a_refund_before_its_order_waits_for_it(shop: World) -> None:
    tell(shop, "refunds_create")
    assert deliveries(shop)[0][::2] == ("waiting", "its order is not known")
    tell(shop, "orders_create")
    hurry(shop)
    settle(shop)
    assert [state for state, _, _ in deliveries(shop)] == ["done", "done"]
    with shop.database.read() as uow:
        names = {event.name for event in uow.events.newest(who(shop))}
    assert "Order Refunded" in names


def test_the_refund_of_an_order_that_never_came_is_let_go(sqlite_shop: World) -> None:
    tell(sqlite_shop, "refunds_create")
    for _ in range(3):
        hurry(sqlite_shop)
        settle(sqlite_shop)
    assert deliveries(sqlite_shop) == [("done", None, "its order is not known")]


def test_the_same_news_by_two_topics_is_one_event(sqlite_shop: World) -> None:
    same = payload("shopify", "orders_fulfilled")
    for topic in ("orders/updated", "orders/fulfilled"):
        shopify(sqlite_shop, topic, same)
    settle(sqlite_shop)
    with sqlite_shop.database.read() as uow:
        names = sorted(event.name for event in uow.events.newest(who(sqlite_shop)))
    assert names == ["Order Completed", "Order Updated", "identify"]


def consents(world: World) -> list[tuple[Channel, ConsentStatus]]:
    with world.database.read() as uow:
        return sorted(
            (line.channel, line.status)
            for line in uow.consents.current(who(world))
            if line.topic is Topic.MARKETING
        )


def test_what_they_agreed_to_is_in_the_ledger_with_its_own_time(shop: World) -> None:
    tell(shop, "customers_create")
    assert consents(shop) == [(Channel.EMAIL, ConsentStatus.OPTED_IN)]
    tell(shop, "customers_update")
    after = [(Channel.EMAIL, ConsentStatus.OPTED_OUT), (Channel.SMS, ConsentStatus.OPTED_IN)]
    assert consents(shop) == after
    # The older state again, and the newer one: nothing more.
    tell(shop, "customers_create", "customers_update")
    assert consents(shop) == after
    with shop.database.read() as uow:
        ledger = uow.consents.ledger(who(shop))
    assert len(ledger) == 3
    assert all(line.proof and "7072541900" in line.proof and line.method == "shop" for line in ledger)


def test_a_stop_is_not_undone_by_an_older_agreement(shop: World) -> None:
    shop.says(PHONE, "STOP")
    assert shop.clock.now().isoformat() > "2026-11-23T10:58:40"
    tell(shop, "customers_update")
    with shop.database.read() as uow:
        lines = {
            (line.topic, line.status)
            for line in uow.consents.current(shop.customer_id(PHONE))
            if line.channel is Channel.SMS
        }
    assert lines == {(Topic.ALL, ConsentStatus.OPTED_OUT)}


def test_a_customer_is_known_by_name_phone_and_language(sqlite_shop: World) -> None:
    tell(sqlite_shop, "customers_create")
    customer = sqlite_shop.customer(PHONE)
    assert (customer.name, customer.language, customer.country) == ("Marta Gil Sanz", "es", "ES")


def test_variants_are_products_and_what_is_deleted_is_found_no_more(shop: World) -> None:
    tell(shop, "products_create")
    with shop.database.read() as uow:
        found = {product.product_id: product for product in uow.products.find(["soja"], 10)}
    assert {known_as: (one.name, one.price, one.stock) for known_as, one in found.items()} == {
        "8801-4401": ("Vela de soja (Higuera)", 1250, 14),
        "8801-4403": ("Vela de soja (Lavanda)", 1300, 0),
    }
    assert found["8801-4401"].image_url == "https://cdn.luna.example/vela-higuera.jpg"
    tell(shop, "products_delete", "products_update")
    with shop.database.read() as uow:
        assert uow.products.find(["soja"], 10) == []
        assert uow.products.all() == []
        assert uow.recommended.of_categories(["Velas"]) == []


def test_a_product_that_comes_back_is_found_again(sqlite_shop: World) -> None:
    tell(sqlite_shop, "products_create", "products_delete")
    shopify(
        sqlite_shop,
        "products/update",
        {**payload("shopify", "products_update"), "updated_at": "2026-11-23T12:30:00+01:00"},
    )
    sqlite_shop.clock.forward(hours=1)
    again = {**payload("shopify", "products_update"), "updated_at": "2026-11-23T12:40:00+01:00"}
    shopify(sqlite_shop, "products/update", again)
    settle(sqlite_shop)
    with sqlite_shop.database.read() as uow:
        assert len(uow.products.find(["soja"], 10)) == 2
        assert len(uow.products.all()) == 2


def test_a_draft_is_not_on_sale(sqlite_shop: World) -> None:
    tell(sqlite_shop, "products_create")
    shopify(sqlite_shop, "products/update", {**payload("shopify", "products_update"), "status": "draft"})
    settle(sqlite_shop)
    with sqlite_shop.database.read() as uow:
        assert uow.products.find(["soja"], 10) == []


def test_a_request_for_data_waits_for_a_person(sqlite_shop: World) -> None:
    tell(sqlite_shop, "orders_create", "customers_data_request", "customers_data_request", "shop_redact")
    with sqlite_shop.database.read() as uow:
        asked = [(request.kind, request.customer_id) for request in uow.privacy_requests.waiting()]
    assert asked == [("export", who(sqlite_shop)), ("erase_shop", None)]


def test_customers_redact_erases_and_no_late_webhook_brings_them_back(shop: World) -> None:
    tell(shop, "checkouts_create", "orders_create")
    tell(shop, "customers_redact")
    with shop.database.read() as uow:
        assert uow.customers.find_by(MARTA) is None
    tell(shop, "orders_fulfilled", "customers_update", "fulfillments_create", "carts_update")
    with shop.database.read() as uow:
        assert uow.customers.find_by(MARTA) is None
        assert uow.customers.find_by(Identifier(kind=IdentifierKind.PHONE, value=PHONE)) is None


def test_another_topics_payload_cannot_redact(sqlite_shop: World) -> None:
    """Topics are headers, which nobody signs: an order that was overheard must erase nobody."""
    tell(sqlite_shop, "orders_create")
    shopify(sqlite_shop, "customers/redact", payload("shopify", "orders_create"))
    settle(sqlite_shop)
    assert deliveries(sqlite_shop)[1][0] == "parked"
    assert order(sqlite_shop).number == "1001"


def test_every_topic_lets_go_of_its_payload(sqlite_shop: World) -> None:
    names = ("carts_create", "checkouts_create", "orders_create", "customers_create", "products_create")
    tell(sqlite_shop, *names)
    assert {payload for _, payload, _ in deliveries(sqlite_shop)} == {None}
