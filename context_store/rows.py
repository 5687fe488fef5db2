"""Small helpers that the stores share: a row to its record, an insert that may meet its twin."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Executable, Insert, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

Record = TypeVar("Record")
WITH_ROWCOUNT = {"preserve_rowcount": True}


def table_of(row_type: type[DeclarativeBase]) -> Table:
    """The Core table behind a mapped class: stores speak Core, which costs half of the ORM's CPU."""
    return cast("Table", row_type.__table__)


def columns_of(record_type: type, table: Table) -> list[Any]:
    """The table's columns that the record has fields for, by name."""
    names = {field.name for field in fields(record_type)}
    return [column for column in table.columns if column.name in names]


def to_record(record_type: type[Record], row: Row[Any] | None) -> Record | None:
    """The record that the row's columns spell, None for no row."""
    return None if row is None else record_type(**row._mapping)


def insert_or_ignore(dialect: str, table: Table) -> Any:
    """An INSERT that does nothing where a unique key is already there."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def changed_rows(
    connection: Connection, statement: Executable | Insert, values: Mapping[str, Any] | None = None
) -> int:
    """How many rows the statement changed."""
    # Without the option an INSERT that returns its new key counts as -1 on PostgreSQL.
    result = connection.execute(statement, values, execution_options=WITH_ROWCOUNT)
    return cast("CursorResult[Any]", result).rowcount
