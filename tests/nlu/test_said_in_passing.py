"""What was once misread: small talk taken for a request, and a change of mind taken for another wish."""

import pytest

from nlu.interpreter import EmbeddedInterpreter
from nlu.parsed import FALLBACK, SURE


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("cuéntame un chiste", "es"),
        ("tell me a joke", "en"),
        ("me conta uma piada", "pt"),
    ],
)
def test_who_wants_a_joke_wants_no_product(
    interpreter: EmbeddedInterpreter, text: str, language: str
) -> None:
    assert interpreter.parse(text, language).intent == FALLBACK


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("could it be on Friday instead?", "en"),
        ("can it be tomorrow instead?", "en"),
        ("¿puede ser el viernes mejor?", "es"),
        ("¿podría ser el sábado?", "es"),
        ("pode ser na sexta em vez disso?", "pt"),
        ("poderia ser no sábado?", "pt"),
    ],
)
def test_another_day_corrects_what_was_arranged(
    interpreter: EmbeddedInterpreter, text: str, language: str
) -> None:
    parsed = interpreter.parse(text, language)
    assert (parsed.intent, parsed.confidence >= SURE) == ("correct", True)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("cuéntame más de la lámpara", "product_question"),
        ("¿puede ser por whatsapp?", "choose_channel"),
        ("can you make it 3 instead of 2", "change_cart"),
        ("can my appointment be on friday instead?", "move_appointment"),
    ],
)
def test_what_sounds_like_it_is_still_what_it_was(
    interpreter: EmbeddedInterpreter, text: str, intent: str
) -> None:
    assert interpreter.parse(text, None).intent == intent
