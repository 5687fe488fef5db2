"""Facts from shops and channels, each kept once."""

from sqlalchemy import Connection, select, update

from context_store.families import Families
from context_store.models.shop import EventRow
from context_store.records import CustomerId, Event, EventId
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

events = table_of(EventRow)
EVENT = columns_of(Event, events)
# The id decides between events of one moment, as a batch of them is: it was made when the event came.
NEWEST_FIRST = (events.c.occurred_at.desc(), events.c.received_at.desc(), events.c.id.desc())

MOST_LOOKED_AT = 60


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

    def cart_keys(self, customer_id: CustomerId) -> list[str]:
        """The carts that their newest events are about."""
        newest = (
            select(events.c.cart_key)
            .where(events.c.customer_id.in_(self._families.of(customer_id)), events.c.cart_key.is_not(None))
            .order_by(*NEWEST_FIRST)
            .limit(MOST_LOOKED_AT)
        )
        return list(dict.fromkeys(self._connection.execute(newest).scalars()))

    def newest_of_cart(self, customer_id: CustomerId, cart_key: str) -> Event | None:
        found = self.of_cart(customer_id, cart_key, limit=1)
        return found[0] if found else None

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
