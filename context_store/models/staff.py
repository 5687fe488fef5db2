"""How staff are organised, and the record of what they did."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, Counter, UtcDateTime, Word
from context_store.records import Role, StepKind


class TeamRow(Base):
    __tablename__ = "teams"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    names: Mapped[dict[str, str]] = mapped_column(Checked(dict[str, str]))
    is_active: Mapped[bool]
    topics: Mapped[tuple[str, ...]] = mapped_column(Checked(tuple[str, ...]))
    timezone: Mapped[str] = mapped_column(String(64))
    hours: Mapped[tuple[tuple[str, ...], ...]] = mapped_column(Checked(tuple[tuple[str, ...], ...]))
    country: Mapped[str | None] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(10))
    closed_days: Mapped[tuple[date, ...]] = mapped_column(Checked(tuple[date, ...]))
    first_reply_minutes: Mapped[int | None]
    next_reply_minutes: Mapped[int | None]
    capacity: Mapped[int]
    auto_assign: Mapped[bool]
    auto_return_minutes: Mapped[int | None]


class TeamMemberRow(Base):
    __tablename__ = "team_members"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), primary_key=True, index=True)


class InvitationRow(Base):
    __tablename__ = "invitations"

    # A hash, as of sessions: who reads the table cannot accept what it holds.
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(Word(Role))
    team_id: Mapped[UUID | None]
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("agents.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInTryRow(Base):
    """Sign-ins of late, for the limit that all processes share."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (Index(None, "key", "at"), Index(None, "at"))

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    # A hash of the account or of the address.
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class HandoffStepRow(Base):
    __tablename__ = "handoff_steps"
    __table_args__ = (Index(None, "handoff_id", "number"),)

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    handoff_id: Mapped[UUID] = mapped_column(ForeignKey("handoffs.id"))
    kind: Mapped[StepKind] = mapped_column(Word(StepKind))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent_id: Mapped[UUID | None]
    to_agent_id: Mapped[UUID | None]
    to_team_id: Mapped[UUID | None]
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(Text)


class StaffActRow(Base):
    __tablename__ = "staff_acts"
    __table_args__ = (
        Index(None, "agent_id", "number"),
        Index(None, "act", "number"),
        Index(None, "customer_id", "number"),
    )

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent_id: Mapped[UUID | None]
    act: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(320))
    customer_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    address: Mapped[str] = mapped_column(String(64))
