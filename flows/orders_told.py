"""What shop events make of an order. Pure.

Each part of it (status, products, total, parcel …) keeps its newest word by the fact's own time, and refunds
are gathered one by one: whatever order events arrive in, the order ends up the same.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from context_store.records import Event, Order, OrderId, OrderItem, OrderStatus, Refund, new_id
from context_store.records.newest import as_told, newest
from flows.shopping import (
    ORDER_STATUS,
    currency_of,
    link,
    minor_units,
    moment,
    products_of,
    word,
)

REFUNDED = "Order Refunded"
LONGEST_NUMBER = 64
LONGEST_TRACKING_NUMBER = 120
MOST_REFUNDS = 50
PARTS = (
    "stated_status",
    "items",
    "total",
    "currency",
    "placed_at",
    "carrier",
    "tracking_url",
    "tracking_number",
    "invoice_url",
    "expected_at",
)


def order_number(properties: Mapping[str, Any]) -> str | None:
    return word(properties.get("order_id"), LONGEST_NUMBER)


def tell_order(event: Event, known: Order | None, currency: str) -> Order | None:
    """The order as the event leaves it; None when it says nothing new, or names no order."""
    number = order_number(event.properties)
    if number is None:
        return None
    money = currency_of(event.properties) or (known.currency if known else currency)
    before = _as_stated(known) if known else _first_heard(event, number, currency)
    news = _news(event, money)
    taken = newest(vars(before), before.told, news, event.occurred_at)
    told = {**before.told, **dict.fromkeys(taken, as_told(event.occurred_at))}
    after = replace(before, **taken, told=told, refunds=_refunds(event, before, money))
    if "placed_at" not in told:
        after = replace(after, placed_at=min(after.placed_at, event.occurred_at))
    after = replace(after, status=_status(after), changed_at=_later(before.changed_at, event.occurred_at))
    return None if known is not None and _same(after, known) else after


def _first_heard(event: Event, number: str, currency: str) -> Order:
    return Order(
        id=OrderId(new_id()),
        customer_id=event.customer_id,
        number=number,
        status=OrderStatus.PLACED,
        total=0,
        currency=currency,
        placed_at=event.occurred_at,
    )


def _as_stated(order: Order) -> Order:
    """An order that no event has told of yet: whoever wrote it has told all that it says."""
    if order.event is not None:
        return order
    stated = replace(order, stated_status=order.status)
    at = as_told(order.changed_at) if order.changed_at else ""
    return replace(stated, told={name: at for name in PARTS if vars(stated)[name]})


def _news(event: Event, currency: str) -> dict[str, Any]:
    """The parts of an order that the event tells of."""
    told: dict[str, Any] = {"source": event.source, "event": event.name, "told_at": event.received_at}
    told |= _shipment(event.properties)
    if event.name == REFUNDED:
        # Its products and its total are what was given back.
        return told
    items = tuple(
        OrderItem(
            name=item.name,
            quantity=item.quantity,
            unit_price=item.unit_price,
            product_id=item.product_id,
        )
        for item in products_of(event.properties, currency)
    )
    total = minor_units(event.properties.get("total", event.properties.get("revenue")), currency)
    told |= {"items": items} if items else {}
    told |= {} if total is None else {"total": total}
    told |= {"currency": currency} if currency_of(event.properties) else {}
    told |= {"placed_at": event.occurred_at} if event.name == "Order Completed" else {}
    status = _stated_status(event)
    return told | ({"stated_status": status} if status else {})


def _stated_status(event: Event) -> OrderStatus | None:
    """By the event's name; an update may name it ("shipped")."""
    if event.name in ORDER_STATUS:
        return ORDER_STATUS[event.name]
    told = str(event.properties.get("status") or "").strip().lower().replace(" ", "_")
    return OrderStatus(told) if told in tuple(OrderStatus) else None


def _shipment(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of the parcel and the invoice; what is not told stays as it was."""
    told = {
        "carrier": word(properties.get("carrier"), 80),
        "tracking_url": link(properties.get("tracking_url")),
        "tracking_number": word(properties.get("tracking_number"), LONGEST_TRACKING_NUMBER),
        "invoice_url": link(properties.get("invoice_url")),
        "expected_at": moment(properties.get("expected_at", properties.get("estimated_delivery"))),
    }
    return {name: value for name, value in told.items() if value is not None}


def _refunds(event: Event, before: Order, currency: str) -> tuple[Refund, ...]:
    if event.name != REFUNDED or any(refund.key == event.message_id for refund in before.refunds):
        return before.refunds
    quantities: Counter[str] = Counter()
    for item in products_of(event.properties, currency):
        quantities[item.product_id] += item.quantity
    told = event.properties.get("total", event.properties.get("revenue", event.properties.get("value")))
    refund = Refund(
        key=event.message_id,
        at=event.occurred_at,
        quantities=dict(sorted(quantities.items())),
        amount=minor_units(told, currency),
    )
    found = sorted((*before.refunds, refund), key=lambda one: (one.at, one.key))
    return tuple(found[:MOST_REFUNDS])


def _status(order: Order) -> OrderStatus:
    """What the shop said last, unless all of it was given back; a cancellation after that counts again."""
    stated = order.stated_status or order.status
    full_at = _refunded_in_full_at(order)
    if full_at is None:
        return stated
    is_after = order.told.get("stated_status", "") > as_told(full_at)
    return stated if stated is OrderStatus.CANCELLED and is_after else OrderStatus.REFUNDED


def _refunded_in_full_at(order: Order) -> datetime | None:
    """When the last of it was given back; None while something is left."""
    left = Counter[str]()
    for item in order.items:
        left[item.product_id or item.name] += item.quantity
    amount = 0
    for refund in order.refunds:
        if not refund.quantities and refund.amount is None:
            return refund.at
        amount += refund.amount or 0
        left.subtract(refund.quantities)
        is_all_back = bool(order.items) and bool(refund.quantities) and _is_none_left(left, order.items)
        if is_all_back or (not refund.quantities and 0 < order.total <= amount):
            return refund.at
    return None


def _is_none_left(left: Mapping[str, int], items: Sequence[OrderItem]) -> bool:
    return all(left[item.product_id or item.name] <= 0 for item in items)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def _same(one: Order, other: Order) -> bool:
    return replace(one, told=other.told) == other
