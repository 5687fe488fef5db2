"""Whose rows count for a customer: their own, and those of everybody who was merged into them.

The one place where conditions join a table to its customer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    true,
)

from context_store.models.people import CustomerRow
from context_store.rows import table_of

customers = table_of(CustomerRow)
member = customers.alias("member")

ANY_MERGED = select(customers.c.id).where(customers.c.survivor_id.is_not(None)).limit(1)


@dataclass(frozen=True, kw_only=True)
class World:
    """What the SQL depends on besides the condition."""

    now: datetime
    is_sqlite: bool
    # Everybody is asked: tables are read once and grouped, instead of looked into for each customer.
    is_for_all: bool = False
    # Nobody has been merged, as a rule: then rows need not be led to their survivor.
    has_merges: bool = False


def any_of(table: Table | Any, world: World, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Is there a row of this customer's of which all this holds?"""
    if world.has_merges and world.is_for_all:
        return exists().select_from(_with_members(table)).where(_survivor() == customers.c.id, *conditions)
    if world.is_for_all:
        return exists().where(belongs(table, world), *conditions)
    # Not an EXISTS: below an `or` PostgreSQL would read the whole table to answer for a page of customers.
    one = select(true()).select_from(table).where(belongs(table, world), *conditions).limit(1)
    return bool_of(func.coalesce(one.correlate(customers).scalar_subquery(), false()) == true())


def belongs(table: Table | Any, world: World) -> ColumnElement[bool]:
    """Looked for from the customer's side, by the index on the row's customer."""
    if not world.has_merges:
        return bool_of(table.c.customer_id == customers.c.id)
    merged = select(member.c.id).where(
        or_(member.c.survivor_id == customers.c.id, member.c.id == customers.c.id)
    )
    return bool_of(table.c.customer_id.in_(merged.correlate(customers)))


def bool_of(clause: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = clause
    return found


def grouped(
    table: Table | Any,
    world: World,
    conditions: list[ColumnElement[bool]],
    having: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Has this customer any such rows, and does `having` hold of all of them together?"""
    if not world.is_for_all:
        # An aggregate has one row, of none as well: who has none is in no group.
        answer = case((and_(func.count() > 0, having), 1), else_=0)
        own = select(answer).select_from(table).where(belongs(table, world), *conditions)
        return bool_of(own.correlate(customers).scalar_subquery() == 1)
    source: FromClause = table
    owner: ColumnElement[Any] = table.c.customer_id
    if world.has_merges:
        source, owner = _with_members(table), _survivor()
    of_all: Select[Any] = (
        select(owner.label("customer_id"))
        .select_from(source)
        .where(*conditions)
        .group_by(owner)
        .having(having)
        # Else the customer outside would be taken for the one inside.
        .correlate(None)
    )
    found = of_all.subquery()
    return exists().where(found.c.customer_id == customers.c.id)


def _with_members(table: Table | Any) -> FromClause:
    joined: FromClause = table.join(member, and_(member.c.id == table.c.customer_id))
    return joined


def _survivor() -> ColumnElement[Any]:
    return func.coalesce(member.c.survivor_id, member.c.id)
