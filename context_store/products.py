"""The catalogue, as events and imports tell it; the newest fact wins by its own time."""

from sqlalchemy import Connection, select, update

from context_store.models.shop import ProductRow
from context_store.records import Product
from context_store.rows import columns_of, insert_or_ignore, table_of, to_record

products = table_of(ProductRow)
PRODUCT = columns_of(Product, products)
MOST = 500


class Products:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, product_id: str) -> Product | None:
        row = self._connection.execute(
            select(*PRODUCT).where(products.c.product_id == product_id)
        ).one_or_none()
        return to_record(Product, row)

    def all(self, limit: int = MOST) -> list[Product]:
        rows = self._connection.execute(select(*PRODUCT).order_by(products.c.name).limit(limit))
        return [Product(**row._mapping) for row in rows]

    def learn(self, product: Product) -> None:
        """Keep it, unless something newer is known."""
        statement = insert_or_ignore(self._connection.dialect.name, products).values({**vars(product)})
        self._connection.execute(statement)
        self._connection.execute(
            update(products)
            .where(products.c.product_id == product.product_id, products.c.changed_at < product.changed_at)
            .values({**vars(product)})
        )
