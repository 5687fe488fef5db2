"""What shops say of customers, by the names they give it; the newest word by its own time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from context_store.models.tracking import ToldTraitRow
from context_store.records import CustomerId, ToldTrait
from context_store.records.newest import as_told, newest
from context_store.rows import columns_of, table_of

told_traits = table_of(ToldTraitRow)
TRAIT = columns_of(ToldTrait, told_traits)
MOST_TRAITS = 100
LONGEST_NAME = 60


class ToldTraits:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, customer_id: CustomerId) -> dict[str, ToldTrait]:
        rows = self._connection.execute(select(*TRAIT).where(told_traits.c.customer_id == customer_id))
        return {row.name: ToldTrait(**row._mapping) for row in rows}

    def learn(
        self, customer_id: CustomerId, traits: Mapping[str, Any], source: str, told_at: datetime
    ) -> dict[str, ToldTrait]:
        """Keep what is newer than what is known. Returns all that is known then.

        The caller holds the customer's turn: nobody else writes them meanwhile.
        """
        known = self.of(customer_id)
        values = {name: trait.value for name, trait in known.items()}
        since = {name: as_told(trait.told_at) for name, trait in known.items()}
        fitting = {name: value for name, value in traits.items() if name and len(name) <= LONGEST_NAME}
        taken = newest(values, since, fitting, told_at)
        # A shop that sends ever new names fills no table.
        new = [name for name in taken if name not in known][: max(0, MOST_TRAITS - len(known))]
        rows = [
            ToldTrait(customer_id=customer_id, name=name, value=value, source=source, told_at=told_at)
            for name, value in sorted(taken.items())
            if value is not None and (name in known or name in new)
        ]
        self._keep(rows)
        return known | {trait.name: trait for trait in rows}

    def _keep(self, rows: list[ToldTrait]) -> None:
        if not rows:
            return
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(told_traits)
        changed = {name: statement.excluded[name] for name in ("value", "source", "told_at")}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["customer_id", "name"], set_=changed),
            [{**vars(row)} for row in rows],
        )
