"""Which of the options that were offered last did they mean? A number, the label, or a near miss."""

import json
import re
from typing import Any

from rapidfuzz import fuzz

from context_store.records import Option
from nlu.numbers import number
from nlu.parsed import Entity, Parsed
from nlu.text import normalise

NUMBER = re.compile(r"^[^\d-]{0,12}?(\d{1,2})[^\d]{0,3}$")
PAYLOAD = re.compile(r"^/(?P<intent>\w+)(?P<entities>\{.*\})?$")
# A label is missed by a letter or two, never by a word.
NEAR = 84
SHORTEST_NEAR = 4
# "Sí, la entrega": what stands before the comma is an answer of its own.
HEAD = re.compile(r"^(\w{1,3}),")
# "opción 2", "la 2", "the 2nd": words that may stand around the number.
AROUND_A_NUMBER = frozenset(
    ("la", "el", "opcion", "option", "opcao", "numero", "number", "n", "o", "a", "the", "quiero")
    + ("prefiero", "want", "quero", "nd", "st", "rd", "th")
)


def pick(text: str, options: tuple[Option, ...], choice: str | None = None) -> Option | None:
    """The option that `text` (or a button's id, `choice`) names; None when it names none or two alike."""
    if choice is not None:
        return next((option for option in options if option.payload == choice), None)
    return _by_number(text, options) or _by_word(text, options) or _by_label(text, options)


def with_numbered(text: str, options: tuple[Option, ...]) -> str:
    """The text and below it the options as "1. Label": a bare number picks one."""
    if not options:
        return text
    lines = "\n".join(f"{number}. {option.title}" for number, option in enumerate(options, start=1))
    return f"{text}\n\n{lines}"


def parsed_from(option: Option, said: str) -> Parsed:
    """An option as if the customer had said it in words that leave no doubt."""
    intent, entities = read_payload(option.payload)
    return Parsed(
        text=said,
        intent=intent,
        confidence=1.0,
        language=None,
        entities=tuple(
            Entity(name=name, value=str(value), start=0, end=0) for name, value in entities.items()
        ),
    )


def read_payload(payload: str) -> tuple[str, dict[str, Any]]:
    """Rasa's `/intent{"slot": "value"}` taken apart."""
    match = PAYLOAD.match(payload)
    if match is None:
        raise ValueError(f"not an option's payload: {payload!r}")
    entities = json.loads(match["entities"]) if match["entities"] else {}
    return match["intent"], entities


def _by_number(text: str, options: tuple[Option, ...]) -> Option | None:
    match = NUMBER.match(text.strip())
    if match is None:
        return None
    words = set(re.sub(r"\d", " ", normalise(text)).split())
    number = int(match.group(1))
    if words - AROUND_A_NUMBER or not 1 <= number <= len(options):
        return None
    return options[number - 1]


def _by_word(text: str, options: tuple[Option, ...]) -> Option | None:
    """ "dos", "the two": a number that is written out."""
    words = [word for word in normalise(text).split() if word not in AROUND_A_NUMBER]
    meant = number(words[0], None) if len(words) == 1 else None
    return options[meant - 1] if meant and meant <= len(options) else None


def _by_label(text: str, options: tuple[Option, ...]) -> Option | None:
    said = normalise(text)
    if not said:
        return None
    labels = [normalise(option.title) for option in options]
    if said in labels:
        return options[labels.index(said)]
    if len(said) < SHORTEST_NEAR:
        return _by_head(said, options)
    begun = [option for option, label in zip(options, labels, strict=True) if label.startswith(f"{said} ")]
    if len(begun) == 1:
        return begun[0]
    scores = [fuzz.ratio(said, label) for label in labels]
    best = max(scores, default=0)
    if best < NEAR or scores.count(best) > 1:
        return None
    return options[scores.index(best)]


def _by_head(said: str, options: tuple[Option, ...]) -> Option | None:
    heads = [(HEAD.match(option.title), option) for option in options]
    meant = [option for head, option in heads if head and normalise(head[1]) == said]
    return meant[0] if len(meant) == 1 else None
