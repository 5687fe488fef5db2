"""What the API answers, as pydantic models: the OpenAPI document is made from them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from context_store.records import (
    AddressStatus,
    AppointmentStatus,
    Author,
    CartStatus,
    Channel,
    ConsentStatus,
    Controller,
    CustomerStatus,
    Direction,
    EnrollmentStatus,
    EntryAuthor,
    HandoffStatus,
    IdentifierKind,
    MessageStatus,
    Mood,
    OrderStatus,
    Purpose,
    Topic,
    Verdict,
)
from flows.promotions import Kind, Wording


class Told(BaseModel):
    """Made from our records by their fields' names."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class IdentifierTold(Told):
    kind: IdentifierKind
    value: str


class AddressTold(Told):
    channel: Channel
    value: str
    status: AddressStatus
    reason: str | None
    last_inbound_at: datetime | None


class ConsentTold(Told):
    channel: Channel
    topic: Topic
    status: ConsentStatus
    method: str
    wording: str | None
    proof: str | None
    until: datetime | None
    per_week: int | None
    created_at: datetime


class CustomerTold(Told):
    id: UUID
    status: CustomerStatus
    name: str | None
    language: str | None
    timezone: str | None
    country: str | None
    loyalty_points: int | None
    loyalty_expires_at: datetime | None
    created_at: datetime
    identifiers: list[IdentifierTold]
    addresses: list[AddressTold]
    traits: dict[str, str | None]
    # The lines of the ledger that count now.
    consents: list[ConsentTold]
    controller: Controller


class FoundCustomer(Told):
    id: UUID
    name: str | None
    language: str | None
    country: str | None
    created_at: datetime


class FoundCustomers(Told):
    customers: list[FoundCustomer]
    # More fit: ask for more of the name.
    has_more: bool


class CartItemTold(Told):
    product_id: str
    name: str
    quantity: int
    unit_price: int = Field(description="Minor units of the cart's currency.")
    url: str | None
    image_url: str | None


class CartTold(Told):
    key: str
    status: CartStatus
    currency: str
    items: list[CartItemTold]
    changed_at: datetime
    coupon: str | None
    total: int = Field(description="Minor units of the cart's currency.")


class OrderItemTold(Told):
    name: str
    quantity: int
    unit_price: int


class DeliveryTold(Told):
    address: str
    window: str


class OrderTold(Told):
    number: str
    status: OrderStatus
    total: int
    currency: str
    items: list[OrderItemTold]
    delivery: DeliveryTold | None
    placed_at: datetime
    expected_at: datetime | None
    changed_at: datetime | None
    carrier: str | None
    tracking_url: str | None
    invoice_url: str | None


class AppointmentTold(Told):
    id: UUID
    service: str
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus
    seat: int | None
    source: str
    reference: str | None
    created_at: datetime
    changed_at: datetime


class CustomerFacts(Told):
    """As the bot's flows see the customer."""

    status: CustomerStatus
    merged_into: UUID | None
    name: str | None
    language: str | None
    is_language_chosen: bool
    timezone: str
    country: str | None
    loyalty_points: int | None
    loyalty_expires_at: datetime | None
    created_at: datetime


class ConversationTold(Told):
    controller: Controller
    slots: dict[str, Any]
    form: str | None


class JourneyRunTold(Told):
    journey: str
    status: EnrollmentStatus
    step: int
    entry_key: str
    entered_at: datetime


class EntryInBrief(Told):
    id: UUID
    channel: Channel
    occurred_at: datetime
    subject: str | None
    outcome: str | None
    mood: Mood | None


class ContextTold(Told):
    """What the bot knows at this moment, for any other system."""

    id: UUID
    customer: CustomerFacts
    cart: CartTold | None
    cart_link: str | None = Field(description="Opens the web's cart as it is now; signed, for some days.")
    orders: list[OrderTold]
    appointments: list[AppointmentTold]
    conversation: ConversationTold
    consents: list[ConsentTold]
    journeys: list[JourneyRunTold]
    entries: list[EntryInBrief]


class EntryLineTold(Told):
    author: EntryAuthor
    text: str
    name: str | None
    at: datetime | None


class EntryTold(EntryInBrief):
    customer_id: UUID
    source: str
    external_id: str | None
    text: str
    lines: list[EntryLineTold]
    flow: str | None
    slots: dict[str, Any]
    received_at: datetime


class RuleTold(Told):
    rule: str
    verdict: Verdict
    reason: str | None
    until: datetime | None


class DecisionTold(Told):
    verdict: Verdict
    decided_at: datetime
    answers: list[RuleTold] = Field(description="Every rule that was asked, with its answer.")


class MessageTold(Told):
    id: UUID
    customer_id: UUID
    channel: Channel
    direction: Direction
    author: Author
    purpose: Purpose | None
    status: MessageStatus
    reason: str | None
    text: str
    held_until: datetime | None
    expires_at: datetime | None
    created_at: datetime
    sent_at: datetime | None


class ExplainedMessage(MessageTold):
    decisions: list[DecisionTold] = Field(description="Why it went, waits or does not go; the newest last.")


class HandoffTold(Told):
    id: UUID
    customer_id: UUID
    status: HandoffStatus
    reason: str
    details: str | None
    requested_at: datetime
    assigned_at: datetime | None
    closed_at: datetime | None
    note: str | None


class EventTold(Told):
    id: UUID
    source: str
    name: str
    properties: dict[str, Any]
    occurred_at: datetime
    received_at: datetime


class MessageItem(Told):
    kind: Literal["message"] = "message"
    at: datetime
    message: MessageTold


class EntryItem(Told):
    kind: Literal["entry"] = "entry"
    at: datetime
    entry: EntryTold


class EventItem(Told):
    kind: Literal["event"] = "event"
    at: datetime
    event: EventTold


class HandoffItem(Told):
    kind: Literal["handoff"] = "handoff"
    at: datetime
    handoff: HandoffTold


class DecisionItem(Told):
    kind: Literal["decision"] = "decision"
    at: datetime
    message_id: UUID | None
    decision: DecisionTold


class TimelinePage(Told):
    items: list[MessageItem | EntryItem | EventItem | HandoffItem | DecisionItem] = Field(
        description="Newest first."
    )
    older: str | None = Field(description="For `older_than`; null where the story begins.")
    newer: str | None = Field(description="For `newer_than`, now or later; null where there is no story.")


class TokenState(Told):
    id: UUID
    state: Literal["waiting", "used", "expired"]
    channel: Channel
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    used_by: UUID | None


class TokenTold(Told):
    """Told this once: of the code only a keyed hash is kept."""

    id: UUID
    code: str
    text: str = Field(description="What the links write for the customer: their words and the code.")
    whatsapp_url: str | None
    sms_url: str | None
    qr_svg: str | None = Field(description="The WhatsApp link (else the SMS link) as a picture.")
    expires_at: datetime


class LinkedCart(Told):
    """A cart, and nothing of whose it is."""

    cart: CartTold


class OfferedPromotion(Told):
    promotion: str = Field(description="Its name; its code too, where everybody has the same.")
    code: str | None = Field(description="What the customer says to have it; null until theirs was given.")
    is_unique: bool = Field(description="Each customer has a code of their own.")
    kind: Kind
    value: Decimal = Field(description="Percent, or an amount in the shop's currency.")
    minimum: Decimal = Field(description="What the cart has to be worth.")
    category: str | None = None
    starts: date | None = None
    ends: date | None = None
    texts: Wording
    terms: Wording | None = None
    audience: str | None = Field(None, description="Whom it is for; told where no customer was named.")


class OfferedPromotions(Told):
    promotions: list[OfferedPromotion]
