"""What is known of the events themselves, and what is wrong with them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from context_store.records.ids import CustomerId


class FaultKind(StrEnum):
    # The tracking plan does not know the event.
    UNPLANNED = "unplanned"
    MISSING = "missing"
    MISTYPED = "mistyped"
    # Not one of the values that the plan lists.
    UNLISTED = "unlisted"


class AlertKind(StrEnum):
    STOPPED = "stopped"
    LATE = "late"
    # A larger share of them than before lacks a property, or has it in another type.
    DRIFT = "drift"
    NEW_VALUE = "new_value"


@dataclass(frozen=True, kw_only=True)
class EventCount:
    """One count of one hour. `measure` says of what: see flows/data_quality.py."""

    hour: datetime
    source: str
    event: str
    measure: str
    count: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Misfit:
    source: str
    event: str
    fault: FaultKind
    # Empty when it is the event as a whole.
    property: str
    # A stranger's text: bounded, never logged.
    sample: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class RejectedEvent:
    source: str
    message_id: str | None
    event: str | None
    reason: str
    # The beginning of what was sent.
    body: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class DataAlert:
    kind: AlertKind
    source: str
    event: str
    # Empty when it is about the event as a whole.
    property: str
    details: dict[str, Any]
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ToldTrait:
    """What a shop says of a customer; the newest word by its own time."""

    customer_id: CustomerId
    name: str
    value: Any
    source: str
    # When it was so, by the shop's clock.
    told_at: datetime
