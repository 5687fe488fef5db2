"""Carts, as the shop and the chat last left them."""

from sqlalchemy import Connection, insert, select, update

from context_store.families import Families
from context_store.models.shop import CartRow
from context_store.records import Cart, CartStatus, CustomerId
from context_store.rows import columns_of, table_of, to_record

carts = table_of(CartRow)
CART = columns_of(Cart, carts)
# A cart that can still become an order.
MOST = 20
LIVE = (CartStatus.OPEN, CartStatus.ABANDONED, CartStatus.RECOVERED)


class Carts:
    def __init__(self, connection: Connection, families: Families | None = None) -> None:
        self._connection = connection
        self._families = families or Families(connection)

    def get(self, customer_id: CustomerId, key: str) -> Cart | None:
        """Two profiles of one person may each have begun it: the one that was changed last."""
        row = self._connection.execute(
            select(*CART)
            .where(carts.c.customer_id.in_(self._families.of(customer_id)), carts.c.key == key)
            .order_by(carts.c.changed_at.desc(), carts.c.id.desc())
            .limit(1)
        ).one_or_none()
        return to_record(Cart, row)

    def of(self, customer_id: CustomerId) -> list[Cart]:
        """Their newest, by key: of one that several profiles have, the one that was changed last."""
        rows = self._connection.execute(
            select(*CART)
            .where(carts.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(carts.c.changed_at.desc(), carts.c.id.desc())
            .limit(MOST)
        )
        found: dict[str, Cart] = {}
        for row in rows:
            found.setdefault(row.key, Cart(**row._mapping))
        return list(found.values())

    def live(self, customer_id: CustomerId) -> Cart | None:
        """The cart that was changed last, if it has not become an order."""
        if not self._families.is_alone(customer_id):
            return next((cart for cart in self.of(customer_id) if cart.status in LIVE), None)
        row = self._connection.execute(
            select(*CART)
            .where(carts.c.customer_id.in_(self._families.of(customer_id)), carts.c.status.in_(LIVE))
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
