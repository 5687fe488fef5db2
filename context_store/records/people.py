"""Who customers are, where they can be reached, and what they agreed to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from context_store.records.ids import AddressId, CustomerId


class Channel(StrEnum):
    WHATSAPP = "whatsapp"
    SMS = "sms"
    EMAIL = "email"
    WEB = "web"
    APP = "app"
    STORE = "store"
    CALL = "call"


class CustomerStatus(StrEnum):
    ACTIVE = "active"
    MERGED = "merged"
    ERASED = "erased"


class AddressStatus(StrEnum):
    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"


class IdentifierKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    USER_ID = "user_id"
    ANONYMOUS_ID = "anonymous_id"
    WHATSAPP_USER_ID = "whatsapp_user_id"
    STORE_CARD = "store_card"
    # What a carrier gave us when it could not tell a number: "Anonymous", a short code, a name.
    RAW_SENDER = "raw_sender"


class LinkStatus(StrEnum):
    LINKED = "linked"
    DISPUTED = "disputed"
    UNLINKED = "unlinked"


@dataclass(frozen=True, kw_only=True)
class Customer:
    id: CustomerId
    status: CustomerStatus = CustomerStatus.ACTIVE
    merged_into: CustomerId | None = None
    merged_at: datetime | None = None
    # Who stands for all that are one person with this one, itself too. None: this one is alone.
    survivor_id: CustomerId | None = None
    name: str | None = None
    language: str | None = None
    # True once they asked for it in words: a stray foreign word no longer changes it.
    is_language_chosen: bool = False
    timezone: str | None = None
    country: str | None = None
    # As the shop last told; None: it never did.
    loyalty_points: int | None = None
    loyalty_expires_at: datetime | None = None
    created_at: datetime

    @property
    def is_joined(self) -> bool:
        """Is it one person with another profile? Most are not."""
        return self.survivor_id is not None

    @property
    def is_merged(self) -> bool:
        return self.survivor_id is not None and self.survivor_id != self.id


@dataclass(frozen=True, kw_only=True)
class Address:
    id: AddressId
    customer_id: CustomerId
    channel: Channel
    # E.164, a WhatsApp user id (`EC.1A2B`), an e-mail; without the channel's prefix.
    value: str
    status: AddressStatus = AddressStatus.REACHABLE
    reason: str | None = None
    # Opens WhatsApp's 24-hour customer service window.
    last_inbound_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """One normalised key that may name a customer: two spellings of one number are equal here."""

    kind: IdentifierKind
    value: str


@dataclass(frozen=True, kw_only=True)
class IdentityLink:
    identifier: Identifier
    customer_id: CustomerId
    status: LinkStatus = LinkStatus.LINKED
    method: str
    confidence: float
    source: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Trait:
    """Something that they told of themselves, or were asked about."""

    customer_id: CustomerId
    name: str
    value: str | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None


class Topic(StrEnum):
    ALL = "all"
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"
    SURVEY = "survey"


class ConsentStatus(StrEnum):
    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    PAUSED = "paused"
    LIMITED = "limited"


@dataclass(frozen=True, kw_only=True)
class Consent:
    """One line of the ledger. The newest line of a channel and topic counts."""

    customer_id: CustomerId
    channel: Channel
    topic: Topic
    status: ConsentStatus
    # How it was given: keyword, carrier, form, import.
    method: str
    wording: str | None = None
    # What proves it: the inbound message's id, an IP address, a document.
    proof: str | None = None
    until: datetime | None = None
    per_week: int | None = None
    created_at: datetime
