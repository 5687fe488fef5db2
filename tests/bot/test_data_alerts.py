"""Data quality from the request to the alert: what is counted, marked, told once, and closed again."""

import logging
from datetime import timedelta

import pytest

from bot.data_alerts import KEEP_COUNTS, check, check_now
from context_store.records import AlertKind, FaultKind, IdentifierKind
from tests.bot.helpers import whose
from tests.bot.test_events import PHONE, added, post
from tests.world import World


def test_what_does_not_fit_is_kept_marked_and_shown(world: World) -> None:
    wrong = {"cart_id": "c1", "product_id": "lamp", "price": "a lot <script>", "name": "Lamp"}
    post(world, "track", added("m1", properties=wrong))
    post(world, "track", added("m2", event="Button Pressed"))
    who = whose(world, IdentifierKind.USER_ID, "u1")
    with world.database.read() as uow:
        marks = {event.name: event.misfits for event in uow.events.newest(who)}
        shown = {(one.event, one.fault, one.property, one.sample) for one in uow.tracking.misfits(10)}
    assert marks == {"Product Added": ("price: mistyped",), "Button Pressed": ("unplanned",)}
    assert shown == {
        ("Product Added", FaultKind.MISTYPED, "price", "a lot <script>"),
        ("Button Pressed", FaultKind.UNPLANNED, "", ""),
    }


def measured(world: World) -> dict[str, int]:
    with world.database.read() as uow:
        found = uow.tracking.counts_since(world.clock.now() - timedelta(days=1))
    return {count.measure: count.count for count in found if count.event == "Product Added"}


def test_who_can_be_written_to_is_counted_as_matched(world: World) -> None:
    post(world, "track", added("m1"))
    assert "matched" not in measured(world)
    post(world, "identify", {"userId": "u1", "messageId": "i1", "traits": {"phone": PHONE}})
    post(world, "batch", {"batch": [added("m2"), added("m3", userId="new")]})
    assert (measured(world)["received"], measured(world)["matched"]) == (3, 1)


def test_what_came_too_late_is_counted(sqlite_world: World) -> None:
    moments = ("2026-11-23T09:59:00Z", "2026-11-23T10:01:00Z")
    post(sqlite_world, "batch", {"batch": [added(moment, timestamp=moment) for moment in moments]})
    found = measured(sqlite_world)
    assert (found["late"], found["delay:21600"], found["delay:3600"]) == (1, 1, 1)


def test_an_event_that_stops_is_told_once_and_closed_when_it_comes_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(24):
        post(world, "track", added(f"m{number}"))
        world.clock.forward(hours=1)
    world.clock.forward(hours=3)
    with caplog.at_level(logging.INFO, "hilo.data"):
        (alert,) = check(world.house.parts, world.clock.now())
        assert check(world.house.parts, world.clock.now()) == [alert]
        post(world, "track", added("again"))
        check_now(world.house.parts)
    assert (alert.kind, alert.source, alert.event) == (AlertKind.STOPPED, "web", "Product Added")
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.INFO]
    with world.database.read() as uow:
        (closed,) = uow.tracking.alerts(world.clock.now())
    assert closed.closed_at == world.clock.now()


def test_counts_and_rejected_messages_are_not_kept_for_ever(world: World) -> None:
    post(world, "track", {"userId": "u1"})
    world.clock.forward(seconds=KEEP_COUNTS.total_seconds() + 3600)
    check_now(world.house.parts)
    with world.database.read() as uow:
        assert uow.tracking.rejected(10) == []
        assert uow.tracking.counts_since(world.clock.now() - timedelta(days=400)) == []
