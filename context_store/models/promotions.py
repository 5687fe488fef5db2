"""Promotions, the codes that only one customer may use, and the orders that used one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from context_store.models.base import Base, Checked, UtcDateTime, Word
from context_store.records.promotions import CodeSource, Offer, PromotionStatus

FREE = "customer_id IS NULL"


class PromotionRow(Base):
    __tablename__ = "promotions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    status: Mapped[PromotionStatus] = mapped_column(Word(PromotionStatus))
    offer: Mapped[Offer] = mapped_column(Checked(Offer))
    starts: Mapped[date | None] = mapped_column(Date)
    ends: Mapped[date | None] = mapped_column(Date)
    audience: Mapped[str] = mapped_column(String(120))
    code_source: Mapped[CodeSource] = mapped_column(Word(CodeSource))
    most_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(server_default=sql("0"))
    edited_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    edited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PromotionCodeRow(Base):
    """A code that one customer may use; free in the pool while it is nobody's."""

    __tablename__ = "promotion_codes"
    __table_args__ = (
        UniqueConstraint("promotion_id", "customer_id"),
        Index(
            "ix_promotion_codes_free",
            "promotion_id",
            "code",
            postgresql_where=sql(FREE),
            sqlite_where=sql(FREE),
        ),
    )

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    promotion_id: Mapped[UUID] = mapped_column(ForeignKey("promotions.id"))
    # No foreign key: a code stays taken when its customer is erased.
    customer_id: Mapped[UUID | None]
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PromotionUseRow(Base):
    """An order that used a promotion, once however often it is told."""

    __tablename__ = "promotion_uses"
    __table_args__ = (Index(None, "promotion_id", "customer_id"),)

    order_number: Mapped[str] = mapped_column(String(64), primary_key=True)
    promotion_id: Mapped[UUID] = mapped_column(ForeignKey("promotions.id"), primary_key=True)
    customer_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(String(40))
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
