"""Saved conditions, who is in them, and what the evaluator in Python must know of one customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from context_store.records.conditions import Condition
from context_store.records.desk import Handoff, Survey
from context_store.records.ids import AgentId, CustomerId, SegmentId
from context_store.records.outreach import Enrollment
from context_store.records.people import Address, Consent, Customer
from context_store.records.shop import Cart, Event, Order


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A saved, named condition."""

    id: SegmentId
    # What other segments, journeys and events call it; it never changes.
    key: str
    name: str
    description: str = ""
    condition: Condition
    owner: AgentId | None = None
    created_at: datetime
    changed_at: datetime
    # Counts the changes of its condition: who has read an older one must not say who is in.
    version: int = 1
    # Those who are in from the start get an event too.
    tells_of_first: bool = False
    # Since when its members are known; None: they are still being found.
    based_at: datetime | None = None
    refreshed_at: datetime | None = None
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Change:
    """A customer has come into a segment, or has left it."""

    segment: Segment
    customer_id: CustomerId
    has_entered: bool
    # How often this customer has come or gone: no two events of theirs are the same.
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """The facts of one customer that conditions ask for; those of whom was merged into them included."""

    customer: Customer
    traits: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    carts: tuple[Cart, ...] = ()
    orders: tuple[Order, ...] = ()
    # Of the things in their carts by product id, of those in their orders by name.
    categories: Mapping[str, frozenset[str]] = field(default_factory=dict)
    categories_by_name: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # The lines that count now: the newest of each channel and topic, for each of those who were merged.
    consents: tuple[Consent, ...] = ()
    addresses: tuple[Address, ...] = ()
    # When the newest message went out to them unasked.
    messaged_at: datetime | None = None
    surveys: tuple[Survey, ...] = ()
    runs: tuple[Enrollment, ...] = ()
    handoffs: tuple[Handoff, ...] = ()
