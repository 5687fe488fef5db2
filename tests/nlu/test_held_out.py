"""How well is it understood? Sentences that are in no training file, and answers that are no request."""

from pathlib import Path

import pytest
import yaml

from nlu.interpreter import EmbeddedInterpreter
from nlu.language import LANGUAGES
from nlu.parsed import FALLBACK, SURE
from nlu.text import normalise
from nlu.training import DATA, read_language

HELD_OUT = Path(__file__).parent / "held_out"
# Of sentences that were written after the phrases, in other words, and that nothing was tuned to.
AT_LEAST = 0.9
OUT_OF_SCOPE: list[str] = yaml.safe_load((HELD_OUT / "out_of_scope.yml").read_text(encoding="utf-8"))


def sentences(language: str) -> list[tuple[str, str]]:
    """(intent, sentence) pairs."""
    listed = yaml.safe_load((HELD_OUT / f"{language}.yml").read_text(encoding="utf-8"))
    return [(intent, sentence) for intent, found in listed.items() for sentence in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nearly_all_held_out_sentences_are_understood(
    interpreter: EmbeddedInterpreter, language: str
) -> None:
    pairs = sentences(language)
    missed = [
        (intent, sentence, parsed.intent)
        for intent, sentence in pairs
        if (parsed := interpreter.parse(sentence, language)).intent != intent
    ]
    assert len(missed) <= len(pairs) * (1 - AT_LEAST), missed


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_held_out_sentence_is_a_training_phrase(language: str) -> None:
    phrases = read_language(DATA / language).phrases
    assert [sentence for _, sentence in sentences(language) if normalise(sentence) in phrases] == []


@pytest.mark.parametrize("hint", [None, *LANGUAGES])
@pytest.mark.parametrize("sentence", OUT_OF_SCOPE)
def test_an_answer_to_a_form_is_no_request(
    interpreter: EmbeddedInterpreter, sentence: str, hint: str | None
) -> None:
    # A guess at most, which interrupts nothing.
    assert interpreter.parse(sentence, hint).confidence < SURE


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hola, dónde está mi pedido?", "order_status"),
        ("hola\ngracias\ndónde está mi pedido", "order_status"),
        ("ok gracias. a qué hora abren?", "opening_hours"),
        ("no, quiero hablar con una persona", "talk_to_human"),
        ("Soy Marta, vivo en Calle Luna 3. ¿Dónde está mi pedido?", "order_status"),
        ("hi! thanks! what are your opening hours?", "opening_hours"),
        ("oi, tudo bem? cadê meu pedido", "order_status"),
        ("sí, gracias", "affirm"),
        ("hola buenas 👋", "greet"),
    ],
)
def test_courtesy_loses_to_the_request(interpreter: EmbeddedInterpreter, text: str, intent: str) -> None:
    assert interpreter.parse(text, None).intent == intent


@pytest.mark.parametrize("text", ["sí, Calle Mayor 5", "hola, soy Marta del segundo", "gracias, el 2A"])
def test_courtesy_beside_an_answer_does_not_hide_the_answer(
    interpreter: EmbeddedInterpreter, text: str
) -> None:
    assert interpreter.parse(text, "es").intent == FALLBACK


@pytest.mark.parametrize(
    ("text", "intent"),
    [("no quiero hablar con una persona", "talk_to_human"), ("i dont want to pay now", "checkout")],
)
def test_a_no_turns_a_request_round(interpreter: EmbeddedInterpreter, text: str, intent: str) -> None:
    assert interpreter.parse(text, None).intent != intent
