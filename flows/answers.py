"""Short answers: greetings, the menu, opening hours, what was sent that is not text, and not knowing."""

from datetime import date
from typing import Any

from rasa_sdk.events import Restarted
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows import opening
from flows.base import Events, FlowAction, fact, mapping
from flows.codes import today_of

FALLBACKS_UNTIL_A_PERSON_IS_OFFERED = 2


class Greet(FlowAction):
    action_name = "action_greet"
    wants = ("customer", "shop")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        name = mapping(fact(tracker, "customer")).get("name")
        # A profile name is what a stranger typed: the first word of it, and not a long one.
        first = str(name).split()[0][:20] if name and str(name).split() else None
        response = "utter_greet_by_name" if first else "utter_greet"
        dispatcher.utter_message(response=response, first_name=first, shop=fact(tracker, "shop")["name"])
        return []


class Menu(FlowAction):
    action_name = "action_menu"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        dispatcher.utter_message(response="utter_menu")
        return []


class OpeningHours(FlowAction):
    """Of the day that they name, else of the week; where today is no usual day it says that too."""

    action_name = "action_opening_hours"
    wants = ("shop",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        shop, language = fact(tracker, "shop"), str(tracker.get_slot("language"))
        today = today_of(tracker)
        asked = _date(next(iter(tracker.get_latest_entity_values("date")), None))
        if asked is not None and "opening" in shop:
            _tell_day(dispatcher, shop, asked, today, language)
            return []
        dispatcher.utter_message(response="utter_opening_hours", hours=shop["hours"][language])
        if "opening" in shop and not opening.is_usual(shop, today):
            _tell_day(dispatcher, shop, today, today, language)
        return []


def _tell_day(
    dispatcher: CollectingDispatcher, shop: dict[str, Any], day: date, today: date, language: str
) -> None:
    spans, name = opening.spans_on(shop, day), opening.named(day, today, language)
    if spans:
        hours = opening.in_words(spans, language)
        dispatcher.utter_message(response="utter_open_on", day=name, hours=hours)
    else:
        is_holiday = opening.is_holiday(shop, day)
        response = "utter_closed_on_holiday" if is_holiday else "utter_closed_on"
        dispatcher.utter_message(response=response, day=name)


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


class ShopLocation(FlowAction):
    action_name = "action_location"
    wants = ("shop",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        dispatcher.utter_message(response="utter_location", address=fact(tracker, "shop")["address"])
        return []


class Fallback(FlowAction):
    """It did not understand: it says so and offers what it can do; the second time, a person as well."""

    action_name = "action_fallback"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        asked_before = int(tracker.get_slot("fallbacks_in_a_row") or 0)
        is_stuck = asked_before + 1 >= FALLBACKS_UNTIL_A_PERSON_IS_OFFERED
        dispatcher.utter_message(response="utter_fallback_again" if is_stuck else "utter_fallback")
        return []


class Restart(FlowAction):
    action_name = "action_restart"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        dispatcher.utter_message(response="utter_restarted")
        return [Restarted()]
