"""What the engine keeps for itself: the files of customers' messages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from context_store.records.ids import MediaFileId, MessageId


class MediaStatus(StrEnum):
    WAITING = "waiting"
    # On disk, under its id.
    KEPT = "kept"
    # Not what may be kept: too large, of no known kind, not at the carrier's.
    REFUSED = "refused"
    # It could not be had, however often it was tried.
    FAILED = "failed"
    # Kept once, and gone since its time was over.
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """One attachment of a customer's message."""

    id: MediaFileId
    message_id: MessageId
    # Its place among the message's attachments.
    index: int
    # Where the carrier keeps it; nobody but the fetcher may follow this.
    url: str
    status: MediaStatus = MediaStatus.WAITING
    reason: str | None = None
    # What its first bytes say that it is; None until it was fetched.
    content_type: str | None = None
    size: int | None = None
    created_at: datetime
    attempt: int = 0
