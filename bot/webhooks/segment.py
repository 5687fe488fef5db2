"""One call of the Segment tracking API, checked into a record; whom it names and when it happened."""

from datetime import datetime
from typing import Any, Literal

import phonenumbers
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from context_store.phones import canonical_phone
from context_store.records import Identifier, IdentifierKind

LONGEST_ID = 300


class Call(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, coerce_numbers_to_str=True)

    type: Literal["identify", "track"]
    user_id: str | None = Field(None, alias="userId", max_length=LONGEST_ID)
    anonymous_id: str | None = Field(None, alias="anonymousId", max_length=LONGEST_ID)
    message_id: str | None = Field(None, alias="messageId", max_length=120)
    event: str | None = Field(None, max_length=120)
    properties: dict[str, Any] = Field(default_factory=dict)
    traits: dict[str, Any] = Field(default_factory=dict)
    timestamp: AwareDatetime | None = None
    original_timestamp: AwareDatetime | None = Field(None, alias="originalTimestamp")
    sent_at: AwareDatetime | None = Field(None, alias="sentAt")

    @property
    def name(self) -> str | None:
        name = self.traits.get("name")
        return " ".join(name.split())[:120] or None if isinstance(name, str) else None


def identifiers_of(call: Call) -> tuple[Identifier, ...]:
    """Strongest first: the shop's own id, then the phone and e-mail that it vouches for."""
    found = []
    if call.user_id:
        found.append(Identifier(kind=IdentifierKind.USER_ID, value=call.user_id))
    phone, email = call.traits.get("phone"), call.traits.get("email")
    number = _phone(phone) if isinstance(phone, str) else None
    if number:
        found.append(Identifier(kind=IdentifierKind.PHONE, value=number))
    if isinstance(email, str) and "@" in email and len(email) <= LONGEST_ID:
        found.append(Identifier(kind=IdentifierKind.EMAIL, value=email.strip().casefold()))
    if call.anonymous_id:
        found.append(Identifier(kind=IdentifierKind.ANONYMOUS_ID, value=call.anonymous_id))
    return tuple(found)


def country_of(call: Call) -> str | None:
    """From the number that the shop vouches for; it decides at which hours we may write."""
    phone = call.traits.get("phone")
    number = _phone(phone) if isinstance(phone, str) else None
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number)) if number else None
    return region if region and region.isalpha() else None


def occurred_at(call: Call, received_at: datetime) -> datetime:
    """The client's clock set right: received at, less what lay between happening and sending there."""
    happened = call.original_timestamp or call.timestamp
    if happened is None:
        return received_at
    if call.sent_at is None:
        return min(happened, received_at)
    return min(received_at - (call.sent_at - happened), received_at)


def _phone(value: str) -> str | None:
    try:
        # In the form that the library knows: Mexico's old 1 is gone there.
        number = phonenumbers.parse(value, None)
        if not phonenumbers.is_possible_number(number):
            number = phonenumbers.parse(canonical_phone(value), None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
