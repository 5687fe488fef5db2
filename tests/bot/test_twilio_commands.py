"""`hilo twilio`: what it finds at a carrier, what it sets there, and what it says when it cannot."""

from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from bot.channels.twilio_config import TwilioConfiguration
from bot.commands import twilio
from bot.settings import Settings
from bot.simulator.account import sid_of
from flows.keywords import OUR_WORDS, Word
from tests.bot.carriers import Served, served_carrier
from tests.bot.helpers import LUCIA
from tests.doubles import ACCOUNT, PUBLIC_URL, make_settings
from tests.world import World

INBOUND = f"{PUBLIC_URL}/twilio/messages#rc=5&rp=all"
FALLBACK = f"{PUBLIC_URL}/twilio/messages?fallback=1"
SERVICE = sid_of("MG", ACCOUNT)


@pytest.fixture
def served() -> Iterator[Served]:
    with served_carrier() as served:
        yield served


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio, "LOOK_AGAIN_AFTER", (0.0, 0.0))


def settings_for(served: Served, **changes: Any) -> Settings:
    return make_settings(twilio_api_url=served.url, twilio_messaging_url=served.url, **changes)


def run(settings: Settings, *words: str, answer: str | None = None) -> Result:
    group = click.Group("hilo")
    twilio.register(group, lambda: settings)
    return CliRunner().invoke(group, ["twilio", *words], input=answer)


def state(settings: Settings) -> dict[tuple[str, str], str]:
    found = TwilioConfiguration(settings).findings()
    return {(finding.subject.split()[0], finding.field): finding.found for finding in found}


def test_check_names_what_is_wrong_and_changes_nothing(served: Served) -> None:
    settings = settings_for(served)
    before = state(settings)
    result = run(settings, "check")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert any(line.startswith("ok") and "account status" in line for line in lines)
    (url,) = [line for line in lines if "sms_url" in line]
    assert url.split() == [
        "wrong", "SMS", "number", "+34910000001", "sms_url", "http://127.0.0.1:9/never", INBOUND,
    ]  # fmt: skip
    assert [line.split()[0] for line in lines if "callback_method" in line] == ["ok"]
    assert "hilo twilio setup" in result.output
    assert state(settings) == before


def test_setup_shows_asks_sets_and_looks_again(served: Served) -> None:
    settings = settings_for(served, twilio_messaging_service_sid=SERVICE)
    refused = run(settings, "setup", answer="n\n")
    assert refused.exit_code == 1
    assert "This would be set" in refused.output
    assert state(settings)["SMS", "sms_url"] == "http://127.0.0.1:9/never"

    done = run(settings, "setup", answer="y\n")
    assert done.exit_code == 0, done.output
    found = state(settings)
    assert (found["SMS", "sms_url"], found["SMS", "sms_fallback_url"]) == (INBOUND, FALLBACK)
    assert (found["WhatsApp", "callback_url"], found["WhatsApp", "fallback_url"]) == (INBOUND, FALLBACK)
    assert (found["Messaging", "inbound_request_url"], found["Messaging", "fallback_url"]) == (
        INBOUND,
        FALLBACK,
    )
    assert run(settings, "check").exit_code == 0
    again = run(settings, "setup")
    assert (again.exit_code, "This would be set" in again.output) == (0, False)


def test_yes_does_not_ask(served: Served) -> None:
    settings = settings_for(served)
    assert run(settings, "setup", "--yes").exit_code == 0
    assert run(settings, "check").exit_code == 0


def test_a_status_callback_of_somebody_else_is_taken_away(served: Served) -> None:
    settings = settings_for(served, twilio_messaging_service_sid=SERVICE)
    run(settings, "setup", "--yes")
    client = TwilioConfiguration(settings)._client
    client.messaging.v1.services(SERVICE).update(status_callback="https://old.example/status")
    result = run(settings, "check")
    assert result.exit_code == 1
    (line,) = [line for line in result.output.splitlines() if line.startswith("wrong")]
    assert line.split()[-2:] == ["https://old.example/status", "(empty)"]
    assert run(settings, "setup", "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sms_from": "+34919999999"}, "SMS_FROM names a number that this account does not have"),
        ({"sms_from": "+3491000000"}, "SMS_FROM names a number that this account does not have"),
        ({"whatsapp_from": "+34919999999"}, "WHATSAPP_FROM names a sender that this account does not"),
        ({"twilio_messaging_service_sid": "MG" + "0" * 32}, "TWILIO_MESSAGING_SERVICE_SID names one"),
    ],
)
def test_what_the_account_does_not_have_is_said_and_cannot_be_set(
    served: Served, changes: dict[str, str], words: str
) -> None:
    settings = settings_for(served, **changes)
    result = run(settings, "setup", "--yes")
    assert result.exit_code == 1
    assert words in result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("wrong")][-1:]
    assert words in line


def test_a_wrong_token_is_said_in_one_sentence(served: Served) -> None:
    result = run(settings_for(served, twilio_auth_token="wrong"), "check")
    assert result.exit_code == 1
    assert "does not accept TWILIO_AUTH_TOKEN for TWILIO_ACCOUNT_SID" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://localhost:1"])
def test_no_network_is_said_in_one_sentence(url: str) -> None:
    result = run(make_settings(twilio_api_url=url, twilio_messaging_url=url), "setup")
    assert result.exit_code == 1
    assert f"Twilio cannot be reached at {url}" in result.output


def test_the_sandbox_is_left_to_the_console(served: Served) -> None:
    settings = settings_for(served, whatsapp_from="+14155238886")
    run(settings, "setup", "--yes")
    result = run(settings, "check")
    assert result.exit_code == 0
    (line,) = [line for line in result.output.splitlines() if line.startswith("by hand")]
    assert "Sandbox settings" in line


def test_opt_out_words_are_listed_for_the_console_and_nothing_is_claimed(served: Served) -> None:
    without = run(settings_for(served), "check").output
    assert "Hilo hears all others by itself" in without
    output = run(settings_for(served, twilio_messaging_service_sid=SERVICE), "check").output
    assert "cannot be read or set through the" in output
    assert "Spanish, Opt-out: ALTO, BAJA, PARAR, PARE, SALIR, DETENER" in output
    assert "Portuguese, Help: AJUDA" in output


def test_every_single_word_of_ours_is_in_some_language() -> None:
    listed = {
        (word, kind)
        for language in twilio.LANGUAGES
        for kind, words in twilio.keywords_of(language).items()
        for word in words
    }
    for word, kind in OUR_WORDS.items():
        if " " not in word:
            assert (word, Word.STOP if kind is Word.STOP_ALL else kind) in listed
    assert {word for word, _ in listed} <= set(OUR_WORDS)
    assert set(OUR_WORDS) >= twilio.SPANISH | twilio.PORTUGUESE, "a word that Hilo does not hear any more"


def test_the_fallback_address_is_a_door_of_ours(sqlite_world: World) -> None:
    """Twilio signs it with its query, and says what went wrong at the first one."""
    path = FALLBACK.removeprefix(PUBLIC_URL)
    fields = {
        "MessageSid": "SM" + "1" * 32,
        "AccountSid": ACCOUNT,
        "From": LUCIA,
        "Body": "hola",
        "ErrorCode": "11200",
        "ErrorUrl": f"{PUBLIC_URL}/twilio/messages",
    }
    assert sqlite_world.post(path, fields).status_code == 200
    assert sqlite_world.post("/twilio/messages", fields).status_code == 200
    assert [message.text for message in sqlite_world.thread(LUCIA)] == ["hola"]
    unsigned = sqlite_world.post(path, fields, signature="bm90IGEgc2lnbmF0dXJl")
    assert unsigned.status_code == 403
