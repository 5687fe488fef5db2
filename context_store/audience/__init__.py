"""Conditions over customers as SQL: one query for everybody, one for a few."""

from context_store.audience.compiler import World, is_true_of, whom

__all__ = ["World", "is_true_of", "whom"]
