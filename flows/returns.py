"""Sending something back: which order, what of it, why. A request to the team, within the shop's days."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from flows import products
from flows.base import Domain, Events, FlowAction, Form, FormAction, fact, language_of
from flows.formats import short
from nlu.text import normalise

RETURN_FORM = Form(
    name="return_form",
    slots=("return_order", "return_item", "return_reason"),
    submit="action_ask_for_return",
    intent="return_item",
)
DAYS = 30
EVERYTHING = "everything"
LONGEST_LABEL = 24
LONGEST_REASON = 200
LABELS = {
    "es": {"order": "Pedido {number}", EVERYTHING: "Todo el pedido"},
    "en": {"order": "Order {number}", EVERYTHING: "The whole order"},
    "pt": {"order": "Pedido {number}", EVERYTHING: "O pedido inteiro"},
}
REASONS = {
    "dislike": {"es": "no convence", "en": "not liked", "pt": "não agradou"},
    "damaged": {"es": "llegó dañado", "en": "came damaged", "pt": "chegou danificado"},
    "wrong": {"es": "no es lo pedido", "en": "not what was ordered", "pt": "não é o pedido"},
    "late": {"es": "llegó tarde", "en": "came late", "pt": "chegou tarde"},
    "other": {"es": "otro motivo", "en": "another reason", "pt": "outro motivo"},
}
ALL_WORDS = frozenset(("todo", "todos", "toda", "everything", "all", "whole", "tudo", "inteiro", "completo"))


class StartReturn(FlowAction):
    """Opens the form for what may be returned; says why when nothing may."""

    action_name = "action_start_return"
    wants = ("orders", "shop")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        named = next(iter(tracker.get_latest_entity_values("order_number")), None)
        orders = fact(tracker, "orders")
        if named is not None and all(order["number"] != named for order in orders):
            dispatcher.utter_message(response="utter_order_not_found", number=named)
            return []
        fitting = [order for order in returnable(tracker) if named in (None, order["number"])]
        if not fitting:
            say_why_not(dispatcher, orders, named, days_of(tracker))
            return []
        order = fitting[0] if len(fitting) == 1 else None
        is_single = order is not None and len(order["items"]) == 1
        return [
            SlotSet("return_order", order["number"] if order else None),
            SlotSet("return_item", order["items"][0]["name"] if order and is_single else None),
            SlotSet("return_reason", None),
            ActiveLoop(RETURN_FORM.name),
        ]


class AskReturnOrder(FlowAction):
    action_name = "action_ask_return_form_return_order"
    wants = ("orders", "shop")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        label = LABELS[language_of(tracker)]["order"]
        buttons = [
            _button(label.format(number=order["number"]), "return_order", order["number"])
            for order in returnable(tracker)
        ]
        dispatcher.utter_message(response="utter_ask_which_return_order", buttons=buttons)
        return []


class AskReturnItem(FlowAction):
    action_name = "action_ask_return_form_return_item"
    wants = ("orders",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        order = _order_of(tracker)
        items = order["items"][:8] if order else []
        buttons = [_button(short(item["name"], LONGEST_LABEL), "return_item", item["name"]) for item in items]
        everything = _button(LABELS[language_of(tracker)][EVERYTHING], "return_item", EVERYTHING)
        dispatcher.utter_message(
            response="utter_ask_which_return_item",
            number=tracker.get_slot("return_order"),
            buttons=[*buttons, everything],
        )
        return []


class ValidateReturn(FormAction, FormValidationAction):
    action_name = "validate_return_form"
    wants = ("orders", "shop")

    def validate_return_order(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        said = "".join(sign for sign in str(value) if sign.isalnum() or sign == "-")
        found = next((one for one in returnable(tracker) if one["number"] == said), None)
        if found is None:
            dispatcher.utter_message(response="utter_bad_return_order")
            return {"return_order": None}
        single = found["items"][0]["name"] if len(found["items"]) == 1 else None
        return {"return_order": found["number"], "return_item": single}

    def validate_return_item(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        said, order = str(value), _order_of(tracker)
        if said == EVERYTHING or set(normalise(said).split()) & ALL_WORDS:
            return {"return_item": EVERYTHING}
        items = order["items"] if order else []
        item = next((one for one in items if one["name"] == said), None) or products.find(said, items)
        if item is None:
            dispatcher.utter_message(response="utter_bad_return_item")
        return {"return_item": item["name"] if item else None}

    def validate_return_reason(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        """One of ours, or their own words: whoever takes it reads them."""
        return {"return_reason": " ".join(str(value).split())[:LONGEST_REASON] or None}


class AskForReturn(FlowAction):
    action_name = "action_ask_for_return"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        language = language_of(tracker)
        number, item = tracker.get_slot("return_order"), str(tracker.get_slot("return_item"))
        reason = str(tracker.get_slot("return_reason"))
        details = f"return from order {number}: {item}; reason: {reason}"
        effect = {"effect": "ask_for_person", "reason": "return_item", "details": details}
        dispatcher.utter_message(json_message=effect)
        dispatcher.utter_message(
            response="utter_return_asked",
            number=number,
            what=LABELS[language][EVERYTHING].lower() if item == EVERYTHING else short(item),
            reason=REASONS[reason][language] if reason in REASONS else reason,
        )
        return [SlotSet(slot, None) for slot in RETURN_FORM.slots]


def returnable(tracker: Tracker) -> list[dict[str, Any]]:
    now = datetime.fromisoformat(str(tracker.get_slot("now")))
    days = timedelta(days=days_of(tracker))
    delivered = [order for order in fact(tracker, "orders") if order["status"] == "delivered"]
    return [order for order in delivered if now - arrived_at(order) <= days]


def arrived_at(order: Mapping[str, Any]) -> datetime:
    """As near as we know: when the shop told, else when it was due, else when it was bought."""
    told = order.get("changed_at") or order.get("expected_at") or order["placed_at"]
    return datetime.fromisoformat(str(told))


def days_of(tracker: Tracker) -> int:
    return int(fact(tracker, "shop").get("return_days", DAYS))


def say_why_not(
    dispatcher: CollectingDispatcher, orders: Sequence[Mapping[str, Any]], named: str | None, days: int
) -> None:
    order = next((one for one in orders if named in (None, one["number"])), None)
    if order is None or order["status"] in ("cancelled", "refunded"):
        dispatcher.utter_message(response="utter_no_return_possible")
    elif order["status"] == "delivered":
        dispatcher.utter_message(response="utter_return_too_late", number=order["number"], days=days)
    else:
        dispatcher.utter_message(response="utter_return_not_delivered", number=order["number"])


def _order_of(tracker: Tracker) -> dict[str, Any] | None:
    number = tracker.get_slot("return_order")
    return next((order for order in fact(tracker, "orders") if order["number"] == number), None)


def _button(title: str, slot: str, value: str) -> dict[str, str]:
    return {"title": title, "payload": f"/inform{json.dumps({slot: value})}"}
