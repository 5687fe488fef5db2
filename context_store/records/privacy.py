"""Deliveries of shops, requests that concern privacy, and imports."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from context_store.records.ids import CustomerId


class DeliveryStatus(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True, kw_only=True)
class ShopDelivery:
    """One webhook of a shop. `number` is None until it is stored."""

    number: int | None = None
    shop: str
    # The sender's own id: the same one twice is one delivery.
    delivery_id: str
    topic: str
    domain: str | None = None
    payload: str | None
    received_at: datetime
    attempt: int = 0
    error: str | None = None


class PrivacyRequestKind(StrEnum):
    # Somebody wants to know what is kept of them.
    EXPORT = "export"
    # A shop has left: all that is kept of its people is to go.
    ERASE_SHOP = "erase_shop"


@dataclass(frozen=True, kw_only=True)
class PrivacyRequest:
    id: UUID
    kind: PrivacyRequestKind
    customer_id: CustomerId | None = None
    source: str
    # The shop's own name for the request.
    reference: str
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class ImportProgress:
    """How far a file was read."""

    kind: str
    # Of what is in the file, and of what decides how it is read.
    digest: str
    file_name: str
    lines: int = 0
    kept: int = 0
    unchanged: int = 0
    refused: int = 0
    errors_size: int = 0
    started_at: datetime
    changed_at: datetime
    finished_at: datetime | None = None
