"""The rest of the tracking API: all its calls, browsers, batches, what is late, doubled or wrong."""

import json
from datetime import timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as sql_event

from context_store.records import CartStatus, Event, IdentifierKind, InputStatus
from tests.bot.helpers import at_once, count_customers, inputs, whose
from tests.bot.test_events import PHONE, added, post
from tests.doubles import NOON
from tests.world import World, make_world

SHOP = "https://shop.example"


def events_of(world: World, user: str = "u1") -> list[Event]:
    who = whose(world, IdentifierKind.USER_ID, user)
    assert who is not None
    with world.database.read() as uow:
        found: list[Event] = uow.events.newest(who)
    return found


CALLS: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    ("identify", "i", {"traits": {"name": "Ana"}}, "identify", {"name": "Ana"}),
    ("track", "t", {"event": "Button  Pressed", "properties": {"n": 1}}, "Button Pressed", {"n": 1}),
    ("page", "p", {"name": "Home", "properties": {"url": "/"}}, "Page Viewed", {"name": "Home", "url": "/"}),
    ("screen", "s", {"name": "Main", "category": "x"}, "Screen Viewed", {"name": "Main", "category": "x"}),
    ("group", "g", {"groupId": "acme", "traits": {"size": 3}}, "group", {"groupId": "acme", "size": 3}),
    ("alias", "a", {"previousId": "old"}, "alias", {"previousId": "old"}),
]


@pytest.mark.parametrize(("call", "short", "body", "name", "properties"), CALLS, ids=[c[0] for c in CALLS])
def test_every_call_is_kept_by_its_long_and_its_short_path(
    sqlite_world: World, call: str, short: str, body: dict[str, Any], name: str, properties: dict[str, Any]
) -> None:
    assert post(sqlite_world, call, {"userId": "u1", "messageId": "m1", **body}).status_code == 200
    # As a browser's library sends it: no headers that would need a preflight.
    said = json.dumps({"userId": "u1", "messageId": "m2", "writeKey": "test-write-key", **body})
    answer = sqlite_world.client.post(f"/v1/{short}", data=said, content_type="text/plain")
    assert (answer.status_code, answer.get_json()) == (200, {"success": True})
    assert [(one.name, one.properties) for one in events_of(sqlite_world)] == [(name, properties)] * 2


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("track", {"userId": "u"}, "name of its event"),
    ("track", {"event": "x"}, "userId or anonymousId"),
    ("group", {"userId": "u"}, "groupId"),
    ("alias", {"userId": "u"}, "previousId and userId"),
    ("alias", {"anonymousId": "u", "previousId": "o"}, "previousId and userId"),
    ("identify", {"userId": "u", "traits": 3}, "traits"),
    ("identify", {"userId": "u" * 301}, "userId"),
    ("track", {"userId": "u", "event": "x", "timestamp": "yesterday"}, "timestamp"),
]


@pytest.mark.parametrize(("call", "body", "says"), WRONG)
def test_what_is_wrong_is_told_and_on_record(
    sqlite_world: World, call: str, body: dict[str, Any], says: str
) -> None:
    answer = post(sqlite_world, call, body)
    assert answer.status_code == 400
    assert says in answer.get_json()["error"]
    with sqlite_world.database.read() as uow:
        rejected = uow.tracking.rejected(10)
    assert [says in one.reason for one in rejected] == [True]
    assert json.loads(rejected[0].body)["type"] == call


@pytest.mark.parametrize(
    "body",
    [
        b'{"userId": "u1", "event": "x", "properties": {"n": NaN}}',
        b'{"userId": "u1", "event": "x", "properties": {"n": 1e999}}',
        b'{"userId": "u1", "event": "x", "properties": {"n": Infinity}}',
        b"{" * 50_000,
        b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
    ],
)
def test_what_no_database_keeps_is_refused(world: World, body: bytes) -> None:
    assert post(world, "track", body[:32_000]).status_code == 400


def test_half_an_emoji_and_a_nul_do_no_harm(world: World) -> None:
    body = b'{"userId": "u1", "event": "x\\u0000y", "properties": {"a\\ud83d": "\\ud83d \\u0000 ok"}}'
    assert post(world, "track", body).status_code == 200
    assert [one.name for one in events_of(world)] == ["xy"]


def test_a_large_member_of_a_batch_is_rejected_by_itself(sqlite_world: World) -> None:
    large = added("m1", properties={"product_id": "x", "name": "y" * 40_000})
    answer = post(sqlite_world, "b", {"batch": [large, added("m2")]})
    assert answer.get_json() == {"success": True, "rejected": {"0": "larger than 32768 bytes"}}
    many = [added(str(number)) for number in range(1001)]
    assert post(sqlite_world, "batch", {"batch": many}).status_code == 400
    assert post(sqlite_world, "batch", b" " * 512_001).status_code == 400


def test_pages_need_no_turn(sqlite_world: World) -> None:
    post(sqlite_world, "page", {"anonymousId": "a1", "name": "Home"})
    assert inputs(sqlite_world) == []


def test_a_batch_is_one_input_for_each_customer(world: World) -> None:
    batch = [added(f"m{number}", userId=f"u{number % 2}") for number in range(10)]
    post(world, "batch", {"batch": batch})
    assert len(inputs(world)) == 2
    world.work()
    assert {status for _, status in inputs(world)} == {InputStatus.DONE}
    who = whose(world, IdentifierKind.USER_ID, "u1")
    with world.database.read() as uow:
        assert uow.carts.live(who).items[0].quantity == 5


def test_a_batch_of_known_customers_costs_no_statement_an_event(sqlite_world: World) -> None:
    def statements(batch: list[dict[str, Any]]) -> int:
        sent: list[str] = []
        engine = sqlite_world.database._engine

        def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
            sent.append(statement)

        sql_event.listen(engine, "before_cursor_execute", note)
        assert post(sqlite_world, "batch", {"batch": batch}).get_json()["rejected"] == {}
        sql_event.remove(engine, "before_cursor_execute", note)
        return len(sent)

    statements([added(f"first{number}", userId=f"u{number}") for number in range(100)])
    few = statements([added("m0", userId="u0")])
    many = statements([added(f"m{number}", userId=f"u{number}") for number in range(100)])
    assert many <= few + 2
    assert many < 12


def test_a_member_that_came_before_is_kept_once(world: World) -> None:
    for _ in range(2):
        post(world, "batch", {"batch": [added("m1"), added("m1"), added("m2")]})
    assert len(events_of(world)) == 2
    with world.database.read() as uow:
        counted = {count.measure: count.count for count in uow.tracking.counts_since(NOON)}
    assert (counted["received"], counted["repeated"]) == (2, 4)


def test_two_batches_of_the_same_new_person_at_once_make_one_customer(world: World) -> None:
    batches = [
        [added("a1", anonymousId="x"), added("a2", anonymousId="x", userId="u2")],
        [added("b1", userId="u2", anonymousId="x"), added("b2", anonymousId="x")],
    ]

    def send(batch: list[dict[str, Any]]) -> int:
        client = world.client.application.test_client()
        body = {"batch": batch, "writeKey": "test-write-key"}
        return client.post("/v1/batch", json=body).status_code

    assert at_once([lambda batch=batch: send(batch) for batch in batches]) == [200, 200]  # type: ignore[misc]
    assert len(events_of(world)) + len(events_of(world, "u2")) >= 4


@pytest.mark.parametrize(
    ("told", "happened_before"),
    [
        ({}, 0),
        ({"timestamp": "2026-11-23T10:00:00Z"}, 60),
        # Its clock is ten minutes fast: what counts is that it was sent five minutes after.
        ({"originalTimestamp": "2026-11-23T11:05:00Z", "sentAt": "2026-11-23T11:10:00Z"}, 5),
        ({"timestamp": "2026-11-23T12:00:00Z"}, 0),
        # A clock that was never set.
        ({"timestamp": "1970-01-01T00:00:00Z"}, 0),
        ({"timestamp": "0001-01-01T00:00:00Z", "sentAt": "9999-12-31T23:59:59Z"}, 0),
        ({"timestamp": "2026-11-23T10:00:00Z", "sentAt": None}, 60),
    ],
)
def test_when_it_happened(sqlite_world: World, told: dict[str, Any], happened_before: int) -> None:
    assert post(sqlite_world, "batch", {"batch": [added("m1", **told)]}).get_json()["rejected"] == {}
    assert events_of(sqlite_world)[0].occurred_at == NOON - timedelta(minutes=happened_before)


def test_the_batchs_time_of_sending_counts_for_its_members(sqlite_world: World) -> None:
    member = added("m1", timestamp="2026-11-23T12:00:00Z")
    post(sqlite_world, "batch", {"batch": [member], "sentAt": "2026-11-23T12:30:00Z"})
    assert events_of(sqlite_world)[0].occurred_at == NOON - timedelta(minutes=30)


def test_an_alias_gives_the_visitor_a_name(world: World) -> None:
    post(world, "track", added("m1", userId=None, anonymousId="visitor"))
    post(world, "alias", {"previousId": "visitor", "userId": "u1", "messageId": "a1"})
    visitor = whose(world, IdentifierKind.ANONYMOUS_ID, "visitor")
    assert visitor == whose(world, IdentifierKind.USER_ID, "u1")
    assert count_customers(world) == 1
    # A name that nobody has yet belongs to the same from now on.
    post(world, "alias", {"previousId": "u1", "userId": "u9", "messageId": "a2"})
    post(world, "alias", {"previousId": "new", "userId": "u9", "messageId": "a3"})
    assert whose(world, IdentifierKind.USER_ID, "u9") == visitor
    assert whose(world, IdentifierKind.ANONYMOUS_ID, "new") == visitor


def test_within_a_batch_an_alias_counts_for_what_comes_after_it(world: World) -> None:
    batch = [
        added("m1", userId=None, anonymousId="visitor"),
        {"type": "alias", "previousId": "visitor", "userId": "u1", "messageId": "a1"},
        added("m2"),
    ]
    assert post(world, "batch", {"batch": batch}).get_json()["rejected"] == {}
    assert count_customers(world) == 1
    assert len(events_of(world)) == 3


def test_the_newest_word_about_a_customer_counts_by_its_own_time(world: World) -> None:
    for minute, traits in ((30, {"name": "New", "points": 5}), (10, {"name": "Old", "city": "Quito"})):
        moment = f"2026-11-23T10:{minute}:00Z"
        told = {"userId": "u1", "messageId": f"i{minute}", "timestamp": moment, "traits": traits}
        post(world, "identify", {**told, "traits": {**traits, "phone": PHONE}})
        world.work()
    customer = world.customer(PHONE)
    assert (customer.name, customer.loyalty_points) == ("New", 5)
    with world.database.read() as uow:
        traits = {name: trait.value for name, trait in uow.told_traits.of(customer.id).items()}
    assert traits == {"name": "New", "points": 5, "city": "Quito", "phone": PHONE}


STORY = [
    ("Product Added", 1, {"cart_id": "c1", "product_id": "lamp", "price": 50}),
    ("Product Added", 2, {"cart_id": "c1", "product_id": "mug", "price": 8, "quantity": 2}),
    ("Product Removed", 3, {"cart_id": "c1", "product_id": "mug", "quantity": 1}),
    ("Order Completed", 4, {"order_id": "7", "total": 58, "products": [{"product_id": "lamp", "price": 50}]}),
    ("Order Refunded", 5, {"order_id": "7", "total": 8}),
]


def told(name: str, minute: int, properties: dict[str, Any]) -> dict[str, Any]:
    moment = f"2026-11-23T10:{minute:02d}:00Z"
    return {
        "type": "track",
        "userId": "u1",
        "event": name,
        "messageId": f"m{minute}",
        "timestamp": moment,
        "properties": properties,
    }


def state_of(world: World) -> tuple[Any, ...]:
    who = whose(world, IdentifierKind.USER_ID, "u1")
    with world.database.read() as uow:
        carts = [(cart.key, cart) for cart in uow.carts.of(who)]
        order = uow.orders.get(who, "7")
        runs = uow.enrollments.running(who)
        waiting = uow.timers.waiting(who)
    return (
        {key: (cart.status, {item.product_id: item.quantity for item in cart.items}) for key, cart in carts},
        (order.status, order.total, len(order.items), [refund.amount for refund in order.refunds]),
        (runs, waiting),
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    order=st.permutations(STORY),
    cuts=st.sets(st.integers(min_value=1, max_value=len(STORY) - 1)),
    twice=st.sampled_from(range(len(STORY))),
)
def test_the_state_is_the_same_in_whatever_order_and_batches_they_come(
    sqlite_ground: Any, order: list[Any], cuts: set[int], twice: int
) -> None:
    with sqlite_ground.world() as world:
        arrived = [told(*one) for one in [*order, order[twice]]]
        starts = [0, *sorted(cuts), len(arrived)]
        for start, end in pairwise(starts):
            post(world, "batch", {"batch": arrived[start:end]})
            world.work()
        assert state_of(world) == (
            {"c1": (CartStatus.CONVERTED, {"lamp": 1, "mug": 1})},
            ("placed", 5800, 1, [800]),
            # Nobody is reminded of what was bought.
            ([], []),
        )


def test_an_old_order_that_comes_late_leaves_the_reminder_of_what_was_added_since(world: World) -> None:
    post(world, "track", told("Product Added", 30, {"cart_id": "c1", "product_id": "lamp", "price": 50}))
    world.work()
    post(world, "track", told("Order Completed", 10, {"cart_id": "c1", "order_id": "7"}))
    world.work()
    who = whose(world, IdentifierKind.USER_ID, "u1")
    with world.database.read() as uow:
        assert len(uow.enrollments.running(who)) == 1
    post(world, "track", told("Order Completed", 40, {"order_id": "8"}))
    world.work()
    with world.database.read() as uow:
        assert (uow.enrollments.running(who), uow.timers.waiting(who)) == ([], [])


def test_what_was_bought_is_no_reason_for_a_reminder_whichever_came_first() -> None:
    """All arrivals of the shortest story, to the end of the reminder's wait."""
    story = [told(*STORY[0]), told(*STORY[3])]
    for order in permutations(story):
        world = make_world("sqlite://")
        world.house.parts.database.migrate()
        for one in order:
            post(world, "track", one)
            world.work()
        world.clock.forward(hours=3)
        assert world.tick() == []
        world.house.close()


def preflight(world: World, origin: str) -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return world.client.options("/v1/t", headers=headers)


def test_only_pages_on_the_list_may_send() -> None:
    world = make_world("sqlite://", event_origins=f"{SHOP}/, https://app.example")
    world.house.parts.database.migrate()
    said = {**added("m1"), "writeKey": "test-write-key"}
    allowed = world.client.post("/v1/t", json=said, headers={"Origin": SHOP})
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, SHOP)
    refused = world.client.post("/v1/t", json=said, headers={"Origin": "https://evil.example"})
    assert (refused.status_code, "EVENT_ORIGINS" in refused.get_json()["error"]) == (403, True)
    assert "Access-Control-Allow-Origin" not in refused.headers
    asked = preflight(world, SHOP)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert "content-type" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers
    assert "Access-Control-Allow-Origin" not in preflight(world, "null").headers
    assert refused.headers["Vary"] == "Origin"
    world.house.close()


def test_a_star_lets_every_page_send() -> None:
    world = make_world("sqlite://", event_origins="*")
    assert (
        preflight(world, "https://any.example").headers["Access-Control-Allow-Origin"]
        == "https://any.example"
    )
    world.house.close()
