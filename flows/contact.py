"""How, how often and whether we may write unasked: said in chat, kept in the ledger, undone by a word."""

from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from context_store.records import Channel
from flows.base import Events, FlowAction, fact, language_of
from flows.durations import end_of
from flows.formats import day
from flows.texts import CHANNEL_NAMES
from nlu.text import normalise

DEFAULT_PAUSE = timedelta(days=30)
FEWER_PER_WEEK = 1
CHANNEL_WORDS = {
    Channel.WHATSAPP: ("whatsapp", "wasap", "guasap", "whats", "wpp", "zap", "wsp", "wa"),
    Channel.SMS: ("sms", "mensaje de texto", "mensajes de texto", "text message", "text messages", "by text")
    + ("mensagem de texto", "mensagens de texto", "torpedo"),
}
# Said alone, they take back the last wish about our messages.
UNDO = frozenset(
    ("deshacer", "deshaz", "deshazlo", "volver a recibir", "volver a recibir mensajes", "quiero recibir")
    + ("quiero volver a recibir mensajes", "undo", "undo it", "undo that", "receive again")
    + ("write to me again", "desfazer", "desfaz", "voltar a receber", "quero voltar a receber")
)


class FewerMessages(FlowAction):
    action_name = "action_fewer_messages"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        _wish(dispatcher, "fewer_messages", per_week=FEWER_PER_WEEK)
        dispatcher.utter_message(response="utter_fewer_messages")
        return []


class PauseMessages(FlowAction):
    """Until the day that they name, else for thirty days."""

    action_name = "action_pause_messages"
    wants = ("customer",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        now = datetime.fromisoformat(str(tracker.get_slot("now")))
        timezone = fact(tracker, "customer")["timezone"]
        until = end_of(_said(tracker), now, timezone) or now + DEFAULT_PAUSE
        _wish(dispatcher, "pause", until=until.isoformat())
        dispatcher.utter_message(response="utter_paused", day=day(until, timezone, language_of(tracker)))
        return []


class OnlyOrders(FlowAction):
    """No advertising and no surveys; what concerns their orders still comes."""

    action_name = "action_only_orders"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        _wish(dispatcher, "only_orders")
        dispatcher.utter_message(response="utter_only_orders")
        return []


class ChooseChannel(FlowAction):
    """Unasked messages on one channel only; asks which when they named none."""

    action_name = "action_choose_channel"
    wants = ("contact",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        chosen = next(iter(tracker.get_latest_entity_values("channel")), None)
        channel = channel_named(str(chosen or _said(tracker)))
        contact = fact(tracker, "contact")
        if channel is None:
            dispatcher.utter_message(response="utter_which_channel")
        elif channel.value in contact["closed"]:
            dispatcher.utter_message(response="utter_channel_closed", chosen=CHANNEL_NAMES[channel])
        elif channel.value not in contact["channels"]:
            dispatcher.utter_message(response="utter_channel_unknown", chosen=CHANNEL_NAMES[channel])
        else:
            _wish(dispatcher, "choose_channel", channel=channel.value)
            dispatcher.utter_message(response="utter_channel_chosen", chosen=CHANNEL_NAMES[channel])
        return []


class EraseData(FlowAction):
    """Asks once more, by a button; then it is noted, and staff see to it."""

    action_name = "action_erase_data"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        if next(iter(tracker.get_latest_entity_values("confirmed")), None) is None:
            dispatcher.utter_message(response="utter_confirm_erasure")
            return []
        _wish(dispatcher, "only_orders")
        dispatcher.utter_message(json_message={"effect": "request_erasure"})
        dispatcher.utter_message(json_message={"effect": "ask_for_person", "reason": "erase_data"})
        dispatcher.utter_message(response="utter_erasure_requested")
        return []


class UndoWish(FlowAction):
    """What was before their last wish holds again."""

    action_name = "action_undo_wish"
    wants = ("contact",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        if not fact(tracker, "contact")["can_undo"]:
            dispatcher.utter_message(response="utter_nothing_to_undo")
            return []
        dispatcher.utter_message(json_message={"effect": "undo_wish"})
        dispatcher.utter_message(response="utter_wish_undone")
        return []


def channel_named(said: str) -> Channel | None:
    """The one channel that their words name; None for none, or for two."""
    plain = f" {normalise(said)} "
    named = [
        channel for channel, words in CHANNEL_WORDS.items() if any(f" {word} " in plain for word in words)
    ]
    return named[0] if len(named) == 1 else None


def is_undo(said: str) -> bool:
    return normalise(said) in UNDO


def _wish(dispatcher: CollectingDispatcher, wish: str, **details: Any) -> None:
    dispatcher.utter_message(json_message={"effect": "wish", "wish": wish, **details})


def _said(tracker: Tracker) -> str:
    return str(tracker.latest_message.get("text") or "")
