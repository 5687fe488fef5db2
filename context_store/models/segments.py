"""Saved conditions and who is in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, UtcDateTime


class SegmentRow(Base):
    __tablename__ = "segments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(1000))
    condition: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    owner: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]
    tells_of_first: Mapped[bool]
    based_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refreshed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    size: Mapped[int] = mapped_column(server_default=sql("0"))
    # Below: the sweep's own. When it is due, and behind which customer it goes on.
    sweep_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    swept_until: Mapped[UUID | None]


class SegmentMemberRow(Base):
    """Kept when they leave: the number of their next event is one higher."""

    __tablename__ = "segment_members"
    __table_args__ = (
        Index(
            "ix_segment_members_in",
            "segment_id",
            "customer_id",
            postgresql_where=sql("is_in"),
            sqlite_where=sql("is_in"),
        ),
        Index(None, "customer_id"),
    )

    segment_id: Mapped[UUID] = mapped_column(ForeignKey("segments.id"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    is_in: Mapped[bool]
    changes: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
