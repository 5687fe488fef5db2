"""One call of the Segment tracking API, checked into a record; whom it names and when it happened."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, Self

import phonenumbers
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from context_store.phones import canonical_phone
from context_store.records import Identifier, IdentifierKind

LONGEST_ID = 300
# A clock that is off by more than this is wrong rather than skewed: then the time of arrival counts.
WORST_SKEW = timedelta(days=365)
# What calls without a name of their own are kept as.
NAMES = {
    "identify": "identify",
    "group": "group",
    "alias": "alias",
    "page": "Page Viewed",
    "screen": "Screen Viewed",
}

CallType = Literal["identify", "track", "page", "screen", "group", "alias"]


class Call(BaseModel):
    """What any call may carry; what it does not name is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, coerce_numbers_to_str=True)

    type: CallType
    user_id: str | None = Field(None, alias="userId", max_length=LONGEST_ID)
    anonymous_id: str | None = Field(None, alias="anonymousId", max_length=LONGEST_ID)
    previous_id: str | None = Field(None, alias="previousId", max_length=LONGEST_ID)
    group_id: str | None = Field(None, alias="groupId", max_length=LONGEST_ID)
    message_id: str | None = Field(None, alias="messageId", max_length=120)
    event: str | None = Field(None, max_length=120)
    # Of a page or a screen.
    name: str | None = Field(None, max_length=LONGEST_ID)
    category: str | None = Field(None, max_length=LONGEST_ID)
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    timestamp: AwareDatetime | None = None
    original_timestamp: AwareDatetime | None = Field(None, alias="originalTimestamp")
    sent_at: AwareDatetime | None = Field(None, alias="sentAt")

    @model_validator(mode="after")
    def _names_what_it_must(self) -> Self:
        if not (self.user_id or self.anonymous_id):
            raise ValueError("userId or anonymousId is needed")
        if self.type == "track" and not (self.event or "").strip():
            raise ValueError("a track call needs the name of its event")
        if self.type == "alias" and not (self.user_id and self.previous_id):
            raise ValueError("an alias call needs previousId and userId")
        if self.type == "group" and not self.group_id:
            raise ValueError("a group call needs groupId")
        return self

    @property
    def told_traits(self) -> dict[str, Any]:
        """Of a person or a group. RudderStack's libraries put them into the context."""
        within = (self.context or {}).get("traits")
        return self.traits or (within if isinstance(within, dict) else {})

    @property
    def kept_as(self) -> str:
        """The name of the event."""
        return NAMES.get(self.type) or " ".join((self.event or "").split())

    @property
    def facts(self) -> dict[str, Any]:
        """What is kept of it, as the event's properties."""
        if self.type == "identify":
            return self.told_traits
        if self.type == "group":
            return {**self.told_traits, "groupId": self.group_id}
        if self.type == "alias":
            return {"previousId": self.previous_id}
        told = self.properties or {}
        if self.type == "track":
            return told
        named = {"name": self.name, "category": self.category}
        return {**{name: value for name, value in named.items() if value}, **told}

    @property
    def persons_name(self) -> str | None:
        name = self.told_traits.get("name") if self.type == "identify" else None
        return " ".join(name.split())[:120] or None if isinstance(name, str) else None


def identifiers_of(call: Call) -> tuple[Identifier, ...]:
    """Strongest first: the shop's own id, then the phone and e-mail that it vouches for.

    A group's phone and e-mail are the group's.
    """
    found = []
    if call.user_id:
        found.append(Identifier(kind=IdentifierKind.USER_ID, value=call.user_id))
    if call.type == "identify":
        found += _vouched_for(call.told_traits)
    if call.anonymous_id:
        found.append(Identifier(kind=IdentifierKind.ANONYMOUS_ID, value=call.anonymous_id))
    return tuple(found)


def _vouched_for(traits: dict[str, Any]) -> list[Identifier]:
    phone, email = traits.get("phone"), traits.get("email")
    number = _phone(phone) if isinstance(phone, str) else None
    found = [Identifier(kind=IdentifierKind.PHONE, value=number)] if number else []
    if isinstance(email, str) and "@" in email and len(email) <= LONGEST_ID:
        found.append(Identifier(kind=IdentifierKind.EMAIL, value=email.strip().casefold()))
    return found


def country_of(call: Call) -> str | None:
    """From the number that the shop vouches for; it decides at which hours we may write."""
    phone = call.told_traits.get("phone") if call.type == "identify" else None
    number = _phone(phone) if isinstance(phone, str) else None
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number)) if number else None
    return region if region and region.isalpha() else None


def occurred_at(call: Call, received_at: datetime) -> datetime:
    """The client's clock set right: received at, less what lay between happening and sending there."""
    happened = call.original_timestamp or call.timestamp
    if happened is None:
        return received_at
    try:
        told = happened if call.sent_at is None else received_at - (call.sent_at - happened)
    except OverflowError:
        return received_at
    return min(told, received_at) if abs(received_at - told) < WORST_SKEW else received_at


@lru_cache(maxsize=1024)
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
