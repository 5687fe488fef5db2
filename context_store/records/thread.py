"""The one thread of a customer: messages, what waits, what falls due, what the flows remember."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from context_store.records.ids import (
    AddressId,
    AgentId,
    CustomerId,
    EnrollmentId,
    InputNumber,
    MessageId,
    TimerId,
)
from context_store.records.people import Address, Channel


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
    # Another program, through the API.
    SYSTEM = "system"


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
    SURVEY = "survey"
    SURVEY_REMINDER = "survey_reminder"
    # The desk's: a reply is due, a customer has been silent, a routing question was not answered.
    REPLY_DUE = "reply_due"
    AUTO_RETURN = "auto_return"
    ROUTING_QUESTION = "routing_question"


class TimerStatus(StrEnum):
    WAITING = "waiting"
    FIRED = "fired"
    CANCELED = "canceled"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One choice offered to the customer; `payload` is Rasa's: `/intent` or `/intent{"slot": "value"}`."""

    title: str
    payload: str
    # Made up from this customer's facts, unlike the buttons that a text brings along.
    is_dynamic: bool = False


@dataclass(frozen=True, kw_only=True)
class Media:
    url: str
    content_type: str


@dataclass(frozen=True, kw_only=True)
class TemplateUse:
    """A WhatsApp template by its response's name, with the values of its places in order."""

    response: str
    language: str
    values: tuple[str, ...]


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
    # Set aside, it is offered once to go on with it; after that only if they ask.
    was_offered: bool = False
    # What they answered or left out, oldest first: where "go back" goes and what "I meant" corrects.
    answered: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    # The options of the question that was answered last: "the other one" is one of these.
    last_offered: tuple[Option, ...] = ()
    # The other channel on which it was begun; None once it has gone on here.
    begun_on: str | None = None


@dataclass(frozen=True, kw_only=True)
class FinishedForm:
    """A form that was submitted, with its values: for a while "no, I meant …" opens it again."""

    form: RunningForm
    slots: dict[str, Any]
    finished_at: datetime


@dataclass(frozen=True, kw_only=True)
class ConversationState:
    """What the flows remember between two inputs. Stored as JSON on the conversation."""

    slots: dict[str, Any] = field(default_factory=dict)
    form: RunningForm | None = None
    # Newest last, bounded by the runner.
    interrupted: tuple[RunningForm, ...] = ()
    # The last form that was submitted, until the next one opens.
    finished: FinishedForm | None = None
    last_options: tuple[Option, ...] = ()
    # Responses said last, so that "say that again" can.
    last_said: tuple[str, ...] = ()
    fallbacks_in_a_row: int = 0
    # When the bot answered lately, oldest first: two bots that answer one another are stopped by it.
    answered_at: tuple[datetime, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Conversation:
    customer_id: CustomerId
    state: ConversationState = field(default_factory=ConversationState)
    controller: Controller = Controller.BOT
    agent_id: AgentId | None = None
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
    # The member of staff who wrote it, when the author is an agent.
    agent_id: AgentId | None = None
    # The journey run that it belongs to: leaving the journey takes it back.
    enrollment_id: EnrollmentId | None = None
    # The message that did not arrive and that this one says again, on another channel.
    fallback_of: MessageId | None = None
    # How to say the same where only an approved template may go out.
    template: TemplateUse | None = None
    # When a message on hold is decided on again; business time.
    held_until: datetime | None = None
    # After this it has outlived its purpose.
    expires_at: datetime | None = None
    created_at: datetime
    # When the carrier took it.
    sent_at: datetime | None = None
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
