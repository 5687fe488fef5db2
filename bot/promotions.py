"""Promotions as one customer sees them: which are for them, by which code, and what stands in the way.

Every channel asks here: the bot's answers, the staff's pages, and other systems by `/v1`.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.parts import Parts
from context_store.records import (
    AgentId,
    CodeSource,
    Customer,
    CustomerId,
    CustomersPromotion,
    Offer,
    PromotionId,
    PromotionRecord,
    PromotionStatus,
    new_id,
)
from context_store.records.promotions import EVERYBODY, LOYAL, NEWCOMERS, SEGMENT
from context_store.unit_of_work import UnitOfWork
from flows.promotions import Promotion, Refusal, Wording

# So long after its end a promotion is still known, to say that it is over.
REMEMBERED = timedelta(days=60)
LOOKS_LIKE_A_CODE = re.compile(r"[A-Z0-9_-]{4,40}")
MOST_WORDS = 20
CODE_LETTERS = 10


def promotions_for(
    uow: UnitOfWork, parts: Parts, customer: Customer, *, now: datetime, said: str = ""
) -> tuple[Promotion, ...]:
    """All that is known of, with the reason where it is not for them; codes of others that they said too."""
    found = uow.promotions.for_customer(customer.id, shop_day(parts, now) - REMEMBERED)
    audience = Audience(uow=uow, parts=parts, customer=customer)
    seen = [_seen(each, audience, parts.settings.secret_key) for each in found]
    return tuple([each for each in seen if each is not None] + _others(uow, found, customer.id, said))


def on_for(uow: UnitOfWork, parts: Parts, customer: Customer) -> list[Promotion]:
    """What is on today for this customer."""
    now = parts.now()
    today = shop_day(parts, now)
    return [each for each in promotions_for(uow, parts, customer, now=now) if each.is_on(today)]


def promotions_for_anybody(uow: UnitOfWork, parts: Parts, now: datetime) -> list[PromotionRecord]:
    """What is on today, whoever asks."""
    today = shop_day(parts, now)
    found = [each.promotion for each in uow.promotions.for_customer(None, today)]
    return [
        each
        for each in found
        if each.status is PromotionStatus.APPROVED
        and not each.is_used_up
        and (each.starts is None or each.starts <= today)
    ]


def shop_day(parts: Parts, now: datetime) -> date:
    return now.astimezone(ZoneInfo(parts.shop.get("timezone") or "UTC")).date()


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Whom a promotion is for, asked about one customer."""

    uow: UnitOfWork
    parts: Parts
    customer: Customer

    def includes(self, audience: str) -> bool:
        """An audience that nobody knows has nobody in it."""
        if audience == NEWCOMERS:
            return not self.uow.orders.newest(self.customer.id)
        if audience == LOYAL:
            return self.customer.loyalty_points is not None
        if audience.startswith(SEGMENT):
            name = audience.removeprefix(SEGMENT)
            return self.parts.in_segment(self.uow, self.customer.id, name)
        return audience == EVERYBODY


def _seen(each: CustomersPromotion, audience: Audience, secret_key: str) -> Promotion | None:
    """None where there is no code left to give."""
    record, code = each.promotion, each.promotion.code
    if record.is_unique:
        made = code_for(record, audience.customer.id, secret_key)
        offered = made if record.code_source is CodeSource.GENERATED else each.free_code
        code = each.own_code or offered or ""
    if not code:
        return None
    return as_seen(record, code, blocked=_blocked(each, audience), is_given=each.own_code is not None)


def as_seen(
    record: PromotionRecord, code: str, *, blocked: Refusal | None = None, is_given: bool = True
) -> Promotion:
    """Raises pydantic's error for an offer that cannot be."""
    offer = record.offer
    return Promotion.model_validate(
        {
            "code": code,
            "kind": offer.kind,
            "value": offer.value,
            "minimum": offer.minimum,
            "category": offer.category,
            "starts": record.starts,
            "ends": record.ends,
            "texts": Wording.model_validate(offer.texts),
            "terms": Wording.model_validate(offer.terms) if offer.terms else None,
            "unique_of": record.code if record.is_unique else None,
            "is_given": is_given or not record.is_unique,
            "blocked": blocked,
        }
    )


def _blocked(each: CustomersPromotion, audience: Audience) -> Refusal | None:
    if each.promotion.status is PromotionStatus.STOPPED:
        return Refusal.STOPPED
    if each.promotion.is_unique and each.has_used:
        return Refusal.USED
    if each.promotion.is_used_up:
        return Refusal.USED_UP
    # Who was given a code may use it, though they are no newcomer any more.
    is_theirs = each.own_code is not None or audience.includes(each.promotion.audience)
    return None if is_theirs else Refusal.AUDIENCE


def _others(
    uow: UnitOfWork, found: Sequence[CustomersPromotion], customer_id: CustomerId, said: str
) -> list[Promotion]:
    """Codes in their words that were given to somebody else."""
    unique = {each.promotion.id: each.promotion for each in found if each.promotion.is_unique}
    family = uow.families.of(customer_id)
    if not unique or not said:
        return []
    words = list(dict.fromkeys(LOOKS_LIKE_A_CODE.findall(said.upper())))[:MOST_WORDS]
    return [
        as_seen(unique[code.promotion_id], code.code, blocked=Refusal.NOT_YOURS)
        for code in uow.promotions.codes_named(words)
        if code.promotion_id in unique and code.customer_id not in (None, *family)
    ]


def code_for(promotion: PromotionRecord, customer_id: CustomerId, secret_key: str) -> str:
    """Always the same for the same two, and not to be guessed."""
    message = f"promotion:{promotion.id}:{customer_id}".encode()
    digest = hmac.new(secret_key.encode(), message, hashlib.sha256).digest()
    # Without 0, 1, 8 and 9, as base32 is: nobody types an O for a zero.
    return f"{promotion.code}-{base64.b32encode(digest).decode()[:CODE_LETTERS]}"


def import_promotions(
    uow: UnitOfWork,
    told: Sequence[Promotion],
    now: datetime,
    *,
    is_approved: bool,
    agent_id: AgentId | None = None,
) -> int:
    """Those whose code is new, as drafts or approved. Returns how many that were."""
    return sum(uow.promotions.add(_record(each, now, agent_id, is_approved=is_approved)) for each in told)


def _record(
    told: Promotion, now: datetime, agent_id: AgentId | None, *, is_approved: bool
) -> PromotionRecord:
    return PromotionRecord(
        id=PromotionId(new_id()),
        code=told.code,
        status=PromotionStatus.APPROVED if is_approved else PromotionStatus.DRAFT,
        offer=Offer(
            kind=told.kind.value,
            value=told.value,
            minimum=told.minimum,
            category=told.category,
            texts=told.texts.model_dump(),
            terms=told.terms.model_dump() if told.terms else {},
        ),
        starts=told.starts,
        ends=told.ends,
        edited_by=agent_id,
        edited_at=now,
        approved_by=agent_id if is_approved else None,
        approved_at=now if is_approved else None,
    )
