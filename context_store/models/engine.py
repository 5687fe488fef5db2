"""What the engine keeps for itself: regular chores, switches, files fetched, money spent."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, UtcDateTime, Word
from context_store.records import MediaStatus

WAITING = "status = 'waiting'"
KEPT = "status = 'kept'"


class ChoreRow(Base):
    """Something to be done every so often by whichever process comes first. On the database's clock."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SwitchRow(Base):
    """A switch that an operator has set: while the row is there, it is on."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SpendingRow(Base):
    """What was spent on a day. Several rows a day, so that senders do not queue for one."""

    __tablename__ = "spending"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # Millionths of the currency's main unit: a segment costs a fraction of a cent.
    micros: Mapped[int] = mapped_column(BigInteger)


class MediaFileRow(Base):
    """One attachment of a customer's message: to be fetched, fetched, or refused with the reason."""

    __tablename__ = "media_files"
    __table_args__ = (
        Index(None, "message_id", "index", unique=True),
        Index(
            "ix_media_files_waiting",
            "not_before",
            postgresql_where=sql(WAITING),
            sqlite_where=sql(WAITING),
        ),
        Index("ix_media_files_kept", "created_at", postgresql_where=sql(KEPT), sqlite_where=sql(KEPT)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"))
    index: Mapped[int]
    url: Mapped[str] = mapped_column(Text)
    status: Mapped[MediaStatus] = mapped_column(Word(MediaStatus))
    reason: Mapped[str | None] = mapped_column(String(200))
    # What its first bytes say that it is, never what the sender said.
    content_type: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Below: the fetcher's own, on the database's clock.
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(String(80))
    attempt: Mapped[int] = mapped_column(server_default=sql("0"))
