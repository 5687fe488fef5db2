"""Which messages a webhook's answer asks for."""

import pytest

from bot.simulator.twiml import replies


@pytest.mark.parametrize(
    ("content_type", "text", "expected"),
    [
        ("text/xml", "<Response/>", []),
        ("text/xml", "<Response><Message>Hola</Message></Response>", ["Hola"]),
        (
            "application/xml",
            "<Response><Message><Body>Uno</Body></Message><Message>Dos</Message></Response>",
            ["Uno", "Dos"],
        ),
        ("text/plain", "Hola", ["Hola"]),
        ("text/plain", "  ", []),
        ("text/html", "", []),
        ("text/xml", "<Response><Message>", []),
        ("text/xml", "<Other><Message>Hola</Message></Other>", []),
        ("text/xml", '<!DOCTYPE x [<!ENTITY a "b">]><Response><Message>&a;</Message></Response>', []),
        ("application/json", '{"a": 1}', []),
    ],
)
def test_replies(content_type: str, text: str, expected: list[str]) -> None:
    assert replies(content_type, text) == expected
