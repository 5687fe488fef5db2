"""To a person: one question at most about whom, the request, and what is said about it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from flows.base import Domain, Events, FlowAction, Form, FormAction, language_of, mapping
from flows.formats import LOCALES, clock_time, plain_day

# Asked once, whatever they answer: nobody has to pass a test to reach a person.
HANDOFF_FORM = Form(name="handoff", slots=("handoff_team",), submit="action_hand_off", intent="talk_to_human")
ANY_TEAM = "any"
# Who does not say which team is passed on all the same after this.
QUESTION_LASTS = timedelta(minutes=3)
QUESTION_TIMER = "handoff:question"

# What carries the answer of a person once WhatsApp's 24 hours are over.
LATE_ANSWER = "utter_late_answer"

# What is said, by the reason; for all others the plain words.
SAID = {
    "complaint": "utter_handed_off_complaint",
    "anger": "utter_handed_off_complaint",
    "not_understood": "utter_handed_off_not_understood",
    "large_cart": "utter_handed_off_large_cart",
}
SORRY = frozenset(("complaint", "anger"))
FREE, BUSY, CLOSED = "free", "busy", "closed"


class HandOff(FlowAction):
    """Asks for a person and says so; from then on the bot is silent, unless nobody can come now."""

    action_name = "action_hand_off"
    wants = ("desk",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        desk = mapping(tracker.get_slot("desk"))
        said = (tracker.latest_message.get("intent") or {}).get("name")
        reason = str(tracker.get_slot("handoff_reason") or ("complaint" if said == "complaint" else "asked"))
        if desk.get("is_waiting"):
            if reason in SORRY:
                dispatcher.utter_message(response="utter_sorry_for_that")
            dispatcher.utter_message(response="utter_already_waiting")
            return [SlotSet("handoff_reason", None), SlotSet("handoff_team", None)]
        team = tracker.get_slot("handoff_team") or team_named(tracker, desk)
        if team is None and reason == "asked" and desk.get("choices"):
            return [SlotSet("handoff_reason", reason), ActiveLoop(HANDOFF_FORM.name)]
        chosen = None if team == ANY_TEAM else team
        effect = {"effect": "ask_for_person", "reason": reason, "team": chosen}
        dispatcher.utter_message(json_message=effect)
        if standing(desk, reason, chosen).get("staffing", FREE) == FREE:
            dispatcher.utter_message(response=SAID.get(reason, "utter_handed_off"))
        elif reason in SORRY:
            dispatcher.utter_message(response="utter_sorry_for_that")
        return [SlotSet("handoff_reason", None), SlotSet("handoff_team", None)]


class AskTeam(FlowAction):
    """The one question: which of the teams."""

    action_name = "action_ask_handoff_handoff_team"
    wants = ("desk",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        desk, language = mapping(tracker.get_slot("desk")), language_of(tracker)
        buttons = [
            {
                "title": mapping(desk["teams"][team])["names"][language],
                "payload": f'/talk_to_human{{"handoff_team": "{team}"}}',
            }
            for team in desk.get("choices", ())
        ]
        dispatcher.utter_message(response="utter_which_team", buttons=buttons)
        return []


class ValidateHandOff(FormAction, FormValidationAction):
    action_name = "validate_handoff"
    wants = ("desk",)

    def validate_handoff_team(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        desk = mapping(tracker.get_slot("desk"))
        if str(value) in desk.get("teams", {}):
            return {"handoff_team": str(value)}
        return {"handoff_team": team_named(tracker, desk) or ANY_TEAM}


class TellWhen(FlowAction):
    """Nobody can come now: when somebody will, and that the bot is there meanwhile.

    Played after whatever has asked for a person, whose reason and team are in the slots.
    """

    action_name = "action_tell_when"
    wants = ("desk",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        desk, language = mapping(tracker.get_slot("desk")), language_of(tracker)
        team = tracker.get_slot("handoff_team")
        found = standing(desk, str(tracker.get_slot("handoff_reason")), team)
        now = datetime.fromisoformat(str(tracker.get_slot("now")))
        if found.get("staffing") == CLOSED:
            _say_closed(dispatcher, found, now, language)
        elif found.get("staffing") == BUSY:
            minutes = found.get("reply_minutes")
            if minutes:
                dispatcher.utter_message(
                    response="utter_all_busy_until",
                    time=format_timedelta(
                        timedelta(minutes=int(minutes)), threshold=2, locale=LOCALES[language]
                    ),
                )
            else:
                dispatcher.utter_message(response="utter_all_busy")
        return [SlotSet("handoff_reason", None), SlotSet("handoff_team", None)]


def _say_closed(
    dispatcher: CollectingDispatcher, found: Mapping[str, Any], now: datetime, language: str
) -> None:
    if found.get("opens_at") is None:
        dispatcher.utter_message(response="utter_team_closed")
        return
    opens_at, zone = datetime.fromisoformat(found["opens_at"]), str(found["timezone"])
    dispatcher.utter_message(
        response="utter_team_closed_until",
        day=_day(opens_at, now, zone, language),
        time=clock_time(opens_at, zone, language),
    )


def standing(desk: Mapping[str, Any], reason: str, team: str | None) -> Mapping[str, Any]:
    """How the team stands to which the request goes; empty when there is none."""
    chosen = team or mapping(desk.get("topics")).get(reason) or desk.get("rest")
    return mapping(mapping(desk.get("teams")).get(str(chosen)))


def team_named(tracker: Tracker, desk: Mapping[str, Any]) -> str | None:
    """ "I want to talk to sales": the one whose name is among their words."""
    said = f" {str(tracker.latest_message.get('text') or '').casefold()} "
    named = [
        team
        for team in desk.get("choices", ())
        if any(name.casefold() in said for name in desk["teams"][team]["names"].values())
    ]
    return named[0] if len(named) == 1 else None


NEAR = {
    0: {"es": "hoy", "en": "today", "pt": "hoje"},
    1: {"es": "mañana", "en": "tomorrow", "pt": "amanhã"},
}


def _day(moment: datetime, now: datetime, zone: str, language: str) -> str:
    """ "hoy", "mañana", "el lunes, 30 de noviembre" """
    day, today = (each.astimezone(ZoneInfo(zone)).date() for each in (moment, now))
    near = NEAR.get((day - today).days)
    return near[language] if near else _with_article(day, language)


def _with_article(day: date, language: str) -> str:
    told = plain_day(day, language)
    if language == "pt":
        return f"{'no' if day.weekday() >= 5 else 'na'} {told}"
    return {"es": f"el {told}", "en": f"on {told}"}[language]
