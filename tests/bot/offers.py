"""What is on offer in a test: the shop's file, or promotions that the test tells."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bot.promotions import import_promotions
from context_store.records import (
    CodeSource,
    Offer,
    PromotionId,
    PromotionRecord,
    PromotionStatus,
    new_id,
)
from flows import promotions
from tests.world import World

TEXTS = {"es": "10 % menos", "en": "10% off", "pt": "10 % a menos"}


def offer_promotions(world: World, told: Sequence[dict[str, Any]] | None = None) -> None:
    """Approved. Each of `told` may lack anything but its code; `codes` fill its pool."""
    with world.database.write() as uow:
        if told is None:
            import_promotions(uow, promotions.load(), world.clock.now(), is_approved=True)
        for each in told or ():
            record = promotion(world, **{name: value for name, value in each.items() if name != "codes"})
            assert uow.promotions.add(record)
            uow.promotions.fill_pool(record.id, each.get("codes", ()))
        uow.commit()


def promotion(world: World, **told: Any) -> PromotionRecord:
    return PromotionRecord(
        id=PromotionId(new_id()),
        code=told["code"],
        status=PromotionStatus(told.get("status", "approved")),
        offer=Offer(
            kind=told.get("kind", "percent"),
            value=Decimal(told.get("value", 10)),
            texts=told.get("texts", TEXTS),
            terms=told.get("terms", {}),
        ),
        starts=_day(told.get("starts")),
        ends=_day(told.get("ends")),
        audience=told.get("audience", "everybody"),
        code_source=CodeSource(told.get("code_source", "shared")),
        most_uses=told.get("most_uses"),
        edited_at=world.clock.now(),
    )


def _day(told: Any) -> date | None:
    return date.fromisoformat(str(told)) if told else None
