"""Facts from shops and channels, each kept once."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from context_store.families import Families
from context_store.many_rows import ROWS, insert_rows, rows_as_json
from context_store.models.shop import EventRow
from context_store.records import CustomerId, Event, EventId
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

events = table_of(EventRow)
EVENT = columns_of(Event, events)
# The id decides between events of one moment, as a batch of them is: it was made when the event came.
IN_TIME = (events.c.occurred_at, events.c.received_at, events.c.id)
NEWEST_FIRST = tuple(column.desc() for column in IN_TIME)

MOST_LOOKED_AT = 60
# A cart with a longer story is told from the newest part of it.
MOST_OF_CARTS = 1000

# Built once: every shop event asks or writes so.
OF_CARTS = (
    select(*EVENT)
    .where(events.c.customer_id.in_(bindparam("customers", expanding=True)), events.c.cart_key.is_not(None))
    .order_by(*NEWEST_FIRST)
    .limit(bindparam("most"))
)
NAMES = [column.name for column in EVENT]
ADD_ALL = {
    dialect: insert_rows(dialect, events, NAMES).on_conflict_do_nothing().returning(events.c.id)
    for dialect in ("sqlite", "postgresql")
}


class Events:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def add(self, event: Event) -> bool:
        """Keep it. False when this source has sent it before."""
        statement = insert_or_ignore(self._connection.dialect.name, events).values({**vars(event)})
        return changed_rows(self._connection, statement) == 1

    def get(self, event_id: EventId) -> Event | None:
        row = self._connection.execute(select(*EVENT).where(events.c.id == event_id)).one_or_none()
        return to_record(Event, row)

    def of_cart(self, customer_id: CustomerId, cart_key: str, limit: int = 1000) -> list[Event]:
        """All that happened to a cart, by its own time, oldest first; the newest part of a long story."""
        rows = self._connection.execute(
            select(*EVENT)
            .where(events.c.customer_id.in_(self._families.of(customer_id)), events.c.cart_key == cart_key)
            .order_by(*NEWEST_FIRST)
            .limit(limit)
        ).all()
        return [Event(**row._mapping) for row in reversed(rows)]

    def of_carts(self, customer_id: CustomerId, limit: int = MOST_OF_CARTS) -> list[Event]:
        """All that happened to a customer's carts, newest first by its own time."""
        family = self._families.of(customer_id)
        rows = self._connection.execute(OF_CARTS, {"customers": family, "most": limit})
        return [Event(**row._mapping) for row in rows]

    def many(self, ids: Sequence[EventId]) -> list[Event]:
        """Oldest first, by their own time."""
        rows = self._connection.execute(
            select(*EVENT).where(events.c.id.in_(ids)).order_by(*(column.asc() for column in IN_TIME))
        )
        return [Event(**row._mapping) for row in rows]

    def add_all(self, new: Sequence[Event]) -> set[EventId]:
        """Keep them at once. Which were new: the others this source has sent before."""
        if not new:
            return set()
        dialect = self._connection.dialect.name
        given = rows_as_json(dialect, map(vars, new))
        return set(self._connection.execute(ADD_ALL[dialect], {ROWS: given}).scalars())

    def set_cart(self, event_id: EventId, cart_key: str) -> None:
        """The cart was found out later: the event itself did not name it."""
        self._connection.execute(update(events).where(events.c.id == event_id).values(cart_key=cart_key))

    def newest(self, customer_id: CustomerId, limit: int = 20) -> list[Event]:
        rows = self._connection.execute(
            select(*EVENT)
            .where(events.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(*NEWEST_FIRST)
            .limit(limit)
        )
        return [Event(**row._mapping) for row in rows]

    def newest_named(self, customer_id: CustomerId, name: str, limit: int) -> list[Event]:
        """Those of that name among the customer's newest: what lies far back is not looked for."""
        newest = (
            select(events.c.id)
            .where(events.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(*NEWEST_FIRST)
            .limit(MOST_LOOKED_AT)
            .subquery()
        )
        rows = self._connection.execute(
            select(*EVENT)
            .join(newest, newest.c.id == events.c.id)
            .where(events.c.name == name)
            .order_by(*NEWEST_FIRST)
            .limit(limit)
        )
        return [Event(**row._mapping) for row in rows]
