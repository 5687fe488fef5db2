"""What was understood lately, for people who look through it: newest first, a bounded batch at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from context_store.models.thread import InputRow, MessageRow
from context_store.records import InputKind, InputNumber
from context_store.rows import table_of

inputs = table_of(InputRow)
messages = table_of(MessageRow)

AT_ONCE = 1000
AFTER_ALL = InputNumber(2**62)
# Nothing is left out here: a batch costs the same, however few of it are of interest.
BATCH = (
    select(inputs.c.number, inputs.c.kind, inputs.c.parsed, inputs.c.created_at, messages.c.choice)
    .select_from(inputs.outerjoin(messages, messages.c.id == inputs.c.message_id))
    .where(inputs.c.number < bindparam("before"))
    .order_by(inputs.c.number.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, kw_only=True)
class UnderstoodInput:
    number: InputNumber
    # As the turn kept it. None for what is no message, for a button, and for what it never came to.
    parsed: dict[str, Any] | None
    created_at: datetime


class Understood:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self, before: InputNumber = AFTER_ALL, limit: int = AT_ONCE) -> list[UnderstoodInput]:
        """The newest inputs of any kind below a number; fewer than `limit` when there are no more."""
        rows = self._connection.execute(BATCH, {"before": before, "most": limit})
        return [
            UnderstoodInput(
                number=row.number,
                parsed=row.parsed if row.kind is InputKind.MESSAGE and row.choice is None else None,
                created_at=row.created_at,
            )
            for row in rows
        ]
