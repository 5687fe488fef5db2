"""What is known of the events themselves: how many came, how late, and what was wrong with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, UtcDateTime, Word
from context_store.records.tracking import AlertKind, FaultKind


class EventCountRow(Base):
    """How often something was seen in an hour. Several rows for one count, so that writers do not queue."""

    __tablename__ = "event_counts"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    event: Mapped[str] = mapped_column(String(120), primary_key=True)
    measure: Mapped[str] = mapped_column(String(160), primary_key=True)
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MisfitRow(Base):
    """What does not fit the tracking plan, with the newest example. How often: see the counts."""

    __tablename__ = "event_misfits"
    __table_args__ = (Index(None, "last_at"),)

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    event: Mapped[str] = mapped_column(String(120), primary_key=True)
    fault: Mapped[FaultKind] = mapped_column(Word(FaultKind), primary_key=True)
    property: Mapped[str] = mapped_column(String(120), primary_key=True)
    sample: Mapped[str] = mapped_column(String(120))
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RejectedEventRow(Base):
    """A message that could not be taken: why, and the beginning of what it was."""

    __tablename__ = "rejected_events"
    __table_args__ = (Index(None, "received_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str | None] = mapped_column(String(120))
    event: Mapped[str | None] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DataAlertRow(Base):
    """Something is wrong with a stream of events; closed when it is not any more."""

    __tablename__ = "data_alerts"
    __table_args__ = (Index(None, "closed_at"),)

    kind: Mapped[AlertKind] = mapped_column(Word(AlertKind), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    event: Mapped[str] = mapped_column(String(120), primary_key=True)
    property: Mapped[str] = mapped_column(String(120), primary_key=True)
    details: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ToldTraitRow(Base):
    """What a shop says of a customer, by the name it gives it; the newest word by its own time."""

    __tablename__ = "told_traits"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(Checked(Any))
    source: Mapped[str] = mapped_column(String(64))
    # When it was so, by the shop's clock.
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
