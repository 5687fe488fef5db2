"""How was it? One question, one follow-up for a bad score; a number or a word, and one answer counts."""

from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker

from flows.base import Domain, Events, FlowAction, Form, FormAction
from nlu.text import normalise

SURVEY_FORM = Form(
    name="survey_form",
    slots=("survey_rating", "survey_comment"),
    submit="action_save_rating",
    intent="rate",
    # Nobody is held up by our curiosity: another question, or two answers we cannot read, end it.
    asks_again=False,
    patience=2,
    optional=frozenset(("survey_comment",)),
)
BEST = 5
# At or below this we ask what went wrong.
BAD = 2
NO_COMMENT = "-"
WORDS = {
    1: ("muy mal", "muy mala", "muy malo", "malisimo", "malisima", "fatal", "pesimo", "pesima")
    + ("horrible", "terrible", "very bad", "awful", "muito ruim", "pessimo", "pessima"),
    2: ("mal", "malo", "mala", "regular tirando a mal", "bad", "poor", "ruim", "mau"),
    3: ("regular", "normal", "asi asi", "mas o menos", "ok", "okay", "so so", "mais ou menos", "razoavel"),
    4: ("bien", "bueno", "buena", "good", "well", "bom", "boa", "bem"),
    5: ("muy bien", "excelente", "genial", "perfecto", "estupendo", "great", "excellent", "very good")
    + ("perfect", "otimo", "muito bem", "muito bom", "perfeito"),
}
SCORES = {word: score for score, words in WORDS.items() for word in words}


class StartSurvey(FlowAction):
    action_name = "action_start_survey"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        effect = {"effect": "start_survey", "handoff_id": tracker.get_slot("survey_handoff")}
        dispatcher.utter_message(json_message=effect)
        fresh = [SlotSet(slot, None) for slot in SURVEY_FORM.slots]
        return [*fresh, SlotSet("survey_handoff", None), ActiveLoop(SURVEY_FORM.name)]


class ValidateSurvey(FormAction, FormValidationAction):
    action_name = "validate_survey_form"

    def validate_survey_rating(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        score = score_of(str(value))
        if score is None:
            dispatcher.utter_message(response="utter_bad_rating")
            return {"survey_rating": None}
        if score > BAD:
            return {"survey_rating": score, "survey_comment": NO_COMMENT}
        # Kept at once: whatever comes of the second question, the first is answered.
        dispatcher.utter_message(json_message={"effect": "rate", "score": score})
        return {"survey_rating": score}

    def validate_survey_comment(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> dict[str, Any]:
        return {"survey_comment": str(value).strip() or NO_COMMENT}


class SaveRating(FlowAction):
    action_name = "action_save_rating"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        score, comment = int(str(tracker.get_slot("survey_rating"))), tracker.get_slot("survey_comment")
        effect = {"effect": "rate", "score": score, "comment": None if comment == NO_COMMENT else comment}
        dispatcher.utter_message(json_message=effect)
        dispatcher.utter_message(response="utter_rated_badly" if score <= BAD else "utter_rated")
        return [SlotSet(slot, None) for slot in SURVEY_FORM.slots]


def score_of(said: str) -> int | None:
    """1 to 5 from a digit or a word; None for anything else."""
    plain = normalise(said)
    if plain.isdecimal():
        return int(plain) if 1 <= int(plain) <= BEST else None
    return SCORES.get(plain)
