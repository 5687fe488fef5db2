"""The tables, by topic. Imported inside `context_store` only."""

from context_store.models import consents, people, shop, thread
from context_store.models.base import Base

__all__ = ["Base", "consents", "people", "shop", "thread"]
