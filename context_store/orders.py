"""Orders, as the shop last told them."""

from sqlalchemy import Connection, insert, select, update

from context_store.families import Families
from context_store.models.shop import OrderRow
from context_store.records import CustomerId, Delivery, Order
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

orders = table_of(OrderRow)
ORDER = columns_of(Order, orders)


class Orders:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def add(self, order: Order) -> None:
        self._connection.execute(insert(orders).values({**vars(order)}))

    def newest(self, customer_id: CustomerId, limit: int = 5) -> list[Order]:
        rows = self._connection.execute(
            select(*ORDER)
            .where(orders.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(orders.c.placed_at.desc(), orders.c.id.desc())
            .limit(limit)
        )
        return [Order(**row._mapping) for row in rows]

    def get(self, customer_id: CustomerId, number: str) -> Order | None:
        row = self._connection.execute(
            select(*ORDER).where(
                orders.c.number == number, orders.c.customer_id.in_(self._families.of(customer_id))
            )
        ).one_or_none()
        return to_record(Order, row)

    def learn(self, order: Order) -> bool:
        """Keep what the shop says of it. False when the number is another customer's."""
        if self.get(order.customer_id, order.number) is None:
            statement = insert_or_ignore(self._connection.dialect.name, orders).values({**vars(order)})
            return changed_rows(self._connection, statement) == 1
        # It stays the profile's that it was told of first.
        values = {name: value for name, value in vars(order).items() if name not in ("id", "customer_id")}
        self._connection.execute(update(orders).where(orders.c.number == order.number).values(values))
        return True

    def set_delivery(self, customer_id: CustomerId, number: str, delivery: Delivery) -> None:
        """Keep where and when to deliver. The customer must own the order: a number alone proves nothing."""
        self._connection.execute(
            update(orders)
            .where(orders.c.number == number, orders.c.customer_id.in_(self._families.of(customer_id)))
            .values(delivery=delivery)
        )
