"""What other systems tell and ask: conversations held elsewhere, codes that carry a session here, keys."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from context_store.records.ids import ApiKeyId, ContextTokenId, CustomerId, EntryId
from context_store.records.people import Channel
from context_store.records.shop import CartItem


class Mood(StrEnum):
    """How the customer was at the end of it."""

    HAPPY = "happy"
    NEUTRAL = "neutral"
    UNHAPPY = "unhappy"
    ANGRY = "angry"


BAD_MOODS = (Mood.UNHAPPY, Mood.ANGRY)


class EntryAuthor(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"


@dataclass(frozen=True, kw_only=True)
class EntryLine:
    """One message of a conversation that was held elsewhere."""

    author: EntryAuthor
    text: str
    # The agent's or the bot's name there.
    name: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A conversation or a visit on a channel that is not ours, put on the thread by another system."""

    id: EntryId
    customer_id: CustomerId
    source: str
    # The sender's own id: the same one twice is one entry.
    external_id: str | None = None
    channel: Channel
    subject: str | None = None
    # A note or a summary; empty where the lines say it all.
    text: str = ""
    lines: tuple[EntryLine, ...] = ()
    outcome: str | None = None
    mood: Mood | None = None
    # The form that was begun there, by our name for it.
    flow: str | None = None
    # What was learnt there, by whatever names.
    slots: dict[str, Any] = field(default_factory=dict)
    # When it ended.
    occurred_at: datetime
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class ContextToken:
    """A code that brings a session of the web, the app or a till into the chat, once."""

    id: ContextTokenId
    # Keyed hash of the code; the code itself is told once and not kept.
    digest: str
    # Whose session it is; None for one that has no name yet.
    customer_id: CustomerId | None = None
    # The anonymous id of that session.
    session: str | None = None
    # Where it was asked for: web, app, email, store, call.
    channel: Channel
    cart_key: str | None = None
    # The cart as the asking system knew it; empty where ours is to be looked up.
    items: tuple[CartItem, ...] = ()
    currency: str | None = None
    flow: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    source: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_by: CustomerId | None = None


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """What another system shows to us. Of the key itself only a hash is kept."""

    id: ApiKeyId
    name: str
    hash: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RememberedRequest:
    """A write that was answered, by the name that its sender gave it."""

    fingerprint: str
    status: int | None
    answer: dict[str, Any] | None
