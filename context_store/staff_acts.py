"""The record of who did what: written in the act's own transaction, never changed."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from context_store.models.staff import StaffActRow
from context_store.records import AgentId, CustomerId, StaffAct
from context_store.rows import columns_of, table_of

acts = table_of(StaffActRow)
ACT = columns_of(StaffAct, acts)
LARGEST_NUMBER = 2**62


@dataclass(frozen=True, kw_only=True)
class ActsAsked:
    """Which acts to show. `before`: only those with a smaller number, the next page."""

    agent_id: AgentId | None = None
    act: str | None = None
    customer_id: CustomerId | None = None
    before: int | None = None


class StaffActs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, act: StaffAct) -> None:
        self._connection.execute(insert(acts).values(vars(act)))

    def newest(self, asked: ActsAsked, limit: int) -> list[tuple[int, StaffAct]]:
        """Newest first, each with its number."""
        before = LARGEST_NUMBER if asked.before is None else min(asked.before, LARGEST_NUMBER)
        query = (
            select(acts.c.number, *ACT)
            .where(acts.c.number < before)
            .order_by(acts.c.number.desc())
            .limit(limit)
        )
        for column, value in (
            (acts.c.agent_id, asked.agent_id),
            (acts.c.act, asked.act),
            (acts.c.customer_id, asked.customer_id),
        ):
            if value is not None:
                query = query.where(column == value)
        found = []
        for row in self._connection.execute(query):
            values = dict(row._mapping)
            found.append((int(values.pop("number")), StaffAct(**values)))
        return found
