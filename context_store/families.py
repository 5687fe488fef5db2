"""Which profiles are one person. Most are alone: who has read a customer says so here, and nobody asks."""

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.sql.elements import ColumnElement

from context_store.models.people import CustomerRow
from context_store.records import Customer, CustomerId
from context_store.rows import table_of

customers = table_of(CustomerRow)
own = customers.alias("own")
FAMILY = (
    select(customers.c.id, customers.c.survivor_id)
    .where(
        customers.c.survivor_id
        == select(own.c.survivor_id).where(own.c.id == bindparam("customer")).scalar_subquery()
    )
    .order_by(customers.c.id)
)


def survivor_of(customer_id: object) -> ColumnElement[CustomerId]:
    """Within a statement: the profile that stands for this one, which is itself for most."""
    return select(func.coalesce(own.c.survivor_id, own.c.id)).where(own.c.id == customer_id).scalar_subquery()


class Families:
    """Each is read at its first use in a transaction, unless it is known by then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[CustomerId, tuple[CustomerId, ...]] = {}

    def of(self, customer_id: CustomerId) -> tuple[CustomerId, ...]:
        """Every profile of that person, the one that stands for all first."""
        if customer_id not in self._known:
            rows = self._connection.execute(FAMILY, {"customer": customer_id}).all()
            survivors = [CustomerId(row.id) for row in rows if row.id == row.survivor_id]
            merged = [CustomerId(row.id) for row in rows if row.id != row.survivor_id]
            family = (*survivors, *merged) or (customer_id,)
            self._known |= dict.fromkeys((*family, customer_id), family)
        return self._known[customer_id]

    def survivor(self, customer_id: CustomerId) -> CustomerId:
        return self.of(customer_id)[0]

    def is_alone(self, customer_id: CustomerId) -> bool:
        return len(self.of(customer_id)) == 1

    def note(self, customer: Customer) -> None:
        """A customer was read: whoever is alone need not be asked about."""
        if not customer.is_joined:
            self.note_alone(customer.id)

    def note_alone(self, customer_id: CustomerId) -> None:
        self._known.setdefault(customer_id, (customer_id,))

    def forget(self) -> None:
        self._known.clear()
