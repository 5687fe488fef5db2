"""The catalogue, as events and imports tell it; the newest fact wins by its own time."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, desc, func, or_, select, union_all, update

from context_store.models.shop import ProductRow, ProductWordRow
from context_store.records import Product
from context_store.records.newest import as_told, newest
from context_store.rows import columns_of, insert_or_ignore, table_of, to_record

products = table_of(ProductRow)
words = table_of(ProductWordRow)
PRODUCT = columns_of(Product, products)
MOST = 500
SHORTEST_WORD = 2
LONGEST_WORD = 40
MOST_WORDS = 24
# Of a word that half of the catalogue has, so many products are looked at.
MOST_OF_A_WORD = 400
# Behind every word that begins with what stands before it.
LAST = "\U0010ffff"


class Products:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, product_id: str) -> Product | None:
        row = self._connection.execute(
            select(*PRODUCT).where(products.c.product_id == product_id)
        ).one_or_none()
        return to_record(Product, row)

    def by_ids(self, ids: Iterable[str]) -> list[Product]:
        rows = self._connection.execute(
            select(*PRODUCT).where(products.c.product_id.in_(sorted(ids))).order_by(products.c.name)
        )
        return [Product(**row._mapping) for row in rows]

    def all(self, limit: int = MOST) -> list[Product]:
        rows = self._connection.execute(
            select(*PRODUCT).where(products.c.gone_at.is_(None)).order_by(products.c.name).limit(limit)
        )
        return [Product(**row._mapping) for row in rows]

    def find(self, beginnings: Sequence[str], limit: int) -> list[Product]:
        """Products with words that begin so, those with most of them first."""
        if not beginnings:
            return []
        hits = union_all(*(_holding(beginning) for beginning in beginnings[:MOST_WORDS])).subquery()
        counted = (
            select(hits.c.product_id, func.count().label("words"))
            .group_by(hits.c.product_id)
            .order_by(desc("words"), hits.c.product_id)
            .limit(limit)
            .subquery()
        )
        rows = self._connection.execute(
            select(*PRODUCT)
            .join(counted, counted.c.product_id == products.c.product_id)
            .order_by(counted.c.words.desc(), products.c.product_id)
        )
        return [Product(**row._mapping) for row in rows]

    def words_beginning(self, letters: Iterable[str], limit: int) -> list[str]:
        """The catalogue's own words with those first letters, to look for what a typo meant."""
        ranges = [
            select(words.c.word).where(words.c.word >= letter, words.c.word < letter + LAST).distinct()
            for letter in sorted(letters)
        ]
        if not ranges:
            return []
        found = union_all(*ranges).subquery()
        rows = self._connection.execute(select(found.c.word).order_by(found.c.word).limit(limit))
        return list(rows.scalars())

    def learn(self, product: Product) -> None:
        """Keep it, unless something newer is known. What the news does not tell stays as it was."""
        self.learn_all([product])

    def learn_all(self, told: Sequence[Product]) -> None:
        """The same for several, of which some may be the same one."""
        known = {product.product_id: product for product in self.by_ids({one.product_id for one in told})}
        after: dict[str, Product] = {}
        for product in told:
            before = after.get(product.product_id) or known.get(product.product_id)
            after[product.product_id] = _newer(before, product)
        # In one order for everybody: two learners never cross.
        for product_id, product in sorted(after.items()):
            self._keep(known.get(product_id), product)

    def _keep(self, before: Product | None, product: Product) -> None:
        if before is None:
            statement = insert_or_ignore(self._connection.dialect.name, products)
            self._connection.execute(statement, {**vars(product)})
        elif before != product:
            values = {name: value for name, value in vars(product).items() if name != "product_id"}
            self._connection.execute(
                update(products).where(products.c.product_id == product.product_id).values(values)
            )
        if product.gone_at is not None:
            return
        # One that was gone has lost its words.
        if before is None or before.gone_at is not None or words_of(before) != words_of(product):
            self._learn_words(product)

    def forget(self, product_id: str, now: datetime) -> int:
        """It and its variants (`id-variant`) are off the shelf: found by nobody, and not recommended.

        What is told of them anew brings them back; what is older than this does not.
        """
        gone = list(
            self._connection.execute(
                update(products)
                .where(
                    or_(
                        products.c.product_id == product_id,
                        and_(
                            products.c.product_id >= f"{product_id}-",
                            products.c.product_id < f"{product_id}-{LAST}",
                        ),
                    ),
                    products.c.changed_at <= now,
                )
                .values(gone_at=now, changed_at=now, stock=0, category=None)
                .returning(products.c.product_id)
            ).scalars()
        )
        if gone:
            self._connection.execute(delete(words).where(words.c.product_id.in_(gone)))
        return len(gone)

    def _learn_words(self, product: Product) -> None:
        self._connection.execute(delete(words).where(words.c.product_id == product.product_id))
        rows = [{"word": word, "product_id": product.product_id} for word in words_of(product)]
        if rows:
            statement = insert_or_ignore(self._connection.dialect.name, words)
            self._connection.execute(statement, rows)


def _holding(beginning: str) -> Select[tuple[str]]:
    """As a subquery of its own: SQLite takes no LIMIT inside of a union otherwise."""
    limited = (
        select(words.c.product_id)
        .where(words.c.word >= beginning, words.c.word < beginning + LAST)
        .limit(MOST_OF_A_WORD)
        .subquery()
    )
    return select(limited.c.product_id)


def _newer(before: Product | None, product: Product) -> Product:
    """What is known after the news, part by part: the newest word counts by its own time."""
    news, at = _parts(product), as_told(product.changed_at)
    if before is None:
        return replace(product, told=dict.fromkeys(news, at))
    if before.gone_at is not None and product.changed_at <= before.changed_at:
        return before
    told = before.told or dict.fromkeys(_parts(before), as_told(before.changed_at))
    taken = newest(vars(before), told, news, product.changed_at)
    return replace(
        before,
        **taken,
        told={**told, **dict.fromkeys(taken, at)},
        gone_at=None,
        changed_at=max(before.changed_at, product.changed_at),
    )


def _parts(product: Product) -> dict[str, Any]:
    """What is told of it. Where there is no price or no name, only its id was told."""
    untold = {"product_id", "changed_at", "gone_at", "told"}
    untold |= set() if product.price else {"price", "currency"}
    untold |= {"name"} if product.name == product.product_id else set()
    return {name: value for name, value in vars(product).items() if value is not None and name not in untold}


def words_of(product: Product) -> list[str]:
    """Its name's and category's words, without case and accents, in order: two learners never cross."""
    text = unicodedata.normalize("NFKD", f"{product.name} {product.category or ''}".casefold())
    plain = "".join(char for char in text if not unicodedata.combining(char))
    found = {word[:LONGEST_WORD] for word in re.split(r"[\W_]+", plain) if len(word) >= SHORTEST_WORD}
    return sorted(found)[:MOST_WORDS]
