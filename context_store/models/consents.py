"""The consent ledger: lines are added, never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Counter, UtcDateTime, Word
from context_store.records import Channel, ConsentStatus, Topic


class ConsentRow(Base):
    __tablename__ = "consents"
    __table_args__ = (Index(None, "customer_id", "channel", "topic", "number"),)

    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    topic: Mapped[Topic] = mapped_column(Word(Topic))
    status: Mapped[ConsentStatus] = mapped_column(Word(ConsentStatus))
    method: Mapped[str] = mapped_column(String(32))
    wording: Mapped[str | None] = mapped_column(String(2000))
    proof: Mapped[str | None] = mapped_column(String(200))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    per_week: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
