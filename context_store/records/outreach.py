"""What we send unasked: a customer's run of a journey, and the explained verdict on each message."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from context_store.records.ids import CustomerId, EnrollmentId, MessageId


class EnrollmentStatus(StrEnum):
    ACTIVE = "active"
    WAITING = "waiting"
    COMPLETED = "completed"
    EXITED = "exited"
    EXCLUDED = "excluded"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Enrollment:
    """One customer's run of a journey, keyed: one per cart, per order, per appointment."""

    id: EnrollmentId
    customer_id: CustomerId
    journey: str
    version: int
    entry_key: str
    status: EnrollmentStatus
    # Index of the step that is next.
    step: int = 0
    # Why it left, when it did.
    reason: str | None = None
    entered_at: datetime
    updated_at: datetime

    @property
    def is_running(self) -> bool:
        return self.status in (EnrollmentStatus.ACTIVE, EnrollmentStatus.WAITING)


class Verdict(StrEnum):
    SEND = "send"
    HOLD = "hold"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class RuleAnswer:
    """What one rule of the policy says of one message."""

    rule: str
    verdict: Verdict
    reason: str | None = None
    # With a hold: when to ask again.
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The verdict on one candidate message, with every rule's answer."""

    verdict: Verdict
    answers: tuple[RuleAnswer, ...]
    decided_at: datetime
    customer_id: CustomerId | None = None
    message_id: MessageId | None = None

    @property
    def strictest(self) -> RuleAnswer:
        return max(self.answers, key=lambda answer: STRICTNESS[answer.verdict])

    @property
    def until(self) -> datetime | None:
        """When every rule that holds it may have let go."""
        return max((answer.until for answer in self.answers if answer.until), default=None)


STRICTNESS = {Verdict.SEND: 0, Verdict.HOLD: 1, Verdict.SKIP: 2}
