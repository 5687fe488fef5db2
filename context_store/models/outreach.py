"""Runs of journeys, the policy's decisions, and the content items that the carrier keeps for us."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, Counter, UtcDateTime, Word
from context_store.records import EnrollmentStatus, RuleAnswer, Verdict


class EnrollmentRow(Base):
    __tablename__ = "enrollments"
    __table_args__ = (
        # One run per journey and key, whatever happens twice.
        UniqueConstraint("customer_id", "journey", "entry_key"),
        Index(None, "journey", "status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    journey: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    entry_key: Mapped[str] = mapped_column(String(120))
    status: Mapped[EnrollmentStatus] = mapped_column(Word(EnrollmentStatus))
    step: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(200))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DecisionRow(Base):
    __tablename__ = "decisions"
    __table_args__ = (Index(None, "customer_id", "number"), Index(None, "message_id"))

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"))
    verdict: Mapped[Verdict] = mapped_column(Word(Verdict))
    answers: Mapped[tuple[RuleAnswer, ...]] = mapped_column(Checked(tuple[RuleAnswer, ...]))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContentRow(Base):
    __tablename__ = "contents"

    # A hash of what the content says: the same is made once.
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sid: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
