"""What every channel gives and takes: an incoming message, a delivery report, a closed list of send errors.

SendFault
├── retryable      certainly not sent: try again later
├── misconfigured  certainly not sent, and nothing will be until an operator has been here
├── final          certainly not sent, and never will be
├── opted_out      the recipient does not want it: never again
├── unreachable    nobody can be written to there
├── window_closed  only an approved template may go out
└── unknown        nobody can say: wait for the callback, never try blindly
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from context_store.identity import Sender
from context_store.records import Location, Media, MessageStatus


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """What a signature covers: the URL as configured at the vendor, and the form's fields."""

    url: str
    fields: Mapping[str, str]
    signature: str


@dataclass(frozen=True, kw_only=True)
class Incoming:
    sender: Sender
    provider_id: str
    text: str
    media: tuple[Media, ...] = ()
    location: Location | None = None
    # The id behind a pressed button or picked row.
    choice: str | None = None
    quotes: str | None = None
    # The carrier has judged it already: STOP, START or HELP.
    carrier_keyword: str | None = None


@dataclass(frozen=True, kw_only=True)
class StatusReport:
    provider_id: str
    # None for a word that means nothing to us: it is acknowledged and dropped.
    status: MessageStatus | None
    # Why it failed, when it did.
    fault: "SendFault | None" = None


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A message of ours as the carrier's own list shows it."""

    provider_id: str
    body: str
    created_at: datetime
    # None while the carrier still has it in hand.
    status: MessageStatus | None


class BadSignature(Exception):
    """Not from the vendor, or not for us."""


class BadRequest(Exception):
    """From the vendor perhaps, but without what makes a message. The text tells what is missing."""


class Fate(StrEnum):
    RETRYABLE = "retryable"
    MISCONFIGURED = "misconfigured"
    FINAL = "final"
    OPTED_OUT = "opted_out"
    UNREACHABLE = "unreachable"
    WINDOW_CLOSED = "window_closed"
    UNKNOWN = "unknown"

    @property
    def may_try_again(self) -> bool:
        return self in (Fate.RETRYABLE, Fate.MISCONFIGURED)


class SendFault(Exception):
    """A send that did not end in the provider's acceptance."""

    def __init__(
        self,
        fate: Fate,
        reason: str,
        *,
        retry_after: float | None = None,
        is_alarming: bool = False,
        may_fall_back: bool = False,
        is_of_account: bool = False,
    ) -> None:
        super().__init__(reason)
        self.fate = fate
        # Fit for staff to read: no numbers, no message text.
        self.reason = reason
        self.retry_after = retry_after
        self.is_alarming = is_alarming
        # The same words may go out on the next channel.
        self.may_fall_back = may_fall_back
        # It says nothing of this message: the next one would fare the same.
        self.is_of_account = is_of_account
