"""Asks Twilio whether the account can be used at all. Changes nothing there."""

import json
from dataclasses import dataclass

import urllib3
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client

from bot.channels.http import PooledHttpClient, TooManyRequests
from bot.settings import Settings

SECONDS = 5.0
UNAUTHORIZED, NOT_FOUND = 401, 404


class CheckFault(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


@dataclass(frozen=True, kw_only=True)
class Account:
    # active, suspended or closed.
    status: str
    # Trial accounts write to verified numbers only, and put a sentence before each message.
    is_trial: bool


def fetch_account(settings: Settings, seconds: float = SECONDS) -> Account:
    """The account that the settings name. Raises `CheckFault`."""
    client = Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token[0],
        http_client=PooledHttpClient(timeout=seconds, proxy_url=settings.proxy_url),
    )
    client.api.base_url = settings.twilio_api_url
    try:
        found = client.api.v2010.accounts(settings.twilio_account_sid).fetch()
    except (TwilioRestException, TwilioServiceException) as error:
        raise _refusal(error.status) from error
    except (urllib3.exceptions.HTTPError, TwilioException, TooManyRequests, json.JSONDecodeError) as error:
        raise CheckFault(
            f"no answer from {settings.twilio_api_url} ({type(error).__name__})",
            "see whether this machine may call out by https; PROXY_URL names a proxy",
        ) from error
    return Account(status=str(found.status), is_trial=str(found.type).casefold() == "trial")


def _refusal(status: int) -> CheckFault:
    if status in (UNAUTHORIZED, NOT_FOUND):
        return CheckFault(
            f"Twilio does not know this account with this token ({status})",
            "copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from the Twilio console anew; with two tokens, "
            "the first one is used",
        )
    return CheckFault(f"Twilio answers {status}", "see https://status.twilio.com, and try again")
