"""Whom we could not join by ourselves, and the record of whom we joined, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, Counter, UtcDateTime, Word
from context_store.records import ConflictStatus, IdentifierKind, IdentityChangeKind, Method

OPEN = "status = 'open'"


class IdentityConflictRow(Base):
    __tablename__ = "identity_conflicts"
    __table_args__ = (
        # The same evidence again is no second conflict.
        Index(
            "uq_identity_conflicts_open",
            "first_id",
            "second_id",
            unique=True,
            postgresql_where=sql(OPEN),
            sqlite_where=sql(OPEN),
        ),
        Index(
            "ix_identity_conflicts_queue",
            "opened_at",
            postgresql_where=sql(OPEN),
            sqlite_where=sql(OPEN),
        ),
        Index(None, "first_id"),
        Index(None, "second_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # In the order of their ids.
    first_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    second_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    # What names both; None for what staff said of themselves.
    kind: Mapped[IdentifierKind | None] = mapped_column(Word(IdentifierKind))
    value: Mapped[str | None] = mapped_column(String(320))
    method: Mapped[Method] = mapped_column(Word(Method))
    source: Mapped[str] = mapped_column(String(64))
    # Why it was not decided by itself, in one word that pages translate.
    reason: Mapped[str] = mapped_column(String(32))
    status: Mapped[ConflictStatus] = mapped_column(Word(ConflictStatus))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))


class IdentityChangeRow(Base):
    __tablename__ = "identity_changes"
    __table_args__ = (Index(None, "customer_id"), Index(None, "other_id"))

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    kind: Mapped[IdentityChangeKind] = mapped_column(Word(IdentityChangeKind))
    # The one that stayed, or that it is about; and the other one.
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    other_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    method: Mapped[Method] = mapped_column(Word(Method))
    # Who or what: "agent:<id>", "command", a source of events.
    actor: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(200))
    evidence: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    # What a merge has changed beside the pointer, to be changed back.
    undo: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
