"""Why a person is needed: by wish, complaint, anger, a matter for people, a large cart, misses in a row."""

from pathlib import Path

import pytest

from handoff.rules import Rules, Standing, is_shouting, load_rules, needs_person
from nlu.parsed import FALLBACK, Parsed

RULES = Rules(human_only=("refund_status",), large_cart=500, misses=2)


def parsed(intent: str, confidence: float = 0.9, text: str = "lo que sea") -> Parsed:
    return Parsed(text=text, intent=intent, confidence=confidence, language="es")


@pytest.mark.parametrize(
    ("intent", "standing", "reason"),
    [
        ("talk_to_human", Standing(), "asked"),
        ("complaint", Standing(), "complaint"),
        ("insult", Standing(), "anger"),
        ("refund_status", Standing(), "human_only"),
        ("order_status", Standing(misses=5, cart_total=900), None),
        ("checkout", Standing(cart_total=500), "large_cart"),
        ("checkout", Standing(cart_total=499), None),
        (FALLBACK, Standing(cart_total=500), "large_cart"),
        (FALLBACK, Standing(misses=1), None),
        (FALLBACK, Standing(misses=2), "not_understood"),
    ],
)
def test_the_reason(intent: str, standing: Standing, reason: str | None) -> None:
    confidence = 0.0 if intent == FALLBACK else 0.9
    assert needs_person(parsed(intent, confidence), RULES, standing) == reason


def test_a_guess_that_is_not_sure_asks_for_nobody() -> None:
    assert needs_person(parsed("complaint", 0.5), RULES, Standing()) is None


def test_a_picture_without_words_is_no_miss() -> None:
    assert needs_person(parsed(FALLBACK, 0.0, ""), RULES, Standing(misses=4)) is None


@pytest.mark.parametrize(
    ("text", "is_loud"),
    [
        ("ESTO ES UNA VERGÜENZA", True),
        ("YOU ARE USELESS, ALL OF YOU", True),
        ("ISSO É UM ABSURDO", True),
        ("QUIERO MI PEDIDO 1042", False),
        ("esto es una vergüenza", False),
        ("BASTA", False),
    ],
)
def test_shouting_takes_capitals_and_a_word_of_anger(text: str, is_loud: bool) -> None:
    assert is_shouting(text) == is_loud


def test_an_intent_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text("human_only: [refunds_status]")
    with pytest.raises(ValueError, match="refunds_status"):
        load_rules(("refund_status",), file)
