"""Promotions as staff keep them; codes that one customer may use, given once; and orders that used one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from context_store.families import Families
from context_store.models.base import Word
from context_store.models.promotions import PromotionCodeRow, PromotionRow, PromotionUseRow
from context_store.records import (
    AgentId,
    CodeSource,
    CustomerId,
    CustomersPromotion,
    PromotionCode,
    PromotionId,
    PromotionRecord,
    PromotionStatus,
)
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

promotions = table_of(PromotionRow)
codes = table_of(PromotionCodeRow)
uses = table_of(PromotionUseRow)
PROMOTION = columns_of(PromotionRecord, promotions)
CODE = columns_of(PromotionCode, codes)
MOST = 200

IS_POOL = promotions.c.code_source == literal(CodeSource.POOL, Word(CodeSource))
OWN = codes.alias("own")
IS_THEIRS = OWN.c.customer_id.in_(bindparam("customers", expanding=True))
FREE_CODE = (
    select(codes.c.code)
    .where(codes.c.promotion_id == promotions.c.id, codes.c.customer_id.is_(None))
    .order_by(codes.c.code)
    .limit(1)
    # So that two customers who ask at the same moment are not offered the same one.
    .with_for_update(skip_locked=True)
    .correlate(promotions)
    .scalar_subquery()
)
# What may still be asked about: on, over for a while, or stopped. Read in every turn that sells.
FOR_CUSTOMER = (
    select(
        *PROMOTION,
        OWN.c.code.label("own_code"),
        case(
            (
                (promotions.c.code_source == literal(CodeSource.POOL, Word(CodeSource)))
                & OWN.c.code.is_(None),
                FREE_CODE,
            ),
            else_=null(),
        ).label("free_code"),
        exists()
        .where(
            uses.c.promotion_id == promotions.c.id,
            uses.c.customer_id.in_(bindparam("customers", expanding=True)),
        )
        .label("has_used"),
    )
    .outerjoin(
        OWN,
        (OWN.c.promotion_id == promotions.c.id) & IS_THEIRS,
    )
    .where(
        promotions.c.status != literal(PromotionStatus.DRAFT, Word(PromotionStatus)),
        or_(promotions.c.ends.is_(None), promotions.c.ends >= bindparam("since")),
    )
    # Their ids rise with the time they were made.
    .order_by(promotions.c.id, OWN.c.given_at)
    .limit(MOST)
)
BY_CODES = select(*CODE).where(codes.c.code.in_(bindparam("codes", expanding=True)))


class Promotions:
    def __init__(self, connection: Connection, families: Families) -> None:
        self._connection = connection
        self._families = families

    def add(self, promotion: PromotionRecord) -> bool:
        """False when there is one of that code."""
        values = {column.name: getattr(promotion, column.name) for column in PROMOTION}
        statement = insert_or_ignore(self._connection.dialect.name, promotions).values(values)
        return changed_rows(self._connection, statement) == 1

    def get(self, promotion_id: PromotionId) -> PromotionRecord | None:
        row = self._connection.execute(
            select(*PROMOTION).where(promotions.c.id == promotion_id)
        ).one_or_none()
        return to_record(PromotionRecord, row)

    def by_code(self, code: str) -> PromotionRecord | None:
        row = self._connection.execute(select(*PROMOTION).where(promotions.c.code == code)).one_or_none()
        return to_record(PromotionRecord, row)

    def all(self) -> list[PromotionRecord]:
        """Newest first."""
        rows = self._connection.execute(
            select(*PROMOTION).order_by(promotions.c.edited_at.desc(), promotions.c.code).limit(MOST)
        )
        return [PromotionRecord(**row._mapping) for row in rows]

    def edit(self, promotion: PromotionRecord, seen_at: datetime) -> bool:
        """Write it as a draft: what was approved was another text. False when it was edited meanwhile."""
        draft = replace(promotion, status=PromotionStatus.DRAFT, approved_by=None, approved_at=None)
        kept = ("id", "uses")
        values = {column.name: getattr(draft, column.name) for column in PROMOTION if column.name not in kept}
        return self._changed(promotion.id, promotions.c.edited_at == seen_at, values)

    def approve(
        self, promotion_id: PromotionId, seen_at: datetime, agent_id: AgentId | None, now: datetime
    ) -> bool:
        """Exactly what was seen goes live. False when it was edited meanwhile, or is live."""
        values = {"status": PromotionStatus.APPROVED, "approved_by": agent_id, "approved_at": now}
        may = (promotions.c.edited_at == seen_at) & (promotions.c.status != PromotionStatus.APPROVED)
        return self._changed(promotion_id, may, values)

    def stop(self, promotion_id: PromotionId) -> bool:
        is_live = promotions.c.status == PromotionStatus.APPROVED
        return self._changed(promotion_id, is_live, {"status": PromotionStatus.STOPPED})

    def for_customer(self, customer_id: CustomerId | None, since: date) -> list[CustomersPromotion]:
        """All that are not drafts and did not end before `since`, with what this customer has of each.

        A free code stays theirs to be given until the transaction ends.
        """
        family = self._families.of(customer_id) if customer_id else ()
        values = {"customers": list(family), "since": since}
        found: dict[PromotionId, CustomersPromotion] = {}
        for row in self._connection.execute(FOR_CUSTOMER, values):
            promotion = PromotionRecord(**{column.name: getattr(row, column.name) for column in PROMOTION})
            # Profiles that were joined may have been given one each: the first counts.
            found.setdefault(
                promotion.id,
                CustomersPromotion(
                    promotion=promotion,
                    own_code=row.own_code,
                    free_code=row.free_code,
                    has_used=bool(row.has_used),
                ),
            )
        return list(found.values())

    def codes_named(self, named: Sequence[str]) -> list[PromotionCode]:
        """Which of these words are codes that one customer may use."""
        rows = self._connection.execute(BY_CODES, {"codes": list(named)}) if named else ()
        return [PromotionCode(**row._mapping) for row in rows]

    def give(self, promotion: PromotionRecord, customer_id: CustomerId, code: str, now: datetime) -> bool:
        """It is this customer's from now on. False when it is somebody else's, or they have another."""
        if promotion.code_source is CodeSource.POOL:
            statement = (
                update(codes)
                .where(codes.c.code == code, codes.c.promotion_id == promotion.id)
                .where(or_(codes.c.customer_id.is_(None), codes.c.customer_id == customer_id))
                .values(customer_id=customer_id, given_at=func.coalesce(codes.c.given_at, now))
            )
            return changed_rows(self._connection, statement) == 1
        values = {
            "code": code,
            "promotion_id": promotion.id,
            "customer_id": customer_id,
            "given_at": now,
        }
        adding = insert_or_ignore(self._connection.dialect.name, codes).values(values)
        if changed_rows(self._connection, adding) == 1:
            return True
        return any(each.customer_id == customer_id for each in self.codes_named([code]))

    def fill_pool(self, promotion_id: PromotionId, new_codes: Iterable[str]) -> int:
        """Codes for customers to be given. Returns how many were new; one is never in two pools."""
        rows = [
            {"code": code, "promotion_id": promotion_id, "customer_id": None, "given_at": None}
            for code in new_codes
        ]
        adding = insert_or_ignore(self._connection.dialect.name, codes)
        return sum(
            changed_rows(self._connection, adding.values(rows[start : start + MOST]))
            for start in range(0, len(rows), MOST)
        )

    def counts(self, promotion_id: PromotionId) -> tuple[int, int]:
        """How many codes were given, and how many are free."""
        of_it = codes.c.promotion_id == promotion_id
        given = select(func.count()).where(of_it, codes.c.customer_id.is_not(None))
        free = select(func.count()).where(of_it, codes.c.customer_id.is_(None))
        row = self._connection.execute(select(given.scalar_subquery(), free.scalar_subquery())).one()
        return int(row[0]), int(row[1])

    def redeem(self, code: str, order_number: str, customer_id: CustomerId, now: datetime) -> bool:
        """An order came with it. False when it is no code of ours, or that order was counted."""
        unique = select(codes.c.promotion_id).where(codes.c.code == code)
        found = self._connection.execute(
            select(promotions.c.id).where(
                or_(promotions.c.code == code, promotions.c.id == unique.scalar_subquery())
            )
        ).scalar()
        if found is None:
            return False
        use = {
            "order_number": order_number,
            "promotion_id": found,
            "customer_id": customer_id,
            "code": code,
            "used_at": now,
        }
        adding = insert_or_ignore(self._connection.dialect.name, uses).values(use)
        if changed_rows(self._connection, adding) == 0:
            return False
        counted = update(promotions).where(promotions.c.id == found).values(uses=promotions.c.uses + 1)
        self._connection.execute(counted)
        return True

    def _changed(self, promotion_id: PromotionId, condition: Any, values: dict[str, Any]) -> bool:
        statement = update(promotions).where(promotions.c.id == promotion_id, condition).values(values)
        return changed_rows(self._connection, statement) == 1
