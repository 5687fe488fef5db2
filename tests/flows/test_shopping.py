"""Carts and orders told from events, in whatever order these arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa_sdk.executor import CollectingDispatcher

from context_store.records import Cart, CartStatus, Channel, CustomerId, Event, EventId, OrderStatus
from flows.cart import tell
from flows.options import with_numbered
from flows.shopping import minor_units, points_told, products_told, tell_cart, tell_order
from flows.texts import Texts

CUSTOMER = CustomerId(uuid4())
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def event(name: str, minute: int, /, **properties: Any) -> Event:
    return Event(
        id=EventId(uuid4()),
        customer_id=CUSTOMER,
        source="web",
        message_id=str(uuid4()),
        name=name,
        properties=properties,
        cart_key="c1",
        occurred_at=START + timedelta(minutes=minute),
        received_at=START + timedelta(hours=1),
    )


def told(*events: Event) -> Cart:
    ordered = sorted(events, key=lambda one: one.occurred_at)
    cart = tell_cart(ordered, CUSTOMER, "c1", "EUR")
    assert cart is not None
    return cart


def added(minute: int, product: str, quantity: int = 1, price: Any = 12.5) -> Event:
    return event(
        "Product Added", minute, product_id=product, name=product.title(), quantity=quantity, price=price
    )


def removed(minute: int, product: str, **more: Any) -> Event:
    return event("Product Removed", minute, product_id=product, **more)


def contents(cart: Cart) -> dict[str, int]:
    return {item.product_id: item.quantity for item in cart.items}


def test_adding_twice_adds_up_and_removing_takes_away() -> None:
    cart = told(added(1, "candle", 2), added(2, "candle"), added(3, "lamp"), removed(4, "candle", quantity=1))
    assert contents(cart) == {"candle": 2, "lamp": 1}
    assert cart.total == 2 * 1250 + 1250


def test_removing_without_a_quantity_takes_all_of_it_out() -> None:
    assert contents(told(added(1, "candle", 5), removed(2, "candle"))) == {}


def test_a_snapshot_replaces_what_was_known() -> None:
    seen = event(
        "Cart Viewed", 5, products=[{"product_id": "mug", "name": "Mug", "quantity": 3, "price": "8"}]
    )
    assert contents(told(added(1, "candle"), seen)) == {"mug": 3}
    assert contents(told(added(1, "candle"), event("Cart Viewed", 5, products=[]))) == {}


def test_an_order_closes_the_cart_and_a_late_older_event_does_not_open_it_again() -> None:
    cart = told(added(1, "candle"), event("Order Completed", 9, order_id="1"), added(5, "lamp"))
    assert cart.status is CartStatus.CONVERTED


def test_after_an_order_the_cart_begins_empty() -> None:
    cart = told(added(1, "candle"), event("Order Completed", 9, order_id="1"), added(10, "lamp"))
    assert (cart.status, contents(cart)) == (CartStatus.OPEN, {"lamp": 1})


@given(st.permutations(range(5)))
def test_the_order_of_arrival_is_no_matter(order: list[int]) -> None:
    story = [
        added(1, "candle", 2),
        removed(2, "candle", quantity=1),
        added(3, "lamp"),
        removed(4, "lamp"),
        added(5, "candle", 3),
    ]
    assert contents(told(*(story[index] for index in order))) == {"candle": 4}


AMOUNTS = [
    (19.9, 1990),
    ("19.90", 1990),
    (" 5 ", 500),
    (0, 0),
    ("1e3", 100000),
    ("NaN", None),
    ("-1", None),
    (True, None),
    (None, None),
    ([1], None),
    ("a lot", None),
    ("1e40", None),
]


@pytest.mark.parametrize(("value", "minor"), AMOUNTS)
def test_amounts_become_minor_units(value: Any, minor: int | None) -> None:
    assert minor_units(value, "EUR") == minor


def test_currencies_without_cents_have_none() -> None:
    assert minor_units(500, "CLP") == 500


NONSENSE = [{}, {"product_id": None}, {"product_id": {}}, {"product_id": ""}, {"products": "none"}]


@pytest.mark.parametrize("properties", NONSENSE)
def test_nonsense_changes_nothing(properties: dict[str, Any]) -> None:
    assert contents(told(added(1, "candle"), event("Product Added", 2, **properties))) == {"candle": 1}


def test_quantities_and_names_are_bounded() -> None:
    cart = told(added(1, "x" * 5000, 10**9))
    assert cart.items[0].quantity == 10_000
    assert len(cart.items[0].product_id) <= 120


def test_an_order_is_told_and_an_older_fact_changes_nothing() -> None:
    products = [{"product_id": "candle", "name": "Candle", "quantity": 2, "price": 12.5}]
    done = event("Order Completed", 9, order_id=2001, total="25.00", products=products)
    order = tell_order(done, None, "EUR")
    assert order is not None
    assert (order.number, order.total, order.status) == ("2001", 2500, OrderStatus.PLACED)
    cancelled = tell_order(event("Order Cancelled", 20, order_id="2001"), order, "EUR")
    assert cancelled is not None and cancelled.status is OrderStatus.CANCELLED
    assert tell_order(event("Order Completed", 9, order_id="2001"), cancelled, "EUR") is None


def test_a_partial_refund_leaves_the_order_standing() -> None:
    products = [{"product_id": name, "name": name, "price": 5} for name in ("mug", "lamp")]
    order = tell_order(event("Order Completed", 9, order_id="1", products=products), None, "EUR")
    refund = event("Order Refunded", 10, order_id="1", products=products[:1])
    refunded = tell_order(refund, order, "EUR")
    assert refunded is not None
    assert (refunded.status, len(refunded.items)) == (OrderStatus.PLACED, 2)


def test_only_links_that_a_browser_may_follow_are_kept() -> None:
    bad = event(
        "Product Viewed", 1, product_id="x", url="javascript:alert(1)", image_url="https://shop/x.png"
    )
    product = products_told(bad, "EUR")[0]
    assert (product.url, product.image_url) == (None, "https://shop/x.png")


def test_the_longest_cart_still_fits_one_message() -> None:
    items = [
        {"product_id": str(number), "name": "W" * 300, "quantity": 9999, "unit_price": 10**9}
        for number in range(200)
    ]
    cart = {"items": items, "currency": "EUR", "total": 10**15}
    dispatcher = CollectingDispatcher()
    tell(dispatcher, cart, "es")
    told = Texts.load().render(
        "utter_cart", language="es", channel=Channel.SMS, values=dispatcher.messages[0]
    )
    assert len(with_numbered(told.text, told.options)) < 1600


def test_a_code_stands_until_it_is_taken_off_or_bought_with() -> None:
    coupon = event("Coupon Applied", 3, coupon_id="LUNA10")
    assert told(added(1, "candle"), coupon).coupon == "LUNA10"
    assert told(added(1, "candle"), coupon, event("Coupon Removed", 4)).coupon is None
    assert told(added(1, "candle"), coupon, event("Coupon Applied", 4, coupon_id="B")).coupon == "B"
    assert told(added(1, "candle"), coupon, event("Coupon Applied", 4, coupon_id=["x"])).coupon == "LUNA10"
    bought = event("Order Completed", 5, order_id="1")
    assert told(added(1, "candle"), coupon, bought, added(6, "lamp")).coupon is None


@pytest.mark.parametrize(
    ("properties", "stock"),
    [
        ({"stock": 3}, 3),
        ({"inventory": "12"}, 12),
        ({"inventory_quantity": -4}, 0),
        ({"in_stock": False, "stock": 3}, 0),
        ({"in_stock": True}, None),
        ({"stock": "plenty"}, None),
        ({"stock": True}, None),
        ({"stock": 1e400}, None),
        ({"stock": 10**12}, 10**6),
        ({}, None),
    ],
)
def test_how_many_are_left_is_learnt_as_it_is_told(properties: dict[str, Any], stock: int | None) -> None:
    viewed = event("Product Viewed", 1, product_id="lamp", name="Lamp", category=" Luz ", **properties)
    product = products_told(viewed, "EUR")[0]
    assert (product.stock, product.category) == (stock, "Luz")


def test_an_update_tells_of_the_parcel_and_forgets_nothing() -> None:
    placed = tell_order(event("Order Completed", 1, order_id="1", total=5), None, "EUR")
    shipped = event(
        "Order Updated",
        2,
        order_id="1",
        status="Out for delivery",
        carrier="Correos",
        tracking_url="https://post.example/1",
        invoice_url="javascript:alert(1)",
        expected_at="2026-11-25",
    )
    order = tell_order(shipped, placed, "EUR")
    assert order is not None
    assert (order.status, order.carrier, order.tracking_url, order.invoice_url) == (
        OrderStatus.OUT_FOR_DELIVERY,
        "Correos",
        "https://post.example/1",
        None,
    )
    assert order.expected_at == datetime(2026, 11, 25, tzinfo=UTC)
    later = tell_order(
        event("Order Updated", 3, order_id="1", status="lost", expected_at="soon"), order, "EUR"
    )
    assert later is not None
    assert (later.status, later.tracking_url, later.expected_at) == (
        order.status,
        order.tracking_url,
        order.expected_at,
    )


@pytest.mark.parametrize(
    ("traits", "points"),
    [
        ({"loyalty_points": 12}, 12),
        ({"points": "7"}, 7),
        ({"points": -1}, 0),
        ({"points": []}, None),
        ({}, None),
    ],
)
def test_points_are_learnt_as_they_are_told(traits: dict[str, Any], points: int | None) -> None:
    assert points_told(traits) == points
