"""Where and when to deliver: a form of two questions about the order that is under way."""

from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from flows.base import COURTESIES, Domain, Events, FlowAction, Form, FormAction, fact, language_of
from flows.orders import CLOSED, find_order
from flows.places_and_times import address_in, time_in, without_time
from nlu.text import normalise


def heard_in(said: str) -> dict[str, str]:
    """ "To Calle Mayor 5, in the afternoon" names both answers."""
    heard = {"delivery_address": address_in(said), "delivery_window": time_in(said)}
    return {slot: words for slot, words in heard.items() if words is not None}


DELIVERY_FORM = Form(
    name="delivery_form",
    slots=("delivery_address", "delivery_window"),
    submit="action_save_delivery",
    intent="delivery_details",
    # Saving it twice is saving it once.
    is_correctable=True,
    heard_in=heard_in,
)

SHORTEST_ADDRESS = 6
LONGEST_ADDRESS = 300
WINDOWS = {
    "morning": ("manana", "la manana", "por la manana", "morning", "in the morning", "manha", "de manha"),
    "afternoon": (
        "tarde",
        "la tarde",
        "por la tarde",
        "afternoon",
        "in the afternoon",
        "a tarde",
        "de tarde",
    ),
    "evening": ("noche", "la noche", "por la noche", "evening", "in the evening", "noite", "a noite"),
}
WINDOW_NAMES = {
    "morning": {"es": "por la mañana", "en": "in the morning", "pt": "de manhã"},
    "afternoon": {"es": "por la tarde", "en": "in the afternoon", "pt": "à tarde"},
    "evening": {"es": "por la noche", "en": "in the evening", "pt": "à noite"},
}


class StartDelivery(FlowAction):
    """Opens the form for the order under way; says so when there is none."""

    action_name = "action_start_delivery"
    wants = ("orders",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        named = next(iter(tracker.get_latest_entity_values("order_number")), None)
        order = find_order(fact(tracker, "orders"), named)
        if order is None or order["status"] in CLOSED:
            dispatcher.utter_message(response="utter_no_order_to_deliver")
            return []
        is_half_done = bool(heard_in(str(tracker.latest_message.get("text") or "")))
        response = "utter_start_delivery_short" if is_half_done else "utter_start_delivery"
        dispatcher.utter_message(response=response, number=order["number"])
        # A new request begins empty: what was half-said days ago must not slip in.
        fresh = [SlotSet(slot, None) for slot in DELIVERY_FORM.slots]
        return [*fresh, SlotSet("delivery_order", order["number"]), ActiveLoop(DELIVERY_FORM.name)]


class ValidateDelivery(FormAction, FormValidationAction):
    action_name = "validate_delivery_form"

    def validate_delivery_address(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        address = without_time(" ".join(str(value).split()))
        has_letters = any(letter.isalpha() for letter in address)
        # A street has a number, or says that it has none.
        has_number = any(letter.isdigit() for letter in address) or "s/n" in address.casefold()
        # A question that nobody understood is no address.
        is_question = "?" in address or "¿" in address
        is_courtesy = tracker.latest_message["intent"]["name"] in COURTESIES
        is_address = has_letters and has_number and SHORTEST_ADDRESS <= len(address) <= LONGEST_ADDRESS
        if is_question or is_courtesy or not is_address:
            dispatcher.utter_message(response="utter_bad_delivery_address")
            return {"delivery_address": None}
        return {"delivery_address": address}

    def validate_delivery_window(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        window = window_of(str(value))
        if window is None:
            has_day = any(tracker.get_latest_entity_values("date"))
            response = "utter_delivery_has_no_day" if has_day else "utter_bad_delivery_window"
            dispatcher.utter_message(response=response)
        return {"delivery_window": window}


class SaveDelivery(FlowAction):
    action_name = "action_save_delivery"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        order_number = tracker.get_slot("delivery_order")
        address = tracker.get_slot("delivery_address")
        window = str(tracker.get_slot("delivery_window"))
        effect = {
            "effect": "save_delivery",
            "order_number": order_number,
            "address": address,
            "window": window,
        }
        dispatcher.utter_message(json_message=effect)
        dispatcher.utter_message(
            response="utter_delivery_saved",
            number=order_number,
            address=address,
            window=WINDOW_NAMES[window][language_of(tracker)],
        )
        return [SlotSet(slot, None) for slot in (*DELIVERY_FORM.slots, "delivery_order")]


def window_of(said: str) -> str | None:
    """morning, afternoon or evening, in any of our languages; None for anything else."""
    if said in WINDOWS:
        return said
    plain = normalise(said)
    exact = next((window for window, words in WINDOWS.items() if plain in words), None)
    if exact is not None:
        return exact
    # "mañana por la tarde", "better in the evening": the longest part of the day that is named counts.
    named = [
        (len(word), window)
        for window, words in WINDOWS.items()
        for word in words
        if " " in word and f" {word} " in f" {plain} "
    ]
    return max(named)[1] if named else None
