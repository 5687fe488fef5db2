"""A customer and all who were merged into them: one person, whatever ids they are known by."""

from sqlalchemy import Connection, select

from context_store.models.people import CustomerRow, IdentityLinkRow
from context_store.records import CustomerId
from context_store.rows import table_of

customers = table_of(CustomerRow)
links = table_of(IdentityLinkRow)
# A chain is short; one that runs in a circle must not be followed for ever.
LONGEST_CHAIN = 50


class Relatives:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def survivor(self, customer_id: CustomerId) -> CustomerId | None:
        """Where the chain of merges ends. None for nobody."""
        seen: list[CustomerId] = []
        current: CustomerId | None = customer_id
        while current is not None and current not in seen and len(seen) < LONGEST_CHAIN:
            row = self._connection.execute(
                select(customers.c.merged_into).where(customers.c.id == current)
            ).one_or_none()
            if row is None:
                return None
            seen.append(current)
            current = row.merged_into
        return seen[-1]

    def of(self, customer_id: CustomerId) -> list[CustomerId]:
        """All whose chain ends where this one's does, in the order of their ids. Empty for nobody."""
        survivor = self.survivor(customer_id)
        if survivor is None:
            return []
        family, newest = {survivor}, [survivor]
        while newest:
            rows = self._connection.execute(
                select(customers.c.id).where(customers.c.merged_into.in_(newest))
            ).scalars()
            newest = [CustomerId(each) for each in rows if each not in family]
            family |= set(newest)
        return sorted(family)

    def told_by(self, source: str, after: CustomerId | None, limit: int) -> list[CustomerId]:
        """Those of whom that source gave an identifier, by id, behind `after`."""
        query = select(links.c.customer_id).where(links.c.source == source).distinct()
        if after is not None:
            query = query.where(links.c.customer_id > after)
        rows = self._connection.execute(query.order_by(links.c.customer_id).limit(limit)).scalars()
        return [CustomerId(each) for each in rows]
