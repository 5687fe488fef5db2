"""Their language, and hearing no more from us."""

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows.base import Events, FlowAction
from flows.contact import channel_named
from flows.ledger import CHANNELS
from flows.texts import CHANNEL_NAMES, LANGUAGES


class ChangeLanguage(FlowAction):
    """Speaks the language they named from now on; asks which when they named none that we speak."""

    action_name = "action_change_language"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        language = next(iter(tracker.get_latest_entity_values("language")), None)
        if language not in LANGUAGES:
            dispatcher.utter_message(response="utter_which_language")
            return []
        effect = {"effect": "set_language", "language": language, "is_chosen": True}
        dispatcher.utter_message(json_message=effect)
        dispatcher.utter_message(response="utter_language_changed")
        return []


class StopMessages(FlowAction):
    """STOP in a sentence or as a choice from a list, rather than as the keyword."""

    action_name = "action_stop_messages"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        topic = next(iter(tracker.get_latest_entity_values("topic")), "all")
        if topic == "marketing":
            dispatcher.utter_message(json_message={"effect": "opt_out", "topic": topic})
            dispatcher.utter_message(response="utter_no_more_marketing")
            return []
        named = channel_named(str(tracker.latest_message.get("text") or ""))
        # Who says "don't write to me any more" and names no channel means all of them.
        channels = [named.value] if named else [channel.value for channel in CHANNELS]
        dispatcher.utter_message(json_message={"effect": "opt_out", "channels": channels})
        if named:
            name = CHANNEL_NAMES[named]
            dispatcher.utter_message(response="utter_opted_out", purpose="keyword_answer", channel=name)
        else:
            dispatcher.utter_message(response="utter_opted_out_of_all", purpose="keyword_answer")
        return []
