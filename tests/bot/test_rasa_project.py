"""`hilo nlu export`: a Rasa project in which every name is one of ours, and nothing of ours is missing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.rasa_project import entries_of, write_project
from flows.registry import ACTIONS, FORMS, INTENTS
from flows.slots import KNOWN
from flows.texts import Texts
from nlu.intents import TRAINED
from nlu.training import without_annotations
from tests.nlu.rasa_format import faults_of

# As in rasa/shared/nlu/training_data/schemas/responses.yml of Rasa 3: a key more is refused.
KEYS_OF_A_RESPONSE = {"text", "buttons", "channel", "condition"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rasa")
    assert {file.name for file in write_project(folder)} == {"nlu.yml", "domain.yml", "config.yml"}
    return folder


@pytest.fixture(scope="module")
def domain(project: Path) -> Any:
    return yaml.safe_load((project / "domain.yml").read_text("utf-8"))


def buttons_of(domain: Any) -> Iterator[dict[str, str]]:
    for said in domain["responses"].values():
        for variation in said:
            yield from variation.get("buttons", ())


def test_the_phrases_are_rasas_and_all_there(project: Path) -> None:
    text = (project / "data" / "nlu.yml").read_text("utf-8")
    assert list(faults_of(text)) == []
    listed = yaml.safe_load(text)["nlu"]
    assert {entry["intent"] for entry in listed if "intent" in entry} == set(TRAINED)
    assert text.count("\n      - ") == sum(len(entry.examples) for entry in entries_of())


def test_no_phrase_stands_under_two_intents(project: Path) -> None:
    meant: dict[str, str] = {}
    for entry in entries_of():
        for example in entry.examples if entry.kind == "intent" else ():
            assert meant.setdefault(without_annotations(example), entry.name) == entry.name


def test_every_intent_action_form_and_response_is_ours_and_none_is_missing(domain: Any) -> None:
    from_buttons = {re.split(r"\W", button["payload"].removeprefix("/"))[0] for button in buttons_of(domain)}
    assert set(domain["intents"]) == {*TRAINED, *INTENTS, *from_buttons}
    assert from_buttons <= {*INTENTS, "inform", "cancel", "resume"}
    assert set(domain["actions"]) == {action().name() for action in ACTIONS}
    assert set(domain["responses"]) == Texts.load().names
    assert set(domain["forms"]) == set(FORMS)
    assert set(domain["slots"]) == KNOWN - {"requested_slot"}


def test_what_refers_to_something_refers_to_what_is_there(domain: Any, project: Path) -> None:
    for form in domain["forms"].values():
        assert set(form["required_slots"]) <= set(domain["slots"])
    for slot in domain["slots"].values():
        assert {mapping.get("entity", "language") for mapping in slot["mappings"]} <= set(domain["entities"])
    annotated = set(re.findall(r"\]\((\w+)\)", (project / "data" / "nlu.yml").read_text("utf-8")))
    assert annotated <= set(domain["entities"])


def test_each_language_is_a_condition_and_no_key_is_strange(domain: Any) -> None:
    for name, said in domain["responses"].items():
        assert all(set(variation) <= KEYS_OF_A_RESPONSE for variation in said), name
        general = [variation for variation in said if "channel" not in variation]
        spoken = [variation["condition"][0]["value"] for variation in general if "condition" in variation]
        assert ("condition" not in said[0], sorted(spoken)) == (True, ["en", "pt"]), name
    for button in buttons_of(domain):
        assert button["title"] and button["payload"]


def test_the_pipeline_can_say_that_it_does_not_know(project: Path) -> None:
    config = yaml.safe_load((project / "config.yml").read_text("utf-8"))
    assert [part["name"] for part in config["pipeline"]][-1] == "FallbackClassifier"
    assert config["assistant_id"] == "hilo"
