"""The contract of the door: shapes, hints, speed, and no text that breaks it."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from nlu.intents import INTENTS
from nlu.interpreter import EmbeddedInterpreter, Interpreter
from nlu.parsed import FALLBACK, Parsed

GARBAGE = {
    "empty": "",
    "nul": "\x00\x00",
    "emoji": "🎉🦄🎉",
    "right to left": "أين طلبي؟ שלום",
    "combining": "a" + "\u0301" * 5000,
    "one letter": "a" * 10_000,
    "lone surrogate": "\ud800 hola",
    "ligatures": "\ufdfa" * 60_000,
    "words": "hola " * 13_000,
    "lines": "a\n" * 32_000,
    "digits": "1" * 65_536,
    "phones": "+34 600 123 456 " * 4_000,
    "addresses": "a.@" * 20_000,
    "order words": "pedido " * 9_000,
    "thumbs": "👍" * 30_000,
    "noise": "".join(random.Random(7).choices("abcdefghij      123.,@#\n¿?", k=65_536)),
}


def test_parsed_goes_to_json_and_back(interpreter: EmbeddedInterpreter) -> None:
    adapter = TypeAdapter(Parsed)
    parsed = interpreter.parse("hola, dónde está el pedido #1042?", "es")
    assert parsed.entities and parsed.ranking
    assert adapter.validate_json(adapter.dump_json(parsed)) == parsed


def test_the_phrase_interpreter_is_an_interpreter(interpreter: EmbeddedInterpreter) -> None:
    door: Interpreter = interpreter
    assert door.parse("hola", None).intent == "greet"


def test_a_known_phrase_is_certain(interpreter: EmbeddedInterpreter) -> None:
    parsed = interpreter.parse("¿Dónde está mi pedido?", None)
    assert (parsed.intent, parsed.confidence, parsed.language) == ("order_status", 1.0, "es")


def test_a_weak_guess_is_in_the_ranking_only(interpreter: EmbeddedInterpreter) -> None:
    parsed = interpreter.parse("leave it at the door", "en")
    assert parsed.intent == FALLBACK
    assert parsed.confidence == 0.0
    assert "cancel" in [guess.name for guess in parsed.ranking]


def test_the_hint_does_not_overrule_the_text(interpreter: EmbeddedInterpreter) -> None:
    parsed = interpreter.parse("where is my order", "es")
    assert (parsed.intent, parsed.language) == ("order_status", "en")


def test_an_unknown_hint_is_no_fault(interpreter: EmbeddedInterpreter) -> None:
    assert interpreter.parse("menu", "fr").intent == "help"


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_answered_and_holds_nobody_up(interpreter: EmbeddedInterpreter, name: str) -> None:
    started = time.process_time()
    assert interpreter.parse(GARBAGE[name], None).text == GARBAGE[name]
    # CPU seconds, and a hundred times what it takes: only a runaway expression gets there.
    assert time.process_time() - started < 5


@given(st.text(max_size=300), st.sampled_from([None, "es", "en", "pt"]))
def test_any_text_is_answered_within_the_contract(text: str, hint: str | None) -> None:
    parsed = _INTERPRETER.parse(text, hint)
    assert parsed.intent in {*INTENTS, FALLBACK}
    assert (parsed.confidence > 0) == (parsed.intent != FALLBACK)
    assert all(0 <= guess.confidence <= 1 for guess in parsed.ranking)
    assert all(0 <= entity.start < entity.end <= len(text) for entity in parsed.entities)


_INTERPRETER = EmbeddedInterpreter.load()  # hypothesis warns about fixtures shared between its examples
