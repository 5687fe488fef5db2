"""The tables, by topic. Imported inside `context_store` only."""

from context_store.models import consents, desk, engine, outreach, people, shop, thread, traits
from context_store.models.base import Base

__all__ = ["Base", "consents", "desk", "engine", "outreach", "people", "shop", "thread", "traits"]
