"""Asking Twilio for the account: right, wrong, away, and never changing anything there."""

import base64
import json
from collections.abc import Iterator

import pytest

from bot.channels.twilio_check import Account, CheckFault, fetch_account
from tests.bot.channels.servers import Counted, counting_server, give
from tests.doubles import ACCOUNT, TOKEN, make_settings

PATH = f"/2010-04-01/Accounts/{ACCOUNT}.json"


@pytest.fixture
def twilio() -> Iterator[Counted]:
    with counting_server() as server:
        yield server


def answer(server: Counted, status: int = 200, **facts: str) -> None:
    server.answers[PATH] = give(json.dumps({"sid": ACCOUNT, **facts}).encode(), status=status)


def ask(server: Counted) -> Account:
    return fetch_account(make_settings(twilio_api_url=server.url), seconds=1.0)


@pytest.mark.parametrize(("kind", "is_trial"), [("Full", False), ("Trial", True)])
def test_an_account_that_is_right_is_described(twilio: Counted, kind: str, is_trial: bool) -> None:
    answer(twilio, status=200, type=kind, friendly_name="Casa Luna")
    twilio.answers[PATH] = give(json.dumps({"status": "active", "type": kind}).encode())
    assert ask(twilio) == Account(status="active", is_trial=is_trial)
    ((path, headers),) = twilio.asked
    assert path == PATH
    assert base64.b64decode(headers["Authorization"].split()[1]).decode() == f"{ACCOUNT}:{TOKEN}"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "does not know this account"),
        (404, "does not know this account"),
        (503, "answers 503"),
        (429, "no answer"),
    ],
)
def test_a_refusal_says_what_to_do(twilio: Counted, status: int, reason: str) -> None:
    answer(twilio, status=status)
    with pytest.raises(CheckFault, match=reason) as caught:
        ask(twilio)
    assert caught.value.advice
    assert TOKEN not in f"{caught.value} {caught.value.advice}"


def test_nobody_there_is_told_with_the_address(twilio: Counted) -> None:
    settings = make_settings(twilio_api_url="http://127.0.0.1:1")
    with pytest.raises(CheckFault, match=r"no answer from http://127\.0\.0\.1:1"):
        fetch_account(settings, seconds=1.0)
