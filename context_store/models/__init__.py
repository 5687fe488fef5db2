"""The tables, by topic. Imported inside `context_store` only."""

from context_store.models import (
    booking,
    consents,
    desk,
    engine,
    identity,
    notices,
    outreach,
    people,
    promotions,
    segments,
    shop,
    staff,
    thread,
    traits,
)
from context_store.models.base import Base

__all__ = [
    "Base",
    "booking",
    "consents",
    "desk",
    "engine",
    "identity",
    "notices",
    "outreach",
    "people",
    "promotions",
    "segments",
    "shop",
    "staff",
    "thread",
    "traits",
]
