"""A thousand lines at a time: few statements of many rows, and no query for a single line."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, case, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from context_store.consents import CONSENT, consents
from context_store.customers import (
    ADDRESS,
    CUSTOMER,
    AlreadyLinked,
    addresses,
    conversations,
    customers,
    links,
)
from context_store.models.privacy import ImportRow
from context_store.orders import ORDER, orders
from context_store.phones import canonical_phone
from context_store.products import PRODUCT, products, words, words_of
from context_store.records import (
    Address,
    Consent,
    Controller,
    ConversationState,
    Customer,
    CustomerId,
    Identifier,
    IdentifierKind,
    IdentityLink,
    ImportProgress,
    LinkStatus,
    Order,
    Product,
    new_id,
)
from context_store.rows import columns_of, table_of, to_record

imports = table_of(ImportRow)
IMPORT = columns_of(ImportProgress, imports)


def known_as(identifier: Identifier) -> Identifier:
    """As it is kept: national variants of a number are one."""
    if identifier.kind is not IdentifierKind.PHONE:
        return identifier
    return Identifier(kind=identifier.kind, value=canonical_phone(identifier.value))


class Bulk:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = postgresql if connection.dialect.name == "postgresql" else sqlite

    def linked(self, identifiers: Iterable[Identifier]) -> dict[Identifier, CustomerId]:
        """Whose each of these is, of those that are anybody's. Ask with what `known_as` gives."""
        by_kind: dict[IdentifierKind, set[str]] = {}
        for identifier in identifiers:
            by_kind.setdefault(identifier.kind, set()).add(identifier.value)
        found: dict[Identifier, CustomerId] = {}
        for kind, values in by_kind.items():
            rows = self._connection.execute(
                select(links.c.value, links.c.customer_id).where(
                    links.c.kind == kind,
                    links.c.value.in_(sorted(values)),
                    links.c.status != LinkStatus.UNLINKED,
                )
            )
            found |= {Identifier(kind=kind, value=row.value): CustomerId(row.customer_id) for row in rows}
        return found

    def customers(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        rows = self._connection.execute(select(*CUSTOMER).where(customers.c.id.in_(sorted(ids))))
        return {CustomerId(row.id): Customer(**row._mapping) for row in rows}

    def addresses(self, ids: Collection[CustomerId]) -> list[Address]:
        rows = self._connection.execute(select(*ADDRESS).where(addresses.c.customer_id.in_(sorted(ids))))
        return [Address(**row._mapping) for row in rows]

    def add_customers(self, added: Sequence[Customer]) -> None:
        """Each with its empty conversation."""
        self._insert(customers, [{**vars(customer)} for customer in added])
        self._insert(
            conversations,
            [
                {
                    "customer_id": customer.id,
                    "state": ConversationState(),
                    "controller": Controller.BOT,
                    "version": 0,
                    "updated_at": customer.created_at,
                }
                for customer in added
            ],
        )

    def complete_customers(self, told: Sequence[Customer]) -> None:
        """What is not known of them yet; loyalty is the shop's to tell."""
        excluded = self._dialect.insert(customers).excluded
        theirs = ("name", "language", "country", "timezone")
        self._upsert(
            customers,
            [{**vars(customer)} for customer in told],
            key="id",
            set_={
                **{name: func.coalesce(customers.c[name], excluded[name]) for name in theirs},
                **{
                    name: func.coalesce(excluded[name], customers.c[name])
                    for name in ("loyalty_points", "loyalty_expires_at")
                },
            },
        )

    def add_links(self, added: Sequence[IdentityLink]) -> None:
        """Raises `AlreadyLinked` when somebody took one of them meanwhile: read again, and use theirs."""
        rows = [
            {
                "id": new_id(),
                "kind": link.identifier.kind,
                "value": link.identifier.value,
                "customer_id": link.customer_id,
                "status": link.status,
                "method": link.method,
                "confidence": link.confidence,
                "source": link.source,
                "created_at": link.created_at,
            }
            for link in added
        ]
        if not rows:
            return
        statement = self._dialect.insert(links)
        taken = {
            name: statement.excluded[name]
            for name in ("customer_id", "status", "method", "confidence", "source", "created_at")
        }
        # One that was taken from somebody is free again.
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "value"], set_=taken, where=links.c.status == LinkStatus.UNLINKED
        )
        if len(self._connection.execute(statement.returning(links.c.id), rows).all()) < len(rows):
            raise AlreadyLinked("an identifier of the file")

    def add_addresses(self, added: Sequence[Address]) -> None:
        """One that is somebody's already stays theirs."""
        self._insert_or_ignore(addresses, [{**vars(address)} for address in added])

    def orders(self, numbers: Collection[str]) -> dict[str, Order]:
        rows = self._connection.execute(select(*ORDER).where(orders.c.number.in_(sorted(numbers))))
        return {row.number: Order(**row._mapping) for row in rows}

    def learn_orders(self, told: Sequence[Order]) -> None:
        """New, or newer than what is known of it. One of another customer stays as it is."""
        excluded = self._dialect.insert(orders).excluded
        keeps = ("carrier", "tracking_url", "tracking_number", "invoice_url", "expected_at", "delivery")
        self._upsert(
            orders,
            [{**vars(order)} for order in told],
            key="number",
            set_={
                **{
                    name: excluded[name]
                    for name in ("status", "total", "currency", "placed_at", "changed_at")
                },
                "items": excluded["items"],
                **{name: func.coalesce(excluded[name], orders.c[name]) for name in keeps},
            },
            where=and_(
                orders.c.customer_id == excluded["customer_id"],
                or_(orders.c.changed_at.is_(None), orders.c.changed_at <= excluded["changed_at"]),
            ),
        )

    def products(self, ids: Collection[str]) -> dict[str, Product]:
        rows = self._connection.execute(select(*PRODUCT).where(products.c.product_id.in_(sorted(ids))))
        return {row.product_id: Product(**row._mapping) for row in rows}

    def learn_products(self, told: Sequence[Product]) -> None:
        """With the words by which they are found. The caller brings only what is news."""
        excluded = self._dialect.insert(products).excluded
        keeps = ("url", "image_url", "category", "stock")
        self._upsert(
            products,
            [{**vars(product)} for product in told],
            key="product_id",
            set_={
                "name": excluded["name"],
                "currency": excluded["currency"],
                "price": case((excluded["price"] > 0, excluded["price"]), else_=products.c.price),
                "changed_at": excluded["changed_at"],
                "gone_at": None,
                **{name: func.coalesce(excluded[name], products.c[name]) for name in keeps},
            },
            where=products.c.changed_at <= excluded["changed_at"],
        )
        ids = [product.product_id for product in told]
        self._connection.execute(delete(words).where(words.c.product_id.in_(ids)))
        rows = {(word, product.product_id) for product in told for word in words_of(product)}
        self._insert_or_ignore(words, [{"word": word, "product_id": known} for word, known in sorted(rows)])

    def consents(self, ids: Collection[CustomerId]) -> dict[CustomerId, list[Consent]]:
        """The lines that count now, of each."""
        newest = (
            select(func.max(consents.c.number))
            .where(consents.c.customer_id.in_(sorted(ids)))
            .group_by(consents.c.customer_id, consents.c.channel, consents.c.topic)
        )
        found: dict[CustomerId, list[Consent]] = {}
        query = select(*CONSENT).where(consents.c.number.in_(newest)).order_by(consents.c.number)
        for row in self._connection.execute(query):
            found.setdefault(CustomerId(row.customer_id), []).append(Consent(**row._mapping))
        return found

    def add_consents(self, added: Sequence[Consent]) -> None:
        """In this order: the newest line of a channel and topic counts."""
        self._insert(consents, [{**vars(consent)} for consent in added])

    def progress(self, kind: str, digest: str) -> ImportProgress | None:
        row = self._connection.execute(
            select(*IMPORT).where(imports.c.kind == kind, imports.c.digest == digest)
        ).one_or_none()
        return to_record(ImportProgress, row)

    def save_progress(self, progress: ImportProgress) -> None:
        values = {**vars(progress)}
        self._connection.execute(
            self._dialect.insert(imports)
            .values(values)
            .on_conflict_do_update(index_elements=["kind", "digest"], set_=values)
        )

    def forget_progress(self, kind: str, digest: str) -> None:
        self._connection.execute(delete(imports).where(imports.c.kind == kind, imports.c.digest == digest))

    def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            # With RETURNING a thousand rows become one statement.
            key = next(iter(table.primary_key.columns))
            self._connection.execute(
                insert(table).returning(key, sort_by_parameter_order=False), list(rows)
            ).all()

    def _insert_or_ignore(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
        if not rows:
            return 0
        key = next(iter(table.primary_key.columns))
        statement = self._dialect.insert(table).on_conflict_do_nothing().returning(key)
        return len(self._connection.execute(statement, list(rows)).all())

    def _upsert(
        self,
        table: Table,
        rows: Sequence[Mapping[str, Any]],
        *,
        key: str,
        set_: dict[str, Any],
        where: Any = None,
    ) -> None:
        if not rows:
            return
        first = next(iter(table.primary_key.columns))
        statement = self._dialect.insert(table).on_conflict_do_update(
            index_elements=[key], set_=set_, where=where
        )
        self._connection.execute(statement.returning(first), list(rows)).all()
