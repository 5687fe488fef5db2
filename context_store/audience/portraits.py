"""The facts of some customers for the evaluator in Python: a query a table, whatever their number."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, or_, select

from context_store.audience.family import customers
from context_store.audience.people import (
    addresses,
    consents,
    enrollments,
    handoffs,
    messages,
    surveys,
    traits,
)
from context_store.audience.shop import carts, events, orders, products
from context_store.records import (
    Address,
    Cart,
    Consent,
    Customer,
    CustomerId,
    Enrollment,
    Event,
    Handoff,
    Order,
    Portrait,
    Purpose,
    Survey,
)
from context_store.records import conditions as grammar
from context_store.records.conditions import Condition, walk
from context_store.rows import columns_of

Record = TypeVar("Record")


def read_portraits(
    connection: Connection, ids: Sequence[CustomerId], condition: Condition
) -> dict[CustomerId, Portrait]:
    """Of those who exist; only what this (resolved) condition asks for is read."""
    reader = _Reader(connection, ids)
    kinds = {type(part) for part in walk(condition)}
    found = {
        "traits": reader.traits() if grammar.TraitIs in kinds else {},
        "events": reader.events(event_names(condition)),
        "carts": reader.records(Cart, carts) if grammar.CartIs in kinds else {},
        "orders": reader.records(Order, orders) if grammar.OrdersAre in kinds else {},
        "consents": reader.consents() if grammar.ConsentIs in kinds else {},
        "addresses": reader.records(Address, addresses) if kinds & {grammar.ChannelIs, grammar.Wrote} else {},
        "surveys": reader.records(Survey, surveys) if grammar.SurveyAnswered in kinds else {},
        "runs": reader.records(Enrollment, enrollments) if grammar.JourneyIs in kinds else {},
        "handoffs": reader.records(Handoff, handoffs) if grammar.HandoffIs in kinds else {},
    }
    messaged = reader.messaged() if grammar.Messaged in kinds else {}
    by_id, by_name = (
        reader.categories(found["carts"], found["orders"]) if _asks_category(condition) else ({}, {})
    )
    return {
        customer.id: Portrait(
            customer=customer,
            traits=found["traits"].get(customer.id, {}),
            messaged_at=messaged.get(customer.id),
            categories=by_id,
            categories_by_name=by_name,
            **{name: tuple(found[name].get(customer.id, ())) for name in TUPLES},
        )
        for customer in reader.survivors
    }


TUPLES = ("events", "carts", "orders", "consents", "addresses", "surveys", "runs", "handoffs")


def event_names(condition: Condition) -> set[str]:
    names = {part.name for part in walk(condition) if isinstance(part, grammar.EventDone)}
    tells = any(isinstance(part, grammar.TraitIs) and part.source == "shop" for part in walk(condition))
    return names | {"identify"} if tells else names


def _asks_category(condition: Condition) -> bool:
    return any(getattr(part, "category", None) is not None for part in walk(condition))


class _Reader:
    def __init__(self, connection: Connection, ids: Sequence[CustomerId]) -> None:
        self._connection = connection
        mine = or_(customers.c.id.in_(ids), customers.c.survivor_id.in_(ids))
        found = connection.execute(select(*columns_of(Customer, customers)).where(mine))
        everybody = [Customer(**row._mapping) for row in found]
        self.survivors = [customer for customer in everybody if customer.id in set(ids)]
        # Rows are led to who survived the merge.
        self._survivor_of = {customer.id: customer.survivor_id or customer.id for customer in everybody}

    def _rows(
        self, table: Table, columns: Iterable[Any], *conditions: Any
    ) -> Iterable[tuple[CustomerId, Any]]:
        mine = table.c.customer_id.in_(list(self._survivor_of))
        rows = self._connection.execute(select(*columns).where(mine, *conditions))
        return [(self._survivor_of[row.customer_id], row) for row in rows]

    def records(self, record: type[Record], table: Table, *conditions: Any) -> dict[CustomerId, Any]:
        found: dict[CustomerId, list[Record]] = defaultdict(list)
        for survivor, row in self._rows(table, columns_of(record, table), *conditions):
            found[survivor].append(record(**row._mapping))
        return found

    def events(self, names: set[str]) -> dict[CustomerId, Any]:
        return self.records(Event, events, events.c.name.in_(names)) if names else {}

    def consents(self) -> dict[CustomerId, Any]:
        newest = (
            select(func.max(consents.c.number))
            .where(consents.c.customer_id.in_(list(self._survivor_of)))
            .group_by(consents.c.customer_id, consents.c.channel, consents.c.topic)
        )
        return self.records(Consent, consents, consents.c.number.in_(newest))

    def traits(self) -> dict[CustomerId, Any]:
        found: dict[CustomerId, dict[str, str]] = defaultdict(dict)
        known = traits.c.value.is_not(None)
        for survivor, row in self._rows(traits, (traits.c.customer_id, traits.c.name, traits.c.value), known):
            found[survivor][row.name] = row.value
        return found

    def messaged(self) -> dict[CustomerId, Any]:
        sent = (messages.c.purpose.in_((Purpose.MARKETING, Purpose.SURVEY)), messages.c.sent_at.is_not(None))
        found: dict[CustomerId, Any] = {}
        for survivor, row in self._rows(messages, (messages.c.customer_id, messages.c.sent_at), *sent):
            found[survivor] = max(found.get(survivor, row.sent_at), row.sent_at)
        return found

    def categories(
        self, their_carts: dict[CustomerId, list[Cart]], their_orders: dict[CustomerId, list[Order]]
    ) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
        ids = {item.product_id for each in their_carts.values() for cart in each for item in cart.items}
        names = {item.name for each in their_orders.values() for order in each for item in order.items}
        rows = self._connection.execute(
            select(products.c.product_id, products.c.name, products.c.category).where(
                products.c.category.is_not(None),
                or_(products.c.product_id.in_(ids), products.c.name.in_(names)),
            )
        ).all()
        by_name: dict[str, frozenset[str]] = {}
        for row in rows:
            by_name[row.name] = by_name.get(row.name, frozenset()) | {row.category}
        return {row.product_id: frozenset((row.category,)) for row in rows}, by_name
