"""When may we write unasked, in the recipient's local time? Pure; back to UTC at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.core import get_global

LOOK_AHEAD_DAYS = 8
STEP = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """From when to when on each weekday (0 is Monday); a day that is missing has none."""

    windows: Mapping[int, tuple[time, time]]

    def allow(self, now: datetime, zone: str) -> bool:
        local = now.astimezone(ZoneInfo(zone))
        window = self.windows.get(local.weekday())
        return window is not None and window[0] <= local.time() < window[1]


def zones_of(timezone: str | None, country: str | None, default: str) -> tuple[str, ...]:
    """Their zone if it is known, else every zone of their country: the hour must be decent in all."""
    if timezone:
        return (timezone,)
    zones = get_global("territory_zones").get(country or "", [])
    return tuple(zones) or (default,)


def next_allowed(hours: Hours, now: datetime, zones: Sequence[str]) -> datetime | None:
    """`now` when it is allowed already, else the next moment that is; None when there is none in a week."""
    if all(hours.allow(now, zone) for zone in zones):
        return now
    moment = _next_quarter(now)
    for _ in range(int(timedelta(days=LOOK_AHEAD_DAYS) / STEP)):
        if all(hours.allow(moment, zone) for zone in zones):
            return moment
        moment += STEP
    return None


def _next_quarter(now: datetime) -> datetime:
    # Zones and opening times lie on quarters of an hour.
    whole = now.astimezone(UTC).replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return whole + STEP
