"""Short answers: greetings, the menu, opening hours, what was sent that is not text, and not knowing."""

from rasa_sdk.events import Restarted
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows.base import Events, FlowAction, fact, mapping

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
    action_name = "action_opening_hours"
    wants = ("shop",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        shop = fact(tracker, "shop")
        language = str(tracker.get_slot("language"))
        dispatcher.utter_message(response="utter_opening_hours", hours=shop["hours"][language])
        return []


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
