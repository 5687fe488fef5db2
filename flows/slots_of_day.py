"""Which times are free? Pure: the plan, what is taken, and now come in.

Days are the shop's. A window is walked in UTC from its opening to its end, so that a day on which clocks
change has the hours that it really has.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from context_store.records import AppointmentId, TakenTime
from flows.booking_plan import Plan, Service


class Part(StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


PARTS = {
    Part.MORNING: (time(0), time(13)),
    Part.AFTERNOON: (time(13), time(20)),
    Part.EVENING: (time(18), time(23, 59)),
}


class DayFault(StrEnum):
    """Why nothing can be booked on a day."""

    PAST = "past"
    TOO_FAR = "too_far"
    CLOSED = "closed"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """One service's free times, as they are now."""

    plan: Plan
    service: Service
    now: datetime
    taken: Sequence[TakenTime] = ()
    by_day: Mapping[date, list[TakenTime]] = field(init=False)

    def __post_init__(self) -> None:
        days: dict[date, list[TakenTime]] = {}
        for one in self.taken:
            if one.service == self.service.key and one.seat < self.service.capacity:
                for day in {self.day_of(one.starts_at), self.day_of(one.ends_at)}:
                    days.setdefault(day, []).append(one)
        object.__setattr__(self, "by_day", days)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plan.timezone)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def starts(self, day: date) -> Iterator[datetime]:
        """Every beginning that the opening times allow, taken or not."""
        if day in self.plan.closed:
            return
        step = timedelta(minutes=self.plan.slot_minutes)
        length = timedelta(minutes=self.service.minutes)
        for opens, closes in self.plan.hours.get(day.weekday(), ()):
            start = datetime.combine(day, opens, self.zone).astimezone(UTC)
            end = datetime.combine(day, closes, self.zone).astimezone(UTC)
            while start + length <= end:
                yield start
                start += step

    def free(self, day: date, part: Part | None = None) -> Iterator[datetime]:
        """What can still be booked on that day, the earliest first."""
        earliest = self.now + timedelta(minutes=self.plan.lead_minutes)
        latest = self.now + timedelta(days=self.plan.ahead_days)
        for start in self.starts(day):
            if earliest <= start <= latest and self._has_room(start) and self._is_in(part, start):
                yield start

    def is_free(self, start: datetime) -> bool:
        return start in self.free(self.day_of(start))

    def fault(self, day: date) -> DayFault | None:
        """None when something is free."""
        today = self.day_of(self.now)
        if day < today:
            return DayFault.PAST
        if day > today + timedelta(days=self.plan.ahead_days):
            return DayFault.TOO_FAR
        if next(self.starts(day), None) is None:
            return DayFault.CLOSED
        return None if next(self.free(day), None) else DayFault.FULL

    def days(self, most: int, near: date | None = None) -> list[date]:
        """Days on which something is free, in order: the next ones, or those nearest to `near`."""
        found = (day for day in self._candidates(near) if next(self.free(day), None))
        return sorted(islice(found, most))

    def _candidates(self, near: date | None) -> Iterator[date]:
        today = self.day_of(self.now)
        ahead = [today + timedelta(days=number) for number in range(self.plan.ahead_days + 1)]
        if near is not None:
            ahead.sort(key=lambda day: (abs(day - near), day))
        return iter(ahead)

    def _has_room(self, start: datetime) -> bool:
        end = start + timedelta(minutes=self.service.minutes)
        nearby = {*self.by_day.get(self.day_of(start), ())} | {*self.by_day.get(self.day_of(end), ())}
        seats = {one.seat for one in nearby if one.starts_at < end and start < one.ends_at}
        return len(seats) < self.service.capacity

    def _is_in(self, part: Part | None, start: datetime) -> bool:
        if part is None:
            return True
        begins, ends = PARTS[part]
        return begins <= start.astimezone(self.zone).time() < ends


def spread(starts: Sequence[datetime], most: int) -> list[datetime]:
    """At most so many of them, from the whole day rather than its first hours."""
    if len(starts) <= most:
        return list(starts)
    last = len(starts) - 1
    return [starts[round(number * last / (most - 1))] for number in range(most)]


def calendar_of(
    plan: Mapping[str, Any],
    taken: Sequence[Mapping[str, Any]],
    key: object,
    now: datetime,
    *,
    leaving: object = None,
) -> Calendar | None:
    """From facts as actions get them; None for a service that there is not.

    The appointment `leaving` is about to give its time back.
    """
    checked = Plan.model_validate(plan)
    service = checked.service(key)
    if service is None:
        return None
    times = [
        TakenTime(
            id=AppointmentId(UUID(one["id"])),
            service=one["service"],
            starts_at=datetime.fromisoformat(one["starts_at"]),
            ends_at=datetime.fromisoformat(one["ends_at"]),
            seat=one["seat"],
        )
        for one in taken
        if one["service"] == service.key and one["id"] != leaving
    ]
    return Calendar(plan=checked, service=service, now=now, taken=times)
