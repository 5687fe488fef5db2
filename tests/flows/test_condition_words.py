"""Every condition is a sentence, in each language, and the three languages have the same keys."""

from typing import Any

import pytest

from context_store.records.conditions import read_condition
from flows.condition_words import LANGUAGES, ConditionWords, load_words

RICH: list[tuple[dict[str, Any], str]] = [
    ({"kind": "all", "of": []}, "Todo el mundo"),
    (
        {"kind": "not", "of": {"kind": "wrote", "last": {"op": "within", "amount": 1, "unit": "days"}}},
        "No se cumple: Escribió por última vez en los últimos 1 día",
    ),
    (
        {
            "kind": "orders",
            "total": {"at_least": 20000, "currency": "EUR"},
            "last": {"op": "longer_ago", "amount": 60},
        },
        "Ha hecho algún pedido, por 200,00 € o más en total, la última vez hace más de 60 días",
    ),
    (
        {"kind": "event", "name": "Product Viewed", "times": {"at_most": 0}},
        "No ha hecho «Product Viewed»",
    ),
    ({"kind": "lifecycle", "states": ["vip", "new"]}, "Es VIP o cliente nuevo"),
    ({"kind": "segment", "key": "vips"}, "Está en el segmento «Los buenos»"),
    (
        {"kind": "consent", "channel": "sms", "topic": "marketing", "state": "none"},
        "SMS, marketing: no ha dicho nada",
    ),
    (
        {
            "kind": "orders",
            "period": {
                "op": "between",
                "since": "2026-03-28T23:00:00+00:00",
                "until": "2026-03-31T22:00:00+00:00",
            },
        },
        "Ha hecho algún pedido, entre el 29 mar 2026 y el 1 abr 2026",
    ),
]


@pytest.mark.parametrize(("condition", "sentence"), RICH)
def test_it_says_what_the_condition_says(condition: dict[str, Any], sentence: str) -> None:
    words = ConditionWords("es", "Europe/Madrid", {"vips": "Los buenos"})
    assert words.sentence(read_condition(condition)).replace("\xa0", " ") == sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_something_in_each_language(language: str) -> None:
    words = ConditionWords(language, "America/Bogota")
    for condition, _ in RICH:
        told = words.sentence(read_condition(condition))
        assert told
        assert "{" not in told


def keys(words: Any, above: str = "") -> set[str]:
    if not isinstance(words, dict):
        return {above}
    return {key for name, below in words.items() for key in keys(below, f"{above}.{name}")}


def test_the_languages_have_the_same_keys() -> None:
    assert keys(load_words("en")) == keys(load_words("es")) == keys(load_words("pt"))
