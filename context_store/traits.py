"""What customers told us of themselves, and what we have asked them: each question once."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from context_store.families import Families
from context_store.models.traits import TraitRow
from context_store.records import CustomerId, Trait
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of

traits = table_of(TraitRow)
TRAIT = columns_of(Trait, traits)


class Traits:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def of(self, customer_id: CustomerId) -> list[Trait]:
        """Each by its name; of two that profiles of one person gave, the one that was given last."""
        rows = self._connection.execute(
            select(*TRAIT)
            .where(traits.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(traits.c.name, traits.c.answered_at.is_not(None), traits.c.answered_at)
        )
        return list({row.name: Trait(**row._mapping) for row in rows}.values())

    def value(self, customer_id: CustomerId, name: str) -> str | None:
        query = (
            select(traits.c.value)
            .where(traits.c.customer_id.in_(self._families.of(customer_id)), traits.c.name == name)
            .order_by(traits.c.answered_at.is_(None), traits.c.answered_at.desc())
            .limit(1)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def ask(self, customer_id: CustomerId, name: str, now: datetime) -> bool:
        """Note that it is being asked. False when it was asked, or told, before."""
        if not self._families.is_alone(customer_id) and any(one.name == name for one in self.of(customer_id)):
            return False
        statement = insert_or_ignore(self._connection.dialect.name, traits).values(
            customer_id=customer_id, name=name, asked_at=now
        )
        return changed_rows(self._connection, statement) == 1

    def answer(self, customer_id: CustomerId, name: str, value: str | None, now: datetime) -> None:
        """Keep what they said; None forgets it, and it is not asked again."""
        values = {"value": value, "answered_at": now}
        mine = update(traits).where(traits.c.customer_id == customer_id, traits.c.name == name)
        if changed_rows(self._connection, mine.values(values)) == 0:
            row = {"customer_id": customer_id, "name": name, **values}
            self._connection.execute(insert(traits).values(row))
