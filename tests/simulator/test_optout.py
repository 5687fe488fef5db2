"""STOP, START and HELP, word by word."""

import pytest

from bot.simulator.optout import react


@pytest.mark.parametrize(
    ("body", "is_blocked", "blocked_after"),
    [
        ("STOP", False, True),
        (" stop ", False, True),
        ("Quit", False, True),
        ("OPTOUT", False, True),
        ("START", True, False),
        ("yes", True, False),
        ("HELP", False, False),
        ("info", True, True),
    ],
)
def test_a_word_alone_is_answered(body: str, is_blocked: bool, blocked_after: bool) -> None:
    reaction = react(body, is_blocked=is_blocked, shop_name="Telar")
    assert reaction is not None
    assert reaction.is_blocked is blocked_after
    assert "Telar" in reaction.answer


@pytest.mark.parametrize(
    ("body", "is_blocked"),
    [("STOP PLEASE", False), ("BAJA", False), ("YES", False), ("START", False), ("STOP", True), ("", False)],
)
def test_everything_else_is_left_alone(body: str, is_blocked: bool) -> None:
    assert react(body, is_blocked=is_blocked, shop_name="Telar") is None
