"""One question about themselves, at a fitting moment, each once, at most one a week."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.getting_to_know import QUESTIONS, next_question, read

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
KNOWN: dict[str, Any] = {
    "asked": {},
    "told": [],
    "since": (NOW - timedelta(days=3)).isoformat(),
    "name": None,
    "language": None,
    "channels": ["sms", "whatsapp"],
    "is_unhappy": False,
    "has_refused": False,
    "has_agreed": True,
}


@pytest.mark.parametrize(
    "changes",
    [
        {"since": (NOW - timedelta(hours=23)).isoformat()},
        {"is_unhappy": True},
        {"has_refused": True},
        {"asked": {"name": (NOW - timedelta(days=6)).isoformat()}},
    ],
)
def test_it_is_not_the_moment(changes: dict[str, Any]) -> None:
    assert next_question(KNOWN, NOW) == "language"
    assert next_question({**KNOWN, **changes}, NOW) is None


def test_each_question_comes_once_and_then_none() -> None:
    asked: dict[str, str] = {}
    for expected in (*QUESTIONS, None):
        assert next_question({**KNOWN, "asked": asked}, NOW) == expected
        asked = {**asked, str(expected): (NOW - timedelta(days=8)).isoformat()}


def test_what_is_known_or_senseless_is_not_asked() -> None:
    known = {
        **KNOWN,
        "language": "es",
        "name": "Lucía",
        "told": ["interests"],
        "channels": ["sms"],
        "has_agreed": False,
    }
    assert next_question(known, NOW) is None


@pytest.mark.parametrize(
    ("question", "said", "value"),
    [
        ("name", "Lucía Gómez", "Lucía Gómez"),
        ("name", "¿para qué?", None),
        ("name", "1042", None),
        ("language", "en inglés, por favor", "en"),
        ("language", "pt", "pt"),
        ("language", "español o inglés", None),
        ("language", "francés", None),
        ("channel", "por wasap", "whatsapp"),
        ("channel", "por carta", None),
        ("frequency", "dos veces", "2"),
        ("frequency", "cien", None),
        ("interests", "lámparas", "lámparas"),
    ],
)
def test_an_answer_or_none(question: str, said: str, value: str | None) -> None:
    assert read(question, said) == value
