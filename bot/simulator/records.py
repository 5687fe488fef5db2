"""The carrier's own words: a message as it lies in the store, and the media that came with it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    SMS = "sms"
    WHATSAPP = "whatsapp"

    def address(self, value: str) -> str:
        """The address as Twilio writes it: only WhatsApp carries a prefix."""
        return f"whatsapp:{value}" if self is Channel.WHATSAPP else value


class Author(StrEnum):
    CUSTOMER = "customer"
    SHOP = "shop"
    CARRIER = "carrier"  # the automatic answer to STOP, START and HELP


class Kind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    STICKER = "sticker"
    VOICE = "voice"
    LOCATION = "location"
    CONTACT = "contact"
    FILE = "file"


class Handover(StrEnum):
    """How far a customer's message has come on its way to the shop."""

    NONE = "none"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Message:
    sid: str
    channel: Channel
    author: Author
    kind: Kind = Kind.TEXT
    customer: str  # E.164 or WhatsApp id, never with a prefix
    shop: str
    body: str
    status: str  # Twilio's word
    direction: str  # Twilio's word
    created_at: datetime  # real time, what the REST surface reports
    updated_at: datetime
    sent_at: datetime | None = None
    shown_at: datetime  # business time, what the phones show
    segments: int = 1
    media_count: int = 0
    error_code: int | None = None
    status_callback: str = ""
    service_sid: str = ""
    handover: Handover = Handover.NONE
    handover_note: str = ""  # what the shop's webhook answered when it did not take the message
    extra: dict[str, Any] = field(default_factory=dict)  # location, buttons, media still to fetch
    is_deleted: bool = False
    revision: int = 0  # grows with every change anywhere in the store

    @property
    def sender(self) -> str:
        inbound = self.author is Author.CUSTOMER
        return self.channel.address(self.customer if inbound else self.shop)

    @property
    def recipient(self) -> str:
        inbound = self.author is Author.CUSTOMER
        return self.channel.address(self.shop if inbound else self.customer)


@dataclass(frozen=True, kw_only=True)
class Media:
    sid: str
    content_type: str
    name: str
    content: bytes
