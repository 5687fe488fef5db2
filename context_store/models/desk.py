"""Agents, their sessions, requests for a person, and ratings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, UtcDateTime, Word
from context_store.records import HandoffStatus, Presence, Role

OPEN_HANDOFFS = "status IN ('requested', 'queued', 'assigned', 'snoozed')"


class AgentRow(Base):
    __tablename__ = "agents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(Word(Role))
    is_active: Mapped[bool]
    # argon2id
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    presence: Mapped[Presence] = mapped_column(Word(Presence), server_default=sql("'offline'"))
    # The last sign of life of one of their pages (database clock).
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    topics: Mapped[tuple[str, ...]] = mapped_column(Checked(tuple[str, ...]), server_default=sql("'[]'"))
    languages: Mapped[tuple[str, ...]] = mapped_column(Checked(tuple[str, ...]), server_default=sql("'[]'"))
    capacity: Mapped[int | None]
    last_assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StaffSessionRow(Base):
    __tablename__ = "staff_sessions"

    # A hash: who reads the table cannot sign in with what it holds.
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # What lists name it by: never the token, nor its hash.
    id: Mapped[UUID] = mapped_column(unique=True)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(64), server_default=sql("''"))
    browser: Mapped[str] = mapped_column(String(200), server_default=sql("''"))


class HandoffRow(Base):
    __tablename__ = "handoffs"
    __table_args__ = (
        Index(
            "uq_handoffs_open",
            "customer_id",
            unique=True,
            postgresql_where=sql(OPEN_HANDOFFS),
            sqlite_where=sql(OPEN_HANDOFFS),
        ),
        Index(
            "ix_handoffs_queue",
            "status",
            "requested_at",
            postgresql_where=sql(OPEN_HANDOFFS),
            sqlite_where=sql(OPEN_HANDOFFS),
        ),
        # What one agent has; what waits for them.
        Index(
            "ix_handoffs_agent",
            "agent_id",
            "status",
            postgresql_where=sql(OPEN_HANDOFFS),
            sqlite_where=sql(OPEN_HANDOFFS),
        ),
        Index(None, "customer_id", "requested_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[HandoffStatus] = mapped_column(Word(HandoffStatus))
    reason: Mapped[str] = mapped_column(String(64))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(Text)
    details: Mapped[str | None] = mapped_column(Text)
    team_id: Mapped[UUID | None]
    language: Mapped[str | None] = mapped_column(String(8))
    wanted_agent_id: Mapped[UUID | None]
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(40))


class SurveyRow(Base):
    __tablename__ = "surveys"
    __table_args__ = (UniqueConstraint("handoff_id"), Index(None, "customer_id", "asked_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    handoff_id: Mapped[UUID | None] = mapped_column(ForeignKey("handoffs.id"))
    survey: Mapped[str] = mapped_column(String(40), server_default=sql("'csat'"))
    scale: Mapped[int] = mapped_column(server_default=sql("5"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[int | None]
    comment: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_bad: Mapped[bool] = mapped_column(server_default=sql("false"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SurveyAnswerRow(Base):
    __tablename__ = "survey_answers"

    # One answer each: the second ends at the key.
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("surveys.id"), primary_key=True)
    question: Mapped[str] = mapped_column(String(40), primary_key=True)
    answer: Mapped[str] = mapped_column(Text)
    score: Mapped[int | None]
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KnowledgeVoteRow(Base):
    """Was the answer useful? Asked once per topic and customer; `useful` is empty until they say."""

    __tablename__ = "knowledge_votes"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(60), primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    useful: Mapped[bool | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
