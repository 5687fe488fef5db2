"""A Rasa server understands for us; what it says is bounded and checked, and while it is away we do it."""

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from nlu import rasa_server
from nlu.interpreter import EmbeddedInterpreter
from nlu.parsed import FALLBACK, Parsed
from nlu.rasa_server import RasaFault, RasaInterpreter, RasaServer
from tests.nlu.rasa_double import RasaDouble, rasa_double

TEXT = "¿dónde está mi pedido 1042?"


@pytest.fixture
def rasa() -> Iterator[RasaDouble]:
    with rasa_double() as double:
        double.answer = said("order_status")
        yield double


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa_server, "SECONDS", 0.3)


def said(intent: str | None, confidence: Any = 0.9, **more: Any) -> dict[str, Any]:
    return {"text": TEXT, "intent": {"name": intent, "confidence": confidence}, **more}


def entity(name: str, value: Any, words: str, text: str = TEXT) -> dict[str, Any]:
    start = text.index(words)
    return {"entity": name, "value": value, "start": start, "end": start + len(words)}


def interpreter_of(
    rasa: RasaDouble, embedded: EmbeddedInterpreter, *, rest: float = 0.0
) -> tuple[RasaInterpreter, list[str]]:
    outcomes: list[str] = []
    return (
        RasaInterpreter(RasaServer(rasa.url), embedded, note=outcomes.append, rest_seconds=rest),
        outcomes,
    )


def values(parsed: Parsed) -> dict[str, str]:
    return {found.name: found.value for found in parsed.entities}


def test_a_good_answer_is_ours(rasa: RasaDouble, interpreter: EmbeddedInterpreter) -> None:
    ranking = [{"name": "order_status", "confidence": 0.55}, {"name": "cancel_order", "confidence": 0.4}]
    rasa.answer = said("order_status", 0.55, intent_ranking=[*ranking, {"name": "theirs", "confidence": 0.1}])
    by_rasa, outcomes = interpreter_of(rasa, interpreter)
    parsed = by_rasa.parse(TEXT, "en")
    assert (parsed.text, parsed.intent, parsed.confidence) == (TEXT, "order_status", 0.55)
    assert [guess.name for guess in parsed.ranking] == ["order_status", "cancel_order"]
    assert (parsed.language, parsed.rival) == ("es", "cancel_order")
    # What it left out is found here.
    assert values(parsed) == {"order_number": "1042"}
    assert outcomes == ["answered"]
    (path, asked) = rasa.asked[0]
    assert (path, asked["text"], len(asked["message_id"])) == ("/model/parse", TEXT, 32)


def test_a_path_and_a_token_of_its_address_are_kept(rasa: RasaDouble) -> None:
    RasaServer(f"{rasa.url}/rasa/?token=abc").ask("hola")
    assert rasa.asked[0][0] == "/rasa/model/parse?token=abc"


@pytest.mark.parametrize("intent", ["order_pizza", FALLBACK, "out_of_scope", None])
def test_an_intent_that_is_not_ours_is_not_understood(
    rasa: RasaDouble, interpreter: EmbeddedInterpreter, intent: str | None
) -> None:
    rasa.answer = said(intent, 0.99)
    parsed = interpreter_of(rasa, interpreter)[0].parse(TEXT, "es")
    assert (parsed.intent, parsed.confidence, parsed.ranking) == (FALLBACK, 0.0, ())


def test_its_entities_go_first_in_the_form_that_the_flows_know(
    rasa: RasaDouble, interpreter: EmbeddedInterpreter
) -> None:
    text = "3 lámparas azules, mi móvil es 600 000 001"
    rasa.answer = said(
        "add_to_cart",
        entities=[
            entity("quantity", 3.0, "3", text),
            entity("product", "lámpara azul", "lámparas azules", text),
            entity("phone", "600 000 001", "600 000 001", text),
            entity("language", "klingon", "azules", text),
            entity("mood", "good", "azules", text),
            {"entity": "product", "value": "x", "start": 10, "end": 4_000},
            {"entity": "product", "value": ["x"], "start": 0, "end": 4},
            "nonsense",
        ],
    )
    parsed = interpreter_of(rasa, interpreter)[0].parse(text, "es")
    assert values(parsed) == {"quantity": "3", "product": "lámpara azul", "phone": "+34600000001"}


def test_a_yes_is_a_yes_in_whatever_words(rasa: RasaDouble, interpreter: EmbeddedInterpreter) -> None:
    rasa.answer = said("affirm")
    assert values(interpreter_of(rasa, interpreter)[0].parse("de una parce", "es"))["yes_no"] == "yes"


BAD: dict[str, dict[str, Any]] = {
    "an error": {"status": 500},
    "a wrong token": {"status": 401},
    "somewhere else": {"status": 302},
    "no JSON": {"answer": b"<html>"},
    "no object": {"answer": ["order_status"]},
    "no intent": {"answer": {"text": TEXT}},
    "no confidence": {"answer": said("order_status", None)},
    "a confidence that is no number": {"answer": said("order_status", float("nan"))},
    "a confidence out of bounds": {"answer": said("order_status", 17)},
    "too deep": {"answer": b"[" * 100_000},
    "too long": {"answer": b" " * (rasa_server.LONGEST_ANSWER + 1)},
}


@pytest.mark.parametrize("change", BAD)
def test_what_is_no_answer_is_understood_here(
    rasa: RasaDouble, interpreter: EmbeddedInterpreter, change: str
) -> None:
    for name, value in BAD[change].items():
        setattr(rasa, name, value)
    by_rasa, outcomes = interpreter_of(rasa, interpreter)
    assert by_rasa.parse(TEXT, "es") == interpreter.parse(TEXT, "es")
    assert (outcomes, len(rasa.asked)) == (["failed"], 1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("slowness", [{"pause": 1.0}, {"drip": 0.05}], ids=["late", "drop by drop"])
def test_a_slow_server_costs_its_patience_and_no_more(
    rasa: RasaDouble, interpreter: EmbeddedInterpreter, slowness: dict[str, float]
) -> None:
    for name, value in slowness.items():
        setattr(rasa, name, value)
    started = time.monotonic()
    assert interpreter_of(rasa, interpreter)[0].parse(TEXT, "es").intent == "order_status"
    assert time.monotonic() - started < 0.9


def test_nobody_there_is_a_fault() -> None:
    with pytest.raises(RasaFault):
        RasaServer("http://127.0.0.1:9").ask("hola")


def test_a_dead_server_rests_is_told_once_and_comes_back(
    rasa: RasaDouble, interpreter: EmbeddedInterpreter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="hilo.nlu")
    rasa.status = 500
    by_rasa, outcomes = interpreter_of(rasa, interpreter, rest=0.4)
    for _ in range(3):
        assert by_rasa.parse(TEXT, "es").intent == "order_status"
    assert (outcomes, len(rasa.asked)) == (["failed", "skipped", "skipped"], 1)
    rasa.status, rasa.answer = 200, said("complaint", 0.8)
    time.sleep(0.5)
    assert [by_rasa.parse(TEXT, "es").intent for _ in range(2)] == ["complaint"] * 2
    actions = [vars(record).get("action") for record in caplog.records]
    assert actions == ["nlu_away", "nlu_back"]
    assert TEXT not in caplog.text


def test_an_empty_message_is_not_asked_for(rasa: RasaDouble, interpreter: EmbeddedInterpreter) -> None:
    assert interpreter_of(rasa, interpreter)[0].parse(" ", "es").intent == FALLBACK
    assert rasa.asked == []
