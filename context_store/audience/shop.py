"""Conditions on what customers did and bought, as SQL: events, carts, orders."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.json import JSONPATH

from context_store.audience import values
from context_store.audience.family import World, any_of, grouped
from context_store.audience.values import JsonMicros, JsonText, moment_test, range_test, text_test
from context_store.models.shop import CartRow, EventRow, OrderRow, ProductRow
from context_store.records.condition_parts import (
    Amount,
    ItemTest,
    KnownTest,
    NumberTest,
    Period,
    TextTest,
    edges,
)
from context_store.records.conditions import CartIs, EventDone, OrdersAre, PropertyIs, TraitIs
from context_store.rows import table_of

events = table_of(EventRow)
carts = table_of(CartRow)
orders = table_of(OrderRow)
products = table_of(ProductRow)

Test = ColumnElement[bool]


def event_done(condition: EventDone, world: World) -> Test:
    fitting: list[Test] = [events.c.name == condition.name]
    if condition.period is not None:
        fitting.append(moment_test(events.c.occurred_at, edges(condition.period, world.now)))
    fitting += [property_test(asked, world) for asked in condition.where]
    parts = [how_often(events, world, fitting, condition.times)]
    if condition.total is not None:
        # Of no events it is nothing at all.
        micros = func.coalesce(func.sum(_sum_of(condition.total.property, world)), 0)
        having = values.micros_test(micros, condition.total.test)
        parts.append(whole(events, world, fitting, having, is_true_of_none=_has_zero(condition.total.test)))
    if condition.last is not None:
        parts.append(newest(events, events.c.occurred_at, world, fitting, condition.last))
    return and_(*parts)


def how_often(table: Any, world: World, fitting: list[Test], times: Any) -> Test:
    if times.at_least == 1 and times.at_most is None:
        return any_of(table, world, *fitting)
    if times.at_most == 0:
        return ~any_of(table, world, *fitting) if times.has(0) else values.NOBODY
    return whole(table, world, fitting, range_test(func.count(), times), is_true_of_none=times.has(0))


def whole(table: Any, world: World, fitting: list[Test], having: Test, *, is_true_of_none: bool) -> Test:
    """Of all rows together. Who has none is in no group: they are among those who are not refused."""
    if is_true_of_none:
        return ~grouped(table, world, fitting, ~having)
    return grouped(table, world, fitting, having)


def newest(table: Any, moment: ColumnElement[Any], world: World, fitting: list[Test], period: Period) -> Test:
    """There is one, and the newest of them is in the period: none is behind its end, one is in it."""
    low, high = edges(period, world.now)
    found = any_of(table, world, *fitting, moment_test(moment, (low, None)))
    if high is None:
        return found
    return and_(found, ~any_of(table, world, *fitting, moment_test(moment, (high, None))))


def property_test(asked: PropertyIs, world: World) -> Test:
    return property_of(events.c.properties, asked.property, asked.test, world)


def property_of(
    column: ColumnElement[Any], path: str, test: TextTest | NumberTest | KnownTest, world: World
) -> Test:
    if world.is_sqlite:
        return values.property_on_sqlite(column, path, values.plain_test(test))
    value = _at(column, path)
    match test:
        case KnownTest():
            found = exists(select(1).select_from(value.scalar_alias).where(_is_something(value)))
            return found if test.op == "known" else ~found
        case NumberTest():
            return exists(
                select(1).select_from(value.scalar_alias).where(values.micros_test(JsonMicros(value), test))
            )
        case TextTest():
            # "is not" is true of none, not of any.
            positive = test if test.op != "is_not" else TextTest(op="is", values=test.values)
            found = exists(
                select(1).select_from(value.scalar_alias).where(text_test(JsonText(value), positive))
            )
            return ~found if test.op == "is_not" else found


def _at(column: ColumnElement[Any], path: str) -> Any:
    where = cast(values.json_path(path), JSONPATH)
    return func.jsonb_path_query(column, where, type_=JSONB).column_valued("found")


def _is_something(value: ColumnElement[Any]) -> Test:
    return func.jsonb_typeof(value, type_=String()) != "null"


def _sum_of(path: str, world: World) -> ColumnElement[Any]:
    """Of one event."""
    if world.is_sqlite:
        return func.hilo_property_sum(events.c.properties, path, type_=BigInteger())
    value = _at(events.c.properties, path)
    return select(func.sum(JsonMicros(value))).select_from(value.scalar_alias).scalar_subquery()


def _has_zero(test: NumberTest) -> bool:
    low, high = test.micros
    return (low is None or low <= 0) and (high is None or high >= 0)


def shop_trait(condition: TraitIs, world: World) -> Test:
    """What the newest `identify` says that says anything of it."""
    newer = events.alias("newer")
    known = KnownTest(op="known")
    is_newer = or_(
        newer.c.occurred_at > events.c.occurred_at,
        and_(newer.c.occurred_at == events.c.occurred_at, newer.c.received_at > events.c.received_at),
        and_(
            newer.c.occurred_at == events.c.occurred_at,
            newer.c.received_at == events.c.received_at,
            newer.c.id > events.c.id,
        ),
    )
    overtaken = exists().where(
        newer.c.customer_id == events.c.customer_id,
        newer.c.name == "identify",
        is_newer,
        property_of(newer.c.properties, condition.name, known, world),
    )
    told = [
        events.c.name == "identify",
        property_of(events.c.properties, condition.name, known, world),
        ~overtaken,
    ]
    match condition.test:
        case KnownTest(op="unknown"):
            return ~any_of(events, world, *told)
        case TextTest(op="is_not", values=refused):
            positive = TextTest(op="is", values=refused)
            return ~any_of(
                events, world, *told, property_of(events.c.properties, condition.name, positive, world)
            )
    return any_of(
        events, world, *told, property_of(events.c.properties, condition.name, condition.test, world)
    )


def cart_is(condition: CartIs, world: World) -> Test:
    item = Items(carts.c["items"], world)
    parts: list[Test] = [carts.c.status.in_(condition.status), item.any()]
    if condition.changed is not None:
        parts.append(moment_test(carts.c.changed_at, edges(condition.changed, world.now)))
    if condition.value is not None:
        worth = (
            select(func.coalesce(func.sum(item.number("quantity") * item.number("unit_price")), 0))
            .select_from(item.source)
            .scalar_subquery()
        )
        parts += [carts.c.currency == condition.value.currency, range_test(worth, condition.value)]
    if condition.product is not None:
        name, code = item.text("name"), item.text("product_id")
        parts.append(item.any(or_(text_test(name, condition.product), text_test(code, condition.product))))
    if condition.category is not None:
        parts.append(
            item.any(_in_category(products.c.product_id == item.text("product_id"), condition.category))
        )
    return any_of(carts, world, *parts)


def orders_are(condition: OrdersAre, world: World) -> Test:
    item = Items(orders.c["items"], world)
    fitting: list[Test] = [orders.c.status.in_(condition.status)]
    if condition.period is not None:
        fitting.append(moment_test(orders.c.placed_at, edges(condition.period, world.now)))
    if condition.product is not None:
        fitting.append(item.any(text_test(item.text("name"), condition.product)))
    if condition.category is not None:
        fitting.append(item.any(_in_category(products.c.name == item.text("name"), condition.category)))
    parts = [how_often(orders, world, fitting, condition.times)]
    if condition.total is not None:
        parts.append(_spent(condition.total, world, fitting))
    if condition.last is not None:
        parts.append(newest(orders, orders.c.placed_at, world, fitting, condition.last))
    return and_(*parts)


def _spent(total: Amount, world: World, fitting: list[Test]) -> Test:
    counted = case((orders.c.currency == total.currency, orders.c.total), else_=0)
    having = range_test(func.coalesce(func.sum(counted), 0), total)
    return whole(orders, world, fitting, having, is_true_of_none=total.has(0))


def _in_category(same: Test, category: ItemTest) -> Test:
    return exists().where(same, text_test(products.c.category, category))


class Items:
    """The things in a JSON list, one row each."""

    def __init__(self, column: ColumnElement[Any], world: World) -> None:
        self._is_sqlite = world.is_sqlite
        self.source: FromClause | Any
        if world.is_sqlite:
            self.source = func.json_each(column).table_valued("value", name="item")
        else:
            self._item = func.jsonb_array_elements(column, type_=JSONB).column_valued("item")
            self.source = self._item.scalar_alias

    def text(self, name: str) -> ColumnElement[Any]:
        if self._is_sqlite:
            return func.json_extract(self.source.c.value, f"$.{name}", type_=String())
        return self._item.op("->>", return_type=String())(name)

    def number(self, name: str) -> ColumnElement[Any]:
        return cast(self.text(name), BigInteger)

    def any(self, *conditions: Test) -> Test:
        return exists(select(1).select_from(self.source).where(*conditions))
