"""What goes with what: counted from orders as they are learnt, read a few at a time."""

from collections.abc import Collection, Sequence
from itertools import permutations

from sqlalchemy import Connection, Subquery, func, or_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from context_store.models.shop import BoughtTogetherRow, ProductRow
from context_store.records import Product
from context_store.rows import columns_of, table_of

pairs = table_of(BoughtTogetherRow)
products = table_of(ProductRow)
PRODUCT = columns_of(Product, products)
# Of an order of hundreds, the pairs would be tens of thousands: it says little about any two of them.
MOST_OF_AN_ORDER = 12
MOST_ASKED_ABOUT = 16
MOST_OF_ONE = 6
# Two things in one order are a coincidence.
LEAST_ORDERS = 2
IS_THERE = or_(products.c.stock.is_(None), products.c.stock > 0)


class Recommended:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def learn(self, product_ids: Collection[str]) -> None:
        """One order more in which these were together."""
        # In one order of rows for everybody: two orders learnt at the same moment never cross.
        together = sorted(permutations(sorted(product_ids)[:MOST_OF_AN_ORDER], 2))
        if not together:
            return
        insert = (postgresql if self._connection.dialect.name == "postgresql" else sqlite).insert(pairs)
        rows = [{"product_id": one, "other_id": other, "orders": 1} for one, other in together]
        self._connection.execute(
            insert.values(rows).on_conflict_do_update(
                index_elements=["product_id", "other_id"], set_={"orders": pairs.c.orders + 1}
            )
        )

    def bought_with(self, product_ids: Sequence[str]) -> list[tuple[str, Product]]:
        """For each of these, a few that went with it in most orders: what it was, and what went with it."""
        asked = sorted(set(product_ids[:MOST_ASKED_ABOUT]))
        if not asked:
            return []
        found = union_all(*(select(_most_often_with(one)) for one in asked)).subquery()
        rows = self._connection.execute(
            select(found.c.product_id.label("with_id"), *PRODUCT)
            .join(products, products.c.product_id == found.c.other_id)
            .where(IS_THERE)
            .order_by(found.c.orders.desc(), products.c.product_id)
        )
        return [
            (row[0], Product(**dict(zip((c.name for c in PRODUCT), row[1:], strict=True)))) for row in rows
        ]

    def of_categories(self, categories: Collection[str]) -> list[Product]:
        """A few of each, of what is there."""
        asked = sorted(set(categories))[:MOST_ASKED_ABOUT]
        if not asked:
            return []
        found = union_all(*(select(_first_of(category)) for category in asked)).subquery()
        rows = self._connection.execute(
            select(*PRODUCT)
            .join(found, found.c.product_id == products.c.product_id)
            .order_by(func.lower(products.c.name), products.c.product_id)
        )
        return [Product(**row._mapping) for row in rows]


def _most_often_with(product_id: str) -> Subquery:
    """As a subquery of its own: SQLite takes no LIMIT inside of a union otherwise."""
    return (
        select(pairs)
        .where(pairs.c.product_id == product_id, pairs.c.orders >= LEAST_ORDERS)
        .order_by(pairs.c.orders.desc())
        .limit(MOST_OF_ONE)
        .subquery()
    )


def _first_of(category: str) -> Subquery:
    return (
        select(products.c.product_id)
        .where(products.c.category == category, IS_THERE)
        .order_by(products.c.name)
        .limit(MOST_OF_ONE)
        .subquery()
    )
