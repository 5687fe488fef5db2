"""Which times are free: opening times, what is taken, and days on which clocks change."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from context_store.records import AppointmentId, TakenTime, new_id
from flows.booking_plan import Plan, load_plan
from flows.booking_words import time_in_both
from flows.slots_of_day import Calendar, DayFault, Part, spread

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # Monday, 12:00 in Madrid
MONDAY, TUESDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 29)
FILE: dict[str, Any] = {
    "timezone": "Europe/Madrid",
    "services": [{"key": "a", "names": {"es": "A", "en": "A", "pt": "A"}, "minutes": 60, "capacity": 2}],
    "slot_minutes": 30,
    "lead_minutes": 120,
    "ahead_days": 10,
    "hours": {"0,1,2,3,4,5": [["10:00", "12:00"], ["16:00", "18:00"]]},
    "closed": ["2026-11-26"],
}


def plan(**changes: Any) -> Plan:
    return Plan.model_validate({**FILE, **changes})


def calendar(*taken: TakenTime, now: datetime = NOW, **changes: Any) -> Calendar:
    checked = plan(**changes)
    return Calendar(plan=checked, service=checked.services[0], now=now, taken=taken)


def taken(hour: str, seat: int = 0, minutes: int = 60, service: str = "a") -> TakenTime:
    start = datetime.fromisoformat(f"2026-11-24T{hour}").replace(tzinfo=MADRID).astimezone(UTC)
    return TakenTime(
        id=AppointmentId(new_id()),
        service=service,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        seat=seat,
    )


def hours(free: Calendar, day: date, part: Part | None = None) -> list[str]:
    return [f"{start.astimezone(MADRID):%H:%M}" for start in free.free(day, part)]


def test_an_appointment_lies_within_one_window_and_begins_on_the_grid() -> None:
    assert hours(calendar(), TUESDAY) == ["10:00", "10:30", "11:00", "16:00", "16:30", "17:00"]


def test_the_first_hours_from_now_are_not_offered() -> None:
    assert hours(calendar(now=NOW + timedelta(hours=2, minutes=15)), MONDAY) == ["16:30", "17:00"]


def test_a_time_is_gone_when_every_place_is_taken_for_any_part_of_it() -> None:
    assert hours(calendar(taken("10:30")), TUESDAY)[:3] == ["10:00", "10:30", "11:00"]
    full = calendar(taken("10:30"), taken("10:30", seat=1))
    assert hours(full, TUESDAY) == ["16:00", "16:30", "17:00"]


def test_what_others_have_elsewhere_takes_nothing() -> None:
    others = [taken("10:30", service="b"), taken("10:30", service="b", seat=1), taken("10:30", seat=7)]
    assert hours(calendar(*others), TUESDAY)[0] == "10:00"
    before = [taken("09:00"), taken("09:00", seat=1)]
    assert hours(calendar(*before), TUESDAY)[0] == "10:00", "it ends as ours begins"


FAULTS: Mapping[date, DayFault | None] = {
    MONDAY - timedelta(days=1): DayFault.PAST,
    TUESDAY: None,
    date(2026, 11, 26): DayFault.CLOSED,
    SUNDAY: DayFault.CLOSED,
    MONDAY + timedelta(days=11): DayFault.TOO_FAR,
}


@pytest.mark.parametrize(("day", "fault"), FAULTS.items())
def test_it_says_why_nothing_is_free_on_a_day(day: date, fault: DayFault | None) -> None:
    assert calendar().fault(day) is fault


def test_a_day_without_a_place_left_is_full() -> None:
    all_day = [taken("00:00", seat=seat, minutes=24 * 60) for seat in (0, 1)]
    assert calendar(*all_day).fault(TUESDAY) is DayFault.FULL
    assert TUESDAY not in calendar(*all_day).days(3)


def test_days_are_the_next_or_the_nearest_in_order() -> None:
    assert calendar().days(3) == [MONDAY, TUESDAY, date(2026, 11, 25)]
    assert calendar().days(3, near=SUNDAY) == [date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 30)]
    assert len(calendar().days(100)) == 9, "no farther than ten days, without Sunday and the closed day"


NIGHT = {"hours": {"6": [["00:00", "06:00"]]}, "ahead_days": 120, "slot_minutes": 60, "closed": []}


@pytest.mark.parametrize(
    ("day", "real_hours", "first", "last"),
    [
        # From two to three there are two hours in October, and none in March.
        (date(2026, 10, 25), 7, "2026-10-24T22:00+00:00", "2026-10-25T04:00+00:00"),
        (date(2027, 3, 28), 5, "2027-03-27T23:00+00:00", "2027-03-28T03:00+00:00"),
        (date(2026, 11, 29), 6, "2026-11-28T23:00+00:00", "2026-11-29T04:00+00:00"),
    ],
)
def test_a_day_on_which_clocks_change_has_the_hours_that_it_has(
    day: date, real_hours: int, first: str, last: str
) -> None:
    now = datetime.combine(day - timedelta(days=3), datetime.min.time(), UTC)
    starts = list(calendar(now=now, **NIGHT).free(day))
    assert len(starts) == len(set(starts)) == real_hours
    assert [starts[0], starts[-1]] == [datetime.fromisoformat(first), datetime.fromisoformat(last)]


@pytest.mark.parametrize(
    ("day", "utc"), [(date(2026, 10, 24), 8), (date(2026, 10, 26), 9), (date(2027, 3, 29), 8)]
)
def test_ten_in_the_morning_is_ten_on_either_side_of_the_change(day: date, utc: int) -> None:
    now = datetime.combine(day - timedelta(days=5), datetime.min.time(), UTC)
    assert next(calendar(now=now).free(day)).hour == utc


def test_a_long_day_is_shown_from_its_beginning_to_its_end() -> None:
    starts = list(calendar(hours={"1": [["08:00", "20:00"]]}).free(TUESDAY))
    shown = spread(starts, 7)
    assert (len(shown), shown[0], shown[-1]) == (7, starts[0], starts[-1])
    assert spread(starts[:3], 7) == starts[:3]


def test_parts_of_the_day_narrow_what_is_offered() -> None:
    assert hours(calendar(), TUESDAY, Part.MORNING) == ["10:00", "10:30", "11:00"]
    assert hours(calendar(), TUESDAY, Part.AFTERNOON) == ["16:00", "16:30", "17:00"]


def test_their_hour_stands_beside_the_shops_where_it_is_another() -> None:
    start = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert time_in_both(start, "Europe/Madrid", "Europe/Madrid", "es") == "10:00"
    assert time_in_both(start, "Europe/Madrid", "Europe/Paris", "es") == "10:00"
    assert time_in_both(start, "Europe/Madrid", "Europe/Lisbon", "pt") == "10:00 (09:00 em Lisboa)"
    assert time_in_both(start, "Europe/Madrid", "UTC", "pt") == "10:00 (09:00 no seu fuso)"
    early = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    assert time_in_both(early, "Europe/Madrid", "America/Bogota", "en") == "05:00 (Mon 23:00 in Bogota)"


BAD: list[dict[str, Any]] = [
    {"slot_minutes": 7},
    {"slot_minutes": 0},
    {"timezone": "Europe/Atlantis"},
    {"hours": {"7": [["10:00", "12:00"]]}},
    {"hours": {"0": [["12:00", "10:00"]]}},
    {"hours": {"0": [["10:00", "12:00"], ["11:00", "13:00"]]}},
    {"hours": {"0": [["10:03", "12:00"]]}},
    {"ahead_days": 4000},
    {"services": [FILE["services"][0], FILE["services"][0]]},
    {"services": [{**FILE["services"][0], "capacity": 0}]},
    {"services": [{**FILE["services"][0], "names": {"es": "A", "en": "A"}}]},
    {"slots": 3},
]


@pytest.mark.parametrize("change", BAD)
def test_a_fault_in_the_file_is_found_when_it_is_loaded(change: dict[str, Any]) -> None:
    plan()
    with pytest.raises((ValidationError, ValueError, LookupError)):
        plan(**change)


def test_the_file_that_ships_can_be_booked(tmp_path: Path) -> None:
    shipped = load_plan("Europe/Madrid")
    for service in shipped.services:
        assert Calendar(plan=shipped, service=service, now=NOW).days(1)
        assert max(len(service.name(language)) for language in ("es", "en", "pt")) <= 24
    own = tmp_path / "booking.yml"
    own.write_text("timezone: America/Bogota\nservices: []\nslot_minutes: 30\nlead_minutes: 0\n"
                   "ahead_days: 5\nhours: {}\n", encoding="utf-8")  # fmt: skip
    assert load_plan("Europe/Madrid", own).timezone == "America/Bogota"
