"""One question about themselves, at a fitting moment, never twice.

Their language, if it was never clear, then name, interests, channel, how often.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from flows.base import Domain, Events, FlowAction, Form, FormAction, fact
from flows.contact import channel_named
from nlu.language import LANGUAGE_NAMES, LANGUAGES
from nlu.numbers import number
from nlu.text import normalise

FORM = Form(
    name="acquaintance_form",
    slots=("trait_answer",),
    submit="action_save_trait",
    intent="resume",
    asks_again=False,
    patience=1,
    gives_up_with="utter_trait_left",
)
# Answers that close a matter: after these there is room for a question of ours.
FITTING = frozenset(("action_order_status", "action_opening_hours", "action_location"))
QUESTIONS = ("language", "name", "interests", "channel", "frequency")
REST = timedelta(days=7)
# Nobody is asked on the day that they came.
KNOWN_FOR = timedelta(days=1)
NOTHING = "-"
LONGEST = {"name": 40, "interests": 120}
MOST_PER_WEEK = 4


def next_question(known: Mapping[str, Any], now: datetime) -> str | None:
    """What to ask now, if anything; every customer is asked each thing once, one thing a week at most."""
    asked = [datetime.fromisoformat(moment) for moment in known["asked"].values()]
    is_new = now - datetime.fromisoformat(known["since"]) < KNOWN_FOR
    if is_new or known["is_unhappy"] or known["has_refused"] or any(now - one < REST for one in asked):
        return None
    wanted = {
        "language": not known["language"],
        "name": not known["name"],
        "interests": True,
        "channel": len(known["channels"]) > 1,
        # Only who agreed to hear from us can say how often.
        "frequency": known["has_agreed"],
    }
    told = {*known["asked"], *known["told"]}
    return next((name for name in QUESTIONS if wanted[name] and name not in told), None)


class GetToKnow(FlowAction):
    """Played by the runner after a fitting answer; says nothing when it is not the moment."""

    action_name = "action_get_to_know"
    wants = ("acquaintance",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        now = datetime.fromisoformat(str(tracker.get_slot("now")))
        question = next_question(fact(tracker, "acquaintance"), now)
        # Looked at once a day: most answers need not read who they are for.
        later = SlotSet("acquainted_until", (now + KNOWN_FOR).isoformat())
        if question is None:
            return [later]
        dispatcher.utter_message(json_message={"effect": "ask_trait", "name": question})
        return [later, SlotSet("trait_asked", question), SlotSet("trait_answer", None), ActiveLoop(FORM.name)]


class AskTrait(FlowAction):
    action_name = "action_ask_acquaintance_form_trait_answer"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        dispatcher.utter_message(response=f"utter_get_to_know_{tracker.get_slot('trait_asked')}")
        return []


class ValidateTrait(FormAction, FormValidationAction):
    action_name = "validate_acquaintance_form"

    def validate_trait_answer(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        intent = (tracker.latest_message.get("intent") or {}).get("name")
        if intent in ("deny", "skip"):
            return {"trait_answer": NOTHING}
        return {"trait_answer": read(str(tracker.get_slot("trait_asked")), str(value))}


class SaveTrait(FlowAction):
    action_name = "action_save_trait"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        name, value = str(tracker.get_slot("trait_asked")), str(tracker.get_slot("trait_answer"))
        if value == NOTHING:
            dispatcher.utter_message(response="utter_trait_left")
        else:
            dispatcher.utter_message(json_message={"effect": "keep_trait", "name": name, "value": value})
            if name == "language":
                effect = {"effect": "set_language", "language": value, "is_chosen": True}
                dispatcher.utter_message(json_message=effect)
            if name == "frequency":
                effect = {"effect": "wish", "wish": "frequency", "per_week": int(value)}
                dispatcher.utter_message(json_message=effect)
            dispatcher.utter_message(response="utter_trait_kept")
        return [SlotSet("trait_asked", None), SlotSet("trait_answer", None)]


def read(question: str, said: str) -> str | None:
    """Their answer as it is kept; None for what is none."""
    text = " ".join(said.split())
    if question == "language":
        words = normalise(text).split()
        named = {word if word in LANGUAGES else LANGUAGE_NAMES.get(word) for word in words} - {None}
        return named.pop() if len(named) == 1 else None
    if question == "channel":
        channel = channel_named(text)
        return channel.value if channel else None
    if question == "frequency":
        counts = [number(word, None) for word in normalise(text).split()]
        found = [count for count in counts if count is not None and 1 <= count <= MOST_PER_WEEK]
        return str(found[0]) if len(found) == 1 else None
    is_word = any(letter.isalpha() for letter in text) and "?" not in text
    is_name = question != "name" or (len(text.split()) <= 4 and not any(map(str.isdigit, text)))
    return text if is_word and is_name and len(text) <= LONGEST[question] else None
