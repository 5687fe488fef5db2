"""Which rows are about a customer, and what becomes of each when they are erased.

A table is found by its foreign keys: whatever leads to `customers` is about somebody. Unless a table is
named here its rows are deleted, so that a new one is safe before anybody has thought of it.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    or_,
    select,
)

from context_store.models import Base
from context_store.records import (
    Controller,
    ConversationState,
    CustomerStatus,
    EnrollmentStatus,
    MessageStatus,
)

IDS: BindParameter[Any] = bindparam("ids", expanding=True, type_=Uuid())
NOW: BindParameter[Any] = bindparam("now")

# What is counted stays as a shell; these are the columns that say nothing of anybody. All other columns
# that can hold text are emptied.
SHELLS: dict[str, frozenset[str]] = {
    "customers": frozenset(("status",)),
    "conversations": frozenset(("controller",)),
    # The carrier's ids keep what is told late from making the message anew.
    "messages": frozenset(
        (
            "channel",
            "direction",
            "author",
            "purpose",
            "status",
            "provider_id",
            "dead_provider_id",
            "dedupe_key",
            "owner",
        )
    ),
    "events": frozenset(("source", "name")),
    "orders": frozenset(("status", "currency")),
    "consents": frozenset(("channel", "topic", "status", "method")),
    "handoffs": frozenset(("status", "reason")),
    # Who of staff did what stays on record; to whom, only as the empty shell's id.
    "staff_acts": frozenset(("act", "address")),
    "handoff_steps": frozenset(("kind",)),
    "surveys": frozenset(("survey",)),
    "survey_answers": frozenset(("question",)),
    "decisions": frozenset(("verdict",)),
    "enrollments": frozenset(("journey", "status")),
    "appointments": frozenset(("service", "status", "source")),
    "erasure_requests": frozenset(),
    "privacy_requests": frozenset(("kind", "source", "reference")),
}
# What must not be empty gets the row's own id: unique, and nobody's.
OWN_ID = {"events": "message_id", "orders": "number", "enrollments": "entry_key"}
# What is set besides.
ALSO: dict[str, dict[str, Any]] = {
    "customers": {
        "status": CustomerStatus.ERASED,
        "is_language_chosen": False,
        "loyalty_points": None,
        "loyalty_expires_at": None,
    },
    "conversations": {"controller": Controller.BOT, "agent_id": None, "controller_until": None},
    "erasure_requests": {"done_at": NOW},
    "privacy_requests": {"done_at": NOW},
}
UNSENT = (
    MessageStatus.HELD,
    MessageStatus.QUEUED,
    MessageStatus.SENDING,
    MessageStatus.UNKNOWN,
    MessageStatus.PARKED,
)
RUNNING = (EnrollmentStatus.ACTIVE, EnrollmentStatus.WAITING)


def tables() -> list[Table]:
    """Those with a road to customers, what is pointed at before what points."""
    return [table for table in Base.metadata.sorted_tables if road(table) is not None]


@cache
def road(table: Table) -> ColumnElement[bool] | None:
    """Which rows are about the customers of the parameter `ids`; None for a table that is about nobody."""
    customers = Base.metadata.tables["customers"]
    if table is customers:
        return customers.c.id.in_(IDS)
    direct = [key.parent for key in table.foreign_keys if key.column.table is customers]
    if "customer_id" in table.c and table.c.customer_id not in direct:
        direct.append(table.c.customer_id)
    if direct:
        return or_(*(column.in_(IDS) for column in direct))
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        parent = key.column.table
        further = None if parent is table else road(parent)
        if further is not None:
            return key.parent.in_(select(key.column).where(further))
    return None


def about(table: Table) -> ColumnElement[bool]:
    """The road of a table that `tables` names."""
    found = road(table)
    if found is None:
        raise LookupError(f"{table.name} is about nobody")
    return found


def emptied(table: Table) -> dict[str, Any]:
    """What an UPDATE writes into a shell."""
    kept = SHELLS[table.name]
    values = {column.name: _nothing(column) for column in table.columns if _holds_text(column, kept)}
    values |= {
        key.parent.name: None
        for key in table.foreign_keys
        if key.parent.nullable and key.column.table.name not in SHELLS and road(key.column.table) is not None
    }
    if table.name in OWN_ID:
        values[OWN_ID[table.name]] = cast(table.c.id, Text)
    return values | ALSO.get(table.name, {})


def _holds_text(column: Column[Any], kept: frozenset[str]) -> bool:
    kind = getattr(column.type, "impl", column.type)
    is_text = isinstance(kind, String | JSON) and not column.primary_key
    return is_text and column.name not in kept


def _nothing(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    kind = getattr(column.type, "impl", column.type)
    if not isinstance(kind, JSON):
        return ""
    shape = getattr(column.type, "shape", None)
    if shape is ConversationState:
        return ConversationState()
    return {} if getattr(shape, "__origin__", None) is dict else ()
