"""What has happened to each request for a person, in order."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from context_store.models.staff import HandoffStepRow
from context_store.records import HandoffId, HandoffStep
from context_store.rows import columns_of, table_of

steps = table_of(HandoffStepRow)
STEP = columns_of(HandoffStep, steps)


class HandoffSteps:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, step: HandoffStep) -> None:
        self._connection.execute(insert(steps).values(vars(step)))

    def of(self, handoff_ids: Iterable[HandoffId]) -> list[HandoffStep]:
        """The steps of these requests, oldest first."""
        wanted = list(handoff_ids)
        if not wanted:
            return []
        rows = self._connection.execute(
            select(*STEP).where(steps.c.handoff_id.in_(wanted)).order_by(steps.c.number)
        )
        return [HandoffStep(**row._mapping) for row in rows]
