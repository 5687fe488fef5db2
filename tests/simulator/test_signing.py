"""The signature, against the vectors Twilio publishes and the one made for Spanish text."""

import pytest

from bot.simulator.signing import sign

CALL = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}


@pytest.mark.parametrize(
    ("token", "url", "fields", "signature"),
    [
        (
            "12345",
            "https://example.com/myapp.php?foo=1&bar=2",
            CALL | {"Caller": "+14158675310", "From": "+14158675310"},
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        ),
        (
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            CALL | {"Caller": "+14158675309", "From": "+14158675309"},
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            "tok_es",
            "https://bot.example/twilio/inbound",
            {
                "Body": "¡Hola, señor! ¿Cómo está? 👍",
                "From": "whatsapp:+593991234567",
                "ProfileName": "José Ñandú",
                "FromCity": "",
                "NumMedia": "0",
            },
            "twhUqhv9qwj7Mcr7oEK2lsVePXQ=",
        ),
    ],
)
def test_it_signs_as_twilio_does(token: str, url: str, fields: dict[str, str], signature: str) -> None:
    assert sign(token, url, fields) == signature


def test_fragment_and_password_are_not_signed() -> None:
    bare = sign("t", "http://127.0.0.1:8000/in?a=1", {})
    assert sign("t", "http://user:secret@127.0.0.1:8000/in?a=1#rc=5&rp=all", {}) == bare
