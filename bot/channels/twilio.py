"""WhatsApp and SMS through Twilio: verify, parse, send. They differ in a few lines, and those are here."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import urllib3
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.channels import twilio_content, twilio_parse
from bot.channels.base import (
    BadSignature,
    Fate,
    Incoming,
    Listed,
    SendFault,
    SignedRequest,
    StatusReport,
)
from bot.channels.http import PooledHttpClient, TooManyRequests
from bot.channels.twilio_codes import fault_of
from bot.channels.twilio_list import ListedInbound, inbound_since, read_inbound
from bot.settings import Settings
from context_store.records import Address, Channel, MessageId, MessageStatus
from flows.planner import Content, ContentKind, Form

log = logging.getLogger("hilo.twilio")

NEVER_CONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
)
UNAUTHORIZED, SERVER_ERROR = 401, 500
LONGEST_RETRY_AFTER = 300.0
# A late answer is worth less than none; advertisements end by themselves (`expires_at`).
REPLY_VALID_SECONDS = 4 * 3600
# More than anybody gets while one message's fate is unknown.
MOST_LISTED = 50


class TwilioChannel:
    """One Twilio account. Thread-safe: the client's pool is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._validators = [RequestValidator(token) for token in settings.twilio_auth_token]
        self._client = Client(
            settings.twilio_account_sid,
            settings.twilio_auth_token[0],
            http_client=PooledHttpClient(timeout=settings.twilio_timeout, proxy_url=settings.proxy_url),
        )
        self._client.api.base_url = settings.twilio_api_url
        self._client.content.base_url = settings.twilio_content_url

    def verify(self, request: SignedRequest) -> None:
        """Raises `BadSignature` unless Twilio signed it, for our account."""
        if not any(
            validator.validate(request.url, request.fields, request.signature)
            for validator in self._validators
        ):
            raise BadSignature("the signature does not match: is PUBLIC_URL what Twilio calls?")
        if request.fields.get("AccountSid") != self._settings.twilio_account_sid:
            raise BadSignature("signed for another account")

    def parse(self, request: SignedRequest) -> Incoming:
        """Raises `BadRequest` when it is no message."""
        return twilio_parse.incoming(request.fields, self._settings.default_country)

    def parse_status(self, request: SignedRequest) -> StatusReport:
        report = twilio_parse.status_report(request.fields)
        if report.status not in (MessageStatus.FAILED, MessageStatus.UNDELIVERED):
            return report
        code = twilio_parse.error_code(request.fields)
        return replace(report, fault=fault_of(code, request.fields.get("To", "")))

    def status_proof(self, message_id: UUID) -> str:
        """What the callback's path must carry, so that nobody can report on a message by guessing its id."""
        key = self._settings.secret_key.encode()
        return hmac.new(key, f"status:{message_id}".encode(), hashlib.sha256).hexdigest()[:32]

    def is_status_proof(self, message_id: UUID, proof: str) -> bool:
        # compare_digest: the proof must not be guessable byte by byte.
        return hmac.compare_digest(self.status_proof(message_id).encode(), proof.encode())

    def send(
        self, message_id: MessageId, address: Address, form: Form, content_sid: str | None = None
    ) -> str:
        """Hand it to Twilio; its id for the message. Raises `SendFault`."""
        callback = f"{self._settings.public_url}/twilio/status/{message_id}/{self.status_proof(message_id)}"
        sender, service = self._from(address.channel)
        what: dict[str, Any] = {"body": form.body, "media_url": list(form.media_urls) or None}
        if content_sid is not None:
            what = {"content_sid": content_sid, "content_variables": _variables(form.variables)}
        recipient = _to(address)
        with _faults(recipient):
            sent = self._client.messages.create(
                to=recipient,
                from_=sender,
                messaging_service_sid=service,
                status_callback=callback,
                # So that what is sent again cannot meet a very old original.
                validity_period=REPLY_VALID_SECONDS if address.channel is Channel.SMS else None,
                **what,
            )
        return str(sent.sid)

    def list_sent(self, address: Address) -> list[Listed]:
        """What Twilio's list shows of us to this address, newest first. Raises `SendFault`."""
        with _faults():
            # By recipient alone: messages without `date_sent` yet are missing from a list by date.
            found = self._client.messages.list(to=_to(address), limit=MOST_LISTED, page_size=MOST_LISTED)
            return [twilio_parse.listed(message) for message in found if _is_ours(message)]

    def create_content(self, content: Content) -> str:
        """Have Twilio keep it; its id. A template is handed in for approval too. Raises `SendFault`."""
        contents = self._client.content.v1.contents
        with _faults():
            sid = str(contents.create(twilio_content.create_request(content)).sid)
            if content.kind is ContentKind.TEMPLATE:
                contents(sid).approval_create.create(twilio_content.approval_request(content))
        return sid

    def _from(self, channel: Channel) -> tuple[str | None, str | None]:
        number = self._settings.whatsapp_from if channel is Channel.WHATSAPP else self._settings.sms_from
        if number is None and self._settings.twilio_messaging_service_sid is None:
            raise SendFault(Fate.FINAL, f"no sender is configured for {channel.value}")
        prefix = "whatsapp:" if channel is Channel.WHATSAPP else ""
        return (f"{prefix}{number}" if number else None), self._settings.twilio_messaging_service_sid

    def list_inbound(self, since: datetime) -> list[ListedInbound]:
        """What Twilio's list shows that customers wrote since then, oldest first. Raises `SendFault`."""
        with _faults():
            return inbound_since(self._client, self._settings, since)

    def read_inbound(self, line: ListedInbound) -> Incoming:
        """One of the list as the webhook would have brought it. Raises `BadRequest` and `SendFault`."""
        with _faults():
            return read_inbound(self._client, self._settings, line)


@contextmanager
def _faults(recipient: str = "") -> Iterator[None]:
    """The client's errors as ours: what was certainly not sent, and what nobody can know."""
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        raise _fault(error, recipient) from error
    except NEVER_CONNECTED as error:
        # Nothing left this machine.
        raise SendFault(Fate.RETRYABLE, "Twilio cannot be reached", is_of_account=True) from error
    except TooManyRequests as error:
        wait = min(error.retry_after or 1.0, LONGEST_RETRY_AFTER)
        raise SendFault(
            Fate.RETRYABLE, "too many requests at once", retry_after=wait, is_of_account=True
        ) from error
    except (urllib3.exceptions.HTTPError, TwilioException, json.JSONDecodeError) as error:
        raise SendFault(
            Fate.UNKNOWN, f"no answer from Twilio ({type(error).__name__})", is_of_account=True
        ) from error


def _is_ours(message: Any) -> bool:
    return str(message.direction).startswith("outbound")


def _variables(values: tuple[str, ...]) -> str:
    return json.dumps({str(number): value for number, value in enumerate(values, start=1)})


def _to(address: Address) -> str:
    return f"whatsapp:{address.value}" if address.channel is Channel.WHATSAPP else address.value


def _fault(error: TwilioRestException | TwilioServiceException, recipient: str) -> SendFault:
    reason = f"Twilio {error.code or error.status}"
    if error.status >= SERVER_ERROR:
        return SendFault(Fate.UNKNOWN, reason, is_of_account=True)
    fault = fault_of(error.code or None, recipient)
    fault.is_of_account = error.status == UNAUTHORIZED
    return fault
