"""The training phrases: complete, without contradictions, and refused with a clear word when bad."""

import shutil
from pathlib import Path

import pytest
import yaml

from nlu.intents import INTENTS, OUT_OF_SCOPE, TRAINED
from nlu.interpreter import PhraseInterpreter
from nlu.language import LANGUAGES
from nlu.text import normalise
from nlu.training import DATA, BadTrainingData, read_language, without_annotations

FEWEST = 25
FEWEST_OUT_OF_SCOPE = 40  # it has no subject of its own, so it takes more to draw its border
HELD_OUT = Path(__file__).parent / "held_out"
FILES = sorted(DATA.glob("*/*.yml"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_enough_phrases_in_every_language(language: str) -> None:
    phrases = list(read_language(DATA / language).phrases.values())
    fewest = dict.fromkeys(TRAINED, FEWEST) | {OUT_OF_SCOPE: FEWEST_OUT_OF_SCOPE}
    counts = {intent: phrases.count(intent) for intent in TRAINED}
    assert {intent: count for intent, count in counts.items() if count < fewest[intent]} == {}


def test_what_is_out_of_scope_is_held_out_in_every_language_in_sentences_of_its_own() -> None:
    strange = yaml.safe_load((HELD_OUT / "strange.yml").read_text(encoding="utf-8"))
    assert {language: len(set(sentences)) for language, sentences in strange.items()} == dict.fromkeys(
        LANGUAGES, 25
    )
    for language in LANGUAGES:
        phrases = read_language(DATA / language).phrases
        assert [sentence for sentence in strange[language] if normalise(sentence) in phrases] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_request_is_held_out(language: str) -> None:
    held_out = yaml.safe_load((HELD_OUT / f"{language}.yml").read_text(encoding="utf-8"))
    assert set(held_out) == set(INTENTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_is_what_rasa_reads(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(document) == {"version", "nlu"}
    assert document["version"] == "3.1"
    for entry in document["nlu"]:
        assert len(entry) == 2 and isinstance(entry["examples"], str)
        lines = entry["examples"].splitlines()
        assert all(line.startswith("- ") for line in lines)
        phrases = [normalise(without_annotations(line)) for line in lines]
        twice = [line for line, phrase in zip(lines, phrases, strict=True) if phrases.count(phrase) > 1]
        # Synonyms and lookups may spell a word both ways; a phrase said twice only counts double.
        assert "intent" not in entry or twice == []
        assert len(lines) == len(set(lines)), f"twice in {entry}"


@pytest.mark.parametrize(
    ("example", "phrase"),
    [
        ("order [1042](order_number)", "order 1042"),
        ('order [1042]{"entity": "order_number"} pls', "order 1042 pls"),
        ("no annotation (at all)", "no annotation (at all)"),
    ],
)
def test_annotations_are_read_as_their_text(example: str, phrase: str) -> None:
    assert without_annotations(example) == phrase


BAD = {
    "nonsense: [": "not readable as YAML",
    "- a list": "no list under 'nlu:'",
    "nlu:\n  - intent: order_pizza\n    examples: |\n      - pizza": "unknown intent 'order_pizza'",
    "nlu:\n  - intent: greet": "an entry needs intent",
    "nlu:\n  - intent: greet\n    examples: |\n      hola": "must start with '- '",
    "nlu:\n  - intent: greet\n    examples: |\n      - '!!'": "phrase without words",
    "nlu:\n  - intent: greet\n    examples: |\n      - Adiós": "stands under both",
}


@pytest.mark.parametrize("content", BAD)
def test_bad_data_is_refused_by_name(tmp_path: Path, content: str) -> None:
    folder = shutil.copytree(DATA, tmp_path / "data")
    (folder / "es" / "zz_mine.yml").write_text(content, encoding="utf-8")
    with pytest.raises(BadTrainingData, match=r"zz_mine\.yml") as refused:
        PhraseInterpreter.load(folder)
    assert BAD[content] in str(refused.value)


def test_a_missing_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTrainingData, match=r"no \*\.yml"):
        PhraseInterpreter.load(tmp_path)
