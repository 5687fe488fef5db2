"""Many rows or values as one parameter, which either database takes apart itself.

A statement with a place for every value of a hundred rows is read anew each time, by SQLAlchemy, by the
driver and by the database; that took most of the CPU of a batch of events.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Insert,
    String,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
    true,
)
from sqlalchemy import Uuid as AnyUuid
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from context_store.models.base import Checked, UtcDateTime

ROWS = "rows"
# What SQLAlchemy writes and reads there.
SQLITE_TIME = "%Y-%m-%d %H:%M:%S.%f"


def insert_rows(
    dialect: str, table: Table, names: Sequence[str], more: Mapping[str, Any] | None = None
) -> Any:
    """INSERT of the rows that `rows_as_json` made; `more` are columns with the same value in all of them."""
    make = _from_sqlite if dialect == "sqlite" else _from_postgresql
    values = make([table.c[name] for name in names])
    more = more or {}
    selected = select(*values, *more.values()).where(true())
    insert: Insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return insert.from_select([*names, *more], selected, include_defaults=False)


def rows_as_json(dialect: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """For the parameter ROWS. What stands in JSON columns must be JSON already."""
    if dialect == "sqlite":
        return json.dumps(list(rows), default=_as_sqlite, ensure_ascii=False)
    return to_json(list(rows)).decode()


def is_among(dialect: str, one: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """The column's value is one of those in the parameter, which `values_as_parameter` made."""
    if dialect == "sqlite":
        given = func.json_each(bindparam(parameter, type_=Text)).table_valued("value")
        return one.in_(select(given.c.value))
    kind = postgresql.UUID() if isinstance(one.type, AnyUuid) else String()
    return one == func.any(cast(bindparam(parameter, type_=ARRAY(kind)), ARRAY(kind)))


def values_as_parameter(dialect: str, values: Sequence[Any]) -> Any:
    return json.dumps(values, default=_as_sqlite) if dialect == "sqlite" else list(values)


def _from_postgresql(columns: Sequence[Column[Any]]) -> list[ColumnElement[Any]]:
    rows = (
        func.jsonb_to_recordset(cast(bindparam(ROWS, type_=Text), JSONB))
        .table_valued(*(column(one.name, _postgresql_type(one)) for one in columns))
        .render_derived(name="given", with_types=True)
    )
    return [rows.c[one.name] for one in columns]


def _postgresql_type(one: Column[Any]) -> Any:
    if isinstance(one.type, Checked):
        return JSONB()
    if isinstance(one.type, UtcDateTime):
        return DateTime(timezone=True)
    return postgresql.UUID() if isinstance(one.type, AnyUuid) else Text()


def _from_sqlite(columns: Sequence[Column[Any]]) -> list[ColumnElement[Any]]:
    rows = func.json_each(bindparam(ROWS, type_=Text)).table_valued("value")
    return [func.json_extract(rows.c.value, f"$.{one.name}") for one in columns]


def _as_sqlite(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(SQLITE_TIME)
    return value.hex if isinstance(value, UUID) else str(value)
