"""Surveys, played from their files: ask, understand the answer, branch, thank. One answer each.

One form asks every question of every survey: `survey_question` says which one it is at. A question of free
text has a slot of its own, because there nearly everything is an answer.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from context_store.records import Option
from flows import options
from flows.base import Domain, Events, FlowAction, Form, FormAction, fact, mapping
from flows.ratings import score_of
from flows.situation import Situation
from flows.survey_library import SCALES, Kind, Question, SurveyFile, library, response_of
from flows.texts import LANGUAGES

SURVEY_FORM = Form(
    name="survey_form",
    slots=("survey_answer", "survey_words"),
    submit="action_save_survey_answer",
    intent="rate",
    # Nobody is held up by our curiosity: another request, or two answers we cannot read, end it.
    asks_again=False,
    patience=2,
    gives_up_with="utter_survey_ended",
    left="action_leave_survey",
)
DEFAULT = "csat"
# In the slot of the other kind of question, and for what was left out.
NOTHING = "-"
LONGEST_ANSWER = 2000
NO_ANSWER = frozenset(("skip", "deny"))
# What stays on the conversation while a survey may still be answered.
REMEMBERED = ("survey_name", "survey_question", "survey_bad")


class StartSurvey(FlowAction):
    """The survey that was asked for, else the usual one; never within its rest period."""

    action_name = "action_start_survey"
    wants = ("survey",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        survey = library().get(str(tracker.get_slot("survey_wanted") or DEFAULT)) or library()[DEFAULT]
        handoff_id = tracker.get_slot("survey_handoff")
        fresh = [SlotSet(slot, None) for slot in ("survey_wanted", "survey_handoff", "survey_bad")]
        if is_resting(survey, mapping(fact(tracker, "survey")), str(tracker.get_slot("now"))):
            if (tracker.latest_message.get("intent") or {}).get("name") == SURVEY_FORM.intent:
                dispatcher.utter_message(response="utter_survey_resting")
            return fresh
        effect = {"effect": "start_survey", "survey": survey.survey, "handoff_id": handoff_id}
        dispatcher.utter_message(json_message=effect)
        return [*fresh, SlotSet("survey_name", survey.survey), *_asking(survey.first)]


class AskSurvey(FlowAction):
    """Asks the question that it is at."""

    action_name = "action_ask_survey_form_survey_answer"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        survey, question = _at(tracker.slots)
        if survey is None or question is None:
            # Its file was taken away while it was being answered.
            return [*_forgotten(), ActiveLoop(None)]
        dispatcher.utter_message(response=response_of(survey.survey, question.key))
        return []


class AskSurveyWords(AskSurvey):
    action_name = "action_ask_survey_form_survey_words"


class ValidateSurvey(FormAction, FormValidationAction):
    action_name = "validate_survey_form"

    def validate_survey_answer(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        _, question = _at(tracker.slots)
        answer = _read(question, tracker) if question else NOTHING
        if answer is None and question is not None:
            dispatcher.utter_message(response=f"utter_survey_bad_{question.kind.value}")
        return {"survey_answer": answer}

    def validate_survey_words(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        _, question = _at(tracker.slots)
        return {"survey_words": (_read(question, tracker) if question else None) or NOTHING}


class SaveSurveyAnswer(FlowAction):
    """Keeps the answer at once, then asks what comes next, or thanks."""

    action_name = "action_save_survey_answer"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        survey, question = _at(tracker.slots)
        if survey is None or question is None:
            return _forgotten()
        slot = "survey_words" if question.kind is Kind.TEXT else "survey_answer"
        return keep(dispatcher, tracker, survey, question, str(tracker.get_slot(slot)))


class TakeLateAnswer(FlowAction):
    """A rating that comes after the question was left: it still counts, and the survey goes on."""

    action_name = "action_take_late_answer"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        survey, question = _at(tracker.slots)
        answer = _read(question, tracker) if question else None
        if survey is None or question is None or answer is None:
            return _forgotten()
        return keep(dispatcher, tracker, survey, question, answer)


class LeaveSurvey(FlowAction):
    """It ends unfinished. What was answered is kept; a bad answer still goes to a person."""

    action_name = "action_leave_survey"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        reason = tracker.get_slot("survey_bad")
        if reason is None:
            return []
        _ask_for_person(dispatcher, str(reason))
        if tracker.latest_message.get("text"):
            # Nobody is there to read it when the form has only run out.
            dispatcher.utter_message(response="utter_survey_to_person")
        return _forgotten()


def keep(
    dispatcher: CollectingDispatcher, tracker: Tracker, survey: SurveyFile, question: Question, answer: str
) -> Events:
    """One answer kept, and what follows from it."""
    score = int(answer) if question.kind in SCALES and answer != NOTHING else None
    following = survey.following(question, answer, score)
    reason = question.reason_of(answer, score)
    effect = {
        "effect": "answer_survey",
        "survey": survey.survey,
        "question": question.key,
        "answer": answer,
        "score": score,
        "is_bad": reason is not None,
        "is_text": question.kind is Kind.TEXT and answer != NOTHING,
        "is_last": following is None,
    }
    dispatcher.utter_message(json_message=effect)
    bad = reason or tracker.get_slot("survey_bad")
    if following is not None:
        return [SlotSet("survey_bad", bad), *_asking(following)]
    is_bad = bad is not None and survey.thanks_bad is not None
    dispatcher.utter_message(response=response_of(survey.survey, "thanks_bad" if is_bad else "thanks"))
    if bad is not None:
        _ask_for_person(dispatcher, str(bad))
    return _forgotten()


def is_late_answer(situation: Situation) -> bool:
    """Does this message, though no question is open, plainly answer a survey that still counts?

    A number or a face does. Words ("genial") only while nothing else has been said since it was asked.
    """
    survey, question = _at(situation.state.slots)
    if survey is None or question is None or question.kind is Kind.TEXT:
        return False
    is_option = situation.parsed.entity("survey_answer") is not None
    said = situation.parsed.text
    if not is_option and _answer_in(question, said, alone=True) is None:
        return False
    asked = mapping(situation.facts["survey"])
    if asked.get("open") != survey.survey or question.key in asked.get("answered", ()):
        return False
    answered_at = situation.state.answered_at
    is_fresh = not answered_at or answered_at[-1] <= datetime.fromisoformat(asked["asked"][survey.survey])
    return is_option or is_fresh or not any(letter.isalpha() for letter in said)


def is_resting(survey: SurveyFile, asked: Mapping[str, Any], now: str) -> bool:
    last = mapping(asked.get("asked")).get(survey.survey)
    return last is not None and datetime.fromisoformat(now) - datetime.fromisoformat(last) < survey.rest


def _at(slots: Mapping[str, Any]) -> tuple[SurveyFile | None, Question | None]:
    """The survey and the question that the conversation is at."""
    survey = library().get(str(slots.get("survey_name")))
    return survey, survey.question(str(slots.get("survey_question"))) if survey else None


def _asking(question: Question) -> Events:
    is_text = question.kind is Kind.TEXT
    return [
        SlotSet("survey_question", question.key),
        SlotSet("survey_answer", NOTHING if is_text else None),
        SlotSet("survey_words", None if is_text else NOTHING),
        ActiveLoop(SURVEY_FORM.name),
    ]


def _forgotten() -> Events:
    return [SlotSet(slot, None) for slot in (*REMEMBERED, *SURVEY_FORM.slots)]


def _read(question: Question, tracker: Tracker) -> str | None:
    """Their answer as it is kept; None when it is none."""
    message = tracker.latest_message
    chosen = next(iter(tracker.get_latest_entity_values("survey_answer")), None)
    said = str(message.get("text") or "").strip()
    intent = (message.get("intent") or {}).get("name")
    answer = _answer_in(question, said, chosen=chosen)
    if question.is_optional and intent in NO_ANSWER and (answer is None or question.kind is Kind.TEXT):
        return NOTHING
    return answer


def _answer_in(
    question: Question, said: str, *, chosen: str | None = None, alone: bool = False
) -> str | None:
    if question.kind is Kind.TEXT:
        return said[:LONGEST_ANSWER] or None
    if question.kind is Kind.CHOICE:
        return _choice(question, said, chosen)
    score = score_of(said, *SCALES[question.kind], alone=alone)
    return None if score is None else str(score)


def _choice(question: Question, said: str, chosen: str | None) -> str | None:
    """What was pressed, or what the words name in any of our languages."""
    values = [choice.value for choice in question.options]
    if chosen in values:
        return chosen
    for language in LANGUAGES:
        titles = tuple(
            Option(title=getattr(choice.title, language), payload=f"/{choice.value}")
            for choice in question.options
        )
        picked = options.pick(said, titles)
        if picked is not None:
            return picked.payload[1:]
    return None


def _ask_for_person(dispatcher: CollectingDispatcher, reason: str) -> None:
    dispatcher.utter_message(json_message={"effect": "ask_for_person", "reason": reason})
