"""The one thread of a customer: its state, its messages, what waits to be handled and what falls due."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, Counter, UtcDateTime, Word
from context_store.records import (
    Author,
    Channel,
    Controller,
    ConversationState,
    Direction,
    InputKind,
    InputStatus,
    Location,
    Media,
    MessageStatus,
    Option,
    Purpose,
    TemplateUse,
    TimerKind,
    TimerStatus,
)

OPEN_OUTGOING = "direction = 'out' AND status IN ('queued', 'sending', 'unknown')"
UNASKED = "purpose IN ('marketing', 'survey')"
WAITING = "status = 'waiting'"


class ConversationRow(Base):
    __tablename__ = "conversations"
    __table_args__ = (
        Index(
            "ix_conversations_leases",
            "controller_until",
            postgresql_where=sql("controller = 'agent'"),
            sqlite_where=sql("controller = 'agent'"),
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    state: Mapped[ConversationState] = mapped_column(Checked(ConversationState))
    controller: Mapped[Controller] = mapped_column(Word(Controller))
    agent_id: Mapped[UUID | None]
    controller_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int]
    last_address_id: Mapped[UUID | None] = mapped_column(ForeignKey("addresses.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MessageRow(Base):
    __tablename__ = "messages"
    __table_args__ = (
        Index(None, "customer_id", "position"),
        # A repeat of a webhook ends here.
        Index("uq_messages_provider_id", "channel", "provider_id", unique=True),
        Index("uq_messages_dedupe_key", "dedupe_key", unique=True),
        Index(
            "ix_messages_lane",
            "address_id",
            "position",
            postgresql_where=sql(OPEN_OUTGOING),
            sqlite_where=sql(OPEN_OUTGOING),
        ),
        Index(
            "ix_messages_outgoing",
            "customer_id",
            "position",
            postgresql_where=sql(OPEN_OUTGOING),
            sqlite_where=sql(OPEN_OUTGOING),
        ),
        Index(
            "ix_messages_held",
            "held_until",
            postgresql_where=sql("status = 'held'"),
            sqlite_where=sql("status = 'held'"),
        ),
        # Few, and counted for those who watch.
        Index(
            "ix_messages_parked",
            "status",
            postgresql_where=sql("status = 'parked'"),
            sqlite_where=sql("status = 'parked'"),
        ),
        Index(
            "ix_messages_of_enrollment",
            "enrollment_id",
            postgresql_where=sql("enrollment_id IS NOT NULL"),
            sqlite_where=sql("enrollment_id IS NOT NULL"),
        ),
        # What counts against the weekly cap.
        Index(
            "ix_messages_unasked",
            "customer_id",
            "sent_at",
            postgresql_where=sql(UNASKED),
            sqlite_where=sql(UNASKED),
        ),
        Index(
            "ix_messages_sweep",
            "status",
            "is_bulk",
            "stored_at",
            postgresql_where=sql(OPEN_OUTGOING),
            sqlite_where=sql(OPEN_OUTGOING),
        ),
    )

    position: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    address_id: Mapped[UUID | None] = mapped_column(ForeignKey("addresses.id"))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    direction: Mapped[Direction] = mapped_column(Word(Direction))
    author: Mapped[Author] = mapped_column(Word(Author))
    purpose: Mapped[Purpose | None] = mapped_column(Word(Purpose))
    status: Mapped[MessageStatus] = mapped_column(Word(MessageStatus))
    reason: Mapped[str | None] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    options: Mapped[tuple[Option, ...]] = mapped_column(Checked(tuple[Option, ...]))
    media: Mapped[tuple[Media, ...]] = mapped_column(Checked(tuple[Media, ...]))
    location: Mapped[Location | None] = mapped_column(Checked(Location))
    choice: Mapped[str | None] = mapped_column(String(200))
    provider_id: Mapped[str | None] = mapped_column(String(64))
    quotes: Mapped[str | None] = mapped_column(String(64))
    dedupe_key: Mapped[str | None] = mapped_column(String(120))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    enrollment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrollments.id"))
    # The message that did not arrive and that this one says again, on another channel.
    fallback_of: Mapped[UUID | None]
    template: Mapped[TemplateUse | None] = mapped_column(Checked(TemplateUse))
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When the carrier took it; business time.
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Below: the sender's own. All on the database's clock.
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(String(80))
    attempt: Mapped[int] = mapped_column(server_default=sql("0"))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # While sending: the lease. While unknown: until when the lane waits for a callback.
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Part of a journey or broadcast: replies go before it.
    is_bulk: Mapped[bool] = mapped_column(server_default=sql("false"))
    # While unknown: how often the carrier's list was looked through in vain, and when next.
    looks: Mapped[int] = mapped_column(server_default=sql("0"))
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_resent: Mapped[bool] = mapped_column(server_default=sql("false"))
    # The provider's id of an earlier try that is over: what is still told of it changes nothing.
    dead_provider_id: Mapped[str | None] = mapped_column(String(64))


class InputRow(Base):
    __tablename__ = "inputs"
    __table_args__ = (
        Index(
            "ix_inputs_waiting",
            "customer_id",
            "number",
            postgresql_where=sql(WAITING),
            sqlite_where=sql(WAITING),
        ),
        Index(
            "ix_inputs_sweep",
            "retry_at",
            postgresql_where=sql(WAITING),
            sqlite_where=sql(WAITING),
        ),
        # A message that is deleted must find its inputs.
        Index(None, "message_id"),
    )

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[InputKind] = mapped_column(Word(InputKind))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"))
    payload: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    # Read whatever it is: what cannot be used is understood anew.
    parsed: Mapped[dict[str, Any] | None] = mapped_column(Checked(Any))
    status: Mapped[InputStatus] = mapped_column(Word(InputStatus))
    started_count: Mapped[int] = mapped_column(server_default=sql("0"))
    failed_count: Mapped[int] = mapped_column(server_default=sql("0"))
    error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When the sweep rings for it again (database clock).
    retry_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TimerRow(Base):
    __tablename__ = "timers"
    __table_args__ = (
        Index(
            "uq_timers_waiting",
            "customer_id",
            "key",
            unique=True,
            postgresql_where=sql(WAITING),
            sqlite_where=sql(WAITING),
        ),
        Index("ix_timers_due", "due_at", postgresql_where=sql(WAITING), sqlite_where=sql(WAITING)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[TimerKind] = mapped_column(Word(TimerKind))
    key: Mapped[str] = mapped_column(String(120))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    payload: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    status: Mapped[TimerStatus] = mapped_column(Word(TimerStatus))
