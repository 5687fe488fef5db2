"""What other systems tell and ask: entries, context tokens, API keys, and the requests that they repeat."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, Counter, UtcDateTime, Word
from context_store.records import CartItem, Channel, EntryLine, Mood


class EntryRow(Base):
    __tablename__ = "entries"
    __table_args__ = (
        # The same entry told twice ends here.
        UniqueConstraint("source", "external_id"),
        Index(None, "customer_id", "occurred_at"),
        # Asked before every advertisement: who has had a bad time elsewhere?
        Index(
            "ix_entries_moods",
            "customer_id",
            "occurred_at",
            postgresql_where=sql("mood IS NOT NULL"),
            sqlite_where=sql("mood IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    source: Mapped[str] = mapped_column(String(80))
    external_id: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    subject: Mapped[str | None] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    lines: Mapped[tuple[EntryLine, ...]] = mapped_column(Checked(tuple[EntryLine, ...]))
    outcome: Mapped[str | None] = mapped_column(String(300))
    mood: Mapped[Mood | None] = mapped_column(Word(Mood))
    flow: Mapped[str | None] = mapped_column(String(64))
    slots: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContextTokenRow(Base):
    __tablename__ = "context_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    session: Mapped[str | None] = mapped_column(String(300))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    cart_key: Mapped[str | None] = mapped_column(String(120))
    items: Mapped[tuple[CartItem, ...]] = mapped_column(Checked(tuple[CartItem, ...]))
    currency: Mapped[str | None] = mapped_column(String(3))
    flow: Mapped[str | None] = mapped_column(String(64))
    slots: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    source: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)


class CodeTriesRow(Base):
    """Codes that were sent from an address in vain, within a stretch of time. One row an address."""

    __tablename__ = "code_tries"

    address_id: Mapped[UUID] = mapped_column(ForeignKey("addresses.id"), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int]


class ApiKeyRow(Base):
    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Checked(tuple[str, ...]))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiRequestRow(Base):
    """A write by its Idempotency-Key; its answer is written in the commit that does it."""

    __tablename__ = "api_requests"
    __table_args__ = (
        # Of two at once the second waits here for the first.
        UniqueConstraint("caller", "key"),
    )

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    caller: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None] = mapped_column(Checked(dict[str, Any]))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
