"""Reads how the account at Twilio is set up, says what it should be, and can set it.

What cannot be read through the API (the sandbox, opt-out keywords) is not guessed at here.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import urllib3
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client
from twilio.rest.messaging.v2.channels_sender import ChannelsSenderList

from bot.channels.http import PooledHttpClient, TooManyRequests
from bot.settings import Settings

# Twilio tries again, whatever went wrong; without this only when it could not connect, and once.
RETRIES = "#rc=5&rp=all"
SANDBOX = "+14155238886"
UNAUTHORIZED, NOT_FOUND = 401, 404
MOST_SENDERS = 100

Write = Callable[[dict[str, Any]], object]


class Verdict(StrEnum):
    RIGHT = "ok"
    WRONG = "wrong"
    # Nobody but a person with the console open can tell.
    BY_HAND = "by hand"


class ConfigFault(Exception):
    """It cannot be read or set; the text tells an operator why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing at Twilio: what it is and what it should be."""

    subject: str
    # Twilio's own name for it.
    field: str
    found: str
    wanted: str
    verdict: Verdict
    # Where it cannot be set from here.
    advice: str = ""

    @property
    def can_be_set(self) -> bool:
        return self.verdict is Verdict.WRONG and not self.advice


class TwilioConfiguration:
    """One look at the account; `correct` sets what that look found wrong. Both raise `ConfigFault`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        token = settings.twilio_auth_token[0]
        http = PooledHttpClient(timeout=settings.twilio_timeout, proxy_url=settings.proxy_url)
        self._client = Client(settings.twilio_account_sid, token, http_client=http)
        self._client.api.base_url = settings.twilio_api_url
        self._client.messaging.base_url = settings.twilio_messaging_url
        self._writes: dict[str, Write] = {}

    def findings(self) -> list[Finding]:
        with _told(self._settings):
            return [
                *self._account(),
                *self._sms_number(self._settings.sms_from),
                *self._whatsapp_sender(self._settings.whatsapp_from),
                *self._service(self._settings.twilio_messaging_service_sid),
            ]

    def correct(self, findings: list[Finding]) -> None:
        """Set every one of them that can be set; one call for each subject."""
        changes: dict[str, dict[str, Any]] = {}
        for finding in findings:
            if finding.can_be_set:
                changes.setdefault(finding.subject, {})[finding.field] = finding.wanted
        with _told(self._settings):
            for subject, values in changes.items():
                self._writes[subject](values)

    def _account(self) -> Iterator[Finding]:
        sid = self._settings.twilio_account_sid
        account = self._client.api.v2010.accounts(sid).fetch()
        advice = "see the Twilio console: a suspended or closed account sends nothing"
        yield _finding("account", "status", account.status, "active", advice)

    def _sms_number(self, number: str | None) -> Iterator[Finding]:
        if number is None:
            return
        subject = f"SMS number {number}"
        # Twilio finds parts of numbers too.
        found = self._client.incoming_phone_numbers.list(phone_number=number, limit=MOST_SENDERS)
        mine = next((each for each in found if each.phone_number == number), None)
        if mine is None:
            yield _absent(subject, "SMS_FROM names a number that this account does not have")
            return
        self._writes[subject] = lambda values: mine.update(**values)
        app = "remove the application in the console: its addresses win over the number's own"
        yield _finding(subject, "sms_application_sid", mine.sms_application_sid, "", app)
        yield from _compared(subject, vars(mine), self._webhooks("sms_url", "sms_method", "sms_fallback"))

    def _whatsapp_sender(self, number: str | None) -> Iterator[Finding]:
        if number is None:
            return
        subject = f"WhatsApp sender {number}"
        if number == SANDBOX:
            yield self._sandbox()
            return
        senders = self._client.messaging.v2.channels_senders
        listed = senders.list(channel="whatsapp", limit=MOST_SENDERS)
        sid = next((each.sid for each in listed if each.sender_id == f"whatsapp:{number}"), None)
        if sid is None:
            yield _absent(subject, "WHATSAPP_FROM names a sender that this account does not have")
            return
        # The list need not show the webhooks.
        sender = senders(sid).fetch()
        self._writes[subject] = lambda values: senders(sid).update(_sender_update(values))
        online = "finish its registration in the Twilio console"
        yield _finding(subject, "status", sender.status, "ONLINE", online)
        webhook: Any = sender.webhook
        wanted = self._webhooks("callback_url", "callback_method", "fallback") | {"status_callback_url": ""}
        yield from _compared(subject, webhook or {}, wanted)

    def _service(self, sid: str | None) -> Iterator[Finding]:
        if sid is None:
            return
        subject = f"Messaging Service {sid}"
        try:
            service = self._client.messaging.v1.services(sid).fetch()
        except (TwilioRestException, TwilioServiceException) as error:
            if error.status != NOT_FOUND:
                raise
            yield _absent(subject, "TWILIO_MESSAGING_SERVICE_SID names one that this account does not have")
            return
        self._writes[subject] = lambda values: service.update(**values)
        wanted = self._webhooks("inbound_request_url", "inbound_method", "fallback")
        yield from _compared(subject, vars(service), wanted | {"status_callback": ""})

    def _webhooks(self, url: str, method: str, fallback: str) -> dict[str, str]:
        """Each message names its own status callback, so those stand nowhere."""
        return {
            url: f"{self._settings.public_url}/twilio/messages{RETRIES}",
            method: "POST",
            # The same door once more: a second try a moment later often gets in.
            f"{fallback}_url": f"{self._settings.public_url}/twilio/messages?fallback=1",
            f"{fallback}_method": "POST",
        }

    def _sandbox(self) -> Finding:
        return Finding(
            subject="WhatsApp sandbox",
            field="callback_url",
            found="cannot be read",
            wanted=f"{self._settings.public_url}/twilio/messages{RETRIES}",
            verdict=Verdict.BY_HAND,
            advice="Twilio console, Messaging, Try it out, Sandbox settings, 'When a message comes in'",
        )


def _compared(subject: str, found: Mapping[str, Any], wanted: Mapping[str, str]) -> Iterator[Finding]:
    for field, value in wanted.items():
        yield _finding(subject, field, found.get(field), value)


def _finding(subject: str, field: str, found: object, wanted: str, advice: str = "") -> Finding:
    text = "" if found is None else str(found)
    verdict = Verdict.RIGHT if text == wanted else Verdict.WRONG
    return Finding(subject=subject, field=field, found=text, wanted=wanted, verdict=verdict, advice=advice)


def _absent(subject: str, advice: str) -> Finding:
    return Finding(
        subject=subject, field="", found="not there", wanted="", verdict=Verdict.WRONG, advice=advice
    )


def _sender_update(values: dict[str, Any]) -> ChannelsSenderList.MessagingV2ChannelsSenderRequestsUpdate:
    return ChannelsSenderList.MessagingV2ChannelsSenderRequestsUpdate({"webhook": values})


@contextmanager
def _told(settings: Settings) -> Iterator[None]:
    """The client's errors in words for an operator."""
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        raise ConfigFault(_refusal(error)) from error
    except TooManyRequests as error:
        raise ConfigFault("Twilio says that it was asked too often: try again in a minute") from error
    except urllib3.exceptions.HTTPError as error:
        raise ConfigFault(
            f"Twilio cannot be reached at {settings.twilio_api_url} ({type(error).__name__}): "
            "is the network there, and PROXY_URL right if you need one?"
        ) from error
    except (TwilioException, json.JSONDecodeError) as error:
        raise ConfigFault(f"Twilio's answer makes no sense ({type(error).__name__})") from error


def _refusal(error: TwilioRestException | TwilioServiceException) -> str:
    if error.status == UNAUTHORIZED:
        return (
            "Twilio does not accept TWILIO_AUTH_TOKEN for TWILIO_ACCOUNT_SID: "
            "compare both with the Twilio console"
        )
    if error.status == NOT_FOUND:
        return "Twilio does not know this account: compare TWILIO_ACCOUNT_SID with the Twilio console"
    return f"Twilio refused with HTTP {error.status}, code {error.code or 'none'}"
