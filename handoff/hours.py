"""When is a team at work? Its week, its country's holidays and its own closed days, in its zone. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from context_store.records import Team

# No team is closed for longer: whoever looks further ahead looks for ever.
MOST_DAYS = 60
DAY = timedelta(days=1)
END_OF_DAY = "24:00"


class HoursFault(ValueError):
    """A span, a day or a region that means nothing; its text is the word that was wrong."""


def is_open(team: Team, now: datetime) -> bool:
    return any(begin <= now < end for begin, end in _spans_from(team, now))


def next_opening(team: Team, now: datetime) -> datetime | None:
    """Now if it is open; None when it is not for a long time."""
    found = next(((begin, end) for begin, end in _spans_from(team, now) if end > now), None)
    return max(found[0], now) if found else None


def after_working(team: Team, start: datetime, span: timedelta) -> datetime:
    """The moment when so much of the team's working time has gone by since `start`.

    A team that does not open for a long time counts all hours.
    """
    left = span
    for begin, end in _spans_from(team, start):
        begin = max(begin, start)
        if end - begin >= left:
            return begin + left
        if end > begin:
            left -= end - begin
    return start + span


def spans_in(text: str) -> tuple[str, ...]:
    """ "09:00-14:00, 16:00-20:00" as spans in order; empty for a day off. Raises `HoursFault`."""
    spans = tuple(part.strip() for part in text.replace(";", ",").split(",") if part.strip())
    moments = [_minutes(moment, span) for span in spans for moment in _halves(span)]
    if sorted(set(moments)) != moments:
        raise HoursFault(text.strip())
    return tuple("-".join(_written(_minutes(half, span)) for half in _halves(span)) for span in spans)


def check_region(country: str | None, region: str | None) -> None:
    """Raises `HoursFault` when nobody knows the holidays of that place."""
    if country is None:
        return
    try:
        _holidays(country, region, 2026)
    except NotImplementedError as error:
        raise HoursFault(f"{country} {region or ''}".strip()) from error


def is_holiday(team: Team, day: date) -> bool:
    if day in team.closed_days:
        return True
    return team.country is not None and day in _holidays(team.country, team.region, day.year)


def _spans_from(team: Team, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The working spans of today and the days after, in UTC."""
    zone = ZoneInfo(team.timezone)
    today = now.astimezone(zone).date()
    for ahead in range(MOST_DAYS):
        day = today + DAY * ahead
        if is_holiday(team, day):
            continue
        for span in team.hours[day.weekday()] if len(team.hours) == 7 else ():
            begin, end = (_moment(day, half, zone) for half in _halves(span))
            yield begin, end


def _moment(day: date, written: str, zone: ZoneInfo) -> datetime:
    if written == END_OF_DAY:
        day, written = day + DAY, "00:00"
    return datetime.combine(day, time.fromisoformat(written), zone).astimezone(UTC)


def _halves(span: str) -> tuple[str, str]:
    begin, dash, end = span.partition("-")
    if not dash:
        raise HoursFault(span)
    return begin.strip(), end.strip()


def _minutes(written: str, span: str) -> int:
    hour, _, minute = written.partition(":")
    if not (hour.isdecimal() and (minute or "0").isdecimal() and len(hour) <= 2 and len(minute) in (0, 2)):
        raise HoursFault(span)
    minutes = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or minutes > 24 * 60:
        raise HoursFault(span)
    return minutes


def _written(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@cache
def _holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))
