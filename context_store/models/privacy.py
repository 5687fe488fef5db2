"""What is left of people who were erased, what shops ask of us for them, and which files were imported."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, UtcDateTime, Word
from context_store.records import PrivacyRequestKind

IS_OPEN = "done_at IS NULL"


class TombstoneRow(Base):
    """Somebody was erased. Only who knows the identifier and our key can tell whom it stands for."""

    __tablename__ = "tombstones"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # On the digest of an address: they had said STOP there.
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PrivacyRequestRow(Base):
    """A shop asks for somebody's data, or that all of its people are erased. A person sees to it."""

    __tablename__ = "privacy_requests"
    __table_args__ = (
        Index(None, "source", "reference", unique=True),
        Index(None, "customer_id"),
        Index(
            "ix_privacy_requests_open",
            "requested_at",
            postgresql_where=sql(IS_OPEN),
            sqlite_where=sql(IS_OPEN),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PrivacyRequestKind] = mapped_column(Word(PrivacyRequestKind))
    # None where it is about all people of the shop.
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    source: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(120))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportRow(Base):
    """How far a file was read, by what is in it. Written in the commit of the lines themselves."""

    __tablename__ = "imports"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    lines: Mapped[int]
    kept: Mapped[int]
    unchanged: Mapped[int]
    refused: Mapped[int]
    # How long the file of refused lines was then: what stands behind was not committed.
    errors_size: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
