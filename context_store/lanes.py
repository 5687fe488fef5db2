"""Which outgoing message may go next: one in flight per recipient, in order, replies before bulk.

Statements only; the store that runs them is `outgoing`.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Exists, and_, bindparam, exists, literal, or_, select

from context_store.consents import consents
from context_store.models.base import DatabaseTime, Word
from context_store.models.people import AddressRow, CustomerRow
from context_store.models.thread import MessageRow
from context_store.records import Address, Direction, Message, MessageStatus
from context_store.rows import columns_of, table_of
from context_store.switches import IS_ON_HOLD

messages = table_of(MessageRow)
addresses = table_of(AddressRow)
customers = table_of(CustomerRow)
MESSAGE = columns_of(Message, messages)

SWEEP_AFTER_SECONDS = 2.0
IS_HELD = messages.c.status == literal(MessageStatus.HELD, Word(MessageStatus), literal_execute=True)
OPEN = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN)

# One alias for all: making one anew copies every column.
EARLIER = messages.alias("earlier")


def is_in(*statuses: MessageStatus, table: Any = messages) -> Any:
    """Outgoing and in one of these states. Written out, not bound, for the partial indexes' sake."""
    words = [literal(status, Word(MessageStatus), literal_execute=True) for status in statuses]
    way = literal(Direction.OUT, Word(Direction), literal_execute=True)
    return and_(table.c.direction == way, table.c.status.in_(words))


def _has_one_before_it() -> Exists:
    """Is an earlier message to the same address still open?

    An unknown one holds the lane for a while only; after that just messages of the same text wait, so
    that finding it in the provider's list stays unambiguous.
    """
    earlier = EARLIER
    is_open = or_(
        is_in(MessageStatus.QUEUED, MessageStatus.SENDING, table=earlier),
        and_(
            is_in(MessageStatus.UNKNOWN, table=earlier),
            or_(earlier.c.lease_until > DatabaseTime(), earlier.c.text == messages.c.text),
        ),
    )
    return exists().where(
        earlier.c.address_id == messages.c.address_id,
        is_in(*OPEN, table=earlier),
        earlier.c.position < messages.c.position,
        is_open,
    )


ADDRESS = columns_of(Address, addresses)
# Said beside the narrower state: SQLite uses a partial index only where its very words are repeated.
IS_OPEN = is_in(*OPEN)
MAY_GO_NOW = and_(
    IS_OPEN,
    is_in(MessageStatus.QUEUED),
    or_(messages.c.not_before.is_(None), messages.c.not_before <= DatabaseTime()),
    ~_has_one_before_it(),
    ~IS_ON_HOLD,
)
# What every message runs is built once: building a statement costs several times what running it does.
OTHER = messages.alias("other")
# One person with somebody: what that one has said and got counts too.
IS_JOINED = exists().where(customers.c.id == messages.c.customer_id, customers.c.survivor_id.is_not(None))
NEXT_IN_LANE = (
    select(
        *MESSAGE,
        *(column.label(f"address__{column.name}") for column in ADDRESS),
        exists().where(consents.c.customer_id == messages.c.customer_id).label("has_consents"),
        IS_JOINED.label("is_joined"),
        exists()
        .where(
            OTHER.c.customer_id == messages.c.customer_id,
            OTHER.c.position != messages.c.position,
            is_in(*OPEN, table=OTHER),
        )
        .label("has_more"),
    )
    .join(addresses, addresses.c.id == messages.c.address_id)
    .where(messages.c.customer_id == bindparam("customer"), MAY_GO_NOW)
    .order_by(messages.c.position)
    .limit(1)
)
SWEEP = (
    select(messages.c.customer_id)
    .where(MAY_GO_NOW, ~messages.c.is_bulk, messages.c.stored_at <= DatabaseTime(-SWEEP_AFTER_SECONDS))
    .order_by(messages.c.stored_at)
    .limit(bindparam("most"))
)
BULK = (
    select(messages.c.customer_id)
    .where(MAY_GO_NOW, messages.c.is_bulk)
    .order_by(messages.c.stored_at)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, kw_only=True)
class Head:
    """What is next to go out, and what can be spared because there is nothing of it."""

    message: Message
    address: Address
    # Have they ever said what we may send?
    has_consents: bool
    # Is there another profile of the same person?
    is_joined: bool
    # Is there anything else of theirs that is not closed? What comes later rings for itself.
    has_more: bool
