"""Carts, as the shop and the chat last left them."""

from sqlalchemy import Connection, delete, insert, select, update

from context_store.models.shop import CartRow
from context_store.records import Cart, CartStatus, CustomerId
from context_store.rows import columns_of, table_of, to_record

carts = table_of(CartRow)
CART = columns_of(Cart, carts)
# A cart that can still become an order.
LIVE = (CartStatus.OPEN, CartStatus.ABANDONED, CartStatus.RECOVERED)


class Carts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, customer_id: CustomerId, key: str) -> Cart | None:
        row = self._connection.execute(
            select(*CART).where(carts.c.customer_id == customer_id, carts.c.key == key)
        ).one_or_none()
        return to_record(Cart, row)

    def of(self, customer_id: CustomerId, limit: int = 200) -> dict[str, Cart]:
        """The customer's carts by their keys, those changed last."""
        rows = self._connection.execute(
            select(*CART)
            .where(carts.c.customer_id == customer_id)
            .order_by(carts.c.changed_at.desc(), carts.c.id.desc())
            .limit(limit)
        )
        return {row.key: Cart(**row._mapping) for row in rows}

    def delete(self, customer_id: CustomerId, key: str) -> None:
        """There is no such cart: what had been told of it was about another one."""
        self._connection.execute(delete(carts).where(carts.c.customer_id == customer_id, carts.c.key == key))

    def live(self, customer_id: CustomerId) -> Cart | None:
        """The cart that was changed last, if it has not become an order."""
        row = self._connection.execute(
            select(*CART)
            .where(carts.c.customer_id == customer_id, carts.c.status.in_(LIVE))
            .order_by(carts.c.changed_at.desc(), carts.c.id.desc())
            .limit(1)
        ).one_or_none()
        return to_record(Cart, row)

    def save(self, cart: Cart) -> None:
        """Write it, new or changed. The caller holds the customer's turn: nobody else writes it meanwhile."""
        values = dict(vars(cart))
        changed = self._connection.execute(
            update(carts)
            .where(carts.c.customer_id == cart.customer_id, carts.c.key == cart.key)
            .values({name: value for name, value in values.items() if name != "id"})
            .returning(carts.c.id)
        ).first()
        if changed is None:
            self._connection.execute(insert(carts).values(values))
