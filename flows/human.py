"""To a person: the request, and what is said about it."""

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows.base import Events, FlowAction


class HandOff(FlowAction):
    """Asks for a person and says so; from then on the bot is silent."""

    action_name = "action_hand_off"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        said = (tracker.latest_message.get("intent") or {}).get("name")
        reason = "complaint" if said == "complaint" else "asked"
        dispatcher.utter_message(json_message={"effect": "ask_for_person", "reason": reason})
        is_complaint = reason == "complaint"
        dispatcher.utter_message(
            response="utter_handed_off_complaint" if is_complaint else "utter_handed_off"
        )
        return []
