"""Runs migrations on the connection that `Database.migrate` hands over."""

from typing import Any, Literal

from alembic import context

from context_store.models import Base
from context_store.models.base import Checked, UtcDateTime, Word


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Our column types as plain ones: a migration must not change when the code does."""
    if kind != "type":
        return False
    if isinstance(item, Word):
        return "sa.String(32)"
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Checked):
        autogen.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter a column in place.
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
