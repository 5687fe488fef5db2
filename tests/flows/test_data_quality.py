"""What the counts by the hour say: how late, and what is wrong."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from context_store.records import AlertKind, EventCount
from flows.data_quality import Arrival, alerts, by_source, delay_measure, measures, streams
from flows.tracking_plan import load_plan

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
PLAN = load_plan()
EVENT = "Product Added"


def counts(hours: Iterable[int], event: str = EVENT, /, **told: int) -> list[EventCount]:
    """The same in each of those hours ago."""
    return [
        EventCount(
            hour=NOW - timedelta(hours=ago),
            source="web",
            event=event,
            measure=measure.replace("__", ":", 1).replace("__", "="),
            count=count,
            last_at=NOW - timedelta(hours=ago) + timedelta(minutes=30),
        )
        for ago in hours
        for measure, count in {"received": 10, **told}.items()
    ]


def found(told: list[EventCount]) -> list[tuple[AlertKind, str]]:
    return [(alert.kind, alert.property) for alert in alerts(told, PLAN, NOW)]


def test_what_comes_as_ever_raises_no_alert() -> None:
    assert found(counts(range(200), delay__60=10)) == []


def test_what_comes_no_more_is_told_once_the_silence_is_unusual() -> None:
    assert found(counts(range(2, 200))) == []
    assert found(counts(range(5, 200))) == [(AlertKind.STOPPED, "")]
    # A shop that sleeps at night: eight hours are usual, fourteen are not.
    by_day = [ago for ago in range(336) if ago % 24 < 16]
    assert found(counts(ago + 10 for ago in by_day)) == []
    assert found(counts(ago + 15 for ago in by_day)) == [(AlertKind.STOPPED, "")]
    # Too seldom to say.
    assert found(counts([100, 150, 200])) == []
    # No part of the plan: it comes and goes.
    assert found(counts(range(50, 200), "Button Pressed")) == []


def test_what_comes_late_is_told() -> None:
    assert found(counts(range(10), late=1)) == []
    assert found(counts(range(10), late=2)) == [(AlertKind.LATE, "")]


def test_values_that_change_are_told() -> None:
    before = counts(range(24, 100), missing__price=1)
    assert found(before + counts(range(24), missing__price=2)) == []
    assert found(before + counts(range(24), missing__price=4)) == [(AlertKind.DRIFT, "price")]
    assert found(before + counts(range(24), mistyped__price=9)) == [(AlertKind.DRIFT, "price")]


def test_a_value_never_seen_is_told() -> None:
    before = counts(range(25, 100), value__currency__EUR=10)
    assert found(before + counts(range(24), value__currency__EUR=9)) == []
    new = counts(range(24), value__currency__XXX=1)
    (alert,) = alerts(before + new, PLAN, NOW)
    assert (alert.kind, alert.property, alert.details) == (
        AlertKind.NEW_VALUE,
        "currency",
        {"values": ["XXX"]},
    )


def test_delays_of_a_source_are_those_of_its_events_together() -> None:
    told = counts([1], delay__2=6, delay__60=3, delay__3600=1) + counts([1], "x", delay__2=10)
    source = by_source(streams(told).values())["web"]
    assert (source.received, source.delay(0.5), source.delay(0.99)) == (20, 2, 3600)
    assert streams(told)["web", EVENT].delay(0.5) == 2


@pytest.mark.parametrize(
    ("seconds", "measure"), [(0, "1"), (1, "1"), (1.5, "2"), (61, "120"), (10**9, "604800")]
)
def test_delays_are_counted_in_few_steps(seconds: float, measure: str) -> None:
    assert delay_measure(seconds) == f"delay:{measure}"


def test_what_one_event_is_counted_as() -> None:
    properties: dict[str, Any] = {"product_id": "x", "price": "a lot", "currency": "EUR"}
    arrival = Arrival(
        event=EVENT,
        properties=properties,
        faults=PLAN.faults(EVENT, properties),
        delay=timedelta(minutes=90),
        is_matched=True,
    )
    assert list(measures(PLAN, arrival, timedelta(minutes=60))) == [
        "received",
        "delay:21600",
        "late",
        "matched",
        "misfit",
        "mistyped:price",
        "value:currency=EUR",
    ]
