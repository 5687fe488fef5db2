"""Conditions over customers as SQL: one query for everybody, one for a few."""

from context_store.audience.compiler import is_true_of, whom
from context_store.audience.family import World

__all__ = ["World", "is_true_of", "whom"]
