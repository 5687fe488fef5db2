"""Another day or hour, asked for when nothing is being asked: of what has been arranged."""

from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows.base import Events, FlowAction, fact
from flows.booking_wishes import entity
from flows.orders import CLOSED

MOMENTS = ("date", "time", "part_of_day")


class CorrectWhatIsArranged(FlowAction):
    """ "Could it be on Friday instead?": their appointment, else the delivery that is under way."""

    action_name = "action_nothing_to_correct"
    wants = ("appointments", "orders")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        if any(entity(tracker, name) for name in MOMENTS):
            if fact(tracker, "appointments"):
                return [FollowupAction("action_start_moving")]
            if any(order["status"] not in CLOSED for order in fact(tracker, "orders")):
                return [FollowupAction("action_start_delivery")]
        dispatcher.utter_message(response="utter_nothing_to_correct")
        return []
