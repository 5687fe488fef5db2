"""Lines of COPY from the tables' own columns: the quick way into PostgreSQL."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import Column, Connection, Table, create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

from context_store.models import Base

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
BLOCK_LINES = 5_000
# Foreign keys are not looked up line by line: what is put down here is whole.
PREPARE = (
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL maintenance_work_mem = '512MB'",
    "SET LOCAL synchronous_commit = off",
)

# The values of a line's columns, None for a customer without such a line. By customer and round.
Make = Callable[[int, int], tuple[str, ...] | None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The lines of one table: what is the same in all of them, and what is made for each."""

    table: str
    same: Mapping[str, Any]
    made: tuple[str, ...]
    make: Make
    rounds: int = 1


def fill(url: str, kinds: Sequence[Kind], people: int, label: str) -> None:
    """Everything that is in these tables is replaced; shows how far it is."""
    tables = list({kind.table: Base.metadata.tables[kind.table] for kind in kinds}.values())
    lines = sum(kind.rounds * people for kind in kinds)
    engine = create_engine(url)
    with engine.begin() as connection, click.progressbar(length=lines, label=label) as bar:
        for statement in PREPARE:
            connection.execute(text(statement))
        # In this very transaction, so that the lines are put down as if they had been there for ever.
        connection.execute(text(f"TRUNCATE {', '.join(table.name for table in tables)} CASCADE"))
        indexes = [index for table in tables for index in table.indexes]
        for index in indexes:
            index.drop(connection)
        for kind in kinds:
            for done in _copied(connection, kind, range(people), "FREEZE"):
                bar.update(done)
        for index in indexes:
            index.create(connection)
        for table in tables:
            _set_counter(connection, table)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def add(url: str, kind: Kind, people: Sequence[int]) -> None:
    """Beside what is there."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for _ in _copied(connection, kind, people):
            pass
    engine.dispose()


def _copied(connection: Connection, kind: Kind, people: Sequence[int], option: str = "") -> Iterator[int]:
    """Puts the lines down, and says now and then how many more there are."""
    table = Base.metadata.tables[kind.table]
    names = ", ".join(f'"{name}"' for name in (*kind.made, *kind.same))
    options = f" WITH ({option})" if option else ""
    template = _template(table, kind)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {kind.table} ({names}) FROM STDIN{options}") as copy:
        for number in range(kind.rounds):
            for start in range(0, len(people), BLOCK_LINES):
                block = people[start : start + BLOCK_LINES]
                lines = [template % made for made in (kind.make(person, number) for person in block) if made]
                copy.write("".join(lines))
                yield len(block)


def _template(table: Table, kind: Kind) -> str:
    same = [_as_text(table.columns[name], value).replace("%", "%%") for name, value in kind.same.items()]
    return "\t".join([*("%s" for _ in kind.made), *same]) + "\n"


def _as_text(column: "Column[Any]", value: Any) -> str:
    """A value as COPY takes it, by way of the column's own type."""
    if isinstance(column.type, TypeDecorator):
        value = column.type.process_bind_param(value, DIALECT)
    if value is None:
        return r"\N"
    if isinstance(value, dict | list | tuple):
        value = json.dumps(value)
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def _set_counter(connection: Connection, table: Table) -> None:
    column = table.autoincrement_column
    if column is not None:
        # Whoever comes next counts on from here.
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "
                f"greatest((SELECT max({column.name}) FROM {table.name}), 1))"
            )
        )
