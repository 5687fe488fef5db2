"""Working hours: zones, holidays, breaks, the hour that a clock change takes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.hours import HoursFault, after_working, check_region, is_open, next_opening, spans_in
from tests.doubles import NOON
from tests.handoff.staffing import OFFICE_HOURS, team

OFFICE = team(hours=OFFICE_HOURS, country="ES", region="MD")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T11:00", True),  # Monday noon in Madrid
        ("2026-11-23T13:00", False),  # 14:00: the break has begun
        ("2026-11-23T15:00", True),  # 16:00: it is over
        ("2026-11-23T07:59", False),
        ("2026-11-28T11:00", False),  # Saturday
        ("2026-12-08T11:00", False),  # the Immaculate Conception
        ("2026-05-15T10:00", True),  # a feast of the city, not of the region
        ("2026-07-01T07:00", True),  # 9:00 in summer time
    ],
)
def test_when_it_is_open(moment: str, expected: bool) -> None:
    assert is_open(OFFICE, at(moment)) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T11:00", "2026-11-23T11:00"),
        ("2026-11-23T13:30", "2026-11-23T15:00"),
        ("2026-11-27T20:00", "2026-11-30T08:00"),  # over the weekend
        ("2026-12-07T20:00", "2026-12-09T08:00"),  # over a holiday
        ("2026-03-28T20:00", "2026-03-30T07:00"),  # over the change to summer time
    ],
)
def test_when_it_opens_next(moment: str, expected: str) -> None:
    assert next_opening(OFFICE, at(moment)) == at(expected)


def test_a_day_of_its_own_is_closed_too() -> None:
    closed = team(hours=OFFICE_HOURS, closed_days=(date(2026, 11, 23),))
    assert not is_open(closed, NOON)


def test_who_never_opens_never_opens() -> None:
    never = team(hours=((),) * 7)
    assert next_opening(never, NOON) is None
    assert after_working(never, NOON, timedelta(hours=1)) == NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2026-11-23T11:00", 30, "2026-11-23T11:30"),
        ("2026-11-23T12:45", 30, "2026-11-23T15:15"),  # the break does not count
        ("2026-11-27T18:50", 15, "2026-11-30T08:05"),  # nor does the weekend
        ("2026-11-28T10:00", 15, "2026-11-30T08:15"),
    ],
)
def test_targets_count_working_time(start: str, minutes: int, expected: str) -> None:
    assert after_working(OFFICE, at(start), timedelta(minutes=minutes)) == at(expected)


MINUTES = st.integers(min_value=1, max_value=5000)


@given(st.integers(min_value=0, max_value=2 * 365 * 24 * 60), MINUTES, MINUTES)
def test_working_time_adds_up(later: int, one: int, two: int) -> None:
    start = NOON + timedelta(minutes=later)
    first, second = timedelta(minutes=one), timedelta(minutes=two)
    stepwise = after_working(OFFICE, after_working(OFFICE, start, first), second)
    assert stepwise == after_working(OFFICE, start, first + second)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9-14, 16:30-20", ("09:00-14:00", "16:30-20:00")),
        ("", ()),
        ("00:00-24:00", ("00:00-24:00",)),
    ],
)
def test_spans_as_people_write_them(written: str, expected: tuple[str, ...]) -> None:
    assert spans_in(written) == expected


@pytest.mark.parametrize("written", ["9", "14-9", "9-14, 13-15", "9-25", "9:60-10", "a-b", "9-9", "²-3"])
def test_spans_that_mean_nothing(written: str) -> None:
    with pytest.raises(HoursFault):
        spans_in(written)


def test_holidays_of_nowhere() -> None:
    check_region("ES", "MD")
    for country, region in (("ES", "ZZ"), ("XQ", None)):
        with pytest.raises(HoursFault):
            check_region(country, region)
