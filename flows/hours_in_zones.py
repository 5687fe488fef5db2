"""An hour that a customer wrote, where their clock and the shop's differ. Pure.

They read their own clock. Where nothing begins at that hour of theirs, they mean the shop's; the yes
that is asked for before anything is kept names both.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flows.booking_wishes import time_from
from flows.slots_of_day import Calendar

HALF_A_DAY = 12


def free_at(free: Calendar, day: date, hour: time, their_zone: str) -> datetime | None:
    """The free moment of the shop's day that is called so."""
    return next((start for start in _readings(free, day, hour, their_zone) if free.is_free(start)), None)


def start_from(said: str, free: Calendar, day: date, their_zone: str) -> datetime | None:
    """The free moment that an option stands for, or the hour that they wrote."""
    start = moment_from(said)
    if start is not None:
        return start if free.is_free(start) else None
    hour = time_from(said)
    return free_at(free, day, hour, their_zone) if hour else None


def moment_from(said: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _readings(free: Calendar, day: date, hour: time, their_zone: str) -> Iterator[datetime]:
    """The likeliest first. "At five" is in the afternoon where nothing begins at five."""
    later = [hour.hour + HALF_A_DAY] if hour.hour < HALF_A_DAY else []
    zones = dict.fromkeys((ZoneInfo(their_zone), free.zone))
    for number in (hour.hour, *later):
        for zone in zones:
            yield from _on_the_day(free, day, hour.replace(hour=number), zone)


def _on_the_day(free: Calendar, day: date, hour: time, zone: ZoneInfo) -> Iterator[datetime]:
    """Their clock may stand on the day before or after while the shop's is on `day`."""
    for nearby in (day, day - timedelta(days=1), day + timedelta(days=1)):
        start = datetime.combine(nearby, hour, zone).astimezone(UTC)
        if free.day_of(start) == day:
            yield start
