"""Carts, orders and products are the same in the end, whatever order their events arrive in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from context_store.products import _newer
from context_store.records import (
    Cart,
    CartId,
    CartStatus,
    CustomerId,
    Event,
    EventId,
    Order,
    OrderId,
    OrderItem,
    OrderStatus,
    Product,
)
from flows.orders_told import tell_order
from flows.shopping import UNNAMED, cart_key_of, currency_of, products_told, tell_carts

CUSTOMER = CustomerId(UUID(int=1))
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LAMP = {"product_id": "lamp", "name": "Lamp", "quantity": 1, "price": 50}
MUGS = {"product_id": "mug", "name": "Mug", "quantity": 2, "price": "8.00"}


def event(name: str, minute: int, /, **properties: Any) -> Event:
    return Event(
        id=EventId(UUID(int=minute)),
        customer_id=CUSTOMER,
        source="web",
        message_id=f"m{minute}",
        name=name,
        properties=properties,
        cart_key=cart_key_of(name, properties),
        occurred_at=START + timedelta(minutes=minute),
        received_at=START,
    )


ORDER_STORY = (
    event("Checkout Started", 1, order_id="1", value=66, products=[LAMP, MUGS]),
    event("Order Completed", 2, order_id="1", total="66.00", currency="EUR", products=[LAMP, MUGS]),
    event("Order Updated", 3, order_id="1", status="shipped", carrier="Correos"),
    event("Order Refunded", 4, order_id="1", products=[{**MUGS, "quantity": 1}]),
    event("Order Updated", 5, order_id="1", status="delivered", tracking_url="https://post.example/1"),
    event("Order Refunded", 6, order_id="1", products=[{**MUGS, "quantity": 1}]),
)


def told_in(order: Sequence[Event]) -> Order:
    known: Order | None = None
    for one in order:
        if one.name.startswith("Order "):
            known = tell_order(one, known, "EUR") or known
    assert known is not None
    return replace(known, id=OrderId(UUID(int=0)))


@given(st.permutations(ORDER_STORY))
def test_an_order_ends_the_same_in_whatever_order_it_is_told(story: list[Event]) -> None:
    order = told_in(story)
    assert order == told_in(ORDER_STORY)
    assert (order.status, order.total, order.carrier) == (OrderStatus.DELIVERED, 6600, "Correos")
    assert [refund.quantities for refund in order.refunds] == [{"mug": 1}, {"mug": 1}]
    assert order.placed_at == START + timedelta(minutes=2)


@given(st.permutations((*ORDER_STORY, event("Order Refunded", 7, order_id="1", products=[LAMP]))))
def test_refunds_that_give_all_back_make_it_refunded(story: list[Event]) -> None:
    assert told_in(story).status is OrderStatus.REFUNDED


REFUNDS: list[tuple[dict[str, Any], OrderStatus]] = [
    ({}, OrderStatus.REFUNDED),
    ({"total": "66.00"}, OrderStatus.REFUNDED),
    ({"total": "10.00"}, OrderStatus.PLACED),
    ({"products": [LAMP, MUGS]}, OrderStatus.REFUNDED),
    ({"products": [LAMP]}, OrderStatus.PLACED),
    # One mug of two.
    ({"products": [LAMP, {**MUGS, "quantity": 1}]}, OrderStatus.PLACED),
]


@pytest.mark.parametrize(("properties", "status"), REFUNDS)
def test_what_a_refund_makes_of_an_order(properties: dict[str, Any], status: OrderStatus) -> None:
    done, refund = ORDER_STORY[1], event("Order Refunded", 9, order_id="1", **properties)
    assert told_in([done, refund]).status is status
    assert told_in([refund, done]).status is status
    assert len(told_in([refund, done, refund]).refunds) == 1


def test_a_cancellation_after_the_refund_is_what_it_is() -> None:
    refund, cancel = event("Order Refunded", 8, order_id="1"), event("Order Cancelled", 9, order_id="1")
    assert told_in([ORDER_STORY[1], cancel, refund]).status is OrderStatus.CANCELLED
    late = event("Order Refunded", 10, order_id="1")
    assert told_in([ORDER_STORY[1], late, cancel]).status is OrderStatus.REFUNDED


def test_an_order_that_was_written_by_others_gives_way_to_newer_facts_only() -> None:
    known = Order(
        id=OrderId(UUID(int=5)),
        customer_id=CUSTOMER,
        number="1",
        status=OrderStatus.SHIPPED,
        total=100,
        currency="EUR",
        items=(OrderItem(name="Lamp", quantity=1, unit_price=100),),
        placed_at=START,
        changed_at=START + timedelta(minutes=5),
    )
    older = tell_order(event("Order Completed", 2, order_id="1", total=9, products=[MUGS]), known, "EUR")
    assert older is not None
    assert (older.status, older.total, older.items) == (OrderStatus.SHIPPED, 100, known.items)
    newer = tell_order(event("Order Cancelled", 8, order_id="1"), older, "EUR")
    assert newer is not None
    assert (newer.status, newer.total) == (OrderStatus.CANCELLED, 100)


@pytest.mark.parametrize(
    ("told", "known"), [("eur", "EUR"), ("EUROS", None), (7, None), ("", None), ("€€€", None)]
)
def test_a_currency_has_three_letters(told: Any, known: str | None) -> None:
    assert currency_of({"currency": told}) == known


def test_long_order_numbers_are_cut_to_what_is_kept() -> None:
    assert len(told_in([event("Order Completed", 1, order_id="9" * 100)]).number) == 64


CART_STORY = (
    event("Product Added", 1, cart_id="c1", **LAMP),
    event("Coupon Applied", 2, coupon_id="LUNA10"),
    event("Product Added", 3, cart_id="c1", **MUGS),
    event("Checkout Started", 4, order_id="1", products=[LAMP, MUGS]),
    event("Checkout Step Completed", 5, step=2),
    event("Payment Info Entered", 6, payment_method="card"),
    # No shop's order names its cart.
    event("Order Completed", 7, order_id="1", total=66, products=[LAMP, MUGS]),
)


def carts_of(events: Sequence[Event]) -> dict[str, Cart]:
    told = tell_carts(events, CUSTOMER, "EUR")
    return {key: replace(cart, id=CartId(UUID(int=0))) for key, cart in told.items()}


@settings(max_examples=60)
@given(st.permutations(CART_STORY), st.integers(min_value=1, max_value=len(CART_STORY)))
def test_carts_are_the_same_in_whatever_order_and_however_many_events_are_there(
    story: list[Event], number: int
) -> None:
    there = story[:number]
    assert carts_of(there) == carts_of(sorted(there, key=lambda one: one.occurred_at))


@given(st.permutations(CART_STORY))
def test_an_order_without_a_cart_closes_the_one_that_was_filled(story: list[Event]) -> None:
    carts = carts_of(story)
    assert list(carts) == ["c1"]
    assert (carts["c1"].status, carts["c1"].checkout_step) == (CartStatus.CONVERTED, "payment")


@given(st.permutations((*CART_STORY, event("Product Added", 9, cart_id="c2", **MUGS))))
def test_a_new_cart_after_the_order_is_another_one(story: list[Event]) -> None:
    carts = carts_of(story)
    assert (carts["c1"].status, carts["c2"].status) == (CartStatus.CONVERTED, CartStatus.OPEN)


def test_what_is_told_of_the_checkout_and_of_codes() -> None:
    open_cart = carts_of(CART_STORY[:6])["c1"]
    assert (open_cart.coupon, open_cart.checkout_step) == ("LUNA10", "payment")
    assert (open_cart.source, open_cart.event) == ("web", "Payment Info Entered")
    assert carts_of(CART_STORY[:5])["c1"].checkout_step == "2"
    denied = event("Coupon Denied", 3, coupon_id="LUNA10")
    other = event("Coupon Denied", 3, coupon_id="OTHER")
    assert carts_of([*CART_STORY[:2], denied])["c1"].coupon is None
    assert carts_of([*CART_STORY[:2], other])["c1"].coupon == "LUNA10"


def test_without_any_name_there_is_one_cart() -> None:
    assert list(carts_of([event("Product Added", 1, **LAMP), event("Cart Viewed", 2, products=[MUGS])])) == [
        "default"
    ]
    assert event("Product Added", 1).cart_key == UNNAMED
    assert event("Product Viewed", 1).cart_key is None


def test_from_the_wishlist_into_the_cart_is_an_addition() -> None:
    moved = event("Wishlist Product Added to Cart", 1, cart_id="c1", **LAMP)
    assert carts_of([moved])["c1"].items[0].product_id == "lamp"


def test_of_one_moment_what_was_added_is_what_was_bought() -> None:
    ordered = replace(event("Order Completed", 1, cart_id="c1", order_id="1"), id=EventId(UUID(int=0)))
    assert carts_of([ordered, CART_STORY[0]])["c1"].status is CartStatus.CONVERTED


PRODUCT_STORY = (
    event("Product Viewed", 1, product_id="lamp", name="Lamp", price=50, category="Light"),
    event("Product Added", 2, product_id="lamp", price=45),
    event("Product Viewed", 3, product_id="lamp", name="Lamp Alba", stock=3),
    event("Product Viewed", 4, product_id="lamp", url="https://shop.example/lamp"),
)


@given(st.permutations(PRODUCT_STORY))
def test_a_product_keeps_the_newest_word_of_each_part(story: list[Event]) -> None:
    known: Product | None = None
    for one in story:
        for product in products_told(one, "EUR"):
            known = _newer(known, product)
    assert known is not None
    assert (known.name, known.price, known.category, known.stock) == ("Lamp Alba", 4500, "Light", 3)
    assert (known.url, known.event) == ("https://shop.example/lamp", "Product Viewed")
