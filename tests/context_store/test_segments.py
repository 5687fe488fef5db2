"""The grammar's limits, saved segments, pages of ids, and the plans behind them."""

from typing import Any

import pytest
from sqlalchemy import text

from context_store.database import Database
from context_store.records import Customer, CustomerId, CustomerStatus, Segment, SegmentId, new_id
from context_store.records.conditions import (
    ConditionFault,
    SegmentIs,
    as_json,
    read_condition,
)
from context_store.records.plain_values import as_micros, fold, values_at
from context_store.segments import InUse
from tests.context_store.test_indexes import NOW, table_scans, watched

EVERYBODY: dict[str, Any] = {"kind": "all", "of": []}
BROAD: list[dict[str, Any]] = [
    {
        "kind": "event",
        "name": "Product Viewed",
        "times": {"at_least": 3},
        "last": {"op": "within", "amount": 9},
    },
    {"kind": "orders", "times": {"at_most": 2}, "total": {"at_least": 1, "currency": "EUR"}},
    {"kind": "cart", "category": {"op": "is", "values": ["velas"]}},
    {"kind": "orders", "category": {"op": "is", "values": ["velas"]}},
    {"kind": "consent", "channel": "sms", "topic": "marketing", "state": "allowed"},
    {"kind": "channel", "channel": "whatsapp", "state": "last_used"},
    {"kind": "wrote", "last": {"op": "longer_ago", "amount": 60}},
    {"kind": "messaged", "last": {"op": "within", "amount": 7}},
    {"kind": "survey", "is_bad": True},
    {"kind": "journey", "journey": "winback", "state": "in"},
    {"kind": "handoff", "state": "had"},
    {"kind": "trait", "source": "shop", "name": "plan", "test": {"op": "known"}},
    {"kind": "lifecycle", "states": ["vip", "at_risk"]},
]


def segment(key: str, condition: Any) -> Segment:
    return Segment(
        id=SegmentId(new_id()),
        key=key,
        name=key,
        condition=read_condition(condition),
        created_at=NOW,
        changed_at=NOW,
    )


def people(database: Database, count: int) -> list[CustomerId]:
    found = [CustomerId(new_id()) for _ in range(count)]
    with database.write() as uow:
        for who in found:
            uow.customers.add(Customer(id=who, created_at=NOW))
        uow.commit()
    return sorted(found)


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        ({"kind": "nope"}, "union_tag_invalid", ()),
        ({"kind": "channel"}, "missing", ("channel",)),
        ({"kind": "journey", "journey": 5, "state": "in"}, "string_type", ("journey",)),
        ({"kind": "orders", "zzz": 1}, "extra_forbidden", ("zzz",)),
        (
            {
                "kind": "all",
                "of": [EVERYBODY, {"kind": "not", "of": {"kind": "cart", "value": {"currency": "EUR"}}}],
            },
            "no_bound",
            ("of", 1, "of", "value"),
        ),
        ({"kind": "wrote", "last": {"op": "within", "amount": 0}}, "greater_than_equal", ("last", "amount")),
        ({"kind": "channel", "channel": "sms", "state": "window_open"}, "no_window", ()),
        ({"kind": "event", "name": "a\x00b"}, "unwritable", ("name",)),
        (
            {"kind": "orders", "period": {"op": "between", "since": "2026-03-29T00:00:00"}},
            "timezone_aware",
            ("period", "since"),
        ),
        ([], "model_attributes_type", ()),
        (None, "model_attributes_type", ()),
    ],
)
def test_what_cannot_be_is_told_with_its_place(data: Any, code: str, where: tuple[Any, ...]) -> None:
    with pytest.raises(ConditionFault) as caught:
        read_condition(data)
    assert (caught.value.code, caught.value.where) == (code, where)


def test_depth_and_size_are_bounded() -> None:
    deep: Any = EVERYBODY
    for _ in range(2000):
        deep = {"kind": "not", "of": deep}
    for data, code in ((deep, "too_deep"), ({"kind": "any", "of": [EVERYBODY] * 61}, "too_large")):
        with pytest.raises(ConditionFault) as caught:
            read_condition(data)
        assert caught.value.code == code


def test_the_saved_form_says_only_what_was_said() -> None:
    data = {"kind": "wrote", "last": {"op": "within", "amount": 3, "unit": "days"}}
    assert as_json(read_condition(data)) == data


def test_plain_values() -> None:
    assert fold("ÁRBOL Ñandú") == "arbol ñandu"
    assert [as_micros(value) for value in (True, "1.5", "1e3", 0.1, 10**12, "", None)] == [
        None,
        1_500_000,
        None,
        100_000,
        None,
        None,
        None,
    ]
    properties = {"products": [{"category": "a"}, {"category": ["b", None]}, "x"], "plan": "pro"}
    assert values_at(properties, "products.category") == ["a", "b"]
    assert values_at(properties, "plan.more") == []


def test_pages_of_ids_are_whole_and_in_order(database: Database) -> None:
    found = people(database, 7)
    everybody = read_condition(EVERYBODY)
    with database.read() as uow:
        first = uow.segments.ids(everybody, NOW, limit=3)
        second = uow.segments.ids(everybody, NOW, after=first[-1], limit=3)
        third = uow.segments.ids(everybody, NOW, after=second[-1], limit=3)
        assert [*first, *second, *third] == found
        assert uow.segments.count(everybody, NOW) == 7
        assert uow.segments.sample(everybody, NOW, 2) == [found[-1], found[-2]]


def test_who_was_merged_or_erased_is_in_nothing(database: Database) -> None:
    survivor, merged, erased = people(database, 3)
    with database.write() as uow:
        statement = "UPDATE customers SET status = 'merged' WHERE id = :merged"
        uow._connection.execute(text(statement), {"merged": merged.hex if database.is_sqlite else merged})
        uow.customers.save(Customer(id=erased, created_at=NOW, status=CustomerStatus.ERASED))
        uow.commit()
        assert uow.segments.ids(read_condition(EVERYBODY), NOW) == [survivor]


def test_names_stand_for_conditions_and_make_no_circle(database: Database) -> None:
    with database.write() as uow:
        uow.segments.save(segment("base", BROAD[0]))
        uow.segments.save(segment("top", {"kind": "not", "of": {"kind": "segment", "key": "base"}}))
        resolved = uow.segments.resolve(SegmentIs(key="top"))
        assert as_json(resolved)["of"]["kind"] == "event"
        for condition, code in (
            ({"kind": "segment", "key": "top"}, "circle"),
            ({"kind": "segment", "key": "base"}, "circle"),
            ({"kind": "segment", "key": "missing"}, "no_such_segment"),
        ):
            with pytest.raises(ConditionFault) as caught:
                uow.segments.save(segment("base", condition))
            assert caught.value.code == code
        with pytest.raises(InUse) as in_use:
            uow.segments.remove("base")
        assert in_use.value.names == ["top"]
        assert uow.segments.remove("top")
        assert uow.segments.remove("base")
        assert not uow.segments.remove("base")


def test_a_changed_condition_changes_who_depends_on_it(database: Database) -> None:
    with database.write() as uow:
        uow.segments.save(segment("base", BROAD[0]))
        uow.segments.save(segment("top", {"kind": "segment", "key": "base"}))
        uow.segments.save(segment("other", BROAD[1]))
        uow.segments.save(segment("base", BROAD[2]))
        versions = {one.key: one.version for one in uow.segments.all()}
    assert versions == {"base": 2, "top": 2, "other": 1}


def test_keys_come_from_names(database: Database) -> None:
    with database.write() as uow:
        assert uow.segments.free_key("  ¡Clientes VIP, 2026! ") == "clientes-vip-2026"
        assert uow.segments.free_key("🕯️") == "segment"
        uow.segments.save(segment("vip", EVERYBODY))
        assert uow.segments.free_key("VIP") == "vip-2"


@pytest.mark.parametrize("condition", BROAD, ids=lambda condition: str(condition["kind"]))
def test_a_page_and_a_turn_read_no_whole_table(database: Database, condition: dict[str, Any]) -> None:
    asked = read_condition(condition)
    who = CustomerId(new_id())
    with watched(database) as sent, database.read() as uow:
        uow.segments.ids(asked, NOW, after=who, limit=100)
        uow.segments.holds(asked, who, NOW)
    scans = [scan for one in sent for scan in table_scans(database, *one)]
    # The things in one cart are no table.
    assert [scan for scan in scans if not scan.startswith("SCAN item VIRTUAL TABLE")] == []
