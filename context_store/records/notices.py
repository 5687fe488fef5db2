"""What other systems are told of, where to, and what became of each telling."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from context_store.records.ids import CustomerId, EndpointId


class NoticeKind(StrEnum):
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_STATUS = "message.status"
    CONTROLLER_CHANGED = "conversation.controller_changed"
    HANDOFF_REQUESTED = "handoff.requested"
    HANDOFF_ASSIGNED = "handoff.assigned"
    HANDOFF_RESOLVED = "handoff.resolved"
    HANDOFF_RETURNED = "handoff.returned"
    SURVEY_ANSWERED = "survey.answered"
    CONSENT_CHANGED = "consent.changed"
    JOURNEY_ENTERED = "journey.entered"
    JOURNEY_EXITED = "journey.exited"
    JOURNEY_COMPLETED = "journey.completed"
    CUSTOMER_MERGED = "customer.merged"
    CUSTOMER_UNMERGED = "customer.unmerged"


class NoticeStatus(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    # Tried as long as it is tried.
    FAILED = "failed"


class DisabledBy(StrEnum):
    """Why nothing goes to an endpoint any more."""

    STAFF = "staff"
    # It failed for days without one success.
    FAILING = "failing"
    # It answered 410: nobody is there, and never will be.
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where another system listens, and what it wants to hear."""

    id: EndpointId
    url: str
    kinds: tuple[NoticeKind, ...]
    # May the words of customers go there?
    with_body: bool = False
    secret: str
    # The one before still signs until then, so that the receiver may change over in peace.
    previous_secret: str | None = None
    previous_until: datetime | None = None
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_by: DisabledBy | None = None
    # Faults in a row that were the endpoint's own, and since when there was no success.
    failures: int = 0
    failing_since: datetime | None = None

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that happened, as it is told: ids and plain words, never what somebody wrote."""

    number: int
    # The same for every endpoint and every try: receivers know a repeat by it.
    id: UUID
    kind: NoticeKind
    customer_id: CustomerId | None
    data: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class NoticeClaim:
    """One delivery that is ours to make until the lease runs out."""

    position: int
    notice: Notice
    endpoint: Endpoint
    owner: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class NoticeTry:
    """One attempt to deliver, as it is kept."""

    attempt: int
    started_at: datetime
    milliseconds: int
    http_status: int | None = None
    # In a word of ours, where there was no answer.
    fault: str | None = None
    # The first characters of the answer.
    answer: str | None = None


@dataclass(frozen=True, kw_only=True)
class NoticeDelivery:
    position: int
    notice: Notice
    status: NoticeStatus
    attempt: int
    # When it is tried next, while it waits.
    not_before: datetime
    finished_at: datetime | None
    tries: tuple[NoticeTry, ...] = ()
