"""Twilio's form fields to our records. Strangers typed all of it: bounded, cleaned, never trusted."""

import re
from collections.abc import Mapping
from datetime import UTC

import phonenumbers
from twilio.rest.api.v2010.account.message import MessageInstance

from bot.channels.base import BadRequest, Incoming, Listed, StatusReport
from context_store.identity import Sender
from context_store.phones import canonical_phone
from context_store.records import Channel, Identifier, IdentifierKind, Location, Media, MessageStatus

WHATSAPP = "whatsapp:"
SID = re.compile(r"^(SM|MM)[0-9a-fA-F]{32}$")
# `whatsapp:EC.1A2B…`: Meta's id of a user, scoped to one business.
WHATSAPP_USER_ID = re.compile(r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")
E164 = re.compile(r"^\+[1-9]\d{6,14}$")
MOST_MEDIA = 10
LONGEST_NAME = 120
LONGEST_ADDRESS = 300
LONGEST_CHOICE = 200
LONGEST_SID = 64
KEYWORDS = frozenset(("STOP", "START", "HELP"))

# Twilio's words that change nothing for us are left out: "accepted", "scheduled", "queued", "sending".
STATUSES = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "undelivered": MessageStatus.UNDELIVERED,
    "failed": MessageStatus.FAILED,
    "canceled": MessageStatus.CANCELED,
}


def incoming(fields: Mapping[str, str], default_country: str) -> Incoming:
    """Raises `BadRequest` that names the field that is missing or no good."""
    fields = {name: _clean(value) for name, value in fields.items()}
    sid = fields.get("MessageSid", "")
    if not SID.match(sid):
        raise BadRequest("MessageSid is missing or not a message id")
    origin = fields.get("From", "").strip()
    if not origin:
        raise BadRequest("From is missing")
    keyword = fields.get("OptOutType", "").upper()
    return Incoming(
        sender=_sender(origin, fields, default_country),
        provider_id=sid,
        text=fields.get("Body", ""),
        media=_media(fields),
        location=_location(fields),
        choice=(fields.get("ButtonPayload") or fields.get("ListId") or "")[:LONGEST_CHOICE] or None,
        quotes=fields.get("OriginalRepliedMessageSid", "")[:LONGEST_SID] or None,
        carrier_keyword=keyword if keyword in KEYWORDS else None,
    )


def status_report(fields: Mapping[str, str]) -> StatusReport:
    sid = fields.get("MessageSid", "")
    if not SID.match(sid):
        raise BadRequest("MessageSid is missing or not a message id")
    return StatusReport(provider_id=sid, status=STATUSES.get(fields.get("MessageStatus", "")))


def error_code(fields: Mapping[str, str]) -> int | None:
    code = fields.get("ErrorCode", "")
    return int(code) if code.isdecimal() and len(code) < 7 else None


def listed(message: MessageInstance) -> Listed:
    """One message of the list; what Twilio still has in hand has no state of ours yet."""
    if message.date_created is None:
        raise ValueError("Twilio lists a message without its date")
    return Listed(
        provider_id=str(message.sid),
        body=str(message.body or ""),
        created_at=message.date_created.astimezone(UTC),
        status=STATUSES.get(str(message.status)),
    )


def _sender(origin: str, fields: Mapping[str, str], default_country: str) -> Sender:
    channel = Channel.WHATSAPP if origin.startswith(WHATSAPP) else Channel.SMS
    value = origin.removeprefix(WHATSAPP)
    number = _phone(value)
    # Only WhatsApp says so: an SMS may come from a sender that merely looks like one.
    on_whatsapp = channel is Channel.WHATSAPP
    user_id = (_user_id(fields.get("ExternalUserId", "")) or _user_id(origin)) if on_whatsapp else None
    identifiers = []
    if number:
        identifiers.append(Identifier(kind=IdentifierKind.PHONE, value=number))
    if user_id:
        identifiers.append(Identifier(kind=IdentifierKind.WHATSAPP_USER_ID, value=user_id))
    if not identifiers:
        identifiers.append(Identifier(kind=IdentifierKind.RAW_SENDER, value=f"{channel.value}:{value[:200]}"))
    return Sender(
        channel=channel,
        address=number or user_id or value[:200],
        identifiers=tuple(identifiers),
        name=fields.get("ProfileName", "")[:LONGEST_NAME].strip() or None,
        unreachable=None if number or user_id else "not a number that can be answered",
        country=_country(number) or (user_id[:2] if user_id else None) or default_country,
        source="twilio",
    )


def _phone(value: str) -> str | None:
    """E.164 when it is a number that can exist, else None. It stays as it came: that is where they can be
    answered. Only the library's judgement is asked in the form that it knows (Mexico's 1 is gone there).
    """
    if not E164.match(value):
        return None
    number = _parsed(value)
    return value if number is not None and phonenumbers.is_possible_number(number) else None


def _parsed(value: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(canonical_phone(value))
    except phonenumbers.NumberParseException:
        return None


def _country(number: str | None) -> str | None:
    if number is None:
        return None
    parsed = _parsed(number)
    region = phonenumbers.region_code_for_number(parsed) if parsed else None
    return region if region and len(region) == len("ES") and region.isalpha() else None


def _user_id(value: str) -> str | None:
    bare = value.removeprefix(WHATSAPP)
    return bare if WHATSAPP_USER_ID.match(bare) else None


def _media(fields: Mapping[str, str]) -> tuple[Media, ...]:
    count = fields.get("NumMedia", "0")
    number = min(int(count), MOST_MEDIA) if count.isdecimal() and len(count) < 4 else 0
    return tuple(
        Media(url=fields[f"MediaUrl{index}"][:1000], content_type=_content_type(fields, index))
        for index in range(number)
        if f"MediaUrl{index}" in fields
    )


def _content_type(fields: Mapping[str, str], index: int) -> str:
    return fields.get(f"MediaContentType{index}", "application/octet-stream")[:100].lower()


def _location(fields: Mapping[str, str]) -> Location | None:
    try:
        latitude, longitude = float(fields["Latitude"]), float(fields["Longitude"])
    except (KeyError, ValueError):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Location(
        latitude=latitude,
        longitude=longitude,
        address=fields.get("Address", "")[:LONGEST_ADDRESS] or None,
        label=fields.get("Label", "")[:LONGEST_ADDRESS] or None,
    )


def _clean(text: str) -> str:
    # PostgreSQL cannot store NUL, and nobody can read it.
    return text.replace("\x00", "")
