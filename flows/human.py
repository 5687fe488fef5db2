"""To a person: the request, and what is said about it."""

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows.base import Events, FlowAction

# What is said, by the reason; for all others the plain words.
SAID = {
    "complaint": "utter_handed_off_complaint",
    "anger": "utter_handed_off_complaint",
    "not_understood": "utter_handed_off_not_understood",
    "large_cart": "utter_handed_off_large_cart",
}


class HandOff(FlowAction):
    """Asks for a person and says so; from then on the bot is silent."""

    action_name = "action_hand_off"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        said = (tracker.latest_message.get("intent") or {}).get("name")
        reason = tracker.get_slot("handoff_reason") or ("complaint" if said == "complaint" else "asked")
        dispatcher.utter_message(json_message={"effect": "ask_for_person", "reason": reason})
        dispatcher.utter_message(response=SAID.get(str(reason), "utter_handed_off"))
        return [SlotSet("handoff_reason", None)]
