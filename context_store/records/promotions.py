"""Promotions: what is offered, to whom, until when, by which code, and who approved it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from context_store.records.ids import AgentId, CustomerId, PromotionId


class PromotionStatus(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    STOPPED = "stopped"


class CodeSource(StrEnum):
    # The promotion's own code, the same for everybody.
    SHARED = "shared"
    # Each customer has one of their own, made when it is first told.
    GENERATED = "generated"
    # The same, from a list that the shop's checkout knows.
    POOL = "pool"


# Anybody; who has never ordered; who has loyalty points; or a segment by its name.
EVERYBODY, NEWCOMERS, LOYAL, SEGMENT = "everybody", "new", "loyalty", "segment:"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What it is worth and how it is said; amounts in percent or in the currency's main unit."""

    kind: str
    value: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    category: str | None = None
    texts: Mapping[str, str]
    terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PromotionRecord:
    id: PromotionId
    # Its name; where codes are unique, what they begin with.
    code: str
    status: PromotionStatus = PromotionStatus.DRAFT
    offer: Offer
    # Days of the shop, both included.
    starts: date | None = None
    ends: date | None = None
    audience: str = EVERYBODY
    code_source: CodeSource = CodeSource.SHARED
    # How many orders may use it, all customers together.
    most_uses: int | None = None
    uses: int = 0
    edited_by: AgentId | None = None
    edited_at: datetime
    approved_by: AgentId | None = None
    approved_at: datetime | None = None

    @property
    def is_unique(self) -> bool:
        return self.code_source is not CodeSource.SHARED

    @property
    def is_used_up(self) -> bool:
        return self.most_uses is not None and self.uses >= self.most_uses


@dataclass(frozen=True, kw_only=True)
class CustomersPromotion:
    """A promotion and what there is of it for one customer."""

    promotion: PromotionRecord
    # The code that they were given.
    own_code: str | None = None
    # The next of the pool that nobody has; ours alone while the transaction is open.
    free_code: str | None = None
    has_used: bool = False


@dataclass(frozen=True, kw_only=True)
class PromotionCode:
    code: str
    promotion_id: PromotionId
    customer_id: CustomerId | None
    given_at: datetime | None
