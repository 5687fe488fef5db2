"""The tables, by topic. Imported inside `context_store` only."""

from context_store.models import (
    booking,
    consents,
    deliveries,
    desk,
    engine,
    identity,
    notices,
    outreach,
    people,
    privacy,
    promotions,
    segments,
    shop,
    thread,
    traits,
)
from context_store.models.base import Base

__all__ = [
    "Base",
    "booking",
    "consents",
    "deliveries",
    "desk",
    "engine",
    "identity",
    "notices",
    "outreach",
    "people",
    "privacy",
    "promotions",
    "segments",
    "shop",
    "thread",
    "traits",
]
