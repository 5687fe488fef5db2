"""Reading what the shop asks to send: Twilio's checks, in Twilio's codes. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bot.simulator.records import Channel
from bot.simulator.settings import E164, WHATSAPP_ID, SimulatorSettings

LONGEST_BODY = 1600
MOST_MEDIA = 10
SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}")
CONTENT_SID = re.compile(r"HX[0-9a-fA-F]{32}")
LOCATION = re.compile(r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(?:\|(.*))?")


class RestError(Exception):
    """An answer in Twilio's error body."""

    def __init__(
        self, code: int, text: str, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status
        self.headers = dict(headers or {})


def not_found() -> RestError:
    return RestError(20404, "The requested resource was not found.", 404)


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    channel: Channel
    customer: str
    shop: str
    body: str
    media_urls: tuple[str, ...] = ()
    status_callback: str = ""
    service_sid: str = ""
    content_sid: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    location: Mapping[str, Any] | None = None


def read_outgoing(form: Mapping[str, list[str]], settings: SimulatorSettings) -> Outgoing:
    """`form` maps each name to all its values. Raises RestError."""
    values = {name: items[0] for name, items in form.items() if items}
    channel, customer = _recipient(values.get("To", ""))
    shop = _sender(values, channel, settings)
    content_sid = values.get("ContentSid", "")
    body = values.get("Body", "")
    media_urls = _media_urls(form.get("MediaUrl", []))
    if not (body.strip() or media_urls or content_sid):
        raise RestError(21602, "Message body is required.")
    if len(body) > LONGEST_BODY:
        raise RestError(21617, f"The message body exceeds the {LONGEST_BODY} character limit.")
    if values.get("ScheduleType") or values.get("SendAt"):
        raise RestError(35111, "This stand-in does not keep scheduled messages; the caller owns the timer.")
    return Outgoing(
        channel=channel,
        customer=customer,
        shop=shop,
        body=body,
        media_urls=media_urls,
        status_callback=_status_callback(values.get("StatusCallback", "")),
        service_sid=values.get("MessagingServiceSid", ""),
        content_sid=content_sid,
        variables=_variables(content_sid, values.get("ContentVariables", "")),
        location=_location(values.get("PersistentAction", "")),
    )


def _recipient(address: str) -> tuple[Channel, str]:
    if not address:
        raise RestError(21604, "A 'To' phone number is required.")
    if address.startswith("whatsapp:"):
        value = address.removeprefix("whatsapp:")
        if E164.fullmatch(value) or WHATSAPP_ID.fullmatch(value):
            return Channel.WHATSAPP, value
    elif E164.fullmatch(address):
        return Channel.SMS, address
    raise RestError(21211, "Invalid 'To' phone number.")


def _sender(values: Mapping[str, str], channel: Channel, settings: SimulatorSettings) -> str:
    own = settings.whatsapp_from if channel is Channel.WHATSAPP else settings.sms_from
    sender, service = values.get("From", ""), values.get("MessagingServiceSid", "")
    if service and not SERVICE_SID.fullmatch(service):
        raise RestError(21705, "The Messaging Service sid is invalid.")
    if not sender and not service:
        raise RestError(21603, "A 'From' phone number or a Messaging Service is required.")
    if sender and sender.startswith("whatsapp:") != (channel is Channel.WHATSAPP):
        raise RestError(21910, "'From' and 'To' must be on the same channel.")
    if sender and sender != channel.address(own):
        if channel is Channel.WHATSAPP:
            raise RestError(63007, "No WhatsApp sender with this 'From' address belongs to the account.")
        raise RestError(21606, "The 'From' phone number does not belong to the account.")
    return own


def _media_urls(urls: list[str]) -> tuple[str, ...]:
    if len(urls) > MOST_MEDIA:
        raise RestError(21623, f"At most {MOST_MEDIA} media per message.")
    if not all(_is_web_address(url) for url in urls):
        raise RestError(21620, "Invalid media URL.")
    return tuple(urls)


def _status_callback(url: str) -> str:
    if url and not _is_web_address(url):
        raise RestError(21609, "The 'StatusCallback' URL is not valid.")
    return url


def _is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _variables(content_sid: str, text: str) -> dict[str, str]:
    if content_sid and not CONTENT_SID.fullmatch(content_sid):
        raise RestError(21655, "The content sid is invalid.")
    if not text:
        return {}
    if not content_sid:
        raise RestError(21654, "Content variables need a content sid.")
    try:
        variables = json.loads(text)
    except ValueError as error:
        raise RestError(21656, "Content variables must be a JSON object.") from error
    if not isinstance(variables, dict):
        raise RestError(21656, "Content variables must be a JSON object.")
    return {str(name): str(value) for name, value in variables.items()}


def _location(action: str) -> dict[str, Any] | None:
    found = LOCATION.fullmatch(action)
    if found is None:
        return None
    latitude, longitude, label = found.groups()
    return {"latitude": float(latitude), "longitude": float(longitude), "label": label or ""}
