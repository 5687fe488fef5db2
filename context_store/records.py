"""The words that everyone shares: typed ids, enums and frozen records.

Rows never leave `context_store`; these do. No record knows how it is stored.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from uuid_utils.compat import uuid7

CustomerId = NewType("CustomerId", UUID)
AddressId = NewType("AddressId", UUID)
MessageId = NewType("MessageId", UUID)
TimerId = NewType("TimerId", UUID)
OrderId = NewType("OrderId", UUID)
# One database sequence gives it; it is the order in which a customer's inputs are handled.
InputNumber = NewType("InputNumber", int)


def new_id() -> UUID:
    """A UUIDv7: sorts by the time it was made, so that indexes stay dense."""
    return uuid7()


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


class Controller(StrEnum):
    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Author(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    JOURNEY = "journey"


class Purpose(StrEnum):
    REPLY = "reply"
    # The answer to STOP, START or HELP: the one thing that may follow an opt-out.
    KEYWORD_ANSWER = "keyword_answer"
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"
    SURVEY = "survey"


class MessageStatus(StrEnum):
    RECEIVED = "received"
    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    PARKED = "parked"


class InputKind(StrEnum):
    MESSAGE = "message"
    TIMER = "timer"
    EVENT = "event"
    COMMAND = "command"


class InputStatus(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class TimerKind(StrEnum):
    FORM_TIMEOUT = "form_timeout"
    REMINDER = "reminder"
    JOURNEY_STEP = "journey_step"
    SNOOZE = "snooze"
    LEASE_EXPIRY = "lease_expiry"


class TimerStatus(StrEnum):
    WAITING = "waiting"
    FIRED = "fired"
    CANCELED = "canceled"


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
class Customer:
    id: CustomerId
    status: CustomerStatus = CustomerStatus.ACTIVE
    merged_into: CustomerId | None = None
    name: str | None = None
    language: str | None = None
    # True once they asked for it in words: a stray foreign word no longer changes it.
    is_language_chosen: bool = False
    timezone: str | None = None
    country: str | None = None
    created_at: datetime


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
class Option:
    """One choice offered to the customer; `payload` is Rasa's: `/intent` or `/intent{"slot": "value"}`."""

    title: str
    payload: str


@dataclass(frozen=True, kw_only=True)
class Media:
    url: str
    content_type: str


@dataclass(frozen=True, kw_only=True)
class Location:
    latitude: float
    longitude: float
    address: str | None = None
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunningForm:
    """A form that is open: what it asks now, and how often it asked in vain."""

    name: str
    requested_slot: str
    failed_answers: int = 0


@dataclass(frozen=True, kw_only=True)
class ConversationState:
    """What the flows remember between two inputs. Stored as JSON on the conversation."""

    slots: dict[str, Any] = field(default_factory=dict)
    form: RunningForm | None = None
    # Newest last, bounded by the runner.
    interrupted: tuple[RunningForm, ...] = ()
    last_options: tuple[Option, ...] = ()
    # Responses said last, so that "say that again" can.
    last_said: tuple[str, ...] = ()
    fallbacks_in_a_row: int = 0


@dataclass(frozen=True, kw_only=True)
class Conversation:
    customer_id: CustomerId
    state: ConversationState = field(default_factory=ConversationState)
    controller: Controller = Controller.BOT
    agent_id: UUID | None = None
    # Database clock, never the business `now`: a lease must run out when the agent's page is gone.
    controller_until: datetime | None = None
    version: int = 0
    last_address_id: AddressId | None = None
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Message:
    id: MessageId
    customer_id: CustomerId
    address_id: AddressId | None
    channel: Channel
    direction: Direction
    author: Author
    purpose: Purpose | None = None
    status: MessageStatus
    # Why it was skipped, failed or parked, in the vendor's or the policy's word.
    reason: str | None = None
    text: str = ""
    options: tuple[Option, ...] = ()
    media: tuple[Media, ...] = ()
    location: Location | None = None
    # The option's id when the customer pressed a button or picked from a list.
    choice: str | None = None
    provider_id: str | None = None
    # The provider's id of the message that this one quotes.
    quotes: str | None = None
    # Unique: a turn that is taken again cannot say the same thing twice.
    dedupe_key: str | None = None
    created_at: datetime
    # The database's order over all messages; None until stored.
    position: int | None = None


@dataclass(frozen=True, kw_only=True)
class OutgoingClaim:
    """An outgoing message that this process may send, until its lease runs out."""

    message: Message
    address: Address
    owner: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Input:
    number: InputNumber
    customer_id: CustomerId
    kind: InputKind
    message_id: MessageId | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    # What understanding made of it, as JSON; None until understood.
    parsed: dict[str, Any] | None = None
    status: InputStatus = InputStatus.WAITING
    started_count: int = 0
    failed_count: int = 0
    created_at: datetime

    @property
    def crash_count(self) -> int:
        """Starts that neither finished nor failed: the process died (or is at it right now)."""
        return self.started_count - self.failed_count


@dataclass(frozen=True, kw_only=True)
class Timer:
    id: TimerId
    customer_id: CustomerId
    kind: TimerKind
    # One waiting timer per customer and key: setting it again moves it.
    key: str
    due_at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    status: TimerStatus = TimerStatus.WAITING


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


@dataclass(frozen=True, kw_only=True)
class OrderItem:
    name: str
    quantity: int
    # Minor units of the order's currency.
    unit_price: int


class OrderStatus(StrEnum):
    PLACED = "placed"
    PREPARING = "preparing"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    address: str
    window: str


@dataclass(frozen=True, kw_only=True)
class Order:
    id: OrderId
    customer_id: CustomerId
    number: str
    status: OrderStatus
    total: int
    currency: str
    items: tuple[OrderItem, ...] = ()
    delivery: Delivery | None = None
    placed_at: datetime
    expected_at: datetime | None = None
