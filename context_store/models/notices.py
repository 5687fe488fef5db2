"""Outgoing webhooks: what is told, to whom, and each attempt to tell it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, Counter, UtcDateTime, Word
from context_store.records.notices import DisabledBy, NoticeKind, NoticeStatus

WAITING = "status = 'waiting'"


class NoticeRow(Base):
    """Something that happened. Its number is the order in which it is told."""

    __tablename__ = "notices"
    __table_args__ = (Index(None, "created_at"),)

    number: Mapped[int] = mapped_column(Counter, primary_key=True)
    id: Mapped[UUID]
    kind: Mapped[NoticeKind] = mapped_column(Word(NoticeKind))
    # No foreign key: what was told of somebody outlives them, and holds no word about them.
    customer_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(Checked(dict[str, Any]))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WebhookEndpointRow(Base):
    __tablename__ = "webhook_endpoints"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    with_body: Mapped[bool]
    secret: Mapped[str] = mapped_column(String(120))
    previous_secret: Mapped[str | None] = mapped_column(String(120))
    previous_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_by: Mapped[DisabledBy | None] = mapped_column(Word(DisabledBy))
    failures: Mapped[int] = mapped_column(server_default=sql("0"))
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Nothing is tried before then: it has failed too often in a row.
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookWishRow(Base):
    """A kind of notice that an endpoint wants."""

    __tablename__ = "webhook_wishes"

    kind: Mapped[NoticeKind] = mapped_column(Word(NoticeKind), primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id"), primary_key=True)


class WebhookDeliveryRow(Base):
    """One notice for one endpoint. `not_before` is the lease as well; all on the database's clock."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "notice"),
        Index(None, "notice"),
        Index(
            "ix_webhook_deliveries_waiting",
            "endpoint_id",
            "not_before",
            postgresql_where=sql(WAITING),
            sqlite_where=sql(WAITING),
        ),
        Index(
            "ix_webhook_deliveries_lane",
            "endpoint_id",
            "customer_id",
            "notice",
            postgresql_where=sql(WAITING),
            sqlite_where=sql(WAITING),
        ),
    )

    position: Mapped[int] = mapped_column(Counter, primary_key=True)
    notice: Mapped[int] = mapped_column(ForeignKey("notices.number"))
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id"))
    customer_id: Mapped[UUID | None]
    status: Mapped[NoticeStatus] = mapped_column(Word(NoticeStatus))
    attempt: Mapped[int]
    owner: Mapped[str | None] = mapped_column(String(80))
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookTryRow(Base):
    __tablename__ = "webhook_tries"
    __table_args__ = (Index(None, "delivery"),)

    number: Mapped[int] = mapped_column(Counter, primary_key=True)
    delivery: Mapped[int] = mapped_column(ForeignKey("webhook_deliveries.position"))
    attempt: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    milliseconds: Mapped[int]
    http_status: Mapped[int | None]
    fault: Mapped[str | None] = mapped_column(String(60))
    answer: Mapped[str | None] = mapped_column(String(500))
