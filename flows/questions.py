"""Frequent questions, answered from flows/knowledge: one file a topic and language. Then: was it useful?"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from context_store.records import Channel
from flows.base import Events, FlowAction, fact, language_of
from flows.products import same_words
from flows.retrieval import Index, Match
from flows.situation import Situation
from flows.texts import LANGUAGES
from nlu.parsed import FALLBACK, Entity

FOLDER = Path(__file__).parent / "knowledge"
INTENT = "ask_question"
TOPIC = "topic"
# Surer than this, and it is answered; in the middle of another question it must be all but certain.
ENOUGH = 0.5
ENOUGH_IN_FORM = 0.75
# Of an intent that understanding was sure of, whose own answer was empty.
ENOUGH_FOR_A_KNOWN_WISH = 0.45
SURE_ENOUGH = 0.7
PRICE_WORDS = ("cuánto", "cuesta", "vale", "precio", "how", "much", "cost", "price") + (
    "quanto",
    "custa",
    "preço",
)
# What an intent's question is about, where it is one of ours.
TOPIC_OF_INTENT = {"delivery_time": "delivery_times", "payment_methods": "payment_methods"}


class Entry(BaseModel):
    """One file of flows/knowledge."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(max_length=80)
    # As customers would ask; more of them make it easier to find.
    questions: tuple[str, ...] = Field(min_length=3)
    answer: str = Field(max_length=600)
    # A shorter wording for SMS.
    sms: str | None = Field(default=None, max_length=300)
    link: str | None = None


class KnowledgeFault(Exception):
    """A file of the knowledge that cannot be used. The text names it."""


class Knowledge:
    def __init__(self, entries: Mapping[tuple[str, str], Entry]) -> None:
        self._entries = entries
        self._indexes = {
            language: Index(
                {
                    topic: (entry.questions, entry.answer)
                    for (topic, spoken), entry in sorted(entries.items())
                    if spoken == language
                },
                # The things that are sold, and their price, are in questions of any kind.
                weak=(*same_words(), *PRICE_WORDS),
            )
            for language in LANGUAGES
        }

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(topic for topic, _ in self._entries)

    def find(self, text: str, language: str) -> Match | None:
        """In their language first; people mix, so the others are asked too, and believed a bit less."""
        matches = []
        for spoken, index in self._indexes.items():
            match = index.match(text)
            if match is not None:
                weight = 1.0 if spoken == language else 0.9
                matches.append(Match(topic=match.topic, score=match.score * weight))
        return max(matches, key=lambda match: (match.score, match.topic), default=None)

    def entry(self, topic: str, language: str) -> Entry:
        return self._entries[topic, language]


def load(folder: Path = FOLDER) -> Knowledge:
    """Read every file. Raises `KnowledgeFault` for a wrong one, or a topic that a language lacks."""
    entries: dict[tuple[str, str], Entry] = {}
    for path in sorted(folder.glob("*.yml")):
        topic, _, language = path.stem.partition(".")
        try:
            entries[topic, language] = Entry.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise KnowledgeFault(f"{path.name}: {error}") from error
    for topic, _ in entries:
        missing = [language for language in LANGUAGES if (topic, language) not in entries]
        if missing:
            raise KnowledgeFault(f"{topic} is not written in {', '.join(missing)}")
    return Knowledge(entries)


@cache
def knowledge() -> Knowledge:
    return load()


def is_answered(text: str, language: str, enough: float = ENOUGH_FOR_A_KNOWN_WISH) -> bool:
    match = knowledge().find(text, language)
    return match is not None and match.score >= enough


def with_question(situation: Situation) -> Situation:
    """What nobody was sure about may be a question that is answered in writing."""
    parsed = situation.parsed
    if parsed.intent != FALLBACK and parsed.confidence >= SURE_ENOUGH:
        return situation
    match = knowledge().find(parsed.text, situation.language)
    if match is None or match.score < (ENOUGH if situation.state.form is None else ENOUGH_IN_FORM):
        return situation
    topic = Entity(name=TOPIC, value=match.topic, start=0, end=0)
    asked = replace(parsed, intent=INTENT, confidence=1.0, entities=(*parsed.entities, topic))
    return replace(situation, parsed=asked)


class AnswerQuestion(FlowAction):
    """The topic that was found, or that the intent names, or else that the words fit."""

    action_name = "action_answer_question"
    wants = ("asked_topics",)

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        topic = _topic_of(tracker)
        if topic is None:
            dispatcher.utter_message(response="utter_no_answer")
            return []
        tell(dispatcher, tracker, topic)
        return []


class VoteOnAnswer(FlowAction):
    action_name = "action_vote_on_answer"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        topic = next(iter(tracker.get_latest_entity_values(TOPIC)), None)
        useful = next(iter(tracker.get_latest_entity_values("useful")), None) == "yes"
        if topic in knowledge().topics:
            dispatcher.utter_message(json_message={"effect": "vote_useful", "topic": topic, "useful": useful})
        dispatcher.utter_message(response="utter_was_useful" if useful else "utter_was_not_useful")
        return []


def tell(dispatcher: CollectingDispatcher, tracker: Tracker, topic: str) -> None:
    """The answer; and once per topic and customer, outside of forms, the question what it was worth."""
    entry = knowledge().entry(topic, language_of(tracker))
    is_sms = tracker.get_slot("channel") == Channel.SMS.value
    text = entry.sms if is_sms and entry.sms else entry.answer
    dispatcher.utter_message(text=f"{text} {entry.link}" if entry.link else text)
    if tracker.get_slot("requested_slot") is None and topic not in fact(tracker, "asked_topics"):
        dispatcher.utter_message(json_message={"effect": "ask_if_useful", "topic": topic})
        dispatcher.utter_message(response="utter_ask_if_useful", topic=topic)


def _topic_of(tracker: Tracker) -> str | None:
    named = next(iter(tracker.get_latest_entity_values(TOPIC)), None)
    if named in knowledge().topics:
        return str(named)
    message: dict[str, Any] = tracker.latest_message
    match = knowledge().find(str(message.get("text") or ""), language_of(tracker))
    if match is not None and match.score >= ENOUGH_FOR_A_KNOWN_WISH:
        return match.topic
    intent = (message.get("intent") or {}).get("name")
    return TOPIC_OF_INTENT.get(str(intent))
