"""Code and data name the same things: responses, intents, slots, facts, options; nothing is named in vain."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.facts import Facts
from context_store.records import Channel, OrderStatus
from flows import getting_to_know, keywords, options, survey_library
from flows.registry import ACTIONS, FORMS, INTENTS, NEVER_INTERRUPTS
from flows.slots import ANSWERING_INTENTS, ENTITY_FOR_SLOT, FACTS, KEPT
from flows.small_talk import SAYINGS
from flows.stage import Stage
from flows.texts import LANGUAGES, Texts
from nlu.intents import INTENTS as UNDERSTOOD
from nlu.intents import OUT_OF_SCOPE
from tests.world import load_runner

PROJECT = Path(__file__).parents[2]
TEXTS = load_runner().texts
# The runner answers these itself.
STEERING = {"cancel", "repeat", "resume"}
# Any free text is an answer: nobody is asked for it twice.
ASKED_AGAIN = set(survey_library.Kind) - {survey_library.Kind.TEXT}
# What an option may say without being asked for in words.
ONLY_CHOSEN = {"inform", "opt_out", "dismiss_reminder", "resume"}


def words_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def words_of(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*.py"):
        yield from words_in(file)


def responses_in_code() -> set[str]:
    """Written out in flows and bot, and those that a rule puts together."""
    words = [word for folder in ("flows", "bot") for word in words_of(PROJECT / folder)]
    written = {word for word in words if re.fullmatch(r"utter_\w*[a-z]", word)}
    library = [yaml.safe_load(file.read_text("utf-8")) for file in (PROJECT / "flows/library").glob("*.yml")]
    sent = {step["send"] for journey in library for step in journey["steps"] if "send" in step}
    said = {f"utter_{action().topic}" for action in SAYINGS}
    told = {f"utter_order_{status.value}{dated}" for status in OrderStatus for dated in ("", "_undated")}
    surveys = set(survey_library.responses()) | {f"utter_survey_bad_{kind.value}" for kind in ASKED_AGAIN}
    known = {f"utter_get_to_know_{name}" for name in getting_to_know.QUESTIONS}
    return with_manners(written | sent | said | told | questions() | surveys | known) | reasons()


def with_manners(names: set[str]) -> set[str]:
    """Other wordings of the same: the runner takes them where they are written."""
    return names | {f"{name}_{manner}" for name in names for manner in ("again", "aside")} & TEXTS.names


def reasons() -> set[str]:
    """Why a question cannot be skipped, where that is written."""
    required = {
        f"utter_why_{form.name}_{slot}" for form in FORMS.values() for slot in {*form.slots} - form.optional
    }
    return required & TEXTS.names


def questions() -> set[str]:
    """What forms ask by a response; where an action asks, it names its own."""
    asked = {f"ask_{form.name}_{slot}" for form in FORMS.values() for slot in form.slots}
    return {f"utter_{question}" for question in asked if f"action_{question}" not in action_names()}


def action_names() -> set[str]:
    return {action().name() for action in ACTIONS}


def test_every_response_that_code_names_is_written() -> None:
    assert responses_in_code() - TEXTS.names == set()


def test_every_response_that_is_written_is_said_somewhere() -> None:
    assert TEXTS.names - responses_in_code() == set()


def test_every_intent_of_the_training_phrases_has_an_answer() -> None:
    files = (PROJECT / "nlu/data").rglob("*.yml")
    trained = {
        entry["intent"]
        for file in files
        for entry in yaml.safe_load(file.read_text("utf-8"))["nlu"]
        if "intent" in entry
    }
    trained -= {OUT_OF_SCOPE}
    assert trained <= set(UNDERSTOOD)
    assert trained - set(INTENTS) - STEERING == set()


def test_every_action_that_is_named_exists() -> None:
    assert set(INTENTS.values()) | {form.submit for form in FORMS.values()} <= action_names()
    assert {form.validate for form in FORMS.values()} <= action_names()
    assert len(action_names()) == len(ACTIONS), "two actions of one name"


def test_every_action_is_played_by_something() -> None:
    """By an intent, a form, the runner or another action: its name stands outside its class too."""
    named = Counter(word for folder in ("flows", "bot") for word in words_of(PROJECT / folder))
    own_names = {getattr(action, "action_name", None) for action in ACTIONS}
    by_forms = {form.validate for form in FORMS.values()} | {
        f"action_ask_{form.name}_{slot}" for form in FORMS.values() for slot in form.slots
    }
    idle = {name for name in action_names() if named[name] < 1 + (name in own_names)}
    assert idle - by_forms == set()


def test_every_wanted_fact_can_be_given(sqlite_world: Any) -> None:
    wanted = {fact for action in ACTIONS for fact in action.wants}
    assert wanted <= FACTS
    sqlite_world.says("+34600000001", "hola")
    customer = sqlite_world.customer("+34600000001")
    with sqlite_world.database.read() as uow:
        facts = Facts(uow, customer, sqlite_world.house.parts)
        for fact in FACTS:
            json.dumps(facts[fact])
        with pytest.raises(KeyError):
            facts["of something else"]


def test_slots_of_forms_are_kept_and_rules_about_slots_name_real_ones() -> None:
    asked = {slot for form in FORMS.values() for slot in form.slots}
    assert asked <= KEPT
    assert set(ANSWERING_INTENTS) <= asked
    assert set(ENTITY_FOR_SLOT) <= KEPT


def test_rules_about_intents_name_real_ones() -> None:
    known = set(INTENTS) | STEERING
    assert known >= NEVER_INTERRUPTS
    assert {form.intent for form in FORMS.values()} <= known
    # What no flow answers yet may still be an answer.
    assert {intent for intents in ANSWERING_INTENTS.values() for intent in intents} <= known | set(UNDERSTOOD)


def wordings() -> Iterator[tuple[str, Any, str, Any]]:
    """Response, variation, language, wording."""
    for name in sorted(TEXTS.names):
        for variation in TEXTS._responses[name]:
            for language in LANGUAGES:
                yield (
                    name,
                    variation,
                    language,
                    (variation if language == "es" else variation.translation[language]),
                )


def test_every_option_says_something_that_is_answered() -> None:
    for name, variation, _, _ in wordings():
        for button in variation.buttons:
            # A place in a payload is filled in with a value, which is text.
            payload = re.sub(r'"\{\w+\}"', '"x"', button.payload)
            intent, _ = options.read_payload(payload)
            assert intent in {*INTENTS, *STEERING, *ONLY_CHOSEN}, f"{name}: {button.payload}"


def test_labels_of_one_question_can_be_told_apart() -> None:
    for name, _, language, wording in wordings():
        labels = [keywords.plain(button.title) for button in wording.buttons]
        assert len(set(labels)) == len(labels), (name, language)


def test_no_label_is_a_keyword() -> None:
    """Who picks it by its words must not be unsubscribed instead."""
    for name, _, language, wording in wordings():
        for button in wording.buttons:
            for channel in (Channel.SMS, Channel.WHATSAPP):
                found = keywords.match(button.title, channel, has_opted_out=False)
                assert found is None, (name, language, button.title)


CARRIER_STOPS = re.compile(r"\b(STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|REVOKE|OPTOUT|YES)\b")


def test_no_sms_of_ours_asks_for_a_word_that_the_carrier_takes_for_itself() -> None:
    for name in sorted(TEXTS.names):
        for language in LANGUAGES:
            wording = TEXTS._wording(name, language, Channel.SMS)
            assert not CARRIER_STOPS.search(wording.text), (name, language)


def test_every_text_fits_into_one_message_of_the_carrier() -> None:
    for name, _, language, wording in wordings():
        assert len(wording.text) < 1000, (name, language)


def test_the_registry_is_all_that_a_stage_needs() -> None:
    assert Stage(ACTIONS, {}).names == action_names()
    assert isinstance(TEXTS, Texts)
