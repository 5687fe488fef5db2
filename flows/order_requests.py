"""What customers want done about an order: call it off, its refund, its invoice.

The shop's own system decides: these are requests to the team.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows import questions
from flows.base import Events, FlowAction, fact, language_of
from flows.formats import money
from flows.orders import find_order, name_items

# Nothing has left the house yet.
CANCELLABLE = frozenset(("placed", "preparing"))
LEFT = frozenset(("shipped", "out_for_delivery"))
# Never with a word that the carrier would take for an opt-out.
LABELS = {
    "es": {"ask": "Pedir la anulación", "keep": "Dejarlo como está", "order": "Pedido {number}"},
    "en": {"ask": "Ask the team", "keep": "Keep the order", "order": "Order {number}"},
    "pt": {"ask": "Pedir a anulação", "keep": "Deixar como está", "order": "Pedido {number}"},
}


class CancelOrder(FlowAction):
    """Asks first; then it is a request to the team, and said to be no more than that."""

    action_name = "action_cancel_order"
    wants = ("orders",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        orders, number = fact(tracker, "orders"), _number(tracker)
        open_orders = [order for order in orders if order["status"] in CANCELLABLE]
        if number is None and len(open_orders) > 1:
            choose(dispatcher, open_orders, language_of(tracker))
            return []
        order = find_order(open_orders or orders if number is None else orders, number)
        answer = next(iter(tracker.get_latest_entity_values("confirmed")), None)
        if order is None:
            response = "utter_order_not_found" if number else "utter_no_order_to_cancel"
            dispatcher.utter_message(response=response, number=number)
        elif order["status"] not in CANCELLABLE:
            refuse(dispatcher, order)
        elif answer is None:
            confirm(dispatcher, order, language_of(tracker))
        else:
            settle(dispatcher, order, is_wanted=answer == "yes")
        return []


class RefundStatus(FlowAction):
    action_name = "action_refund_status"
    wants = ("orders", "asked_topics")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        orders, number = fact(tracker, "orders"), _number(tracker)
        named = [order for order in orders if number is None or order["number"] == number]
        if number is not None and not named:
            dispatcher.utter_message(response="utter_order_not_found", number=number)
            return []
        order = next((one for one in named if one["status"] in ("refunded", "cancelled")), None)
        if order is None:
            dispatcher.utter_message(response="utter_no_refund")
        elif order["status"] == "refunded":
            total = money(order["total"], order["currency"], language_of(tracker))
            dispatcher.utter_message(response="utter_refund_done", number=order["number"], total=total)
        else:
            dispatcher.utter_message(response="utter_refund_of_cancelled", number=order["number"])
            questions.tell(dispatcher, tracker, "refund_time")
        return []


class Invoice(FlowAction):
    """The link where the shop gave one, else a request to the team."""

    action_name = "action_invoice"
    wants = ("orders", "email", "asked_topics")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        orders, number = fact(tracker, "orders"), _number(tracker)
        order = find_order(orders, number) if number else next(iter(orders), None)
        if order is None and number:
            dispatcher.utter_message(response="utter_order_not_found", number=number)
        elif order is None:
            # No order, so it is a question about invoices.
            return [FollowupAction("action_answer_question")]
        elif order["invoice_url"]:
            link = order["invoice_url"]
            dispatcher.utter_message(response="utter_invoice", number=order["number"], link=link)
        else:
            email = next(iter(tracker.get_latest_entity_values("email")), None) or fact(tracker, "email")
            ask_for_invoice(dispatcher, order, email)
        return []


def choose(dispatcher: CollectingDispatcher, orders: Sequence[Mapping[str, Any]], language: str) -> None:
    buttons = [_button(LABELS[language]["order"], order, {}) for order in orders]
    dispatcher.utter_message(response="utter_which_order_to_cancel", buttons=buttons)


def refuse(dispatcher: CollectingDispatcher, order: Mapping[str, Any]) -> None:
    is_late = order["status"] in LEFT
    response = "utter_order_already_left" if is_late else "utter_order_cannot_cancel"
    dispatcher.utter_message(response=response, number=order["number"])


def confirm(dispatcher: CollectingDispatcher, order: Mapping[str, Any], language: str) -> None:
    labels = LABELS[language]
    dispatcher.utter_message(
        response="utter_confirm_order_cancel",
        number=order["number"],
        items=name_items(order["items"], language),
        total=money(order["total"], order["currency"], language),
        buttons=[
            _button(labels["ask"], order, {"confirmed": "yes"}),
            _button(labels["keep"], order, {"confirmed": "no"}),
        ],
    )


def settle(dispatcher: CollectingDispatcher, order: Mapping[str, Any], *, is_wanted: bool) -> None:
    if is_wanted:
        _hand_over(dispatcher, "cancel_order", f"cancel order {order['number']}")
    response = "utter_order_cancel_asked" if is_wanted else "utter_order_kept"
    dispatcher.utter_message(response=response, number=order["number"])


def ask_for_invoice(dispatcher: CollectingDispatcher, order: Mapping[str, Any], email: str | None) -> None:
    where = f", to {email}" if email else ""
    _hand_over(dispatcher, "invoice", f"send the invoice of order {order['number']}{where}")
    response = "utter_invoice_asked" if email else "utter_invoice_asked_here"
    dispatcher.utter_message(response=response, number=order["number"], email=email)


def _hand_over(dispatcher: CollectingDispatcher, reason: str, details: str) -> None:
    effect = {"effect": "ask_for_person", "reason": reason, "details": details}
    dispatcher.utter_message(json_message=effect)


def _number(tracker: Tracker) -> str | None:
    return next(iter(tracker.get_latest_entity_values("order_number")), None)


def _button(title: str, order: Mapping[str, Any], more: Mapping[str, str]) -> dict[str, str]:
    entities = {"order_number": order["number"], **more}
    return {
        "title": title.format(number=order["number"]),
        "payload": f"/cancel_order{json.dumps(entities)}",
    }
