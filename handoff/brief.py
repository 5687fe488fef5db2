"""What an agent must know before the first word, from facts in the store; no model writes it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from context_store.records import (
    Address,
    Appointment,
    Cart,
    Channel,
    Consent,
    Customer,
    CustomerId,
    Decision,
    Direction,
    Enrollment,
    Entry,
    Handoff,
    Identifier,
    Message,
    Order,
    Survey,
)
from context_store.records.conditions import LifecycleState
from context_store.unit_of_work import UnitOfWork

WHATSAPP_WINDOW = timedelta(hours=24)
LOOKED_AT = 50
# Slots that tell a person nothing: ids, and moments that a machine wrote.
INTERNAL = frozenset(
    ("handoff_summary", "handoff_team", "booking_start", "booking_near", "booking_moves")
    + ("booking_reminded", "unbooking_appointment", "unhappy_contact")
)


@dataclass(frozen=True, kw_only=True)
class Brief:
    customer: Customer
    identifiers: list[Identifier]
    addresses: list[Address]
    handoffs: list[Handoff]
    cart: Cart | None
    orders: list[Order]
    # What they still have before them, the next one first.
    appointments: list[Appointment]
    enrollments: list[Enrollment]
    decisions: list[Decision]
    consents: list[Consent]
    surveys: list[Survey]
    # Conversations and visits on other channels, newest first.
    entries: list[Entry]
    # What the bot was asking when it fell silent.
    open_question: str | None
    collected: dict[str, str]
    # How long free text may still go out on WhatsApp; None when the window is closed.
    window_left: timedelta | None
    # Their own words that they had to write more than once.
    asked_twice: list[str]
    # Where they stand with the shop: new, recurrent, at risk …
    lifecycle: LifecycleState | None


def build(uow: UnitOfWork, customer_id: CustomerId, now: datetime) -> Brief:
    """Raises `LookupError` for an unknown customer."""
    customer = uow.customers.person(customer_id)
    conversation = uow.conversations.get(customer_id)
    if customer is None or conversation is None:
        raise LookupError("no such customer")
    addresses = uow.customers.addresses_of(customer_id)
    form = conversation.state.form or next(reversed(conversation.state.interrupted), None)
    return Brief(
        customer=customer,
        identifiers=uow.customers.links_of(customer_id),
        addresses=addresses,
        handoffs=uow.handoffs.of(customer_id),
        cart=uow.carts.live(customer_id),
        orders=uow.orders.newest(customer_id, limit=3),
        appointments=uow.appointments.upcoming(customer_id, now, limit=3),
        enrollments=uow.enrollments.running(customer_id),
        decisions=uow.decisions.newest(customer_id, limit=5),
        consents=uow.consents.current(customer_id),
        surveys=uow.surveys.of(customer_id),
        entries=uow.entries.newest(customer_id, LOOKED_AT),
        open_question=form.requested_slot if form else None,
        collected={
            name: str(value) for name, value in conversation.state.slots.items() if name not in INTERNAL
        },
        window_left=window_left(addresses, now),
        asked_twice=asked_twice(uow.messages.newest(customer_id, LOOKED_AT)),
        lifecycle=uow.segments.lifecycle(customer_id, now),
    )


def window_left(addresses: list[Address], now: datetime) -> timedelta | None:
    """Until when WhatsApp takes free text: 24 hours from their last message there."""
    heard = [
        address.last_inbound_at
        for address in addresses
        if address.channel is Channel.WHATSAPP and address.last_inbound_at
    ]
    left = max(heard) + WHATSAPP_WINDOW - now if heard else timedelta()
    return left if left > timedelta() else None


def asked_twice(messages: list[Message]) -> list[str]:
    written = Counter(
        " ".join(message.text.split()).casefold()
        for message in messages
        if message.direction is Direction.IN and len(message.text.split()) > 1
    )
    return [text for text, times in written.items() if times > 1]
