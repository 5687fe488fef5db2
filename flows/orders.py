"""Where is my order?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows.base import Events, FlowAction, fact, language_of
from flows.formats import day, listing, money, short

# Where nothing is left to wait for.
CLOSED = frozenset(("delivered", "cancelled", "refunded"))
ON_THE_ROAD = frozenset(("shipped", "out_for_delivery"))
NAMED_ITEMS = 3


class OrderStatus(FlowAction):
    """The order that they named, else the newest that is under way, else the newest."""

    action_name = "action_order_status"
    wants = ("orders", "customer")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        orders = fact(tracker, "orders")
        named = next(iter(tracker.get_latest_entity_values("order_number")), None)
        order = find_order(orders, named)
        if order is None and named:
            dispatcher.utter_message(response="utter_order_not_found", number=named)
        elif order is None:
            dispatcher.utter_message(response="utter_no_orders")
        else:
            tell(dispatcher, order, language_of(tracker), fact(tracker, "customer")["timezone"])
            tell_tracking(dispatcher, order)
        return []


def tell(dispatcher: CollectingDispatcher, order: dict[str, Any], language: str, timezone: str) -> None:
    expected = order["expected_at"]
    dispatcher.utter_message(
        response=f"utter_order_{order['status']}" if expected else f"utter_order_{order['status']}_undated",
        number=order["number"],
        items=name_items(order["items"], language),
        total=money(order["total"], order["currency"], language),
        day=day(datetime.fromisoformat(expected), timezone, language) if expected else None,
    )


def tell_tracking(dispatcher: CollectingDispatcher, order: Mapping[str, Any]) -> None:
    """Where to follow the parcel, while there is one on the road."""
    link, carrier = order.get("tracking_url"), order.get("carrier")
    if link and order["status"] in ON_THE_ROAD:
        response = "utter_tracking_with" if carrier else "utter_tracking"
        dispatcher.utter_message(response=response, link=link, carrier=carrier)


def find_order(orders: Sequence[dict[str, Any]], number: str | None) -> dict[str, Any] | None:
    """`orders` come newest first. Only the customer's own are among them."""
    if number is not None:
        return next((order for order in orders if order["number"] == number), None)
    under_way = [order for order in orders if order["status"] not in CLOSED]
    return next(iter(under_way or orders), None)


def name_items(items: Sequence[dict[str, Any]], language: str) -> str:
    """ "Vela de soja y 2 × Taza" ; the rest of a long list is counted."""
    names = [
        short(item["name"]) if item["quantity"] == 1 else f"{item['quantity']} × {short(item['name'])}"
        for item in items[:NAMED_ITEMS]
    ]
    left_out = len(items) - NAMED_ITEMS
    return listing([*names, f"+{left_out}"] if left_out > 0 else names, language)
