"""Recommending in words: one line beside what was put into the cart, or an answer to who asks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows import catalogue, recommending
from flows.base import Events, FlowAction, fact, language_of
from flows.formats import listing, money, short

PAY = {"es": "Pagar", "en": "Pay", "pt": "Pagar"}
SEE_CART = {"es": "Ver carrito", "en": "See cart", "pt": "Ver carrinho"}
# Three buttons are shown as buttons; one more would be a list to open.
MOST_BUTTONS = 3
LONGEST_BUTTON = 20
LAST = "recommended_at"
ADDED = "added_product"


class RecommendBeside(FlowAction):
    """Played after something was put into the cart; silent when nothing fits, or at a wrong moment."""

    action_name = "action_recommend_beside"
    wants = ("cart", "products", "recommendable")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        added, known = tracker.get_slot(ADDED), fact(tracker, "recommendable")
        product = next((each for each in fact(tracker, "products") if each["product_id"] == added), None)
        done = [SlotSet(ADDED, None)]
        if product is None or not known["is_fitting"]:
            return done
        found, are_together = recommending.beside(product, known, _in_cart(tracker))
        if not found:
            return done
        language = language_of(tracker)
        dispatcher.utter_message(
            response="utter_bought_together" if are_together else "utter_may_like",
            product=short(product["name"]),
            others=_named(found, language),
            buttons=_buttons(found, language),
        )
        return [*done, SlotSet(LAST, tracker.get_slot("now"))]


class Recommend(FlowAction):
    """They asked: so the moment is right whatever was before."""

    action_name = "action_recommend"
    wants = ("cart", "recommendable")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        found = recommending.in_general(fact(tracker, "recommendable"), _in_cart(tracker))
        if not found:
            dispatcher.utter_message(response="utter_nothing_to_recommend")
            return []
        language = language_of(tracker)
        done = [SlotSet(LAST, tracker.get_slot("now"))]
        if len(found) == 1:
            catalogue.show(dispatcher, found[0], language)
            return [*done, SlotSet(catalogue.IN_FOCUS, found[0]["product_id"])]
        buttons = [
            catalogue.button(short(each["name"], LONGEST_BUTTON), "product_question", each) for each in found
        ]
        dispatcher.utter_message(
            response="utter_recommended",
            lines="\n".join(catalogue.line(each, language) for each in found),
            image=found[0]["image_url"],
            buttons=buttons,
        )
        return done


def after_adding(tracker: Tracker, product: dict[str, Any]) -> Events:
    """Not in the middle of another question, and once a day: then nothing need be read for it either."""
    now = datetime.fromisoformat(str(tracker.get_slot("now")))
    is_busy = tracker.get_slot("requested_slot") is not None
    if is_busy or not recommending.is_time(tracker.get_slot(LAST), now):
        return []
    return [SlotSet(ADDED, product["product_id"]), FollowupAction("action_recommend_beside")]


def _in_cart(tracker: Tracker) -> set[str]:
    cart = fact(tracker, "cart")
    return {item["product_id"] for item in cart["items"]} if cart else set()


def _named(found: Sequence[dict[str, Any]], language: str) -> str:
    """ "Tazas Luna (22,00 €) y Cojín Terra (24,50 €)" """
    return listing(
        [f"{short(each['name'])} ({money(each['price'], each['currency'], language)})" for each in found],
        language,
    )


def _buttons(found: Sequence[dict[str, Any]], language: str) -> list[dict[str, str]]:
    """One to add each, then what the cart's own answer offers, as far as there is room."""
    adds = [catalogue.button(short(each["name"], LONGEST_BUTTON), "add_to_cart", each) for each in found]
    others = [
        {"title": PAY[language], "payload": "/checkout"},
        {"title": SEE_CART[language], "payload": "/see_cart"},
    ]
    return [*adds, *others][:MOST_BUTTONS]
