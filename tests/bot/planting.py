"""A row about one customer in every table that can hold one."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    String,
    Table,
    Uuid,
    bindparam,
    func,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from context_store import personal
from context_store.models import Base
from context_store.models.base import Word
from context_store.records import (
    new_id,
)
from tests.world import World

MARK = "PLANTED"
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def plant(world: World) -> UUID:
    """A row in every table that leads to one customer, with a marker wherever a text fits."""
    planted: dict[str, dict[str, Any]] = {}
    with world.database._engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table not in personal.tables() and not _is_needed(table):
                continue
            values = {column.name: _value(column, planted) for column in table.columns}
            raw = {name: value for name, value in values.items() if value is not ...}
            if table not in personal.tables():
                raw = {name: _unmarked(value) for name, value in raw.items()}
            connection.execute(_raw_insert(table, raw), raw)
            for name in values.keys() - raw.keys():
                raw[name] = connection.execute(select(func.max(table.c[name]))).scalar_one()
            planted[table.name] = raw
    customer_id: UUID = planted["customers"]["id"]
    return customer_id


def _is_needed(table: Table) -> bool:
    """A row about somebody cannot be without one of these."""
    return any(
        key.column.table is table and not key.parent.nullable
        for theirs in personal.tables()
        for key in theirs.foreign_keys
    )


def _unmarked(value: Any) -> Any:
    return value.replace(MARK, "shop") if isinstance(value, str) else {} if isinstance(value, dict) else value


def _raw_insert(table: Table, values: dict[str, Any]) -> Any:
    """Past the checked columns: whatever is in a row must go, in whatever shape."""
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f":{name}" for name in values)
    typed = [column for column in table.columns if column.name in values]
    statement = sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})')
    return statement.bindparams(*(_typed(column) for column in typed))


def _typed(column: Column[Any]) -> Any:
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, JSON):
        kind = JSON().with_variant(JSONB(), "postgresql")
    return bindparam(column.name, type_=kind)


def _value(column: Column[Any], planted: dict[str, dict[str, Any]]) -> Any:
    for key in column.foreign_keys:
        return planted.get(key.column.table.name, {}).get(key.column.name)
    if column.name == "customer_id":
        return planted["customers"]["id"]
    if isinstance(column.type, Word):
        words: type[StrEnum] = column.type.words
        return next(iter(words)).value
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, JSON):
        return {MARK: [MARK, {"x": MARK}]}
    if isinstance(kind, String):
        return f"{MARK}-{column.name}"[: kind.length or 1000]
    return _other(kind, column)


def _other(kind: Any, column: Column[Any]) -> Any:
    if isinstance(kind, Uuid):
        return new_id()
    if isinstance(kind, DateTime):
        return NOW
    if isinstance(kind, Date):
        return NOW.date()
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | Float):
        return ... if column.autoincrement is True else 1
    raise AssertionError(f"how does one fill {column}?")
